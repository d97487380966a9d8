package collapse_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"flame/collapse"
)

func TestReadFolded(t *testing.T) {
	type m = map[string]value
	for _, test := range []struct {
		name, text string
		want       m
		scale      int64
		notes      []string
	}{
		{name: "plain", text: "a;b 1\na;c 2\na 3\n", want: m{"a|b": {self: 1}, "a|c": {self: 2}, "a": {self: 3}}},
		{name: "duplicates", text: "a;b 1\nz 5\na;b 2\n", want: m{"a|b": {self: 3}, "z": {self: 5}}},
		{name: "prefixes of names", text: "ab;c 1\nab 2\na 4\nab;cd 8\nab;c;d 16\na;c 32\n",
			want: m{"ab|c": {self: 1}, "ab": {self: 2}, "a": {self: 4}, "ab|cd": {self: 8}, "ab|c|d": {self: 16}, "a|c": {self: 32}}},
		{name: "no final newline", text: "a 1\nb 2", want: m{"a": {self: 1}, "b": {self: 2}}},
		{name: "CRLF", text: "a;b 1\r\n\r\nb 2\r\n", want: m{"a|b": {self: 1}, "b": {self: 2}}},
		{name: "tab before the count", text: "a;b\t7\n", want: m{"a|b": {self: 7}}},
		{name: "space after the count", text: "a 7 \t\n", want: m{"a": {self: 7}}},
		{name: "spaces in frames", text: "my app;x y  5\n  in 1\n", want: m{"my app|x y ": {self: 5}, "  in": {self: 1}}},
		{name: "comments and blanks", text: "# austin: 3\n#\n#\tx 1\n\n  \n#bar 7\n", want: m{"#bar": {self: 7}}},
		{name: "byte order mark", text: "\ufeffa 1\n\ufeffb 2\n", want: m{"a": {self: 1}, "\ufeffb": {self: 2}}},
		{name: "annotations", text: "a_[j];b_[k] 1\nb 2\nc_[0] 3\n", want: m{"a_[j]|b_[k]": {self: 1}, "b": {self: 2}, "c_[0]": {self: 3}}},
		{name: "no frames", text: " 5\n;; 3\na 1\n", want: m{"": {self: 8}, "a": {self: 1}}},
		{name: "empty frames", text: "a;;b 1\n;c 2\nd; 3\n", want: m{"a||b": {self: 1}, "|c": {self: 2}, "d": {self: 3}}},
		{name: "root between", text: ";x 1\n 2\n;x 4\nx 8\n", want: m{"|x": {self: 5}, "": {self: 2}, "x": {self: 8}}},
		{name: "any bytes", text: "a;\x00b 1\na;\xff\xfe 2\n", want: m{"a|\x00b": {self: 1}, "a|\xff\xfe": {self: 2}}},
		{name: "numbers as names", text: "7 5\n1;2 3\nv1.5 2\n", want: m{"7": {self: 5}, "1|2": {self: 3}, "v1.5": {self: 2}}},
		{name: "zero", text: "a 0\nb 1\n", want: m{"b": {self: 1}}},
		{name: "fractions", text: "a 1.5\nb 2\nc 0.25\nb 3.\nd 1.000\n", scale: 100,
			want: m{"a": {self: 150}, "b": {self: 500}, "c": {self: 25}, "d": {self: 100}}},
		{name: "fractions that are none", text: "a 1.0\n", want: m{"a": {self: 1}}},
		{name: "ten decimals", text: "a 0.1234567894\nb 0.99999999999\n", scale: 1e9,
			want: m{"a": {self: 123456789}, "b": {self: 1e9}}, notes: []string{"counts were rounded to 1/1000000000"}},
		{name: "a fraction where there is no room", text: "a 9000000000000000000\nb 1.6\n",
			want: m{"a": {self: 9e18}, "b": {self: 2}}, notes: []string{"counts were rounded to 1/1"}},
		{name: "no room for a fraction later", text: "a 1.56\nb 500000000000000000\n", scale: 10,
			want: m{"a": {self: 16}, "b": {self: 5e18}}, notes: []string{"counts were rounded to 1/10"}},
		{name: "differential", text: "a 10 20\nb 5 0\nc 0 7\n", want: m{"a": {20, 10}, "b": {0, 5}, "c": {7, 0}}},
		{name: "three numbers", text: "a;b 1 2 3\n", want: m{"a|b 1": {3, 2}}},
		{name: "differential from the root", text: " 5 6\n", want: m{"": {6, 5}}},
		{name: "differential in part", text: "a 4\na;b 1 2.5\nc 3\n", scale: 10, want: m{"a": {40, 40}, "a|b": {25, 10}, "c": {30, 30}},
			notes: []string{"2 of 3 stacks have one count in a file with two: they are taken as unchanged"}},
		{name: "malformed", text: "good 1\nnone\nneg -5\nexp 1e3\nnan NaN\nhuge 99999999999999999999\n.5\nx .5\n5\n", want: m{"good": {self: 1}},
			notes: []string{"8 of 9 lines were not folded stacks and were left out (first: line 2)"}},
		{name: "huge base", text: "good 1\nhuge 99999999999999999999 1\n", want: m{"good": {self: 1}},
			notes: []string{"1 of 2 lines were not folded stacks and were left out (first: line 2)"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := readFolded(t, test.text)
			if got := stacks(p, 0); !reflect.DeepEqual(got, test.want) {
				t.Errorf("stacks are %v, want %v", got, test.want)
			}
			want := collapse.ValueType{Type: "samples", Unit: "count", Scale: test.scale}
			if p.Types[0] != want {
				t.Errorf("type is %+v, want %+v", p.Types[0], want)
			}
			if !reflect.DeepEqual(p.Meta.Notes, test.notes) {
				t.Errorf("notes are %q, want %q", p.Meta.Notes, test.notes)
			}
			slow, err := collapse.ReadFolded(iotest.OneByteReader(strings.NewReader(test.text)), collapse.FoldedOptions{})
			if err != nil || !reflect.DeepEqual(slow, p) {
				t.Errorf("read byte by byte it is another profile (error %v)", err)
			}
		})
	}
}

