package collapse_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flame/collapse"

	"pgregory.net/rapid"
)

// shared returns the path of shared test data, and skips the test without them.
func shared(t testing.TB, path string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "data")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the shared stacks (../shared/data) are not here: what needs %s is skipped", path)
	}
	return filepath.Join(dir, path)
}

// readFile returns a file's content, inflated if its name ends in .gz.
func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil && strings.HasSuffix(path, ".gz") {
		var zr *gzip.Reader
		if zr, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			data, err = io.ReadAll(zr)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readFolded(t testing.TB, text string) *collapse.Profile {
	t.Helper()
	return readFoldedOptions(t, text, collapse.FoldedOptions{})
}

func readFoldedOptions(t testing.TB, text string, o collapse.FoldedOptions) *collapse.Profile {
	t.Helper()
	p, err := collapse.ReadFolded(strings.NewReader(text), o)
	if err != nil {
		t.Fatalf("read %.80q: %v", text, err)
	}
	checkValid(t, p)
	return p
}

func checkValid(t interface{ Fatal(...any) }, p *collapse.Profile) {
	if err := p.CheckValid(); err != nil {
		t.Fatal("the profile is not canonical:", err)
	}
}

// A value is what one stack has in one type.
type value struct{ self, base int64 }

// stacks returns the values of one type by stack, annotated and joined with "|",
// of those nodes that have one. It finds stacks by walking up, as no code of the
// package does.
func stacks(p *collapse.Profile, typ int) map[string]value {
	out := map[string]value{}
	for n := range p.Parents() {
		v := value{self: p.Self(typ)[n]}
		if p.Differential() {
			v.base = p.Base(typ)[n]
		}
		if v == (value{}) {
			continue
		}
		var names []string
		for m := collapse.NodeID(n); m != collapse.Root; m = p.Parents()[m] {
			names = append(names, p.Frames()[p.NodeFrames()[m]].Annotated())
		}
		slices.Reverse(names)
		key := strings.Join(names, "|")
		old := out[key] // an ordered profile has stacks twice
		out[key] = value{old.self + v.self, old.base + v.base}
	}
	return out
}

// A sample is one stack as a test makes it.
type sample struct {
	stack  []collapse.Frame
	values []int64
	base   []int64
}

// drawSamples draws samples over few frames, so that stacks share much.
func drawSamples(t *rapid.T, columns int, differential bool) []sample {
	names := []string{"a", "main", "main.main", "main.main.func1", "x y", "é", "\xff", "\x00", "b ", "(anonymous)::f", "[unknown]"}
	frame := rapid.Custom(func(t *rapid.T) collapse.Frame {
		return collapse.Frame{
			Name: rapid.SampledFrom(names).Draw(t, "name"),
			Kind: rapid.SampledFrom([]collapse.Kind{collapse.Normal, collapse.Normal, collapse.Kernel, collapse.JIT}).Draw(t, "kind"),
		}
	})
	counts := rapid.SliceOfN(rapid.Int64Range(1, 1000), columns, columns)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sample {
		s := sample{stack: rapid.SliceOfN(frame, 0, 6).Draw(t, "stack"), values: counts.Draw(t, "values")}
		if differential {
			s.base = counts.Draw(t, "base")
		}
		return s
	}), 1, 30).Draw(t, "samples")
}

func types(columns int) []collapse.ValueType {
	all := []collapse.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}, {Type: "space", Unit: "bytes"}}
	return all[:columns]
}

func build(t interface{ Fatal(...any) }, samples []sample, columns int, ordered bool) *collapse.Profile {
	b := collapse.NewBuilder(columns, collapse.Limits{})
	b.Ordered = ordered
	for _, s := range samples {
		n := collapse.Root
		for _, f := range s.stack {
			n = b.Child(n, b.Frame(f))
		}
		for i, v := range s.values {
			b.Add(n, i, v)
		}
		for i, v := range s.base {
			b.AddBase(n, i, v)
		}
	}
	p, err := b.Profile(types(columns), 0)
	if err != nil {
		t.Fatal(err)
	}
	checkValid(t, p)
	return p
}

func writeFolded(t interface{ Fatal(...any) }, p *collapse.Profile, typ int) string {
	var b strings.Builder
	if err := collapse.WriteFolded(&b, p, typ); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
