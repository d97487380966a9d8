package pprof_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/pprof"

	"github.com/google/pprof/profile"
)

// stacks lists the stacks of one sample type as "root;leaf value".
func stacks(p *collapse.Profile, typ int) string {
	var lines []string
	names := make([]string, p.Len())
	for n := range p.Len() {
		if n > 0 {
			names[n] = p.Frames()[p.NodeFrames()[n]].Name
			if up := names[p.Parents()[n]]; up != "" {
				names[n] = up + ";" + names[n]
			}
		}
		if v := p.Self(typ)[n]; v != 0 {
			lines = append(lines, fmt.Sprintf("%s %d", names[n], v))
		}
	}
	return strings.Join(lines, "\n")
}

func decode(data []byte) (*collapse.Profile, error) {
	return pprof.Decode(bytes.NewReader(data), pprof.Options{})
}

// TestRules has a case for each rule that a decoder of the format must respect.
// want is the stacks of the last sample type, or the error's text after "!".
func TestRules(t *testing.T) {
	cases := []struct {
		name, want string
		data       []byte
	}{
		{"1 strings and types last", "main.main;main.leaf 5", concat(sample(5, 2, 1), location(2, 2), location(1, 1), function(2, 4), function(1, 3), sampleType(1, 2), stringTable(words...))},
		{"1 interleaved", "main.main;main.leaf 5", concat(stringTable(words[:4]...), location(1, 1), function(1, 3), location(2, 2), sample(5, 2, 1), stringTable(words[4:]...), function(2, 4), sampleType(1, 2))},
		{"2 unpacked", "main.main;main.leaf 5", concat(msg{}.bytes(2, msg{}.num(1, 2).num(1, 1).num(2, 5)), sampleType(1, 2), stringTable(words...), function(1, 3), function(2, 4), location(1, 1), location(2, 2))},
		{"2 packed and unpacked mixed", "main.main;main.leaf;main.main 5", simpleSample(msg{}.packed(1, 1, 2).num(1, 1).num(2, 5))},
		{"2 two packed fields", "main.main;main.leaf;main.main 5", simpleSample(msg{}.packed(1, 1).packed(2, 5).packed(1, 2, 1))},
		{"3 sparse ids", "main.main;main.leaf 5", concat(sampleType(1, 2), stringTable(words...), function(math.MaxInt64, 3), function(-1, 4), location(1<<40, math.MaxInt64), location(77777, -1), sample(5, 77777, 1<<40))},
		{"3 location 0", "!reserved id 0", simple(location(0, 1))},
		{"3 function 0", "!reserved id 0", simple(function(0, 3))},
		{"3 mapping 0", "!reserved id 0", simple(msg{}.bytes(3, msg{}.num(5, 6)))},
		{"3 duplicate location", "!two locations have the id 1", simple(location(1, 1))},
		{"3 duplicate function", "!two functions have the id 1", simple(function(1, 3))},
		{"3 duplicate mapping", "!two mappings have the id 1", simple(msg{}.bytes(3, msg{}.num(1, 1)), msg{}.bytes(3, msg{}.num(1, 1)))},
		{"3 unknown location", "!location 9, which is not there", simple(sample(1, 9))},
		{"3 unknown function", "!function that is not there", simple(location(3, 9))},
		{"4 inlined calls", "main.main;main.leaf;main.inlined 5", concat(sampleType(1, 2), stringTable(words...), function(1, 3), function(2, 4), function(3, 5), location(1, 1), location(2, 3, 2), sample(5, 2, 1))},
		{"5 no line", "main.main;[prog] 0x1003 5", concat(sampleType(1, 2), stringTable(words...), msg{}.bytes(3, msg{}.num(1, 1).num(5, 6)), function(1, 3), location(1, 1), msg{}.bytes(4, msg{}.num(1, 3).num(2, 1).num(3, 0x1003)), sample(5, 3, 1))},
		{"5 no line, no mapping", "0x1003 5", concat(sampleType(1, 2), stringTable(words...), location(3), sample(5, 3))},
		{"5 function without name", "[unknown] 5", concat(sampleType(1, 2), stringTable(words...), function(1, 0), location(1, 1), sample(5, 1))},
		{"5 function with a system name only", "main.leaf 5", concat(sampleType(1, 2), stringTable(words...), msg{}.bytes(5, msg{}.num(1, 1).num(3, 4)), location(1, 1), sample(5, 1))},
		{"6 too few values", "!values", simple(msg{}.bytes(2, msg{}.packed(1, 1)))},
		{"6 more values than types", "!2 values for 1 sample types", simpleSample(msg{}.packed(1, 1).packed(2, 1, 2))},
		{"6 negative", "main.main;main.leaf -5", simpleSample(msg{}.packed(1, 2, 1).num(2, -5))},
		{"6 overflow stays at the end", fmt.Sprintf("main.main %d", int64(math.MaxInt64)), concat(sampleType(1, 2), stringTable(words...), function(1, 3), location(1, 1), sample(math.MaxInt64, 1), sample(math.MaxInt64, 1))},
		{"8 first string not empty", "!does not start with the empty string", concat(sampleType(1, 2), stringTable("x"))},
		{"8 string index too large", "!string 99 of", simple(function(3, 99))},
		{"8 string index negative", "!string -1 of", simple(function(3, -1))},
		{"8 no strings", "!string 0 of 0", concat(sampleType(0, 0))},
		{"8 invalid UTF-8 survives", "\xff\xfe\x00 5", concat(sampleType(1, 2), stringTable("", "cpu", "ns", "\xff\xfe\x00"), function(1, 3), location(1, 1), sample(5, 1))},
		{"9 labels of every shape", "main.main;main.leaf 5", simpleSample(msg{}.packed(1, 2, 1).num(2, 5).bytes(3, msg{}.num(1, 3).num(2, 4)).bytes(3, msg{}.num(1, 3).num(3, -9).num(4, 2)).bytes(3, nil).bytes(3, msg{}.num(1, 1)))},
		{"9 label with no such string", "!string 99 of", simpleSample(msg{}.packed(1, 2, 1).num(2, 5).bytes(3, msg{}.num(1, 99)))},
		{"11 two times", "!several profiles one after the other", simple(msg{}.num(9, 1), msg{}.num(9, 2))},
		{"12 unknown fields", "main.main;main.leaf 5", simple(msg{}.num(99, 1), msg{}.str(98, "x"), msg{}.fixed64(97), msg{}.fixed32(96))},
		{"12 unknown fields in a sample", "main.main;main.leaf 5", simpleSample(msg{}.fixed32(9).packed(1, 2, 1).fixed64(8).num(2, 5).fixed32(9))},
		{"12 group", "!wire type 3", simple(msg{}.tag(20, 3))},
		{"12 number longer than 10 bytes", "!longer than 10 bytes", simple(msg(bytes.Repeat([]byte{0x80}, 11)))},
		{"12 length beyond the end", "!longer than what holds it", simple(msg{}.tag(2, 2), msg{0x7f})},
		{"12 wrong wire type of a number", "!field 1 is no number", simpleSample(msg{}.fixed32(1))},
		{"12 wrong wire type", "!field 2 is no message", simple(msg{}.num(2, 1))},
		{"15 no samples", "", concat(sampleType(1, 2), stringTable(words...))},
		{"15 samples but no types", "!nothing of what its samples are", concat(stringTable(words...), function(1, 3), location(1, 1), sample(5, 1))},
		{"15 no bytes", "!it has no bytes", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			checkAgainstOracle(t, c.data)
			for _, data := range [][]byte{c.data, gz(c.data)} {
				p, err := decode(data)
				if want, bad := strings.CutPrefix(c.want, "!"); bad {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("error %v, want %q", err, want)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := stacks(p, len(p.Types)-1); got != c.want {
					t.Errorf("stacks\n%s\nwant\n%s", got, c.want)
				}
			}
		})
	}
}

