package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"flame/collapse"
	"flame/collapse/pprof"
)

// profileOf writes a profile and reads it back with flame's own decoder.
func profileOf(t testing.TB, extension string, stacks int) *collapse.Profile {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, "x"+extension, stacks, 1); err != nil {
		t.Fatal(err)
	}
	var p *collapse.Profile
	var err error
	if extension == ".pb" || extension == ".pb.gz" {
		p, err = pprof.Decode(&b, pprof.Options{})
	} else {
		p, err = collapse.ReadFolded(&b, collapse.FoldedOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Meta.Notes) > 0 {
		t.Errorf("reading %s says %q", extension, p.Meta.Notes)
	}
	return p
}

// Benchmarks are compared between versions of flame, so the input may not
// change by accident: a change of these sums makes old figures void.
func TestSameBytes(t *testing.T) {
	for _, extension := range []string{"", ".pb"} {
		var a, b bytes.Buffer
		for _, out := range []*bytes.Buffer{&a, &b} {
			if err := write(out, "x"+extension, 2_000, 1); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%q: two runs differ", extension)
		}
		got := fmt.Sprintf("%x", sha256.Sum256(a.Bytes()))[:16]
		if want := map[string]string{"": "67367a531a2f6219", ".pb": "5b15fe3406d76f48"}[extension]; got != want {
			t.Errorf("%q: the bytes' SHA-256 begins with %s, want %s", extension, got, want)
		}
		var other bytes.Buffer
		if err := write(&other, "x"+extension, 2_000, 2); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(a.Bytes(), other.Bytes()) {
			t.Errorf("%q: another seed makes the same profile", extension)
		}
	}
}

func TestNodes(t *testing.T) {
	for _, c := range []struct{ stacks, least, most int }{
		{1, 11, 60}, {100, 200, 1_000}, {10_000, 20_000, 50_000}, {100_000, 440_000, 470_000}, {1_000_000, 6_100_000, 6_500_000},
	} {
		if c.stacks > 100_000 && testing.Short() {
			t.Log("left out in short mode: a million stacks")
			continue
		}
		p := profileOf(t, ".pb", c.stacks)
		t.Logf("%d stacks: %d nodes of %d frames", c.stacks, p.Len(), len(p.Frames()))
		if p.Len() < c.least || p.Len() > c.most {
			t.Errorf("%d stacks make %d nodes, want %d to %d", c.stacks, p.Len(), c.least, c.most)
		}
	}
}

// Both formats hold the same stacks, each of them once.
func TestFormats(t *testing.T) {
	const stacks = 5_000
	folded, binary := profileOf(t, "", stacks), profileOf(t, ".pb.gz", stacks)
	var a, b bytes.Buffer
	for out, p := range map[*bytes.Buffer]*collapse.Profile{&a: folded, &b: binary} {
		if err := collapse.WriteFolded(out, p, 0); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the folded stacks and the pprof profile differ")
	}
	if n := bytes.Count(a.Bytes(), []byte("\n")); n != stacks {
		t.Errorf("%d different stacks, want %d", n, stacks)
	}
}

func TestBadArguments(t *testing.T) {
	if err := run("-", 0, 1); err == nil {
		t.Error("no stacks at all are taken")
	}
	if err := run(t.TempDir(), 1, 1); err == nil {
		t.Error("a folder is taken for a file")
	}
}
