package svg

import (
	"bytes"
	"io"
	"testing"

	"flame/collapse"
)

const largest = "pprof/large/pprof-large.cpu.pb.gz"

// TestSizes holds files, static picture, profile and viewer together, to what
// they may take. flamegraph.pl takes 620 kB for the first and 545 kB for the 2,838
// nodes that it draws of the third.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name  string
		nodes int
		limit int
	}{
		{"pprof/typical/server.cpu.labels.pb.gz", 3_000, 150_000},
		{"pprof/large/compile.merged.cpu.pb.gz", 80_000, 400_000},
		{largest, 425_000, 800_000},
		{"pprof/large/synth100k.pb.gz", 450_000, 1_600_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := dataProfile(t, c.name)
			if p.Len() < c.nodes {
				t.Fatalf("the profile has %d nodes, want %d and more", p.Len(), c.nodes)
			}
			file := mustWrite(t, p, Options{})
			if len(file) > c.limit {
				t.Errorf("%d bytes, want at most %d", len(file), c.limit)
			}
			i := bytes.Index(file, []byte("<metadata"))
			data, err := findData(file)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d nodes, %d bytes: %d of picture and style, %d of profile, %d of viewer", p.Len(), len(file), i, len(data), len(loaderJS)+len(viewerText))
		})
	}
}

// TestPictureStandsFirst checks that nothing but what is small stands before the
// static picture, and the data after it: a browser draws as it reads.
func TestPictureStandsFirst(t *testing.T) {
	p := dataProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	for _, f := range []Format{SVG, HTML} {
		file := mustWrite(t, p, Options{Format: f})
		picture := bytes.Index(file, []byte(`<g class="flame-static"`))
		data := bytes.Index(file, []byte("<metadata "))
		script := bytes.LastIndex(file, []byte("<script>"))
		if picture < 0 || picture > 40_000 || data < picture || script < data {
			t.Errorf("%s: the picture is at %d, the data at %d, the script at %d", f, picture, data, script)
		}
	}
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