// simpleSample is simple with another sample in place of its own.
func simpleSample(body msg) []byte {
	return concat(sampleType(1, 2), stringTable(words...), function(1, 3), function(2, 4), location(1, 1), location(2, 2), msg{}.bytes(2, body))
}

func TestDefaultType(t *testing.T) {
	two := func(extra ...msg) []byte {
		return concat(append([]msg{sampleType(8, 9), sampleType(1, 2), stringTable(words...)}, extra...)...)
	}
	for _, c := range []struct {
		name string
		data []byte
		want int
	}{
		{"absent: the last", two(), 1},
		{"named", two(msg{}.num(14, 8)), 0},
		{"not there: the last", two(msg{}.num(14, 3)), 1},
	} {
		p, err := decode(c.data)
		if err != nil {
			t.Fatal(err)
		}
		if p.Default != c.want {
			t.Errorf("%s: default %d, want %d", c.name, p.Default, c.want)
		}
	}
}

// TestDropFrames has the corners of drop_frames: never before the first frame to
// keep, the whole location or only what is inlined, and switched off.
func TestDropFrames(t *testing.T) {
	strs := stringTable("", "cpu", "ns", "main", "user", "malloc", "tcmalloc(int)", "malloc|tcmalloc", "tcmalloc")
	head := concat(sampleType(1, 2), strs, function(1, 3), function(2, 4), function(3, 5), function(4, 6),
		location(1, 1), location(2, 2), location(3, 3), location(4, 4), location(5, 3, 2), msg{}.num(7, 7))
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"ends the stack", "main;user 5", concat(head, sample(5, 3, 2, 1))},
		{"everything below goes too", "main 5", concat(head, sample(5, 2, 3, 1))},
		{"arguments do not count", "main 5", concat(head, sample(5, 4, 1))},
		{"not before a user frame", "malloc;main;user 5", concat(head, sample(5, 2, 1, 3))},
		{"only what is inlined", "main;user 5", concat(head, sample(5, 5, 1))},
		{"kept after all", "main;tcmalloc(int) 5", concat(head, msg{}.num(8, 8), sample(5, 4, 1))},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkAgainstOracle(t, c.data)
			p, err := decode(c.data)
			if err != nil {
				t.Fatal(err)
			}
			if got := stacks(p, 0); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	p, err := pprof.Decode(bytes.NewReader(concat(head, sample(5, 3, 2, 1))), pprof.Options{AllFrames: true})
	if err != nil || stacks(p, 0) != "main;user;malloc 5" {
		t.Errorf("AllFrames: %v, %v", p, err)
	}
	if _, err := decode(concat(sampleType(1, 2), stringTable("", "cpu", "ns", "("), msg{}.num(7, 3))); err == nil || !strings.Contains(err.Error(), "drop_frames") {
		t.Errorf("a broken expression gives %v", err)
	}
}

