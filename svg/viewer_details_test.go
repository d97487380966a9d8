package svg_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"flame/collapse"
	"flame/svg"
)

func TestDetails(t *testing.T) {
	p := shop(t)
	tb := openProfile(t, p, svg.Options{Type: "cpu"})
	check := func(wantName string, wantStats ...string) {
		t.Helper()
		name, stats := tb.details()
		if want := strings.Join(wantStats, " \u00b7 "); name != wantName || stats != want {
			t.Errorf("details are %s: %s\nwant %s: %s", name, stats, wantName, want)
		}
	}
	check("all", "total 1 s", "100.00% of all", "self 0 ns (0.00%)")
	tb.hover("shop/price.Round")
	check("shop/price.Round", "total 200 ms", "20.00% of all", "95.24% of parent", "self 200 ms (20.00%)")
	tb.click("shop/cart.(*Cart).Add")
	check("shop/cart.(*Cart).Add", "total 210 ms", "21.00% of all", "52.50% of parent", "self 0 ns (0.00%)")
	tb.hover("shop/price.Round")
	check("shop/price.Round", "total 200 ms", "20.00% of all", "95.24% of zoomed", "95.24% of parent", "self 200 ms (20.00%)")
	// Away from the frames the bar returns to the zoomed one, to be copied there.
	tb.do(chromedp.MouseEvent("mouseMoved", 500, 680))
	check("shop/cart.(*Cart).Add", "total 210 ms", "21.00% of all", "52.50% of parent", "self 0 ns (0.00%)")
	selected := eval[string](tb, `(() => {
		getSelection().selectAllChildren(document.querySelector(".flame-text"));
		return getSelection().toString();
	})()`)
	if !strings.Contains(selected, "shop/cart.(*Cart).Add") || !strings.Contains(selected, "210 ms") {
		t.Errorf("selecting the details gives %q", selected)
	}
}

