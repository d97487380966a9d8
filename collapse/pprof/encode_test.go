package pprof_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"flame/collapse"
	"flame/collapse/pprof"

	"github.com/google/pprof/profile"
	"pgregory.net/rapid"
)

// encode encodes a profile, and holds the result against google/pprof.
func encode(t testing.TB, p *collapse.Profile) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := pprof.Encode(&buf, p); err != nil {
		t.Fatal(err)
	}
	parsed, err := profile.ParseData(buf.Bytes())
	if err == nil {
		err = parsed.CheckValid()
	}
	if err != nil {
		t.Fatal("google/pprof refuses what was encoded:", err)
	}
	return buf.Bytes()
}

// checkEqual reports what differs in two profiles.
func checkEqual(t interface{ Errorf(string, ...any) }, got, want *collapse.Profile) {
	if !reflect.DeepEqual(got.Types, want.Types) || got.Default != want.Default {
		t.Errorf("types %v, default %d; want %v, %d", got.Types, got.Default, want.Types, want.Default)
		return
	}
	if !reflect.DeepEqual(got.Frames(), want.Frames()) {
		t.Errorf("frames %v\nwant %v", got.Frames(), want.Frames())
	}
	if !reflect.DeepEqual(got.Parents(), want.Parents()) || !reflect.DeepEqual(got.NodeFrames(), want.NodeFrames()) {
		t.Errorf("another tree: %d nodes, want %d", got.Len(), want.Len())
		return
	}
	for c := range want.Types {
		if !reflect.DeepEqual(got.Self(c), want.Self(c)) {
			t.Errorf("values of type %d differ", c)
		}
	}
	if g, w := got.Meta, want.Meta; !g.Time.Equal(w.Time) || g.Duration != w.Duration || g.Period != w.Period || g.PeriodType != w.PeriodType ||
		!reflect.DeepEqual(g.Comments, w.Comments) || !reflect.DeepEqual(g.Notes, w.Notes) {
		t.Errorf("meta %+v\nwant %+v", g, w)
	}
}

// randomProfile draws a profile with every kind of frame.
func randomProfile(t *rapid.T) *collapse.Profile {
	columns := rapid.IntRange(1, 4).Draw(t, "columns")
	b := collapse.NewBuilder(columns, collapse.Limits{})
	name := rapid.OneOf(rapid.SampledFrom([]string{"main.main", "a", "0x10", "[prog] 0x1003", "[x] 0x0x1", "[] 0x1", "[a/b] 0x1", "[unknown]", "x_[k]", "<b>&\"'", "\xff\x00"}), rapid.StringN(1, 8, -1))
	frame := rapid.Custom(func(t *rapid.T) collapse.Frame {
		return collapse.Frame{
			Name: name.Draw(t, "name"),
			File: rapid.SampledFrom([]string{"", "", "main.go", "/src/\xffx.go"}).Draw(t, "file"),
			Kind: collapse.Kind(rapid.IntRange(0, int(collapse.Truncated)).Draw(t, "kind")),
		}
	})
	frames := rapid.SliceOfN(frame, 1, 12).Draw(t, "frames")
	for range rapid.IntRange(0, 30).Draw(t, "stacks") {
		var stack []collapse.FrameID
		for range rapid.IntRange(0, 8).Draw(t, "depth") {
			stack = append(stack, b.Frame(rapid.SampledFrom(frames).Draw(t, "frame")))
		}
		values := rapid.SliceOfN(rapid.Int64(), columns, columns).Draw(t, "values")
		if rapid.Bool().Draw(t, "zero") {
			clear(values)
		}
		b.AddStack(stack, values...)
	}
	var types []collapse.ValueType
	for i := range columns {
		types = append(types, collapse.ValueType{
			Type:  string(rune('a' + i)),
			Unit:  rapid.SampledFrom([]string{"", "count", "nanoseconds", "1/2", "1/x y", "1/1 y"}).Draw(t, "unit"),
			Scale: rapid.SampledFrom([]int64{0, 100, math.MaxInt32}).Draw(t, "scale"),
		})
	}
	p, err := b.Profile(types, rapid.IntRange(0, columns-1).Draw(t, "default"))
	if err != nil {
		t.Fatal(err)
	}
	p.Meta.Duration = time.Duration(rapid.Int64().Draw(t, "duration"))
	if rapid.Bool().Draw(t, "timed") {
		p.Meta.Time = time.Unix(0, rapid.Int64Min(1).Draw(t, "time"))
		p.Meta.Period = rapid.Int64().Draw(t, "period")
		p.Meta.PeriodType = collapse.ValueType{Type: "cpu", Unit: "nanoseconds"}
		p.Meta.Comments = rapid.SliceOfN(rapid.StringN(1, 5, -1), 1, 3).Draw(t, "comments")
		p.Meta.Notes = []string{"averaged"}
	}
	return p
}

