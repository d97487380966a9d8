package report_test

import (
	"os"
	"path/filepath"
	"testing"

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