// TestUnits holds the viewer's numbers against the cases that FormatValue is
// tested with, a sample type for each.
func TestUnits(t *testing.T) {
	text, err := os.ReadFile("testdata/units.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Value, Scale     int64
		Type, Unit, Want string
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	b := collapse.NewBuilder(len(cases), collapse.Limits{})
	var types []collapse.ValueType
	for i, c := range cases {
		b.Add(collapse.Root, i, c.Value)
		types = append(types, collapse.ValueType{Type: c.Type, Unit: c.Unit, Scale: c.Scale})
	}
	p, err := b.Profile(types, 0)
	if err != nil {
		t.Fatal(err)
	}
	tb := openProfile(t, p, svg.Options{})
	got := eval[[]string](tb, `(() => {
		const types = document.querySelector(".flame-app select");
		return [...types.options].map((_, i) => {
			types.selectedIndex = i;
			types.dispatchEvent(new Event("change"));
			return document.querySelector(".flame-stats").textContent;
		});
	})()`)
	for i, c := range cases {
		if want := "total " + c.Want + " \u00b7"; !strings.HasPrefix(got[i], want) {
			t.Errorf("%d of %+v: %q, want %q", c.Value, types[i], got[i], want)
		}
	}
}

// TestKeyboard walks with the keys alone, as a reader without a mouse does.
func TestKeyboard(t *testing.T) {
	p := shop(t)
	for name, o := range map[string]svg.Options{"flame": {}, "icicle": {Inverted: true}} {
		t.Run(name, func(t *testing.T) {
			tb := openProfile(t, p, o)
			up, down := "Up", "Down"
			if o.Inverted {
				up, down = down, up
			}
			focused := func(want string) {
				t.Helper()
				if got := eval[string](tb, `document.activeElement.getAttribute("aria-label") || ""`); !strings.HasPrefix(got, want+", total ") {
					t.Errorf("the focus is on %q, want %s", got, want)
				}
				if got, _ := tb.details(); got != want {
					t.Errorf("details are of %q, want %s", got, want)
				}
			}
			tb.keys(up)
			focused("main.main")
			tb.keys("Right")
			focused("runtime.gcBgMarkWorker")
			tb.keys("Left", up)
			focused("shop/cart.(*Cart).Add")
			tb.keys("Right")
			focused("shop/order.Submit")
			tb.keys("Enter")
			tb.isZoomed(p, "shop/order.Submit")
			focused("shop/order.Submit")
			tb.keys(up, down, down)
			focused("main.main")
			tb.keys("Backspace")
			tb.isZoomed(p, "main.main")
			tb.keys("Escape")
			tb.isZoomed(p, "all")
			tb.keys(up, up, "Enter", "0")
			tb.isZoomed(p, "all")
			tb.keys("/", "S", "u", "m")
			if got := eval[string](tb, `document.activeElement.value`); got != "Sum" {
				t.Errorf("the search box has %q", got)
			}
			tb.keys("Enter", "Enter") // the second match; the focus stays here
			if name, stats := tb.details(); name != "shop/price.Sum" || !strings.HasPrefix(stats, "total 5 samples") {
				t.Errorf("Enter in the search box leads to %s: %s", name, stats)
			}
			tb.keys("Escape")
			if got := eval[string](tb, `document.activeElement.value`) + tb.text(".flame-matched"); got != "" {
				t.Errorf("after Escape %q", got)
			}
			tb.keys("Escape")
			focused("shop/price.Sum")
			if n := eval[int](tb, `document.querySelectorAll(".flame-graph [tabindex]").length`); n != 1 {
				t.Errorf("%d frames can be reached by Tab, want one", n)
			}
		})
	}
}

// contrasts returns the labels of which the contrast with what is behind them is
// below 4.5, as WCAG AA wants it.
const contrasts = `(() => {
	const rgb = (s) => s.match(/[\d.]+/g).map(Number);
	const light = (c) => {
		const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ratio = (a, b) => {
		const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
		return (x + 0.05) / (y + 0.05);
	};
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const c = rgb(getComputedStyle(e).backgroundColor);
			if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
		}
		return [255, 255, 255];
	};
	const bad = [];
	const check = (what, ink, ground) => {
		const r = ratio(ink.slice(0, 3), ground);
		if (r < 4.5) bad.push(what + ": " + r.toFixed(2) + " of " + ink + " on " + ground);
	};
	const page = behind(document.querySelector(".flame-scroll"));
	for (const t of document.querySelectorAll(".flame-graph text")) {
		const s = getComputedStyle(t.previousElementSibling), fill = rgb(s.fill), a = Number(s.fillOpacity);
		check(t.textContent, rgb(getComputedStyle(t).fill), fill.map((v, i) => v * a + page[i] * (1 - a)));
	}
	for (const e of document.querySelectorAll(".flame-app *")) {
		const own = [...e.childNodes].some((c) => c.nodeType === 3 && c.data.trim());
		if (own && e.namespaceURI.endsWith("xhtml") && e.localName !== "option") check(e.textContent, rgb(getComputedStyle(e).color), behind(e));
	}
	return bad;
})()`

func TestThemes(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.heap.pb.gz")
	for _, palette := range []svg.Palette{"", "hot", "java"} {
		graph := draw(t, p, svg.Options{Palette: palette})
		for _, scheme := range []string{"light", "dark"} {
			t.Run(string(palette)+scheme, func(t *testing.T) {
				tb := newTab(t)
				if _, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				}); err != nil {
					t.Fatal(err)
				}
				tb.open(fileOf(t, graph))
				ground := func() string {
					return eval[string](tb, `getComputedStyle(document.querySelector(".flame-app")).backgroundColor`)
				}
				first := ground()
				if dark := first != "rgb(255, 255, 255)"; dark != (scheme == "dark") {
					t.Errorf("the background is %s", first)
				}
				tb.click("net/http.(*conn).serve")
				tb.search("json|bogus(")
				tb.button("Keys")
				for range 2 {
					for _, bad := range eval[[]string](tb, contrasts) {
						t.Error(bad)
					}
					tb.search("")
				}
				// The toggle stays for the next visit.
				tb.keys("Escape") // from the help
				tb.button("Dark or light")
				if ground() == first {
					t.Error("the toggle does nothing")
				}
				second := ground()
				tb.do(chromedp.Reload())
				tb.wait(ready)
				if got := ground(); got != second {
					t.Errorf("after a reload the background is %s, not %s", got, second)
				}
			})
		}
	}
}

