package svg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"flame/collapse"
	"flame/svg"
)

// rightClick opens the menu of the frame of which the label begins with text.
func (tb *tab) rightClick(text string) {
	tb.Helper()
	x, y := tb.place(0, text)
	tb.do(chromedp.MouseClickXY(x, y, chromedp.ButtonRight))
}

// menu returns the labels of the open menu, none if none is open.
func (tb *tab) menu() []string {
	tb.Helper()
	return eval[[]string](tb, `[...document.querySelectorAll("[role=menuitem] span")].map(e => e.textContent)`)
}

// pick chooses what begins with text in the open menu.
func (tb *tab) pick(text string) {
	tb.Helper()
	if !eval[bool](tb, fmt.Sprintf(`(() => {
		const item = [...document.querySelectorAll("[role=menuitem]")].find(e => e.textContent.startsWith(%q));
		if (item) item.click();
		return !!item;
	})()`, text)) {
		tb.Fatalf("the menu has no %q, but %q", text, tb.menu())
	}
}

// chips returns the filters that the toolbar shows.
func (tb *tab) chips() string {
	tb.Helper()
	return eval[string](tb, `[...document.querySelectorAll(".flame-chips button")].map(e => e.textContent).join(", ")`)
}

// active returns what has the focus: its label or text.
func (tb *tab) active() string {
	tb.Helper()
	return eval[string](tb, `(document.activeElement.querySelector("span") || {}).textContent || document.activeElement.getAttribute("aria-label") || document.activeElement.localName`)
}

// totals returns the total of every function's outermost frame as the details
// say it, by name, for all drawn frames.
func (tb *tab) totals() map[string]string {
	tb.Helper()
	totals := map[string]string{}
	for _, label := range tb.labels() {
		tb.hover(label)
		name, stats := tb.details()
		total, _, _ := strings.Cut(stats, " \u00b7")
		totals[name] = strings.TrimSuffix(strings.TrimPrefix(total, "total "), " samples")
	}
	return totals
}

// TestMenu opens the menu in every way and goes through it by keys.
func TestMenu(t *testing.T) {
	p := shop(t)
	tb := openProfile(t, p, svg.Options{})
	shift := chromedp.KeyModifiers(chromedp.ModifierShift)
	for way, open := range map[string]func(){
		"right click":     func() { tb.rightClick("shop/order.Submit") },
		"m":               func() { tb.keys("m") },
		"the menu key":    func() { tb.do(chromedp.KeyEvent(kb.ContextMenu)) },
		"Shift+F10":       func() { tb.do(chromedp.KeyEvent(kb.F10, shift)) },
		"the status line": func() { tb.button("Actions") },
	} {
		t.Run(way, func(t *testing.T) {
			tb.keys("0", "Up", "Up", "Right")
			if got, _ := tb.details(); got != "shop/order.Submit" {
				t.Fatalf("the focus is on %s", got)
			}
			open()
			if got := tb.menu(); len(got) < 6 || got[0] != "Zoom in" {
				t.Fatalf("the menu has %q", got)
			}
			if name := eval[string](tb, `document.querySelector("[role=menu]").getAttribute("aria-label")`); name != "shop/order.Submit" {
				t.Errorf("the menu is of %s", name)
			}
			items := tb.menu()
			for i, step := range []struct{ key, want string }{
				{"", items[0]}, {"Down", items[1]}, {"Up", items[0]}, {"Up", items[len(items)-1]}, {"Down", items[0]}, {kb.End, items[len(items)-1]}, {"Home", items[0]},
			} {
				if step.key != "" {
					tb.keys(step.key)
				}
				if got := tb.active(); got != step.want {
					t.Errorf("step %d: %q leads to %q, want %q", i, step.key, got, step.want)
				}
			}
			tb.keys("Escape")
			if got := tb.menu(); len(got) > 0 {
				t.Errorf("after Escape the menu has %q", got)
			}
			if got := tb.active(); !strings.HasPrefix(got, "shop/order.Submit, total 30 samples") {
				t.Errorf("Escape gives the focus to %q", got)
			}
			tb.isZoomed(p, "all")
			open()
			tb.keys("Enter")
			tb.isZoomed(p, "shop/order.Submit")
			tb.keys("0")
		})
	}
	// It stays on the screen, and closes when something else is clicked.
	tb.button("Reset")
	tb.window(320, 300)
	tb.wait(`document.querySelector(".flame-graph").getAttribute("width") === "320"`)
	tb.rightClick("all")
	if out := eval[bool](tb, `(() => {
		const r = document.querySelector(".flame-menu").getBoundingClientRect();
		return r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight;
	})()`); out {
		t.Error("the menu sticks out of the window")
	}
	tb.do(chromedp.MouseClickXY(3, 295))
	if got := tb.menu(); len(got) > 0 {
		t.Errorf("a click elsewhere leaves the menu %q", got)
	}
}

