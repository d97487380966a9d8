package svg

import (
	"bytes"
	"io"
	"testing"

	"flame/collapse"
)

const largest = "pprof/large/pprof-large.cpu.pb.gz"

// TestSizeOfLargest holds the file with all 425,052 nodes to half as much again
// as flamegraph.pl takes for the 2,838 that it draws.
func TestSizeOfLargest(t *testing.T) {
	p := dataProfile(t, largest)
	file := mustWrite(t, p, Options{})
	const perl = 545_000
	if len(file) > perl*3/2 {
		t.Errorf("%d bytes, want at most %d", len(file), perl*3/2)
	}
	i := bytes.Index(file, []byte("<metadata"))
	data, err := findData(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes: %d of picture and style, %d of profile, %d of viewer; %d nodes", len(file), i, len(data), len(viewerJS), p.Len())
}

func BenchmarkWrite(b *testing.B) {
	p := dataProfile(b, largest)
	b.ResetTimer()
	for range b.N {
		if err := Write(io.Discard, p, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(p.Len())*float64(b.N)/b.Elapsed().Seconds(), "nodes/s")
}

func BenchmarkRead(b *testing.B) {
	p := dataProfile(b, largest)
	file := mustWrite(b, p, Options{})
	b.SetBytes(int64(len(file)))
	b.ResetTimer()
	for range b.N {
		if _, err := Read(bytes.NewReader(file), collapse.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(p.Len())*float64(b.N)/b.Elapsed().Seconds(), "nodes/s")
}