// TestNarrow opens the graph on a small screen.
func TestNarrow(t *testing.T) {
	p := shop(t)
	tb := newTab(t)
	tb.do(chromedp.EmulateViewport(320, 568, chromedp.EmulateTouch))
	tb.open(fileOf(t, draw(t, p, svg.Options{Subtitle: strings.Repeat("long ", 40)})))
	got := eval[[]float64](tb, `(() => {
		const s = document.querySelector(".flame-scroll");
		const wide = [...document.querySelectorAll(".flame-app *")].filter(e => e.getBoundingClientRect().right > 321 && !e.closest(".flame-heading"));
		return [document.documentElement.scrollWidth, s.clientWidth, s.clientHeight, wide.length];
	})()`)
	if got[0] > 320 || got[1] != 320 || got[2] < 200 || got[3] != 0 {
		t.Errorf("the document is %v wide, the graph %v by %v, %v elements stick out", got[0], got[1], got[2], got[3])
	}
	tb.do(chromedp.TapXY(tb.place(0, "main.main"))) // selects
	tb.wait(`document.querySelector(".flame-frame-name").textContent === "main.main"`)
	if got := tb.fragment(); got != "" {
		t.Errorf("the first tap leads to %s", got)
	}
	tb.do(chromedp.TapXY(tb.place(0, "main.main")))
	tb.wait(`location.hash !== ""`)
	tb.isZoomed(p, "main.main")

	// The graph follows the window.
	tb.window(900, 500)
	tb.wait(`document.querySelector('.flame-graph [data-n="0"]').getAttribute("width") > 890`)
	tb.isZoomed(p, "main.main")
}

func TestDeep(t *testing.T) {
	p := realProfile(t, "weird/deep-10000.pb.gz")
	tb := openProfile(t, p, svg.Options{})
	if !slices.Contains(tb.labels(), "all") {
		t.Error("the graph does not begin at its root")
	}
	count := func() int {
		return eval[int](tb, `document.querySelectorAll(".flame-graph *").length`)
	}
	if n := count(); n > 500 {
		t.Errorf("%d elements for a screen of 38 rows", n)
	}
	eval[bool](tb, `(document.querySelector(".flame-scroll").scrollTop = 0, true)`)
	deepest := 0
	for n := range p.Len() {
		if p.Depth() == depthOf(p, n) {
			deepest = n
		}
	}
	tb.wait(`document.querySelector('.flame-graph [data-n="` + itoa(deepest) + `"]') !== null`)
	if n := count(); n > 500 {
		t.Errorf("%d elements for a screen of 38 rows", n)
	}
	eval[bool](tb, `(document.querySelector('.flame-graph [data-n="`+itoa(deepest)+`"]').dispatchEvent(new MouseEvent("click", {bubbles: true})), true)`)
	tb.do(chromedp.Reload())
	tb.wait(ready)
	if !eval[bool](tb, `document.querySelector('.flame-graph [data-n="`+itoa(deepest)+`"]') !== null`) {
		t.Error("the permalink of the deepest frame does not lead there")
	}
}

func depthOf(p *collapse.Profile, n int) int {
	depth := 0
	for ; n != 0; n = int(p.Parents()[n]) {
		depth++
	}
	return depth
}

func TestLargest(t *testing.T) {
	p := realProfile(t, "pprof/large/pprof-large.cpu.pb.gz")
	tb := openProfile(t, p, svg.Options{})
	t.Logf("interactive after %.0f ms", eval[float64](tb, `performance.getEntriesByName("flame-interactive")[0].startTime`))
	tb.search("time")
	share, _ := matchedShare(p, p.Default, 0, func(s string) bool { return strings.Contains(s, "time") })
	if got, want := tb.text(".flame-matched"), fmt.Sprintf("%.2f%% matched", 100*share); !strings.HasPrefix(got, want) {
		t.Errorf("matched is %q, want %q", got, want)
	}
	tb.click("main.next")
	tb.isZoomed(p, "main.next")
}