// TestHide hides functions and takes that back in every way.
func TestHide(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	whole := tb.totals()
	is := func(when string, change map[string]string) {
		t.Helper()
		want := map[string]string{}
		for name, total := range whole {
			want[name] = total
		}
		for name, total := range change {
			if want[name] = total; total == "" {
				delete(want, name)
			}
		}
		if got := tb.totals(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the frames are %v, want %v", when, got, want)
		}
	}
	tb.rightClick("shop/cart.(*Cart).Add")
	tb.pick("Hide")
	// Its callees are main's now, and what was its own, too.
	cart := map[string]string{"shop/cart.(*Cart).Add": ""}
	is("hidden", cart)
	tb.hover("main.main")
	if _, stats := tb.details(); !strings.Contains(stats, "self 5 samples") || !strings.Contains(stats, "85.00% of all") {
		t.Errorf("main.main is %s", stats)
	}
	if got := tb.chips(); got != "hidden shop/cart.(*Cart).Add" {
		t.Errorf("the chips are %q", got)
	}
	tb.click("main.main")
	tb.click("shop/order.Submit")
	tb.rightClick("main.main")
	tb.pick("Hide")
	if got := tb.chips(); got != "hidden shop/cart.(*Cart).Add, hidden main.main" {
		t.Errorf("the chips are %q", got)
	}
	zoomed := func() string {
		return eval[string](tb, `document.querySelector(".flame-graph rect.f:not(.a)").getAttribute("aria-label").split(",")[0]`)
	}
	if got := zoomed(); got != "shop/order.Submit" {
		t.Errorf("hiding a caller moves the zoom to %s", got)
	}
	tb.do(chromedp.Reload())
	tb.wait(ready)
	if got := tb.chips() + "; " + zoomed(); got != "hidden shop/cart.(*Cart).Add, hidden main.main; shop/order.Submit" {
		t.Errorf("after a reload: %s", got)
	}
	back := func(chips string) {
		t.Helper()
		tb.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
		tb.wait(`[...document.querySelectorAll(".flame-chips button")].map(e => e.textContent).join(", ") === "` + chips + `"`)
	}
	back("hidden shop/cart.(*Cart).Add")
	if got := zoomed(); got != "shop/order.Submit" {
		t.Errorf("Back shows %s", got)
	}
	tb.button("Reset")
	is("after Back", cart)
	// The chip takes it back; the focus goes on to the graph.
	tb.do(chromedp.Focus(chromedp.CSS(".flame-chips button")))
	tb.keys("Enter")
	is("without chip", nil)
	if got := eval[string](tb, `document.activeElement.getAttribute("role")`); got != "treeitem" {
		t.Errorf("behind the last chip the focus is on %s", got)
	}
	back("hidden shop/cart.(*Cart).Add")
	is("after Back from that", cart)
}

// TestHideZoomed hides what is zoomed: its caller is zoomed then.
func TestHideZoomed(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	tb.click("shop/order.Submit")
	tb.keys("h")
	if name, stats := tb.details(); name != "main.main" || !strings.HasPrefix(stats, "total 85 samples") {
		t.Errorf("%s: %s", name, stats)
	}
	tb.do(chromedp.Reload())
	tb.wait(ready)
	if name, stats := tb.details(); name != "main.main" || !strings.HasPrefix(stats, "total 85 samples") {
		t.Errorf("after a reload: %s: %s", name, stats)
	}
}