func TestLimits(t *testing.T) {
	deep := make([]int64, 2000)
	for i := range deep {
		deep[i] = 1
	}
	for _, c := range []struct {
		what   string
		limits collapse.Limits
		data   []byte
	}{
		{"bytes of decompressed input", collapse.Limits{Bytes: 1 << 20}, gz(make([]byte, 64<<20))},
		{"bytes of decompressed input", collapse.Limits{Bytes: 1 << 20}, gz(concat(simple(), msg{}.bytes(99, make([]byte, 64<<20))))},
		{"stack depth", collapse.Limits{Depth: 1999}, simple(sample(5, deep...))},
		{"nodes of the call tree", collapse.Limits{Nodes: 1000}, simple(sample(5, deep...))},
		{"bytes of strings", collapse.Limits{StringBytes: 1000}, simple(stringTable(strings.Repeat("x", 2000)))},
	} {
		_, err := pprof.Decode(bytes.NewReader(c.data), pprof.Options{Limits: c.limits})
		var limit *collapse.LimitError
		if !errors.As(err, &limit) || limit.What != c.what {
			t.Errorf("%s: error %v", c.what, err)
		}
	}
	if p, err := pprof.Decode(bytes.NewReader(simple(sample(5, deep...))), pprof.Options{Limits: collapse.Limits{Depth: 2000}}); err != nil || p.Depth() != 2000 {
		t.Errorf("a stack as deep as the limit: %v", err)
	}
}

