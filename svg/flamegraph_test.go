package svg

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"flame/collapse"
)

// sharedData returns the directory of recorded inputs and expectations that
// stands beside the repository, or skips the test.
func sharedData(t testing.TB) string {
	dir := filepath.Join("..", "..", "shared", "data")
	if _, err := os.Stat(filepath.Join(dir, "expected")); err != nil {
		t.Skipf("the recorded drawings of flamegraph.pl are not there (%v): nothing to compare with", err)
	}
	return dir
}

func readShared(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		zr, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(zr); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

var perlLine = regexp.MustCompile(`^(.*)\s(\d+(?:\.\d*)?)$`)

// perlStack is one line as flamegraph.pl understands it; counts are in units of
// 1/scale.
type perlStack struct {
	frames       []string
	before, self int64
	diff         bool
}

// perlStacks reads folded text by flamegraph.pl's rules, not by our reader's:
// sorted lines, no comments, trailing empty frames dropped, lines that end in CR
// ignored.
func perlStacks(data []byte, scale int64) (stacks []perlStack) {
	count := func(s string) int64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			panic(err)
		}
		return int64(math.Round(f * float64(scale)))
	}
	lines := strings.Split(string(data), "\n")
	slices.Sort(lines)
	for _, line := range lines {
		m := perlLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		s := perlStack{self: count(m[2])}
		if d := perlLine.FindStringSubmatch(m[1]); d != nil {
			m[1], s.before, s.diff = d[1], count(d[2]), true
		}
		if trimmed := strings.TrimRight(m[1], ";"); trimmed != "" {
			s.frames = strings.Split(trimmed, ";")
		}
		stacks = append(stacks, s)
	}
	return stacks
}

// build makes a profile of the stacks. With inLineOrder a box is shared only by
// neighbouring lines, as in flamegraph.pl; else it is a call tree like all ours.
// Where one line is differential, those that are not did not change.
func build(t testing.TB, stacks []perlStack, scale int64, inLineOrder bool) *collapse.Profile {
	t.Helper()
	b := collapse.NewBuilder(1, collapse.Limits{})
	b.Ordered = inLineOrder
	differential := slices.ContainsFunc(stacks, func(s perlStack) bool { return s.diff })
	for _, s := range stacks {
		n := collapse.Root
		for _, f := range s.frames {
			n = b.Child(n, b.FrameText([]byte(f)))
		}
		b.Add(n, 0, s.self)
		switch {
		case s.diff:
			b.AddBase(n, 0, s.before)
		case differential:
			b.AddBase(n, 0, s.self)
		}
	}
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count", Scale: scale}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// drawn lists the boxes of p in the form of the recorded expectations, sorted:
// depth, x, width, tooltip, fill.
func drawn(t testing.TB, p *collapse.Profile) []string {
	t.Helper()
	l := NewLayout(p, LayoutOptions{})
	c, err := NewColorer(p, ColorOptions{Palette: "hot", Hash: true})
	if err != nil {
		t.Fatal(err)
	}
	g := Geometry{Width: 1200, FrameHeight: 16, FontSize: 12, FontWidth: 0.59, Depth: l.Depth, Total: l.Total}
	tip := TooltipFormat{Type: p.Types[0], Total: l.Total}
	tenth := func(v int64) string { return strconv.FormatFloat(float64(v)/10, 'f', 1, 64) }
	var boxes []string
	for _, b := range l.Boxes {
		var title string
		switch {
		case b.Node == collapse.Root:
			title = tip.Root("all")
		case p.Differential():
			title = tip.Diff(p.Frames()[p.NodeFrames()[b.Node]].Name, b.W, p.Self(0)[b.Node]-p.Base(0)[b.Node])
		default:
			title = tip.Frame(p.Frames()[p.NodeFrames()[b.Node]].Name, b.W)
		}
		x, w := g.Span(b)
		boxes = append(boxes, fmt.Sprintf("%d\t%s\t%s\t%s\t%s", b.Depth, tenth(x), tenth(w), title, c.Node(b.Node)))
	}
	slices.Sort(boxes)
	return boxes
}

// recorded returns what flamegraph.pl drew.
func recorded(t testing.TB, path string) (boxes []string) {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(readShared(t, path)))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if line := lines.Text(); !strings.HasPrefix(line, "#") {
			boxes = append(boxes, line)
		}
	}
	slices.Sort(boxes)
	return boxes
}