// TestFocusFilter keeps the stacks through one function, then through two.
func TestFocusFilter(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	tb.rightClick("shop/price.Sum")
	tb.pick("Focus")
	if got, want := tb.totals(), map[string]string{
		"all": "45", "main.main": "45", "shop/cart.(*Cart).Add": "40", "shop/order.Submit": "5", "shop/price.Sum": "5",
	}; got["all"] != "45" || got["shop/cart.(*Cart).Add"] != "40" || got["shop/order.Submit"] != "5" || len(got) != len(want) {
		t.Errorf("the frames are %v, want %v", got, want)
	}
	// Percentages stay those of the whole profile.
	tb.hover("main.main")
	if _, stats := tb.details(); !strings.Contains(stats, "45.00% of all") {
		t.Errorf("main.main is %s", stats)
	}
	tb.rightClick("shop/order.Submit")
	tb.keys("f")
	if got := tb.chips(); got != "only through shop/price.Sum, only through shop/order.Submit" {
		t.Errorf("the chips are %q", got)
	}
	if got := tb.totals(); got["all"] != "5" {
		t.Errorf("the frames are %v", got)
	}
	tb.do(chromedp.Click(chromedp.CSS(".flame-chips button")))
	if got := tb.chips() + " " + tb.totals()["all"]; got != "only through shop/order.Submit 30" {
		t.Errorf("without the first chip: %s", got)
	}
}

// record stands in for the clipboard.
const record = `Object.defineProperty(navigator, "clipboard", {configurable: true, value: {writeText: (text) => { window.copied = text; return Promise.resolve(); }}}) && true`

func TestCopy(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	eval[bool](tb, record)
	for item, want := range map[string]string{
		"Copy name":    "shop/order.Submit",
		"Copy stack":   "main.main;shop/order.Submit",
		"Copy subtree": "shop/order.Submit;encoding/json.Marshal 25\nshop/order.Submit;shop/price.Sum 5",
	} {
		tb.rightClick("shop/order.Submit")
		tb.pick(item)
		if got := eval[string](tb, `copied`); got != want {
			t.Errorf("%s copies %q, want %q", item, got, want)
		}
		tb.wait(`document.querySelector(".flame-live-text").textContent.startsWith("Copied the ")`)
	}
	// The root's subtree is the profile, as flame writes it.
	tb.rightClick("all")
	tb.keys("Y")
	want := strings.Split(folded(t, shop(t)), "\n")
	got := strings.Split(eval[string](tb, `copied`)+"\n", "\n")
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the whole is %q, want %q", got, want)
	}
}