// TestEncodeProperty holds that Decode gives what Encode was given, and that
// google/pprof takes it.
func TestEncodeProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := randomProfile(rt)
		data := encode(t, p)
		got, err := decode(data)
		if err != nil {
			rt.Fatal(err)
		}
		if err := got.CheckValid(); err != nil {
			rt.Fatal(err)
		}
		checkEqual(rt, got, p)
		if again := encode(t, got); !bytes.Equal(again, data) {
			rt.Errorf("encoding it twice gives other bytes")
		}
	})
}

// TestEncodeCorpus holds the same on every real profile there is.
func TestEncodeCorpus(t *testing.T) {
	for _, file := range corpus(t, "pprof/tiny/*", "pprof/typical/*", "pprof/large/*", "weird/*.pb*") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := decode(read(t, file))
			if err != nil {
				t.Skip("no profile:", err)
			}
			data := encode(t, want)
			got, err := decode(data)
			if err != nil {
				t.Fatal(err)
			}
			checkEqual(t, got, want)
			checkAgainstOracle(t, data)
		})
	}
}

// TestEncodeNames has a case for each sort of frame that needs more than a name.
func TestEncodeNames(t *testing.T) {
	b := collapse.NewBuilder(1, collapse.Limits{})
	frames := []collapse.Frame{
		{Name: "0x4005d0", Kind: collapse.Unresolved},
		{Name: "[libc.so.6] 0x29d90", Kind: collapse.Unresolved},
		{Name: "[unknown]", Kind: collapse.Unresolved},
		{Name: "[unknown]"},
		{Name: "do_syscall_64", Kind: collapse.Kernel},
		{Name: "do_syscall_64", File: "entry.c"},
		{Name: "[callers cut off]", Kind: collapse.Truncated},
		{Name: "LazyCompile:~f", Kind: collapse.JIT},
		{Name: "inlined", Kind: collapse.Inlined},
	}
	for i, f := range frames {
		b.AddStack([]collapse.FrameID{b.Frame(f)}, int64(i+1))
	}
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	data := encode(t, p)
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	checkEqual(t, got, p)
	parsed, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Mapping) != 1 || parsed.Mapping[0].File != "libc.so.6" {
		t.Errorf("mappings %v, want libc.so.6 alone", parsed.Mapping)
	}
	if len(parsed.Function) != len(frames)-2 {
		t.Errorf("%d functions, want one for each frame but the two addresses", len(parsed.Function))
	}
}

// TestEncodeDifference holds that google/pprof and Decode see a differential
// profile as go tool pprof's -diff_base makes it.
func TestEncodeDifference(t *testing.T) {
	p, err := collapse.ReadFolded(strings.NewReader("main;a 10 30\nmain;b 5 5\nmain;gone 7 0\n"), collapse.FoldedOptions{})
	if err != nil || !p.Differential() {
		t.Fatal("no differential profile:", err)
	}
	data := encode(t, p)
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if want := "main;a 20\nmain;gone -7"; stacks(got, 0) != want {
		t.Errorf("the difference is\n%s\nwant\n%s", stacks(got, 0), want)
	}
	parsed, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	base := 0
	for _, s := range parsed.Sample {
		if s.DiffBaseSample() {
			base++
		}
	}
	if base != 3 {
		t.Errorf("%d samples are marked as the base, want 3", base)
	}
}

// TestGoToolPprof holds that go tool pprof opens what was encoded and finds the
// same function on top.
func TestGoToolPprof(t *testing.T) {
	p, err := collapse.ReadFolded(strings.NewReader("main;serve;hash 90\nmain;serve 10\n"), collapse.FoldedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "p.pb.gz")
	if err := os.WriteFile(file, encode(t, p), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "pprof", "-top", file).CombinedOutput()
	if err != nil {
		t.Fatalf("go tool pprof: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "90 90.00% 90.00%         90 90.00%  hash") {
		t.Errorf("go tool pprof -top says:\n%s", out)
	}
}

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestEncodeError(t *testing.T) {
	p, err := collapse.ReadFolded(strings.NewReader("a 1\n"), collapse.FoldedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []func() error{
		func() error { return pprof.Encode(fullWriter{}, p) },
		func() error { return pprof.EncodeUncompressed(fullWriter{}, p) },
	} {
		if err := f(); !errors.Is(err, errFull) {
			t.Errorf("a writer that fails gives %v", err)
		}
	}
}
