package pprof_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"flame/collapse/pprof"
)

// BenchmarkDecode decodes real profiles into the tree.
func BenchmarkDecode(b *testing.B) {
	for _, file := range corpus(b, "pprof/large/*", "pprof/typical/nethttp.block.pb.gz", "pprof/typical/pprofutils-anon.cpu.pb", "weird/wide-20000-siblings.pb.gz") {
		data := read(b, file)
		b.Run(filepath.Base(file), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			nodes := 0
			for b.Loop() {
				p, err := pprof.Decode(bytes.NewReader(data), pprof.Options{})
				if err != nil {
					b.Fatal(err)
				}
				nodes = p.Len()
			}
			b.ReportMetric(float64(nodes)*float64(b.N)/b.Elapsed().Seconds(), "nodes/s")
		})
	}
}