func folded(t testing.TB, p *collapse.Profile) string {
	t.Helper()
	var b strings.Builder
	if err := collapse.WriteFolded(&b, p, 0); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestCopyWithoutClipboard shows the text, marked, for the browser's own key.
func TestCopyWithoutClipboard(t *testing.T) {
	for name, js := range map[string]string{
		"none":    `Object.defineProperty(navigator, "clipboard", {value: undefined}) && true`,
		"refused": `Object.defineProperty(navigator, "clipboard", {value: {writeText: () => Promise.reject(new Error("no"))}}) && true`,
	} {
		t.Run(name, func(t *testing.T) {
			tb := openProfile(t, shop(t), svg.Options{})
			eval[bool](tb, js)
			tb.keys("Up", "Up", "C")
			tb.wait(`document.activeElement.localName === "textarea"`)
			const marked = `(() => { const e = document.activeElement; return e.value.slice(e.selectionStart, e.selectionEnd); })()`
			if got := eval[string](tb, marked); got != "main.main;shop/cart.(*Cart).Add" {
				t.Errorf("%q is marked", got)
			}
			tb.keys("Escape")
			if got := tb.active(); !strings.HasPrefix(got, "shop/cart.(*Cart).Add, ") {
				t.Errorf("after that the focus is on %q", got)
			}
		})
	}
}

// TestSearchFiltered holds the numbers of a search to those of Go: of the whole
// profile and of the stacks that a filter leaves.
func TestSearchFiltered(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	tb := openProfile(t, p, svg.Options{})
	const through = "net/http.(*conn).serve"
	match := func(s string) bool { return strings.Contains(s, "mallocgc") }
	all, _ := matchedShare(p, p.Default, 0, match)
	tb.search("mallocgc")
	if got, want := tb.text(".flame-matched"), fmt.Sprintf("%.2f%% matched", 100*all); !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %s", got, want)
	}
	tb.rightClick(through)
	tb.pick("Focus")
	f := collapse.Focus(p, func(f collapse.Frame) bool { return f.Name == through })
	part, nodes := matchedShare(f, p.Default, 0, match)
	of := float64(f.Total(p.Default)) / float64(p.Total(p.Default))
	want := fmt.Sprintf("%.2f%% matched, %.2f%% of shown \u00b7 %d frames", 100*part*of, 100*part, nodes)
	if got := tb.text(".flame-matched"); got != want || part == 0 || of > 0.99 {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestRank counts the outermost matches of the zoomed range and goes through all
// that are wide enough to be told apart, around the end.
func TestRank(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	tb := openProfile(t, p, svg.Options{})
	outermost := func(from int) (nodes []int) {
		for n := from; n < int(p.Ends()[from]); {
			if n > 0 && strings.Contains(p.Frames()[p.NodeFrames()[n]].Name, "json") {
				nodes = append(nodes, n)
				n = int(p.Ends()[n])
			} else {
				n++
			}
		}
		return nodes
	}
	tb.search("json")
	for _, zoom := range []string{"all", "net/http.(*conn).serve"} {
		if zoom != "all" {
			tb.click(zoom)
		}
		want := outermost(nodeOr0(t, p, zoom))
		if got := tb.text(".flame-rank"); !strings.HasSuffix(got, "/"+itoa(len(want))) || len(want) < 2 {
			t.Fatalf("in %s: %q, want %d matches", zoom, got, len(want))
		}
		tb.keys("n")
		first, last := tb.text(".flame-rank"), ""
		if first != "1/"+itoa(len(want)) {
			t.Errorf("in %s the first match is %s", zoom, first)
		}
		steps := 0
		for ; steps <= len(want) && (steps == 0 || tb.text(".flame-rank") != first); steps++ {
			last = tb.text(".flame-rank")
			tb.keys("n")
		}
		if steps > len(want) || steps < 2 {
			t.Errorf("in %s: %d steps lead around %d matches", zoom, steps, len(want))
		}
		tb.keys("N")
		if got := tb.text(".flame-rank"); got != last {
			t.Errorf("in %s: N leads from the first to %s, want %s", zoom, got, last)
		}
	}
}

// touch sends a touch event with fingers at places.
func (tb *tab) touch(typ input.DispatchTouchEventType, xy ...float64) {
	tb.Helper()
	p := input.DispatchTouchEventParams{Type: typ, TouchPoints: []*input.TouchPoint{}}
	for i := 0; i < len(xy); i += 2 {
		id, one := float64(i), 1.0
		p.TouchPoints = append(p.TouchPoints, &input.TouchPoint{X: xy[i], Y: xy[i+1], ID: &id, RadiusX: &one, RadiusY: &one, Force: &one})
	}
	if _, err := chromedp.Call(tb.ctx, input.DispatchTouchEvent, p); err != nil {
		tb.Fatal(err)
	}
}

func TestTouch(t *testing.T) {
	p := shop(t)
	tb := newTab(t)
	tb.do(chromedp.EmulateViewport(390, 700, chromedp.EmulateTouch))
	tb.open(fileOf(t, draw(t, p, svg.Options{})))
	start, move, end := input.DispatchTouchEventTypeTouchStart, input.DispatchTouchEventTypeTouchMove, input.DispatchTouchEventTypeTouchEnd

	// A long press opens the menu, and the finger's end is no tap.
	x, y := tb.place(0, "shop/cart")
	tb.touch(start, x, y)
	tb.wait(`document.querySelector(".flame-menu") !== null`)
	tb.touch(end)
	if name := eval[string](tb, `document.querySelector("[role=menu]").getAttribute("aria-label")`); name != "shop/cart.(*Cart).Add" {
		t.Errorf("the menu is of %s", name)
	}
	tb.keys("Escape")
	tb.isZoomed(p, "all")

	// Fingers that part zoom to what is between them.
	tb.touch(start, x-20, y, x+20, y)
	tb.touch(move, x-30, y, x+30, y)
	tb.touch(move, x-36, y, x+36, y)
	tb.touch(end)
	tb.wait(`location.hash !== ""`)
	tb.isZoomed(p, "shop/cart.(*Cart).Add")

	// Fingers that close zoom out.
	tb.touch(start, x-60, y, x+60, y)
	tb.touch(move, x-30, y, x+30, y)
	tb.touch(move, x-15, y, x+15, y)
	tb.touch(end)
	tb.wait(`location.hash === ""`)
	tb.isZoomed(p, "all")
}
