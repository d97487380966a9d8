//go:build unix

package pprof_test

import (
	"bytes"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"flame/collapse/pprof"

	"github.com/google/pprof/profile"
)

// processorTime returns what this process has used of all processors, the
// garbage collector included.
func processorTime() time.Duration {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		panic(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// BenchmarkRatio compares the processor time of decoding into the tree with that
// of profile.Parse and a plain map tree, inflating and garbage included, each run on
// its own as often as the other.
func BenchmarkRatio(b *testing.B) {
	for _, file := range corpus(b, "pprof/large/*", "pprof/typical/nethttp.block.pb.gz", "pprof/typical/pprofutils-anon.cpu.pb", "weird/wide-20000-siblings.pb.gz") {
		data := read(b, file)
		b.Run(filepath.Base(file), func(b *testing.B) {
			timed := func(do func()) float64 {
				runtime.GC() // each pays for its own garbage only
				do()
				start := processorTime()
				for range b.N {
					do()
				}
				return (processorTime() - start).Seconds() * 1e3 / float64(b.N)
			}
			ours := timed(func() {
				if _, err := pprof.Decode(bytes.NewReader(data), pprof.Options{}); err != nil {
					b.Fatal(err)
				}
			})
			theirs := timed(func() {
				p, err := profile.ParseData(data)
				if err != nil {
					b.Fatal(err)
				}
				mapTree(p)
			})
			b.ReportMetric(theirs/ours, "x-less-cpu")
			b.ReportMetric(ours, "cpu-ms/op")
			b.ReportMetric(theirs, "parse-cpu-ms/op")
		})
	}
}
