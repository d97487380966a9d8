package pprof_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"flame/collapse/pprof"

	"github.com/google/pprof/profile"
)

func cpu() time.Duration {
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

func TestCPU(t *testing.T) {
	for _, file := range corpus(t, "pprof/large/*", "pprof/typical/nethttp.block.pb.gz", "pprof/typical/pprofutils-anon.cpu.pb", "weird/wide-20000-siblings.pb.gz") {
		data := read(t, file)
		run := func(f func()) time.Duration {
			n := 10
			f()
			best := time.Hour
			for range n {
				t0 := cpu()
				f()
				best = min(best, cpu()-t0)
			}
			return best
		}
		inf := run(func() {
			r, err := gzip.NewReader(bytes.NewReader(data))
			if err == nil {
				io.Copy(io.Discard, r)
			}
		})
		us := run(func() { pprof.Decode(bytes.NewReader(data), pprof.Options{}) })
		them := run(func() { p, _ := profile.ParseData(data); mapTree(p) })
		parse := run(func() { profile.ParseData(data) })
		t.Logf("%-35s inflate %v us %v parse %v parse+tree %v ratio %.1f", filepath.Base(file), inf, us, parse, them, float64(them)/float64(us))
	}
}
