package svg_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"flame/svg"
)

// media sets what the page is told of the reader's wishes: names and values.
func (tb *tab) media(features ...string) {
	tb.Helper()
	p := emulation.SetEmulatedMediaParams{}
	for i := 0; i < len(features); i += 2 {
		p.Features = append(p.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	if _, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, p); err != nil {
		tb.Fatal(err)
	}
}

// axeScript returns axe-core, the accessibility checker, or skips the test.
func axeScript(t testing.TB) string {
	t.Helper()
	path := os.Getenv("FLAME_AXE")
	if path == "" {
		if os.Getenv("CI") == "true" && os.Getenv("FLAME_REQUIRE_BROWSER") == "1" {
			t.Fatal("FLAME_AXE names no axe-core, and CI asks for it: run make test, which fetches it")
		}
		t.Skip("skipped: FLAME_AXE names no axe-core; make test fetches it")
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// violations returns what axe-core finds against its rules, all of them but the
// experimental ones.
const violations = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v =>
	v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 150) + " " + n.any.concat(n.all, n.none).map(c => c.message).join("; ").slice(0, 300)).join(" | ")))`

// TestAccessible lets axe-core look at the HTML form with all that can be open.
func TestAccessible(t *testing.T) {
	axe := axeScript(t)
	p := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	graph := draw(t, p, svg.Options{Format: svg.HTML, Subtitle: "cpu, 10 s"})
	address := serve(t, nil, map[string][]byte{"/a.html": graph}) + "/a.html"
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1200, 320} {
			t.Run(fmt.Sprint(scheme, width), func(t *testing.T) {
				tb := newTab(t)
				tb.media("prefers-color-scheme", scheme)
				tb.window(width, 700)
				tb.open(address)
				eval[bool](tb, axe+"; true")
				for _, step := range []struct {
					name string
					does func()
				}{
					{"at first", func() {}},
					{"zoomed and searched", func() { tb.click("net/http.(*conn)"); tb.search("json|runtime") }},
					{"focus on a frame", func() { tb.keys("Up", "Up") }},
					{"menu", func() { tb.keys("m") }},
					{"filters", func() { tb.keys("h", "Up", "f") }},
					{"help", func() { tb.keys("?") }},
					{"sandwich", func() { tb.keys("Escape", "s") }},
					{"table", func() { tb.keys("t") }},
					{"callers", func() { tb.keys("t", "r") }},
				} {
					step.does()
					for _, v := range eval[[]string](tb, violations) {
						t.Errorf("%s: %s", step.name, v)
					}
				}
			})
		}
	}
}

// TestHelp opens the help as a dialog that keeps the focus and gives it back.
func TestHelp(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	tb.keys("Up", "?")
	if got := eval[string](tb, `document.activeElement.closest("[role=dialog][aria-modal=true]").getAttribute("aria-label")`); got != "Keys" {
		t.Errorf("the focus is in %q", got)
	}
	help := tb.text(".flame-help")
	for _, key := range []string{"Enter", "Backspace", "Home", "Arrows", "/", "n", "m", "h", "f", "c", "?"} {
		if !eval[bool](tb, fmt.Sprintf(`[...document.querySelectorAll(".flame-help kbd")].some(k => k.textContent === %q)`, key)) {
			t.Errorf("the help does not speak of %q: %s", key, help)
		}
	}
	for range 5 {
		tb.keys("Tab")
		if !eval[bool](tb, `document.activeElement.closest("[role=dialog]") !== null`) {
			t.Fatalf("Tab leads out of the dialog to %s", tb.active())
		}
	}
	tb.keys("h", "m", "Enter") // keys of the graph; Enter closes, if it is on the button
	tb.keys("Escape")
	if got := tb.chips() + fmt.Sprint(tb.menu()); got != "[]" {
		t.Errorf("keys went through the dialog: %s", got)
	}
	if n := eval[int](tb, `document.querySelectorAll("[role=dialog]").length`); n != 0 {
		t.Error("Escape leaves the dialog")
	}
	if got := tb.active(); !strings.HasPrefix(got, "main.main, ") {
		t.Errorf("the focus goes to %q", got)
	}
}

// TestTabOrder goes through all controls by Tab and Shift+Tab alone: none is left
// out, the graph is one stop, and everything has a name and a visible focus.
func TestTabOrder(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	tb.search("price")
	want := eval[[]string](tb, `[...document.querySelectorAll(".flame-app :is(button, select, input, summary):not(:disabled)")].filter(e => e.offsetParent !== null && e.tabIndex >= 0).map(e => e.getAttribute("aria-label") || e.textContent)`)
	if len(want) < 10 {
		t.Fatalf("the controls are %q", want)
	}
	seen, frames := map[string]bool{}, 0
	for range len(want) + 10 {
		tb.keys("Tab")
		at := eval[[]string](tb, `(() => {
			const e = document.activeElement || document.documentElement, s = getComputedStyle(e);
			const ring = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 || e.getAttribute("role") === "treeitem" && document.querySelector(".flame-ring").getAttribute("visibility") === "visible";
			return [e.localName, e.getAttribute("aria-label") || e.textContent, String(ring), e.getAttribute("role") || ""];
		})()`)
		if at[0] == "svg" || at[0] == "body" {
			continue // the document itself, between the last and the first
		}
		if at[1] == "" || at[2] != "true" {
			t.Errorf("the %s %q shows its focus: %s", at[0], at[1], at[2])
		}
		if at[3] == "treeitem" && !seen[at[1]] {
			frames++
		}
		seen[at[1]] = true
	}
	for _, name := range want {
		if !seen[name] {
			t.Errorf("Tab never comes to %q; it does to %v", name, seen)
		}
	}
	if frames != 1 {
		t.Errorf("the graph is %d stops", frames)
	}
}

// TestSpoken checks what a screen reader is told: a tree with levels, places and
// numbers, and only what was asked for in the live line.
func TestSpoken(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	if got := eval[string](tb, `(() => {
		const bad = [...document.querySelectorAll(".flame-graph rect.f")].filter(r => r.getAttribute("role") !== "treeitem" ||
			!(r.getAttribute("aria-level") > 0) || !/, \d+\.\d\d%$/.test(r.getAttribute("aria-label")) && !r.hasAttribute("tabindex"));
		return bad.map(r => r.outerHTML).join();
	})()`); got != "" {
		t.Errorf("these say nothing: %s", got)
	}
	tb.keys("Up", "Up", "Right")
	got := eval[string](tb, `["aria-label", "aria-level", "aria-setsize", "aria-posinset", "aria-expanded"].map(a => document.activeElement.getAttribute(a)).join(" | ")`)
	if want := "shop/order.Submit, total 30 samples \u00b7 30.00% of all \u00b7 35.29% of parent \u00b7 self 0 samples (0.00%) | 3 | 2 | 2 | true"; got != want {
		t.Errorf("the focused frame is %q, want %q", got, want)
	}
	// A moving pointer is silent; a search speaks once it is done.
	live := `document.querySelector("[role=status]").textContent`
	for _, name := range []string{"main.main", "shop/price.Sum", "runtime.gcDrain"} {
		tb.hover(name)
	}
	for _, text := range []string{"p", "pr", "price"} {
		tb.search(text)
	}
	eval[bool](tb, `(window.said = [], new MutationObserver(() => said.push(`+live+`)).observe(document.querySelector("[role=status]"), {childList: true, characterData: true, subtree: true}), true)`)
	tb.wait(live + ` !== ""`)
	if got := eval[[]string](tb, `said`); len(got) != 1 || !strings.HasPrefix(got[0], "55.00% matched") {
		t.Errorf("it says %q", got)
	}
	if n := eval[int](tb, `[...document.querySelectorAll("[aria-live], [role=status], output")].filter(e => e.getAttribute("aria-live") !== "off").length`); n != 1 {
		t.Errorf("%d parts speak", n)
	}
}

// TestForcedColors checks that where the system has the colours, frames are told
// apart by outlines and the search and the focus by its own colours.
func TestForcedColors(t *testing.T) {
	tb := newTab(t)
	tb.media("forced-colors", "active")
	tb.open(fileOf(t, draw(t, shop(t), svg.Options{})))
	tb.search("price")
	got := eval[[]string](tb, `(() => {
		const probe = (name) => { const e = document.createElementNS("http://www.w3.org/1999/xhtml", "i"); e.style.forcedColorAdjust = "none"; e.style.color = name; document.querySelector(".flame-app").append(e); const c = getComputedStyle(e).color; e.remove(); return c; };
		const [canvas, ink, high] = ["Canvas", "CanvasText", "Highlight"].map(probe), bad = [];
		for (const r of document.querySelectorAll(".flame-graph rect.f")) {
			const s = getComputedStyle(r), fill = r.classList.contains("s") ? high : canvas;
			if (s.fill !== fill || s.stroke !== ink || s.fillOpacity !== "1") bad.push([r.getAttribute("aria-label"), s.fill, fill, s.stroke, ink, s.fillOpacity].join(" "));
		}
		return bad;
	})()`)
	if len(got) > 0 {
		t.Errorf("in other colours: %q", got)
	}
}

// TestCalm checks that nothing moves by itself, for those who ask for that and
// for all others.
func TestCalm(t *testing.T) {
	tb := newTab(t)
	tb.media("prefers-reduced-motion", "reduce")
	tb.open(fileOf(t, draw(t, shop(t), svg.Options{})))
	tb.keys("m", "Escape", "?")
	if n := eval[int](tb, `[...document.querySelectorAll(".flame, .flame *")].filter(e => {
		const s = getComputedStyle(e);
		return s.transitionDuration !== "0s" || s.animationName !== "none" || s.scrollBehavior === "smooth";
	}).length`); n != 0 {
		t.Errorf("%d elements move", n)
	}
}

// TestTouchTargets checks that fingers hit the controls: all are 24 pixels or
// more each way, on a phone too.
func TestTouchTargets(t *testing.T) {
	for _, width := range []int64{320, 390, 1200} {
		tb := newTab(t)
		tb.do(chromedp.EmulateViewport(width, 700, chromedp.EmulateTouch))
		tb.open(fileOf(t, draw(t, shop(t), svg.Options{})))
		tb.rightClick("main.main")
		if got := eval[[]string](tb, `[...document.querySelectorAll(".flame-app :is(button, select, input, summary, textarea)")].filter(e => {
			const r = e.getBoundingClientRect();
			return r.width > 0 && (r.width < 24 || r.height < 24);
		}).map(e => e.outerHTML.slice(0, 80) + JSON.stringify(e.getBoundingClientRect()))`); len(got) > 0 {
			t.Errorf("%d px wide: %q", width, got)
		}
	}
}

// TestSandboxedFrame runs the graph in a real frame that may do nothing but run
// scripts: all works but the address and the clipboard.
func TestSandboxedFrame(t *testing.T) {
	graph := draw(t, shop(t), svg.Options{})
	page := []byte(`<!DOCTYPE html><html lang=en><head><link rel=icon href="data:,"><title>page</title></head><body style="margin:0"><iframe sandbox="allow-scripts" src="/a.svg" style="width:1000px;height:500px;border:0"></iframe></body></html>`)
	tb := newTab(t)
	tb.do(chromedp.Navigate(serve(t, nil, map[string][]byte{"/p.html": page, "/a.svg": graph}) + "/p.html"))
	frame := tb.inFrame("/a.svg")
	frame.wait(ready)
	frame.send("click", "shop/order.Submit")
	if name, _ := frame.details(); name != "shop/order.Submit" {
		t.Errorf("a click leads to %s", name)
	}
	frame.isZoomed(shop(t), "shop/order.Submit")
	frame.send("contextmenu", "main.main")
	frame.pick("Hide")
	if got := frame.chips(); got != "hidden main.main" {
		t.Errorf("the chips are %q", got)
	}
	frame.send("contextmenu", "shop/order.Submit")
	frame.pick("Copy stack")
	frame.wait(`document.querySelector("textarea") !== null && document.querySelector("textarea").value === "shop/order.Submit"`)
}

// inFrame returns the frame of the page of which the address ends in path: since
// it is in a sandbox it has a process of its own.
func (tb *tab) inFrame(path string) *tab {
	tb.Helper()
	for range 100 {
		infos, err := chromedp.Targets(tb.ctx)
		if err != nil {
			tb.Fatal(err)
		}
		for _, info := range infos {
			if info.Type == "iframe" && strings.HasSuffix(info.URL, path) {
				ctx, cancel := chromedp.NewContext(tb.ctx, chromedp.WithTargetID(info.TargetID))
				tb.Cleanup(cancel)
				return &tab{TB: tb.TB, ctx: ctx}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	tb.Fatalf("the page has no frame %s", path)
	return nil
}

// send makes a mouse event on the label that begins with text, for frames, where
// the mouse itself cannot be moved to.
func (tb *tab) send(event, text string) {
	tb.Helper()
	x, y := tb.place(0, text)
	eval[bool](tb, fmt.Sprintf(`document.querySelector(".flame-graph").dispatchEvent(new MouseEvent(%q, {bubbles: true, cancelable: true, detail: 1, clientX: %v, clientY: %v, button: %q === "click" ? 0 : 2})), true`, event, x, y, event))
}
