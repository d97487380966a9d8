//go:build unix

package pprof_test

import (
	"bytes"
	"compress/gzip"
	"io"
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

// BenchmarkRatio compares, in turns, the processor time of decoding into the tree
// with that of profile.Parse and a plain map tree. inflate-share is how much of
// our own time goes into inflating alone, which both do.
func BenchmarkRatio(b *testing.B) {
	for _, file := range corpus(b, "pprof/large/*", "pprof/typical/nethttp.block.pb.gz", "pprof/typical/pprofutils-anon.cpu.pb", "weird/wide-20000-siblings.pb.gz") {
		data := read(b, file)
		b.Run(filepath.Base(file), func(b *testing.B) {
			var ours, theirs, inflate time.Duration
			timed := func(sum *time.Duration, do func()) {
				runtime.GC() // each pays for its own garbage only
				start := processorTime()
				do()
				*sum += processorTime() - start
			}
			for b.Loop() {
				timed(&ours, func() {
					if _, err := pprof.Decode(bytes.NewReader(data), pprof.Options{}); err != nil {
						b.Fatal(err)
					}
				})
				timed(&theirs, func() {
					p, err := profile.ParseData(data)
					if err != nil {
						b.Fatal(err)
					}
					mapTree(p)
				})
				timed(&inflate, func() {
					if zr, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
						_, _ = io.Copy(io.Discard, zr)
					}
				})
			}
			n := float64(b.N)
			b.ReportMetric(float64(theirs)/float64(ours), "x-less-cpu")
			b.ReportMetric(float64(theirs-inflate)/float64(ours-inflate), "x-less-cpu-inflated")
			b.ReportMetric(ours.Seconds()*1e3/n, "cpu-ms/op")
			b.ReportMetric(theirs.Seconds()*1e3/n, "parse-cpu-ms/op")
			b.ReportMetric(float64(inflate)/float64(ours), "inflate-share")
		})
	}
}
