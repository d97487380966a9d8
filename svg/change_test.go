package svg

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flame/collapse"
)

// A changeCase is a case of [ChangeLevel] and [ChangeColor] that the viewer is
// tested with, too. Totals are in stored units.
type changeCase struct {
	After  int64  `json:"after"`
	Before int64  `json:"before"`
	Whole  int64  `json:"whole"`
	Level  int    `json:"level"`
	Color  string `json:"color"`
}

// TestChangeLevel checks the steps of the scale from both sides, and that
// testdata/diff.json, which the viewer's tests read, has these cases.
func TestChangeLevel(t *testing.T) {
	cases := []changeCase{
		{After: 5, Before: 5, Whole: 10},
		{After: 0, Before: 0, Whole: 10},
		{After: 0, Before: 0, Whole: 0},
		{After: 1000, Before: 1009, Whole: 10_000},            // under the noise floor
		{After: 1000, Before: 1010, Whole: 10_000, Level: -1}, // on it
		{After: 9, Before: 0, Whole: 10_000},                  // new, but noise
		{After: 10, Before: 0, Whole: 10_000, Level: 5},
		{After: 0, Before: 10, Whole: 10_000, Level: -5},
		{After: 1000, Before: 951, Whole: 1000, Level: 1},
		{After: 1000, Before: 950, Whole: 1000, Level: 2},
		{After: 801, Before: 1000, Whole: 1000, Level: -2},
		{After: 800, Before: 1000, Whole: 1000, Level: -3},
		{After: 501, Before: 1000, Whole: 1000, Level: -3},
		{After: 1000, Before: 500, Whole: 1000, Level: 4},
		{After: 500, Before: 1000, Whole: 1000, Level: -4},
		{After: 1, Before: 1000, Whole: 1000, Level: -4},
		{After: -5, Before: 5, Whole: 10, Level: -4},
		{After: 5, Before: -5, Whole: 10, Level: 4},
		{After: -5, Before: 0, Whole: 10, Level: -5},
		{After: math.MaxInt64, Before: math.MinInt64, Whole: math.MaxInt64, Level: 4},
		{After: 1 << 60, Before: 1<<60 + 1, Whole: 1 << 60}, // equal as float64
	}
	for i := range cases {
		c := &cases[i]
		level := ChangeLevel(c.After, c.Before, float64(c.Whole))
		if level != c.Level {
			t.Errorf("ChangeLevel(%d, %d, %d) = %d, want %d", c.After, c.Before, c.Whole, level, c.Level)
		}
		if back := ChangeLevel(c.Before, c.After, float64(c.Whole)); back != -level {
			t.Errorf("ChangeLevel(%d, %d, %d) = %d, the other way round %d", c.After, c.Before, c.Whole, level, back)
		}
		c.Color = string(appendHex(nil, ChangeColor(level)))
	}
	text, err := json.MarshalIndent(struct {
		Cases []changeCase `json:"cases"`
	}{cases}, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "diff.json")
	if *update {
		if err := os.WriteFile(path, append(text, '\n'), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if file, err := os.ReadFile(path); err != nil || string(file) != string(text)+"\n" {
		t.Errorf("%s has other cases than this test (%v); go test -update writes it anew", path, err)
	}
}

// TestChangeColors holds the scale to what makes it readable: deeper from step to
// step, the two sides alike in depth but not in hue, text with enough contrast.
func TestChangeColors(t *testing.T) {
	for level := -changeNew; level <= changeNew; level++ {
		c := ChangeColor(level)
		l := luminance(c)
		contrast := (l + 0.05) / 0.05
		if c.dark() {
			contrast = 1.05 / (l + 0.05)
		}
		if contrast < 4.5 {
			t.Errorf("the label on level %d has a contrast of %.2f", level, contrast)
		}
		if level > 1 && l >= luminance(ChangeColor(level-1)) {
			t.Errorf("level %d is no deeper than the one before", level)
		}
		if other := luminance(ChangeColor(-level)); math.Abs(other-l) > 0.06 {
			t.Errorf("levels %d and %d differ in depth: %.2f, %.2f", level, -level, l, other)
		}
		switch {
		case level > 0 && c.R <= c.B, level < 0 && c.B <= c.R:
			t.Errorf("level %d is %v", level, c)
		}
	}
}

const someDifference = `main;grown 60 120
main;same 500 500
main;shrunk 200 100
main;gone;deep 80 0
main;new 0 40
main;noise 1000 1000
`

// differential makes a profile of lines with the count before and the count
// after.
func differential(t testing.TB, text string) *collapse.Profile {
	t.Helper()
	return fromFolded(t, text, true, false)
}

// TestDifferentialPicture checks what the picture says of a difference: signs
// and words in labels, what is gone, the legend; negated, all of it the other
// way round; with a palette of flamegraph.pl, none of it.
func TestDifferentialPicture(t *testing.T) {
	for name, c := range map[string]struct {
		o        Options
		has, not []string
	}{
		"default": {Options{}, []string{
			">▲ grown +100%<", ">same<", ">▼ shrunk −50%<", ">▼ gone gone<", ">▼ deep gone<", ">▲ new new<", ">▼ all −4.3%<",
			">▲ more than before<", ">shades: under 5%, 20%, 50%, above<", ">▲ new<", ">▼ gone<", ">changed by under 0.1% of all<",
			">width: the larger of before and after<", "1,760 samples total, 1,840 samples before",
		}, []string{"red:"}},
		"negate": {Options{Negate: true}, []string{
			">▼ grown −50%<", ">same<", ">▲ shrunk +100%<", ">▲ gone gone<", ">▼ new new<", ">▲ all +4.5%<",
			">▲ more than after<", ">▲ gone<", ">▼ new<",
		}, nil},
		"perl": {Options{Palette: "hot"}, []string{">grown<", ">new<", "red: more than before, blue: less"},
			[]string{"▲", "▼", ">gone<", "flame-legend"}},
	} {
		c.o.Width = 4000 // every label is whole
		file := string(mustWrite(t, differential(t, someDifference), c.o))
		picture, _, _ := strings.Cut(file[strings.Index(file, "<g class"):], "<metadata")
		for _, s := range c.has {
			if !strings.Contains(picture, s) {
				t.Errorf("%s: no %s in it", name, s)
			}
		}
		for _, s := range c.not {
			if strings.Contains(picture, s) {
				t.Errorf("%s: %s is in it", name, s)
			}
		}
	}
}

// TestLayoutLarger checks that a node has room for the larger of its values, its
// subtree's likewise, and that values at the end of the range do not overflow.
func TestLayoutLarger(t *testing.T) {
	p := differential(t, someDifference+"main 7 0\nfall -9 4\n")
	weight := make([]int64, p.Len())
	for n := range weight {
		weight[n] = int64(max(abs(p.Self(0)[n]), abs(p.Base(0)[n])))
	}
	want := p.Totals(weight)
	for _, b := range NewLayout(p, LayoutOptions{Larger: true}).Boxes {
		if b.W != want[b.Node] {
			t.Errorf("node %d is %d wide, want %d", b.Node, b.W, want[b.Node])
		}
	}
	if l := NewLayout(p, LayoutOptions{}); l.Total != p.Totals(p.Self(0))[0] {
		t.Errorf("without Larger the total is %d", l.Total)
	}
	huge := differential(t, fmt.Sprintf("a %d 0\nb 0 %d\n", math.MinInt64, math.MaxInt64))
	if l := NewLayout(huge, LayoutOptions{Larger: true}); l.Shift == 0 || l.Total <= 0 || len(l.Boxes) != 3 || l.Boxes[1].W <= 0 {
		t.Errorf("%+v", l)
	}
}

// TestNoiseIsMeasuredByWhole: of two like changes the one that is less than the
// floor shows no colour.
func TestNoiseIsMeasuredByWhole(t *testing.T) {
	p := differential(t, "main;big 99000 99000\nmain;small 0 99\nmain;seen 0 100\n")
	c, err := NewColorer(p, ColorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for n, frame := range p.NodeFrames() {
		if frame == collapse.RootFrame {
			continue
		}
		want := map[string]RGB{"main": changeMore[0], "big": changeNone, "small": changeNone, "seen": changeMore[4]}[p.Frames()[frame].Name]
		if got := c.Node(collapse.NodeID(n)); got != want {
			t.Errorf("%s is %v, want %v", p.Frames()[frame].Name, got, want)
		}
	}
}
