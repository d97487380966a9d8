package collapse_test

import (
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"flame/collapse"

	"pgregory.net/rapid"
)

func TestWriteFoldedSorts(t *testing.T) {
	p := readFolded(t, "main;work 1\nmain 2\nmain.init 4\nmain;work;x 8\nmain-x;y 16\nmain+ 32\nmain;work.x 64\n 128\nz 0\n")
	want := " 128\nmain 2\nmain+ 32\nmain-x;y 16\nmain.init 4\nmain;work 1\nmain;work.x 64\nmain;work;x 8\n"
	if got := writeFolded(t, p, 0); got != want {
		t.Errorf("written is\n%q, want\n%q", got, want)
	}
}

// TestWriteFoldedNames: no name may break its line or pass for anything else.
func TestWriteFoldedNames(t *testing.T) {
	type frame = collapse.Frame
	for _, test := range []struct {
		stack []collapse.Frame
		want  string
	}{
		{[]frame{{Name: "a"}, {Name: "sys_read", Kind: collapse.Kernel}}, "a;sys_read_[k]"},
		{[]frame{{Name: "T[struct { A int; B int }].M"}}, "T[struct { A int: B int }].M"},
		{[]frame{{Name: "two\nlines\r"}, {Name: "\v\f"}}, "two lines ;  "},
		{[]frame{{Name: "num 7"}}, "num_7"},
		{[]frame{{Name: "num 7"}, {Name: "7"}}, "num_7;7"},
		{[]frame{{Name: "num 7", Kind: collapse.JIT}}, "num 7_[j]"},
		{[]frame{{Name: "num\t7."}}, "num_7."},
		{[]frame{{Name: "a b 1.5"}}, "a b_1.5"},
		{[]frame{{Name: "a 1 2"}}, "a 1_2"},
		{[]frame{{Name: " 7"}}, "_7"},
		{[]frame{{Name: "x 99999999999999999999"}}, "x_99999999999999999999"},
		{[]frame{{Name: "7 "}}, "7 "},
		{[]frame{{Name: ""}}, "[unknown]"},
		{[]frame{{Name: "", Kind: collapse.Inlined}}, "_[i]"},
		{[]frame{{Name: "# c"}}, "#_c"},
		{[]frame{{Name: "#"}}, "#_"},
		{[]frame{{Name: "#x"}}, "#x"},
		{[]frame{{Name: "\ufeff\ufeff# 5"}}, "#_5"},
		{[]frame{{Name: "\x00\xff é"}}, "\x00\xff é"},
	} {
		p := build(t, []sample{{stack: test.stack, values: []int64{5}}}, 1, false)
		text := writeFolded(t, p, 0)
		if text != test.want+" 5\n" {
			t.Errorf("%+v is written %q, want %q", test.stack, text, test.want+" 5\n")
			continue
		}
		again := stacks(readFolded(t, text), 0)
		if want := strings.ReplaceAll(test.want, ";", "|"); len(again) != 1 || again[want].self != 5 {
			t.Errorf("%q reads back as %v", text, again)
		}
	}
}

func TestWriteFoldedMergesEqualText(t *testing.T) {
	p := build(t, []sample{
		{stack: []collapse.Frame{{Name: "a;b"}, {Name: "x"}}, values: []int64{1}, base: []int64{4}},
		{stack: []collapse.Frame{{Name: "a:b"}, {Name: "x", Line: 7}}, values: []int64{2}, base: []int64{8}},
		{stack: []collapse.Frame{{Name: "a:b"}, {Name: "w"}}, values: []int64{0}, base: []int64{16}},
	}, 1, false)
	if got, want := writeFolded(t, p, 0), "a:b;w 16 0\na:b;x 12 3\n"; got != want {
		t.Errorf("written is %q, want %q", got, want)
	}
}

func TestWriteFoldedErrors(t *testing.T) {
	p := build(t, []sample{{stack: []collapse.Frame{{Name: "a"}}, values: []int64{-4}}}, 1, false)
	if got, want := writeFolded(t, p, 0), "a -4\n"; got != want {
		t.Errorf("a negative value is written as %q, want %q", got, want)
	}
	if err := collapse.WriteFolded(io.Discard, p, 1); err == nil {
		t.Error("a type that is not there is written")
	}
	full := errors.New("disk full")
	r, w := io.Pipe()
	r.CloseWithError(full)
	if err := collapse.WriteFolded(w, readFolded(t, "a 1\n"), 0); !errors.Is(err, full) {
		t.Errorf("the writer's error became %v", err)
	}
}

// TestFoldedRoundTrip: a profile, in any of its types, is the same after writing
// and reading, whatever its scale; and the lines are sorted.
func TestFoldedRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		differential := rapid.Bool().Draw(t, "differential")
		ordered := rapid.Bool().Draw(t, "ordered")
		p := build(t, drawSamples(t, 1, differential), 1, ordered)
		o := collapse.FoldedOptions{Ordered: ordered, Type: p.Types[0]}
		text := writeFolded(t, p, 0)
		got, err := collapse.ReadFolded(strings.NewReader(text), o)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, p) {
			t.Fatalf("written and read it is another profile:\n%s", text)
		}
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for i, line := range lines {
			for range map[bool]int{false: 1, true: 2}[differential] {
				line = line[:strings.LastIndexByte(line, ' ')]
			}
			lines[i] = line
		}
		if !ordered && !slices.IsSorted(lines) {
			t.Fatalf("the stacks are not sorted:\n%s", text)
		}
	})
}

func TestFoldedRoundTripFractions(t *testing.T) {
	for _, text := range []string{"a 1.5\nb 0.25\nc 3\n", "a 0.000000001\n", "a 0.5 1.25\nb 2 0\n"} {
		if got := writeFolded(t, readFolded(t, text), 0); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func BenchmarkWriteFolded(b *testing.B) {
	data := readFile(b, shared(b, "folded/synth100k.folded.gz"))
	p := readFolded(b, string(data))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := collapse.WriteFolded(io.Discard, p, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func TestFoldedDeep(t *testing.T) {
	text := strings.Repeat("f;", 100_000) + "g 1\n"
	p := readFolded(t, text)
	if p.Depth() != 100_001 {
		t.Errorf("depth is %d, want 100001", p.Depth())
	}
	if writeFolded(t, p, 0) != text {
		t.Error("a stack of 100,001 frames is not written as it was read")
	}
}
