package svg

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// onAllCores calls work on each core, with a function that gives out the numbers
// below n, every one once, and returns when all are done.
func onAllCores(n int, work func(next func() (int, bool))) {
	var taken atomic.Int64
	next := func() (int, bool) {
		i := int(taken.Add(1)) - 1
		return i, i < n
	}
	var others sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) - 1 {
		others.Go(func() { work(next) })
	}
	work(next)
	others.Wait()
}