// TestNegative shows values below zero, which a difference of heaps has: widths
// are of their size, numbers are what they are.
func TestNegative(t *testing.T) {
	b := collapse.NewBuilder(1, collapse.Limits{})
	b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: "grown"})}, 3<<20)
	b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: "shrunk"})}, -1<<20)
	p, err := b.Profile([]collapse.ValueType{{Type: "inuse_space", Unit: "bytes"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	tb := openProfile(t, p, svg.Options{})
	frames := tb.frames()
	if w, full := frames[nodeOf(t, p, "shrunk")].W, frames[0].W; math.Abs(w/full-0.25) > 0.01 {
		t.Errorf("shrunk is %v of %v wide", w, full)
	}
	tb.hover("shrunk")
	if _, stats := tb.details(); !strings.HasPrefix(stats, "total -1 MiB \u00b7 25.00% of all") {
		t.Errorf("details are %q", stats)
	}
	tb.hover("all")
	if _, stats := tb.details(); !strings.HasPrefix(stats, "total 2 MiB") {
		t.Errorf("the whole is %q", stats)
	}
}

// TestEmpty opens a profile without samples.
func TestEmpty(t *testing.T) {
	p, err := collapse.NewBuilder(1, collapse.Limits{}).Profile([]collapse.ValueType{{Type: "cpu", Unit: "nanoseconds"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	tb := openProfile(t, p, svg.Options{})
	if got := tb.labels(); !slices.Equal(got, []string{"all"}) {
		t.Errorf("labels are %q", got)
	}
	tb.keys("Up", "Down", "Left", "Enter", "Backspace", "n")
	if _, stats := tb.details(); !strings.HasPrefix(stats, "total 0 ns") {
		t.Errorf("details are %q", stats)
	}
}

// TestKinds checks that the details say what --nameattr, the kind of code and
// the source file say of a frame, and that what the profile lacks is said, too.
func TestKinds(t *testing.T) {
	b := collapse.NewBuilder(1, collapse.Limits{})
	b.AddStack([]collapse.FrameID{
		b.Frame(collapse.Frame{Name: "main.main", File: "/src/main.go"}),
		b.Frame(collapse.Frame{Name: "main.fast", Kind: collapse.Inlined, File: "/src/fast.go", Line: 17}),
		b.Frame(collapse.Frame{Name: "entry_SYSCALL_64", Kind: collapse.Kernel}),
	}, 5)
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.Meta.Notes = []string{"7 samples dropped: no stack", "<i>stacks cut</i> at 64 frames"}
	tb := openProfile(t, p, svg.Options{NameAttrs: &svg.NameAttrs{ByName: map[string]svg.NameAttr{
		"main.main": {Title: "where it <begins>", Href: "https://example.invalid/main?a=1&b=2"},
	}}})
	for name, want := range map[string]string{
		"main.main":        "/src/main.go \u00b7 where it <begins>",
		"main.fast:17":     "inlined \u00b7 /src/fast.go",
		"entry_SYSCALL_64": "kernel",
	} {
		tb.hover(name)
		if got, stats := tb.details(); got != name || !strings.HasSuffix(stats, " \u00b7 "+want) {
			t.Errorf("details are %s: %s, want %s at the end", got, stats, want)
		}
	}
	if got, want := tb.text(".flame-note"), strings.Join(p.Meta.Notes, "; "); got != want {
		t.Errorf("the notes are %q, want %q", got, want)
	}
	tb.hover("main.main")
	if got := eval[string](tb, `document.querySelector(".flame-frame-name a").href`); got != "https://example.invalid/main?a=1&b=2" {
		t.Errorf("the name leads to %q", got)
	}
}
