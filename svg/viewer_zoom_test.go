package svg_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"flame/collapse"
	"flame/svg"
)

// shop is a small profile with two sample types of which the second tells
// another story.
func shop(t testing.TB) *collapse.Profile {
	t.Helper()
	b := collapse.NewBuilder(2, collapse.Limits{})
	for _, s := range []struct {
		stack         string
		samples, time int64
	}{
		{"main.main;shop/cart.(*Cart).Add;shop/price.Sum", 40, 10e6},
		{"main.main;shop/cart.(*Cart).Add;shop/price.Round", 10, 200e6},
		{"main.main;shop/cart.(*Cart).Add", 5, 0},
		{"main.main;shop/order.Submit;encoding/json.Marshal", 25, 90e6},
		{"main.main;shop/order.Submit;shop/price.Sum", 5, 100e6},
		{"runtime.gcBgMarkWorker;runtime.gcDrain", 15, 600e6},
	} {
		n := collapse.Root
		for name := range strings.SplitSeq(s.stack, ";") {
			n = b.Child(n, b.Frame(collapse.Frame{Name: name}))
		}
		b.Add(n, 0, s.samples)
		b.Add(n, 1, s.time)
	}
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// nodeOf returns the first node of a function.
func nodeOf(t testing.TB, p *collapse.Profile, name string) int {
	t.Helper()
	for n, f := range p.NodeFrames()[1:] {
		if p.Frames()[f].Name == name {
			return n + 1
		}
	}
	t.Fatalf("no node of %s", name)
	return 0
}

// isZoomed reports an error unless the node fills the width, callers and all.
func (tb *tab) isZoomed(p *collapse.Profile, name string) {
	tb.Helper()
	n := 0
	if name != "all" {
		n = nodeOf(tb, p, name)
	}
	frames := tb.frames()
	full := frames[0].W
	f, ok := frames[n]
	if !ok || math.Abs(f.W-full) > 1 || f.Faded {
		tb.Errorf("%s is not zoomed: it is %+v of width %v", name, f, full)
	}
	for n != 0 {
		n = int(p.Parents()[n])
		if f, ok := frames[n]; !ok || f.W != full || !f.Faded {
			tb.Errorf("caller %d of the zoomed %s is %+v, want it faded at full width", n, name, f)
		}
	}
	for m := range frames {
		inside := m >= nodeOr0(tb, p, name) && m < int(p.Ends()[nodeOr0(tb, p, name)])
		if f := frames[m]; !inside && !f.Faded {
			tb.Errorf("frame %d outside of the zoomed %s is drawn", m, name)
		}
	}
}

func nodeOr0(t testing.TB, p *collapse.Profile, name string) int {
	if name == "all" {
		return 0
	}
	return nodeOf(t, p, name)
}

func TestZoom(t *testing.T) {
	p := shop(t)
	tb := openProfile(t, p, svg.Options{})
	tb.isZoomed(p, "all")
	tb.click("shop/order.Submit")
	tb.isZoomed(p, "shop/order.Submit")
	tb.click("encoding/json.Marshal")
	tb.isZoomed(p, "encoding/json.Marshal")

	back := func(want string) {
		t.Helper()
		tb.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
		tb.wait(`document.querySelector(".flame-graph rect.f:not(.a)").getAttribute("data-n") === "` + itoa(nodeOr0(t, p, want)) + `"`)
		tb.isZoomed(p, want)
	}
	back("shop/order.Submit")
	back("all")
	if f := tb.fragment(); f != "" {
		t.Errorf("back at the start the address ends in %q", f)
	}
	tb.do(chromedp.Evaluate[chromedp.Void](`history.forward()`))
	tb.wait(`location.hash !== ""`)
	tb.isZoomed(p, "shop/order.Submit")

	tb.click("main.main") // a caller, faded
	tb.isZoomed(p, "main.main")
	tb.button("Reset")
	tb.isZoomed(p, "all")
	tb.click("shop/order.Submit")
	tb.button("Zoom out")
	tb.isZoomed(p, "main.main")
}

func TestPermalink(t *testing.T) {
	p := shop(t)
	tb := openProfile(t, p, svg.Options{})
	tb.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".flame-app select").selectedIndex = 1,
		document.querySelector(".flame-app select").dispatchEvent(new Event("change"))`))
	tb.button("Ignore case")
	tb.search("CART|round")
	tb.settle() // what is found takes room in the toolbar
	tb.click("shop/cart.(*Cart).Add")
	matched := tb.text(".flame-matched")
	fragment := tb.fragment()
	for _, part := range []string{"z=", "s=", "i=1", "t=cpu"} {
		if !strings.Contains(fragment, part) {
			t.Errorf("the address ends in %q, which lacks %s", fragment, part)
		}
	}

	// The link holds in another rendering of a profile that has grown.
	b := collapse.NewBuilder(2, collapse.Limits{})
	frames := make([]collapse.FrameID, len(p.Frames()))
	for i, f := range p.Frames() {
		frames[i] = b.Frame(f)
	}
	b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: "aaa.First"}), frames[0]}, 30, 0)
	nodes := make([]collapse.NodeID, p.Len())
	for n := 1; n < p.Len(); n++ {
		nodes[n] = b.Child(nodes[p.Parents()[n]], frames[p.NodeFrames()[n]])
		for typ := range p.Types {
			b.Add(nodes[n], typ, p.Self(typ)[n])
		}
	}
	grown, err := b.Profile(p.Types, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, graph := range map[string][]byte{
		"same":  draw(t, p, svg.Options{}),
		"grown": draw(t, grown, svg.Options{Inverted: true, Palette: "hot"}),
	} {
		t.Run(name, func(t *testing.T) {
			tb := newTab(t)
			tb.open(fileOf(t, graph) + "#" + fragment)
			q := p
			if name == "grown" {
				q = grown
			}
			tb.isZoomed(q, "shop/cart.(*Cart).Add")
			if got := eval[string](tb, `document.querySelector(".flame-app select").selectedOptions[0].textContent`); got != "cpu (nanoseconds)" {
				t.Errorf("the sample type is %q", got)
			}
			if got := eval[string](tb, `document.querySelector(".flame-search input").value`); got != "CART|round" {
				t.Errorf("the search box has %q", got)
			}
			if got := tb.text(".flame-matched"); got != matched {
				t.Errorf("matched is %q, want %q", got, matched)
			}
		})
	}
	t.Run("unknown", func(t *testing.T) {
		tb := newTab(t)
		tb.open(fileOf(t, draw(t, p, svg.Options{})) + "#z=zzz-no.Such%ZZ&t=nothing&i=7&q=%E0&=&s=price")
		tb.isZoomed(p, "all")
		if got := tb.text(".flame-matched"); !strings.HasPrefix(got, "55.00% matched") {
			t.Errorf("matched is %q", got)
		}
	})
}

// TestViewerLayout holds the viewer's layout against the static picture's.
func TestViewerLayout(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.heap.pb.gz")
	tb := openProfile(t, p, svg.Options{Type: "inuse_space"})
	typ, err := p.TypeIndex("inuse_space")
	if err != nil {
		t.Fatal(err)
	}
	tb.window(1200, 1400) // all rows at once
	tb.wait(`document.querySelector(".flame-scroll").clientHeight > 1200`)
	l := svg.NewLayout(p, svg.LayoutOptions{Type: typ})
	frames := tb.frames()
	full := frames[0].W + 0.7
	wide := 0
	for _, box := range l.Boxes {
		x, w := float64(box.X)/float64(l.Total)*full, float64(box.W)/float64(l.Total)*full
		if w < 4.1 {
			continue
		}
		wide++
		f, ok := frames[int(box.Node)]
		if !ok || math.Abs(f.X-x) > 0.2 || math.Abs(f.W-(w-0.7)) > 0.2 || f.Row != int(box.Depth) {
			t.Errorf("node %d is drawn %v as %+v, want it at %.1f, %.1f wide, in row %d", box.Node, ok, f, x, w, box.Depth)
		}
	}
	if wide < 50 {
		t.Errorf("only %d wide boxes", wide)
	}
}

// TestZoomReachesAll goes from the whole picture to frames that are a hundredth
// of a pixel wide in it.
func TestZoomReachesAll(t *testing.T) {
	p := realProfile(t, "weird/wide-20000-siblings.pb.gz")
	tb := openProfile(t, p, svg.Options{})
	at := eval[[]float64](tb, `(() => {
		const r = document.querySelectorAll(".flame-graph rect.m")[7].getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2];
	})()`)
	tb.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
	if name, _ := tb.details(); !strings.Contains(name, "frames under 1 px") {
		t.Errorf("a merged box is called %q", name)
	}
	tb.do(chromedp.MouseClickXY(at[0], at[1]))
	if eval[bool](tb, `document.querySelector(".flame-graph .m") !== null`) {
		t.Error("there are merged boxes in the zoomed merged box")
	}
	tb.do(chromedp.MouseClickXY(600, at[1])) // one of the frames that took its place, 3 px wide
	name, stats := tb.details()
	if !strings.HasPrefix(stats, "total 1 samples \u00b7 0.01% of all") && !strings.HasPrefix(stats, "total 1 samples \u00b7 0.00% of all") {
		t.Errorf("the zoomed frame %s is %s", name, stats)
	}
	full := 0
	for _, f := range tb.frames() {
		if f.W == tb.frames()[0].W {
			full++
		}
	}
	if full != 3 {
		t.Errorf("%d frames at full width, want the zoomed one and its two callers", full)
	}
	link := tb.fragment()
	labels := tb.labels()
	tb.do(chromedp.Reload())
	tb.wait(ready)
	if got := tb.labels(); !slices.Equal(got, labels) {
		t.Errorf("%s shows %q, want %q", link, got, labels)
	}
}

func TestSwitchType(t *testing.T) {
	p := shop(t)
	tb := openProfile(t, p, svg.Options{})
	if _, stats := tb.details(); !strings.HasPrefix(stats, "total 100 samples") {
		t.Errorf("the whole is %q", stats)
	}
	before := tb.frames()[nodeOf(t, p, "runtime.gcDrain")].W
	tb.do(chromedp.SendKeys(chromedp.CSS(".flame-app select"), "cpu"))
	tb.wait(`document.querySelector(".flame-stats").textContent.startsWith("total 1 s ")`)
	after := tb.frames()[nodeOf(t, p, "runtime.gcDrain")].W
	if math.Abs(before-0.15*1200) > 2 || math.Abs(after-0.6*1200) > 2 {
		t.Errorf("runtime.gcDrain is %v wide by samples and %v by time", before, after)
	}
	tb.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	tb.wait(`document.querySelector(".flame-stats").textContent.startsWith("total 100 samples")`)

	one := openProfile(t, realProfile(t, "pprof/tiny/pprofutils-folded.pb.gz"), svg.Options{})
	if !eval[bool](one, `document.querySelector(".flame-app select").disabled`) {
		t.Error("with one sample type the choice is not disabled")
	}
}