// A divergence is a file that we draw otherwise than flamegraph.pl on purpose.
type divergence struct {
	reason string
	// same makes the boxes of both sides equal by taking away what differs for
	// the reason, and only that.
	same func(box string) string
	// input takes away lines that only one side has.
	input func(data []byte) []byte
	// lineOrder: flamegraph.pl sorts whole lines, so what a name is followed by
	// (" ", ".", ";") decides where its boxes stand and whether two lines of one
	// function are neighbours. A tree that is built in line order must draw the
	// very same boxes, and ours must not.
	lineOrder bool
	scale     int64
}

var percentage = regexp.MustCompile(`, [0-9.]+%`)

var divergences = map[string]divergence{
	"f-fractional.folded": {
		reason: "flamegraph.pl takes percentages of rounded counts: 103.90% of the total", scale: 1000,
		same: func(box string) string { return percentage.ReplaceAllString(box, "") }},
	"inferno-fractional.txt": {
		reason: "percentages of rounded counts; 6.1+1.4 is 7.5 and shown as 8, in flamegraph.pl a float below it and shown as 7", scale: 1000,
		same: func(box string) string {
			return strings.Replace(percentage.ReplaceAllString(box, ""), "cksum (8 samples)", "cksum (7 samples)", 1)
		}},
	"f-names.folded": {
		reason: `one line "num 7 9" among lines with one count: a difference for that box alone in flamegraph.pl, none in ours`,
		same: func(box string) string {
			if strings.Contains(box, "\tnum (") {
				box = strings.Replace(box[:strings.LastIndex(box, "\t")], "; +6.06%", "", 1)
			}
			return box
		},
		input: func(data []byte) []byte { return bytes.Replace(data, []byte("num 7 9"), []byte("num 9"), 1) }},
	"f-null-and-invalid-utf8.folded": {
		reason: "flamegraph.pl loses the line that is no UTF-8",
		input:  func(data []byte) []byte { return data[:bytes.IndexByte(data, '\n')] }},
	"f-bad-lines.folded": {
		reason: "a count beyond 63 bits is a float in flamegraph.pl, which the others add nothing to",
		input: func(data []byte) []byte {
			return bytes.Replace(data, []byte("99999999999999999999"), []byte("1000000000000000000"), 1)
		},
		same: func(box string) string {
			box = strings.Replace(box, "100,000,000,000,000,000,000 samples", "1,000,000,000,000,000,000 samples", 1)
			box = strings.Replace(box, "all (1,000,000,000,000,000,012 ", "all (1,000,000,000,000,000,000 ", 1)
			return strings.Replace(box, "trail (1 samples", "trail (0 samples", 1)
		}},
}

// lineOrdered are the files that hold a function whose name begins with
// another's, so that the order of lines is not that of names.
var lineOrdered = []string{"compile.merged.folded.gz", "perf-java-stacks-01-collapsed-all.txt"}

func TestFlamegraphPl(t *testing.T) {
	dir := sharedData(t)
	for _, name := range lineOrdered {
		d := divergences[name]
		d.reason, d.lineOrder = "boxes stand in the order of lines, not of names", true
		divergences[name] = d
	}
	expected, err := filepath.Glob(filepath.Join(dir, "expected", "*.tsv.gz"))
	if err != nil || len(expected) == 0 {
		t.Fatalf("no expectations: %v", err)
	}
	for _, path := range expected {
		name := strings.TrimSuffix(filepath.Base(path), ".tsv.gz")
		t.Run(name, func(t *testing.T) { compareDrawing(t, dir, name, path) })
	}
}