func TestReadFoldedOptions(t *testing.T) {
	o := collapse.FoldedOptions{Ordered: true, Type: collapse.ValueType{Type: "space", Unit: "bytes"}}
	p := readFoldedOptions(t, "b;x 1\na 2\nb;y 4\nb;y 8\n", o)
	if !p.Ordered || p.Types[0] != o.Type {
		t.Errorf("Ordered is %v and the type %+v, want what the options say", p.Ordered, p.Types[0])
	}
	if got, want := writeFolded(t, p, 0), "b;x 1\na 2\nb;y 12\n"; got != want {
		t.Errorf("the order is %q, want %q", got, want)
	}
}

func TestReadFoldedErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "read folded stacks: the input is empty: it has no bytes"},
		{"only a byte order mark", "\ufeff", "read folded stacks: the input is empty: it has no bytes"},
		{"comments", "# a\n\n# b 5\n", "read folded stacks: the input has no stacks, its 3 lines are blank or comments"},
		{"no counts", "\nhello, \x1bworld\nx\n",
			`read folded stacks: no line is a stack and a count, such as "main;work 5"; line 2 is "hello, \x1bworld": it does not end in a space and a count`},
		{"too large", "a 99999999999999999999",
			`read folded stacks: no line is a stack and a count, such as "main;work 5"; line 1 is "a 99999999999999999999": its count is over 9223372036854775807`},
		{"long text", strings.Repeat("é", 5000),
			`read folded stacks: no line is a stack and a count, such as "main;work 5"; line 1 is "` + strings.Repeat(`\u00e9`, 30) + `"…: it does not end in a space and a count`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := collapse.ReadFolded(strings.NewReader(test.text), collapse.FoldedOptions{})
			if err == nil || err.Error() != test.want {
				t.Errorf("error is\n%v, want\n%s", err, test.want)
			}
		})
	}
	broken := errors.New("the disk is on fire")
	if _, err := collapse.ReadFolded(iotest.ErrReader(broken), collapse.FoldedOptions{}); !errors.Is(err, broken) {
		t.Errorf("the reader's error became %v", err)
	}
}

func TestReadFoldedLimits(t *testing.T) {
	deep := strings.Repeat("a;", 10_000_000) + "a 1\n"
	for _, test := range []struct {
		name, text, what string
		limits           collapse.Limits
	}{
		{"ten million frames", deep, "stack depth", collapse.Limits{}},
		{"just too deep", "a;b;c;d 1\n", "stack depth", collapse.Limits{Depth: 3}},
		{"bytes", "aaaa 1\nbbbb 1\n", "bytes of decompressed input", collapse.Limits{Bytes: 13}},
		{"nodes", "a;b 1\nc;d 1\n", "nodes of the call tree", collapse.Limits{Nodes: 4}},
		{"names", "aaaa;bbbb 1\n", "bytes of function names", collapse.Limits{StringBytes: 7}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := collapse.ReadFolded(strings.NewReader(test.text), collapse.FoldedOptions{Limits: test.limits})
			var limit *collapse.LimitError
			if !errors.As(err, &limit) || limit.What != test.what {
				t.Errorf("error is %v, want the limit of %s", err, test.what)
			}
		})
	}
	readFoldedOptions(t, "a;b;c 1\n", collapse.FoldedOptions{Limits: collapse.Limits{Depth: 3, Bytes: 8, Nodes: 4, StringBytes: 3}})
	if n := testing.AllocsPerRun(1, func() {
		_, _ = collapse.ReadFolded(strings.NewReader(deep), collapse.FoldedOptions{})
	}); n > 1000 {
		t.Errorf("refusing a stack of ten million frames took %v allocations", n)
	}
}

