package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"flame/collapse"
)

// A command that ends in a second need not collect as a service does. While the
// heap is small relaxGC lets it grow fivefold between two collections: to 20 MB
// before the first, which most profiles never need. From liveBytes on it is twofold
// again, as usual. GOGC in the environment has the last word.
const (
	relaxedPercent = 400
	usualPercent   = 100
	liveBytes      = 48 << 20
)

func relaxGC() {
	runtime.MemProfileRate = 0 // nobody asks a short command where it allocated
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(relaxedPercent)
	watchHeap()
}

// manyNodes is from where on a collection that nobody asked for is worth its time.
const manyNodes = 1 << 20

// collect makes room when a profile has been read and is to be drawn: what reading
// it left behind is as large as the profile.
func collect(p *collapse.Profile) {
	if p.Len() > manyNodes {
		runtime.GC()
	}
}

// watchHeap looks at the heap after the next collection, and so on.
func watchHeap() {
	// Nothing refers to the object, so its finalizer runs when a collection ends.
	runtime.SetFinalizer(new([16]byte), func(*[16]byte) {
		var heap runtime.MemStats
		runtime.ReadMemStats(&heap)
		if heap.HeapAlloc > liveBytes {
			debug.SetGCPercent(usualPercent)
			return
		}
		watchHeap()
	})
}
