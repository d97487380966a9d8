//go:build unix

package report_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"flame/collapse/format"
	"flame/flame/report"
)

var largest = filepath.Join("..", "..", "..", "shared", "data", "pprof", "large", "pprof-large.cpu.pb.gz")

// BenchmarkTop makes the list of the largest profile of the corpus, decoded.
func BenchmarkTop(b *testing.B) {
	f, err := os.Open(largest)
	if err != nil {
		b.Skip("the shared profiles (../shared/data) are not here")
	}
	defer f.Close()
	p, err := format.Decode(f, format.Options{Inlined: true})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		report.MakeTop(p, report.Defaults())
	}
	b.ReportMetric(float64(p.Len())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mnodes/s")
}

// BenchmarkRatio compares the processor time of reading the largest profile and
// listing its functions with that of google/pprof's driver in this process.
func BenchmarkRatio(b *testing.B) {
	data, err := os.ReadFile(largest)
	if err != nil {
		b.Skip("the shared profiles (../shared/data) are not here")
	}
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
		p, err := format.Decode(bytes.NewReader(data), format.Options{Inlined: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := report.MakeTop(p, report.Defaults()).WriteText(io.Discard); err != nil {
			b.Fatal(err)
		}
	})
	theirs := timed(func() {
		if _, err := pprof(largest, "-top", "-flat", "-nodecount=-1", "-nodefraction=0.005", "-edgefraction=0.001"); err != nil {
			b.Fatal(err)
		}
	})
	b.ReportMetric(theirs/ours, "x-less-cpu")
	b.ReportMetric(ours, "cpu-ms/op")
	b.ReportMetric(theirs, "pprof-cpu-ms/op")
}

// processorTime returns what this process has used of all processors.
func processorTime() time.Duration {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		panic(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}
