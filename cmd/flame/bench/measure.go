package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"time"
)

// A result is what one run took.
type result struct {
	Wall, CPU time.Duration
	Allocs    float64
	Peak      float64 // bytes
}

func median[T cmp.Ordered](all []T) T {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// medians returns the median of each figure.
func medians(runs []result) result {
	return result{
		Wall:   median(pick(runs, func(r result) time.Duration { return r.Wall })),
		CPU:    median(pick(runs, func(r result) time.Duration { return r.CPU })),
		Allocs: median(pick(runs, func(r result) float64 { return r.Allocs })),
		Peak:   median(pick(runs, func(r result) float64 { return r.Peak })),
	}
}

func pick[T any](runs []result, of func(result) T) []T {
	var all []T
	for _, r := range runs {
		all = append(all, of(r))
	}
	return all
}

// inProcess measures one call of f. The heap is clean before, so that each run
// begins alike.
func inProcess(f func() error) (result, error) {
	debug.FreeOSMemory()
	watch := watchHeap()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, cpu := time.Now(), ownCPU()
	err := f()
	r := result{Wall: time.Since(start), CPU: ownCPU() - cpu}
	runtime.ReadMemStats(&after)
	r.Peak = watch()
	r.Allocs = float64(after.Mallocs - before.Mallocs)
	return r, err
}

// watchHeap looks at the heap every fifth of a millisecond. What it returns ends
// that and tells by how much the heap grew at most, garbage included.
func watchHeap() (peak func() float64) {
	read := func() uint64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	first := read()
	most := first
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(200 * time.Microsecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				most = max(most, read())
			}
		}
	})
	return func() float64 {
		close(stop)
		done.Wait()
		return float64(max(most, read()) - first)
	}
}

// errSlow says that a command took longer than a minute and was ended.
var errSlow = errors.New("over 60 s")

// process measures one run of a command, the processes of a pipe together. Linux
// counts the memory of the process that starts another in the other's peak, so this
// one has to stay small: what needs memory is left to workers.
func process(ctx context.Context, argv ...string) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var messages strings.Builder
	cmd.Stderr = &messages
	start := time.Now()
	err := cmd.Run()
	r := result{Wall: time.Since(start)}
	if ctx.Err() == context.DeadlineExceeded {
		return r, errSlow
	}
	if err != nil {
		return r, fmt.Errorf("run %s: %w: %.200s", filepath.Base(argv[0]), err, strings.TrimSpace(messages.String()))
	}
	r.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	r.Peak = peakOf(cmd.ProcessState)
	return r, nil
}