// TestBrokenGzip cuts and damages a compressed profile.
func TestBrokenGzip(t *testing.T) {
	whole := gz(simple(msg{}.bytes(99, bytes.Repeat([]byte("0123456789abcdef"), 20000))))
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"cut half way", "part of the profile is missing", whole[:len(whole)/2]},
		{"cut in the last byte", "part of the profile is missing", whole[:len(whole)-1]},
		{"followed by something else", "no gzip data follows", append(bytes.Clone(whole), "garbage, long enough"...)},
		{"damaged", "damaged", append(bytes.Clone(whole[:len(whole)-8]), make([]byte, 8)...)},
	} {
		if _, err := decode(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// TestReaderError passes on what went wrong with the source itself.
func TestReaderError(t *testing.T) {
	boom := errors.New("boom")
	data := simple()
	for n := range len(data) {
		if _, err := pprof.Decode(io.MultiReader(bytes.NewReader(data[:n]), errReader{boom}), pprof.Options{}); !errors.Is(err, boom) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestOrdered(t *testing.T) {
	data := concat(sampleType(1, 2), stringTable(words...), function(1, 3), function(2, 4), location(1, 1), location(2, 2),
		sample(1, 2, 1), sample(2, 2, 1), sample(3, 1), sample(4, 2), sample(5, 2, 1))
	p, err := pprof.Decode(bytes.NewReader(data), pprof.Options{Ordered: true})
	if err != nil {
		t.Fatal(err)
	}
	want := "main.main 3\nmain.main;main.leaf 3\nmain.leaf 4\nmain.main;main.leaf 5"
	if got := stacks(p, 0); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := p.CheckValid(); err != nil {
		t.Error(err)
	}
}

// TestTruncatedStacks says so when stacks are as deep as a profiler goes.
func TestTruncatedStacks(t *testing.T) {
	stack := func(leaf int64) []int64 {
		s := make([]int64, 64)
		for i := range s {
			s[i] = 1
		}
		s[0] = leaf
		return s
	}
	p, err := decode(simple(sample(1, stack(1)...), sample(1, stack(2)...)))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Meta.Notes) != 1 || !strings.Contains(p.Meta.Notes[0], "2 stacks have exactly 64") {
		t.Errorf("notes %q", p.Meta.Notes)
	}
	if p, _ := decode(simple()); len(p.Meta.Notes) != 0 {
		t.Errorf("notes %q of a shallow profile", p.Meta.Notes)
	}
}

// TestReuse decodes one profile after another with the memory of the one before.
func TestReuse(t *testing.T) {
	a := simple()
	b := concat(sampleType(8, 9), sampleType(1, 2), stringTable("", "x", "y", "z", "main.other", "m", "n", "o", "p", "q"), function(7, 4), location(9, 7), msg{}.bytes(2, msg{}.packed(1, 9).packed(2, 1, 2)))
	for range 5 {
		p, err := decode(a)
		if err != nil {
			t.Fatal(err)
		}
		q, err := decode(gz(b))
		if err != nil {
			t.Fatal(err)
		}
		if got := stacks(p, 0); got != "main.main;main.leaf 5" {
			t.Fatalf("first profile: %q after the second was decoded", got)
		}
		if got := stacks(q, 1); got != "main.other 2" {
			t.Fatalf("second profile: %q", got)
		}
	}
}

// FuzzDecode holds the decoder against google/pprof on whatever the fuzzer finds.
func FuzzDecode(f *testing.F) {
	f.Add(simple())
	f.Add(gz(simple()))
	f.Add(concat(sample(5, 2, 1), location(2, 2), location(1, 1), function(2, 4), function(1, 3), sampleType(1, 2), stringTable(words...), msg{}.num(9, 1), msg{}.num(7, 7)))
	f.Add([]byte("heap profile: 1: 2 [3: 4] @ heap/5\n1: 2 [3: 4] @ 0x10\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !pprof.Sniff(data) {
			if p, err := decode(data); err == nil && p.CheckValid() != nil {
				t.Fatal(p.CheckValid())
			}
			return
		}
		// We may accept what google/pprof refuses: fields that flame does not
		// use are not looked into.
		if want, err := profile.ParseData(data); err == nil && want.RemoveUninteresting() == nil {
			checkAgainstOracle(t, data)
		}
	})
}