func TestReadFoldedLongLine(t *testing.T) {
	name := strings.Repeat("0123456789", 1<<20)
	p := readFolded(t, "a 1\n"+name+";b 2\n"+name+" 3\n")
	if got := stacks(p, 0); len(got) != 3 || got[name+"|b"].self != 2 || got[name].self != 3 {
		t.Errorf("a frame of 10 MB did not survive: %d stacks", len(got))
	}
}

// TestReadFoldedCorpus holds real files against a parser that follows
// flamegraph.pl's regular expression and sums in rationals.
func TestReadFoldedCorpus(t *testing.T) {
	var files []string
	for _, pattern := range []string{"folded/*", "weird/f-*"} {
		found, err := filepath.Glob(shared(t, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 20 {
		t.Fatalf("found only %d files", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data := readFile(t, file)
			want := regexpStacks(string(data))
			p, err := collapse.ReadFolded(bytes.NewReader(data), collapse.FoldedOptions{})
			if len(want) == 0 {
				if err == nil {
					t.Fatal("a file without stacks is a profile")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkValid(t, p)
			got := map[string][2]string{}
			for stack, v := range stacks(p, 0) {
				div := p.Types[0].Div()
				got[stack] = [2]string{big.NewRat(v.self, div).RatString(), big.NewRat(v.base, div).RatString()}
			}
			for stack, w := range want {
				if g := got[stack]; g != w {
					t.Fatalf("%.200q is %v, want %v", stack, g, w)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%d stacks, want %d", len(got), len(want))
			}
		})
	}
}

var countAtEnd = regexp.MustCompile(`(?s)^(.*)\s(\d+(?:\.\d*)?)$`)

// cutAtCount returns what countAtEnd matches. It looks at the end of a long line
// only, for a regular expression is slow.
func cutAtCount(line string) []string {
	start := max(0, len(line)-64)
	match := countAtEnd.FindStringSubmatch(line[start:])
	if match != nil {
		match[1] = line[:start] + match[1]
	}
	return match
}

func regexpStacks(text string) map[string][2]string {
	type pair struct{ self, base *big.Rat }
	sums := map[string]pair{}
	type line struct {
		stack      string
		self, base *big.Rat
	}
	var lines []line
	differential := false
	for _, text := range strings.Split(text, "\n") {
		text = strings.TrimRight(text, " \t\r\v\f")
		match := cutAtCount(text)
		if match == nil || strings.HasPrefix(text, "# ") {
			continue
		}
		l := line{stack: match[1], self: rational(match[2])}
		if match := cutAtCount(l.stack); match != nil {
			l.stack, l.base = match[1], rational(match[2])
			differential = true
		}
		if l.self.Cmp(rational("9223372036854775807")) > 0 {
			continue
		}
		lines = append(lines, l)
	}
	for _, l := range lines {
		key := strings.ReplaceAll(strings.TrimRight(l.stack, ";"), ";", "|")
		if l.base == nil {
			l.base = new(big.Rat)
			if differential {
				l.base = l.self
			}
		}
		s, ok := sums[key]
		if !ok {
			s = pair{new(big.Rat), new(big.Rat)}
			sums[key] = s
		}
		s.self.Add(s.self, l.self)
		s.base.Add(s.base, l.base)
	}
	out := map[string][2]string{}
	for key, s := range sums {
		if s.self.Sign() != 0 || s.base.Sign() != 0 {
			out[key] = [2]string{s.self.RatString(), s.base.RatString()}
		}
	}
	return out
}

func rational(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(strings.TrimSuffix(s, "."))
	if !ok {
		panic(fmt.Sprintf("%q is no number", s))
	}
	return r
}

// FuzzReadFolded: whatever is read is canonical, and what is written of it reads
// back to text that stays as it is.
func FuzzReadFolded(f *testing.F) {
	for _, seed := range []string{
		"a;b 1\na;c 2\na 3\n", "a 1.5\nb 2\nc 0.123456789\n", "a 10 20\nb 5\n", "# c\n\n \n#bar 7\n", "\ufeffa 1\r\n", " 5\n;; 3\na;;b 1\n",
		"x 9000000000000000000\ny 9000000000000000000\nz 1.5\n", "a_[k];b_[i] 3\n", "a;\x00\xff 1\nnum 7 9\n", "# 5\n#_ 1\nx 7_ 2\n", "a\t5\n\v 7\n", " 0 1\nb 01\nbb 0\n0\n\n0\nb 1",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, ordered bool) {
		o := collapse.FoldedOptions{Ordered: ordered, Limits: collapse.Limits{Depth: 1000, Nodes: 1 << 16}}
		p, err := collapse.ReadFolded(bytes.NewReader(data), o)
		if err != nil {
			return
		}
		checkValid(t, p)
		text := writeFolded(t, p, 0)
		if text == "" {
			return // all values are zero
		}
		again, err := collapse.ReadFolded(strings.NewReader(text), o)
		if err != nil {
			t.Fatalf("what was written does not read back: %v\n%q", err, text)
		}
		if again.Total(0)*p.Types[0].Div() != p.Total(0)*again.Types[0].Div() && p.Total(0) < 1<<30 {
			t.Fatalf("%q has a total of %d/%d, want %d/%d", text, again.Total(0), again.Types[0].Div(), p.Total(0), p.Types[0].Div())
		}
		if ordered {
			// Stacks without a value, which are not written, may have kept
			// two others apart: one more round.
			text = writeFolded(t, again, 0)
			again = readFoldedOptions(t, text, o)
		}
		if second := writeFolded(t, again, 0); second != text {
			t.Fatalf("written again it is\n%q, want\n%q", second, text)
		}
	})
}

func BenchmarkReadFolded(b *testing.B) {
	for _, name := range []string{"synth100k.folded.gz", "compile.merged.folded.gz"} {
		data := readFile(b, shared(b, "folded/"+name))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			nodes := 0
			for b.Loop() {
				p, err := collapse.ReadFolded(bytes.NewReader(data), collapse.FoldedOptions{})
				if err != nil {
					b.Fatal(err)
				}
				nodes = p.Len()
			}
			b.ReportMetric(float64(nodes)*float64(b.N)/b.Elapsed().Seconds(), "nodes/s")
		})
	}
}

// TestReadFoldedBlocks reads files that are parsed in several blocks: what comes
// out may not depend on where they are cut, nor on who parsed what.
func TestReadFoldedBlocks(t *testing.T) {
	var plain strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&plain, "main;serve;%x;handle%d;work_[k] %d\n", i*i%1009, i%97, i%13)
		if i%20_000 == 7 {
			plain.WriteString("# a comment\n\nno stack\n")
		}
	}
	for name, tail := range map[string]string{
		"plain": "", "a fraction at the end": "main;serve 0.5\n", "two counts at the end": "main;rest 3 4\n",
		"a long line": strings.Repeat("abcdefgh;", 10_000) + "x 5\n" + strings.Repeat("abcdefg;", 300_000) + "x 5", "no frames": " 12\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := plain.String() + tail
			p := readFoldedOptions(t, text, collapse.FoldedOptions{Limits: collapse.Limits{Depth: 1 << 20}})
			checkValid(t, p)
			want, got := regexpStacks(text), stacks(p, 0)
			for stack, w := range want {
				v, div := got[stack], p.Types[0].Div()
				if g := [2]string{big.NewRat(v.self, div).RatString(), big.NewRat(v.base, div).RatString()}; g != w {
					t.Fatalf("%.200q is %v, want %v", stack, g, w)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d stacks, want %d", len(got), len(want))
			}
			if note := "3 of 600"; !strings.HasPrefix(p.Meta.Notes[0], note) || !strings.Contains(p.Meta.Notes[0], "first: line 11)") {
				t.Errorf("the notes are %q, want %s…, the first in line 11", p.Meta.Notes, note)
			}
		})
	}
	broken := errors.New("the disk is on fire")
	_, err := collapse.ReadFolded(io.MultiReader(strings.NewReader(plain.String()), iotest.ErrReader(broken)), collapse.FoldedOptions{})
	if !errors.Is(err, broken) {
		t.Errorf("the reader's error became %v", err)
	}
	_, err = collapse.ReadFolded(strings.NewReader(plain.String()), collapse.FoldedOptions{Limits: collapse.Limits{Nodes: 1000}})
	if limit := (*collapse.LimitError)(nil); !errors.As(err, &limit) || limit.What != "nodes of the call tree" {
		t.Errorf("error is %v, want the limit of nodes", err)
	}
}

// TestReadFoldedManySamples: a file may have far more samples than stacks.
func TestReadFoldedManySamples(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 48 MB")
	}
	const samples = 12_000_000
	p, err := collapse.ReadFolded(strings.NewReader(strings.Repeat("a 1\n", samples/2)+strings.Repeat("a;b 2\n", samples/2)), collapse.FoldedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := stacks(p, 0); p.Len() != 3 || got["a"].self != samples/2 || got["a|b"].self != samples {
		t.Errorf("%d nodes, %v", p.Len(), got)
	}
}
