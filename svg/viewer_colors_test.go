package svg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"flame/collapse"
	"flame/svg"
)

// classes is a profile with a frame of every class.
func classes(t testing.TB) *collapse.Profile {
	t.Helper()
	b := collapse.NewBuilder(1, collapse.Limits{})
	for i, f := range []collapse.Frame{
		{Name: "example.com/shop.Buy"}, {Name: "encoding/json.Marshal"}, {Name: "runtime.goexit"}, {Name: "runtime.gcDrain"},
		{Name: "tcp_sendmsg", Kind: collapse.Kernel}, {Name: "0x7f001234", Kind: collapse.Unresolved}, {Name: "interpreted", Kind: collapse.JIT},
	} {
		b.Add(b.Child(collapse.Root, b.Frame(f)), 0, int64(10+i))
	}
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func hex(c svg.RGB) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// TestColorModes goes through the modes by keys and holds the colours of each to
// what they say; address, Back and the legend follow.
func TestColorModes(t *testing.T) {
	p := classes(t)
	tb := openProfile(t, p, svg.Options{})
	legend := func() string { return tb.text(".flame-entries") }
	byPalette := func(palette svg.Palette) {
		t.Helper()
		colors, err := svg.NewColorer(p, svg.ColorOptions{Palette: palette})
		if err != nil {
			t.Fatal(err)
		}
		for n, f := range tb.frames() {
			if want := hex(colors.Node(collapse.NodeID(n))); f.Fill != want {
				t.Errorf("%q: node %d is %s, want %s", palette, n, f.Fill, want)
			}
		}
	}
	byPalette("")
	for _, want := range []string{"garbage collector", "kernel", "a colour for each package"} {
		if !strings.Contains(legend(), want) {
			t.Errorf("by package the legend is %q, which lacks %q", legend(), want)
		}
	}

	tb.keys("p")
	if got := tb.fragment(); got != "c=self" {
		t.Errorf("the address has %q", got)
	}
	if got := legend(); !strings.Contains(got, "own share of all") || !strings.Contains(got, "from 3%") {
		t.Errorf("by self weight the legend is %q", got)
	}
	deepest := tb.frames()[nodeOf(t, p, "interpreted")].Fill
	if root := tb.frames()[0].Fill; root == deepest {
		t.Error("by self weight the root is as deep as a leaf")
	}

	tb.keys("p")
	ofClass := map[svg.Class]string{}
	for n, f := range tb.frames() {
		if n == 0 {
			continue
		}
		class := svg.ClassOf(p.Frames()[p.NodeFrames()[n]])
		if old, ok := ofClass[class]; ok && old != f.Fill {
			t.Errorf("class %d is %s and %s", class, old, f.Fill)
		}
		ofClass[class] = f.Fill
	}
	colors := []string{}
	for _, c := range ofClass {
		colors = append(colors, c)
	}
	slices.Sort(colors)
	if len(ofClass) != 7 || len(slices.Compact(colors)) != 7 {
		t.Errorf("%d classes in the colours %v", len(ofClass), colors)
	}
	if got := legend(); !strings.Contains(got, "runtime") || !strings.Contains(got, "unknown") {
		t.Errorf("by kind the legend is %q", got)
	}

	tb.keys("p")
	byPalette("hot")
	tb.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	tb.wait(`document.querySelector('select[aria-label="Colours"]').value === "kind"`)
	if got := tb.fragment(); got != "c=kind" {
		t.Errorf("after Back the address has %q", got)
	}
	tb.choose("Colours", "package")
	byPalette("")
	if got := tb.fragment(); got != "" {
		t.Errorf("in the first colours the address has %q", got)
	}
}

// TestLabelContrast checks the labels of all modes by WCAG's formula.
func TestLabelContrast(t *testing.T) {
	for name, p := range map[string]*collapse.Profile{"classes": classes(t), "difference": compared(t)} {
		for _, o := range []svg.Options{{}, {Palette: "hot", Hash: true}, {Palette: "blue"}, {Palette: "purple"}} {
			tb := openProfile(t, p, o)
			worst := eval[[]any](tb, `(() => {
				const luminance = (color) => {
					const [r, g, b] = color.match(/[0-9]+/g).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
					return 0.2126 * r + 0.7152 * g + 0.0722 * b;
				};
				const select = document.querySelector('select[aria-label="Colours"]');
				let worst = [99], labels = 0;
				for (const {value} of [...select.options]) {
					select.value = value;
					select.dispatchEvent(new Event("change"));
					for (const text of document.querySelectorAll(".flame-graph text")) {
						const box = text.previousElementSibling;
						const [a, b] = [text, box].map((e) => luminance(getComputedStyle(e).fill));
						const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
						labels++;
						if (contrast < worst[0]) worst = [contrast, value, text.textContent, getComputedStyle(box).fill];
					}
				}
				return [...worst, labels];
			})()`)
			if len(worst) != 5 || worst[0].(float64) < 4.5 || worst[4].(float64) < 20 {
				t.Errorf("%s in %q: the worst contrast is %v", name, o.Palette, worst)
			}
		}
	}
}

// TestLegendFolds checks that the legend is open where there is room, folded in
// narrow windows, and that a key opens it.
func TestLegendFolds(t *testing.T) {
	graph := fileOf(t, draw(t, classes(t), svg.Options{}))
	for width, open := range map[int64]bool{1200: true, 390: false} {
		tb := newTab(t)
		tb.window(width, 700)
		tb.open(graph)
		const is = `document.querySelector(".flame-key").open`
		if got := eval[bool](tb, is); got != open {
			t.Errorf("at %d px the legend is open: %v", width, got)
		}
		tb.keys("l")
		if got := eval[bool](tb, is); got == open {
			t.Errorf("at %d px the key l does nothing", width)
		}
	}
}
