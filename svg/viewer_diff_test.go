package svg_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"

	"flame/collapse"
	"flame/svg"
)

// compared is a profile of two sides: grown and shrunk functions, one that is
// new, one that is gone with what it called, and one under the noise floor.
func compared(t testing.TB) *collapse.Profile {
	t.Helper()
	return differenceOf(t, `main;grown 60 120
main;same 500 500
main;shrunk 200 100
main;gone;deep 80 0
main;new 0 40
main;noise 1000 1001
`)
}

// differenceOf reads FlameGraph's folded text with two columns.
func differenceOf(t testing.TB, text string) *collapse.Profile {
	t.Helper()
	p, err := collapse.ReadFolded(strings.NewReader(text), collapse.FoldedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// choose picks an option of the select with this label.
func (tb *tab) choose(label, value string) {
	tb.Helper()
	eval[bool](tb, fmt.Sprintf(`(() => {
		const select = document.querySelector('select[aria-label="%s"]');
		select.value = %q;
		if (select.value !== %q) throw new Error("no such option");
		return select.dispatchEvent(new Event("change", {bubbles: true}));
	})()`, label, value, value))
}

// bundled makes the viewer's module a global of that name.
func (tb *tab) bundled(module string) {
	tb.Helper()
	result := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: fmt.Sprintf(`export * from "./%s";`, module), ResolveDir: "viewer", Loader: api.LoaderTS},
		Bundle: true, Format: api.FormatIIFE, GlobalName: module, Target: api.ES2020, LogLevel: api.LogLevelSilent,
	})
	for _, m := range result.Errors {
		tb.Fatalf("bundle %s: %s", module, m.Text)
	}
	eval[bool](tb, string(result.OutputFiles[0].Contents)+"true")
}

// TestChangeLevels holds the viewer's levels to the static picture's, by the
// cases that both have.
func TestChangeLevels(t *testing.T) {
	file, err := os.ReadFile("testdata/diff.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Cases []struct {
			After, Before, Whole int64
			Level                int
		}
	}
	if err := json.Unmarshal(file, &want); err != nil || len(want.Cases) < 10 {
		t.Fatalf("%d cases: %v", len(want.Cases), err)
	}
	tb := newTab(t)
	tb.bundled("diff")
	got := eval[[]int](tb, fmt.Sprintf(`(%s).cases.map(c => diff.levelOf({steps: [0.05, 0.2, 0.5]}, 0.001, c.after, c.before, c.whole))`, file))
	for i, c := range want.Cases {
		if got[i] != c.Level {
			t.Errorf("%+v has level %d", c, got[i])
		}
	}
}

// TestDifferential checks that the viewer shows a difference as the static
// picture does: colours, widths, what is gone, signs and words.
func TestDifferential(t *testing.T) {
	p := compared(t)
	for name, o := range map[string]svg.Options{
		"flame": {}, "negate": {Negate: true}, "perl": {Palette: "hot"}, "perl negate": {Palette: "hot", Negate: true},
	} {
		t.Run(name, func(t *testing.T) {
			tb := openProfile(t, p, o)
			colors, err := svg.NewColorer(p, svg.ColorOptions{Palette: o.Palette, Negate: o.Negate})
			if err != nil {
				t.Fatal(err)
			}
			l := svg.NewLayout(p, svg.LayoutOptions{Larger: o.Palette == ""})
			frames := tb.frames()
			full, seen := frames[0].W+0.7, 0
			for _, box := range l.Boxes {
				w := float64(box.W) / float64(l.Total) * full
				if w < 5 {
					continue
				}
				seen++
				f, c := frames[int(box.Node)], colors.Node(box.Node)
				if want := fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B); f.Fill != want || math.Abs(f.W+0.7-w) > 0.2 {
					t.Errorf("node %d is %s, %.1f wide, want %s, %.1f", box.Node, f.Fill, f.W, want, w)
				}
			}
			if seen < 6 {
				t.Errorf("only %d boxes", seen)
			}
		})
	}
}