func compareDrawing(t *testing.T, dir, name, expected string) {
	want := recorded(t, expected)
	data := inputOf(t, dir, name)
	d, diverges := divergences[name]
	if d.input != nil {
		data = d.input(data)
	}
	scale := max(d.scale, 1)
	stacks := perlStacks(data, scale)
	if len(want) == 0 {
		if len(stacks) != 0 {
			t.Fatalf("flamegraph.pl finds no stacks and we %d", len(stacks))
		}
		return // an empty file, or all lines end in CR
	}
	got := drawn(t, build(t, stacks, scale, false))
	if diverges && d.lineOrder {
		if slices.Equal(got, want) {
			t.Errorf("no difference to flamegraph.pl any more: %s", d.reason)
		}
		got = drawn(t, build(t, stacks, scale, true))
	}
	if d.same != nil {
		if slices.Equal(got, want) {
			t.Errorf("no difference to flamegraph.pl any more: %s", d.reason)
		}
		for _, boxes := range [][]string{got, want} {
			for i, box := range boxes {
				boxes[i] = d.same(box)
			}
			slices.Sort(boxes)
		}
	}
	diffBoxes(t, got, want)
}

// readerInput turns files that our reader takes otherwise than flamegraph.pl
// into what flamegraph.pl would have to be given.
var readerInput = map[string]func(data []byte) []byte{
	// It ignores lines that end in CR.
	"f-crlf.folded": func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r"), nil) },
	// It takes comments that end in a number for stacks: austin's "# interval: 100".
	"inferno-flames.txt": func(data []byte) []byte { return regexp.MustCompile(`(?m)^# .*$`).ReplaceAll(data, nil) },
	// It adds up a count beyond 63 bits in floats; we leave the line out.
	"f-bad-lines.folded": func(data []byte) []byte { return regexp.MustCompile(`(?m)^huge.*$`).ReplaceAll(data, nil) },
}

// TestFoldedDrawings checks that what our reader makes of a file draws like what
// flamegraph.pl's rules make of it; that this is what it drew, TestFlamegraphPl
// checks.
func TestFoldedDrawings(t *testing.T) {
	dir := sharedData(t)
	expected, err := filepath.Glob(filepath.Join(dir, "expected", "*.tsv.gz"))
	if err != nil || len(expected) == 0 {
		t.Fatalf("no expectations: %v", err)
	}
	for _, path := range expected {
		name := strings.TrimSuffix(filepath.Base(path), ".tsv.gz")
		t.Run(name, func(t *testing.T) {
			data := inputOf(t, dir, name)
			p, err := collapse.ReadFolded(bytes.NewReader(data), collapse.FoldedOptions{})
			if len(data) == 0 {
				if err == nil {
					t.Error("an empty file makes a profile")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if change := readerInput[name]; change != nil {
				data = change(data)
			}
			scale := p.Types[0].Div()
			diffBoxes(t, drawn(t, p), drawn(t, build(t, perlStacks(data, scale), scale, false)))
		})
	}
}

// inputOf finds the folded text that an expectation was drawn from.
func inputOf(t *testing.T, dir, name string) []byte {
	t.Helper()
	for _, sub := range []string{"folded", "weird", "perf/expected"} {
		for _, end := range []string{"", ".gz"} {
			path := filepath.Join(dir, sub, name+end)
			if _, err := os.Stat(path); err == nil {
				return readShared(t, path)
			}
		}
	}
	t.Fatalf("no input for the expectation %s", name)
	return nil
}

// diffBoxes reports the boxes that only one of two sorted lists has.
func diffBoxes(t *testing.T, got, want []string) {
	t.Helper()
	shown := 0
	report := func(side, box string) {
		if shown++; shown <= 12 {
			t.Errorf("%s: %s", side, box)
		}
	}
	i, j := 0, 0
	for i < len(got) || j < len(want) {
		switch {
		case j == len(want) || i < len(got) && got[i] < want[j]:
			report("only ours", got[i])
			i++
		case i == len(got) || want[j] < got[i]:
			report("only expected", want[j])
			j++
		default:
			i, j = i+1, j+1
		}
	}
	if shown > 12 {
		t.Errorf("… and %d more of %d", shown-12, len(want))
	}
}