// TestDifferenceInWords checks labels, details, legend; negated, all of it is the
// other way round.
func TestDifferenceInWords(t *testing.T) {
	for name, c := range map[string]struct {
		o               svg.Options
		labels, details []string // of grown, shrunk, gone and new
		legend          string
	}{
		"flame": {svg.Options{},
			[]string{"▲ grown +100%", "▼ shrunk −50%", "▼ gone gone", "▲ new new", "same"},
			[]string{
				"total 120 samples (6.81%) · before 60 samples (3.26%) · change +60 samples, +100% · self 120 samples, before 60 samples · self change +60 samples, +100%",
				"change −100 samples, −50%", "change −80 samples, gone", "change +40 samples, new", "· unchanged",
			}, "▲ more than before"},
		"negate": {svg.Options{Negate: true},
			[]string{"▼ grown −50%", "▲ shrunk +100%", "▲ gone gone", "▼ new new", "same"},
			[]string{"change back −60 samples, −50%", "change back +100 samples, +100%", "change back +80 samples, gone", "change back −40 samples, new", "· unchanged"},
			"▲ more than after"},
		"perl": {svg.Options{Palette: "hot"}, []string{"grown", "shrunk", "", "new", "same"},
			[]string{"change +60 samples, +100%", "change −100 samples, −50%", "", "change +40 samples, new", "· unchanged"},
			"more of its own than before"},
	} {
		t.Run(name, func(t *testing.T) {
			tb := newTab(t)
			tb.window(4000, 700) // every label is whole
			tb.open(fileOf(t, draw(t, compared(t), c.o)))
			for i, label := range c.labels {
				if label == "" {
					continue
				}
				tb.hover(label)
				if _, stats := tb.details(); !strings.Contains(stats, c.details[i]) {
					t.Errorf("details of %s are %q, which lack %q", label, stats, c.details[i])
				}
			}
			if legend := tb.text(".flame-entries"); !strings.Contains(legend, c.legend) {
				t.Errorf("the legend is %q", legend)
			}
		})
	}
}

// TestWidths changes whose widths a difference has, by keys, and goes back.
func TestWidths(t *testing.T) {
	p := compared(t)
	tb := openProfile(t, p, svg.Options{})
	width := func(name string) float64 {
		frames := tb.frames()
		return (frames[nodeOf(t, p, name)].W + 0.7) / (frames[0].W + 0.7)
	}
	is := func(when, name string, want float64) {
		t.Helper()
		if got := width(name); math.Abs(got-want) > 0.002 {
			t.Errorf("%s: %s has %.4f of the width, want %.4f", when, name, got, want)
		}
	}
	is("both", "shrunk", 200.0/1941)
	is("both", "gone", 80.0/1941)
	tb.keys("w")
	is("after", "shrunk", 100.0/1761)
	is("after", "new", 40.0/1761)
	if n := nodeOf(t, p, "gone"); tb.frames()[n].W != 0 {
		t.Error("what is gone has a width after")
	}
	if got := tb.fragment(); got != "w=after" {
		t.Errorf("the address has %q", got)
	}
	tb.choose("Widths", "before")
	is("before", "gone", 80.0/1840)
	tb.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	tb.wait(`document.querySelector('select[aria-label="Widths"]').value === "after"`)
	is("after Back", "shrunk", 100.0/1761)
}

// TestNoiseFloor raises the floor until a change counts as none, and lowers it
// until noise counts.
func TestNoiseFloor(t *testing.T) {
	p := compared(t)
	tb := openProfile(t, p, svg.Options{})
	fill := func(name string) string { return tb.frames()[nodeOf(t, p, name)].Fill }
	none := svg.ChangeColor(0)
	grey := fmt.Sprintf("#%02x%02x%02x", none.R, none.G, none.B)
	if fill("noise") != grey || fill("grown") == grey {
		t.Errorf("noise is %s, grown is %s", fill("noise"), fill("grown"))
	}
	tb.choose("Noise floor", "0")
	if fill("noise") == grey {
		t.Error("without a floor noise has no colour")
	}
	if legend := tb.text(".flame-entries"); !strings.Contains(legend, "unchanged") || tb.fragment() != "nf=0" {
		t.Errorf("the legend is %q, the address %q", legend, tb.fragment())
	}
	tb.choose("Noise floor", "0.01")
	if legend := tb.text(".flame-entries"); fill("noise") != grey || !strings.Contains(legend, "under 1% of all") {
		t.Errorf("with a floor of 1%% noise is %s, the legend %q", fill("noise"), legend)
	}
	tb.do(chromedp.Evaluate[chromedp.Void](`location.hash = "nf=0.1"`))
	tb.wait(`location.hash === "#nf=0.1"`)
	if fill("grown") != grey {
		t.Error("with a floor of 10% in the address grown has a colour")
	}
}
