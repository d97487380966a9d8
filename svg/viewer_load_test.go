package svg_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"flame/collapse"
	"flame/svg"
)

// serve serves pages by path: SVG files, or HTML where the path ends in .html.
func serve(t testing.TB, header http.Header, pages map[string][]byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/favicon.ico" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		body, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		if strings.HasSuffix(r.URL.Path, ".html") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
		} else {
			w.Header().Set("Content-Type", "image/svg+xml")
		}
		w.Write(body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// htmlPage returns an HTML page with graphs in its body, as the service has
// them: without the XML declaration.
func htmlPage(graphs ...[]byte) []byte {
	html := []byte("<!DOCTYPE html>\n<html lang=en><head><link rel=icon href='data:,'><title>page</title></head><body>\n<h1>Graphs</h1>\n")
	for _, g := range graphs {
		_, g, _ := strings.Cut(string(g), "?>\n")
		html = append(html, g...)
	}
	return append(html, "<p>The end.</p></body></html>\n"...)
}

// TestViewerEverywhere opens the file in every kind of document that it may
// meet, and zooms and searches there. In some there is no history, in some no
// storage.
func TestViewerEverywhere(t *testing.T) {
	p := shop(t)
	graph := draw(t, p, svg.Options{})
	sandbox := http.Header{"Content-Security-Policy": {"sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"}}
	for name, open := range map[string]func(*tab){
		"file":    func(tb *tab) { tb.open(fileOf(tb, graph)) },
		"http":    func(tb *tab) { tb.open(serve(tb, nil, map[string][]byte{"/": graph}) + "/") },
		"data":    func(tb *tab) { tb.open("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(graph)) },
		"sandbox": func(tb *tab) { tb.open(serve(tb, sandbox, map[string][]byte{"/": graph}) + "/") },
		"html":    func(tb *tab) { tb.open(serve(tb, nil, map[string][]byte{"/a.html": htmlPage(graph)}) + "/a.html") },
		"blob": func(tb *tab) {
			host := serve(tb, nil, map[string][]byte{"/a.html": htmlPage(), "/g.svg": graph})
			tb.do(chromedp.Navigate(host + "/a.html"))
			address := eval[string](tb, `fetch("g.svg").then(r => r.blob()).then(b => URL.createObjectURL(b))`)
			loaded := chromedp.WaitEvent(page.LoadEventFired, func(page.EventLoadEventFired) bool { return true },
				chromedp.Evaluate[chromedp.Void](`setTimeout(() => { location.href = "`+address+`"; })`))
			if _, err := chromedp.Run(tb.ctx, loaded); err != nil {
				tb.Fatal(err)
			}
			tb.wait(`location.protocol === "blob:" && ` + ready)
		},
	} {
		t.Run(name, func(t *testing.T) {
			tb := newTab(t)
			open(tb)
			tb.click("shop/order.Submit")
			tb.isZoomed(p, "shop/order.Submit")
			tb.search("Sum")
			if got, want := tb.text(".flame-matched"), "45.00% matched, 16.67% of zoomed"; !strings.HasPrefix(got, want) {
				t.Errorf("matched is %q, want %q", got, want)
			}
			tb.button("Dark or light")
			tb.keys("Escape", "Escape")
			tb.isZoomed(p, "main.main")
			if eval[bool](tb, `getComputedStyle(document.querySelector(".flame-static")).display !== "none"`) {
				t.Error("the static picture is still there")
			}
		})
	}
}

// TestNoScript checks that the static picture shows where scripts do not run.
func TestNoScript(t *testing.T) {
	tb := newTab(t)
	if _, err := chromedp.Call(tb.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	tb.do(chromedp.Navigate(fileOf(t, draw(t, shop(t), svg.Options{}))))
	got := eval[[]float64](tb, `(() => {
		const g = document.querySelector(".flame-static").getBoundingClientRect();
		return [g.width, g.height, document.querySelectorAll("foreignObject").length];
	})()`)
	if got[0] < 1000 || got[1] < 100 || got[2] != 0 {
		t.Errorf("the picture is %v by %v, with %v applications", got[0], got[1], got[2])
	}
}

// TestBrokenData checks that a graph whose data are damaged stays what it was
// without the viewer.
func TestBrokenData(t *testing.T) {
	graph := string(draw(t, shop(t), svg.Options{}))
	i := strings.Index(graph, `class="flame-data">`) + 60
	tb := newTab(t)
	tb.do(chromedp.Navigate(fileOf(t, []byte(graph[:i]+"AAAAAAAA"+graph[i+8:]))))
	messages := func() []string {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		return tb.console
	}
	for len(messages()) == 0 {
		eval[bool](tb, `new Promise(r => setTimeout(() => r(true), 5))`)
	}
	tb.mu.Lock()
	if m := tb.console[0]; !strings.Contains(m, "flame: the picture stays static") {
		t.Errorf("console: %s", m)
	}
	tb.console = tb.console[1:]
	tb.mu.Unlock()
	if !eval[bool](tb, `document.querySelector(".flame-static").getBoundingClientRect().width > 1000 && !document.querySelector("foreignObject")`) {
		t.Error("the static picture is gone")
	}
}

func TestTwoGraphs(t *testing.T) {
	p := shop(t)
	graph := draw(t, p, svg.Options{Title: "One"})
	inverted := draw(t, p, svg.Options{Title: "Two", Inverted: true})
	tb := newTab(t)
	tb.open(serve(t, nil, map[string][]byte{"/a.html": htmlPage(graph, inverted)}) + "/a.html")
	zoomed := func(graph int) string {
		t.Helper()
		return eval[string](tb, `(() => {
			const rect = document.querySelectorAll("svg.flame")[`+itoa(graph)+`].querySelector(".flame-graph rect.f:not(.a)");
			return rect.nextElementSibling.textContent;
		})()`)
	}
	x, y := tb.place(1, "shop/order.Submit")
	tb.do(chromedp.MouseClickXY(x, y))
	x, y = tb.place(0, "runtime.gcDrain")
	tb.do(chromedp.MouseClickXY(x, y))
	if a, b := zoomed(0), zoomed(1); a != "runtime.gcDrain" || b != "shop/order.Submit" {
		t.Errorf("zoomed are %s and %s", a, b)
	}
	if ids := eval[int](tb, `document.querySelectorAll("[id]").length`); ids != 0 {
		t.Errorf("%d elements have ids", ids)
	}
	// The address names both.
	tb.do(chromedp.Reload())
	tb.wait(ready)
	if a, b := zoomed(0), zoomed(1); a != "runtime.gcDrain" || b != "shop/order.Submit" {
		t.Errorf("after a reload zoomed are %s and %s", a, b)
	}
	tb.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	tb.wait(`!/[#&]z=/.test(location.hash)`)
	if a, b := zoomed(0), zoomed(1); a != "all" || b != "shop/order.Submit" {
		t.Errorf("after Back zoomed are %s and %s", a, b)
	}
	// The keys of one do not reach the other, nor the page's own the graphs.
	tb.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	tb.keys("Backspace", "Home")
	if b := zoomed(1); b != "shop/order.Submit" {
		t.Errorf("a key of the page zooms a graph to %s", b)
	}
}

// TestHostileNames shows names that try to become something else.
func TestHostileNames(t *testing.T) {
	names := []string{
		`<script>parent.pwned=1;window.pwned=1</script>`, `]]><script>window.pwned=1</script>`, `</script><img src=x onerror=window.pwned=1>`,
		`"><image href="https://example.invalid/x" onload="window.pwned=1"/>`, `' onmouseover='window.pwned=1`, `&lt;b&gt;&amp;&#60;`,
		"nul\x00tab\tline\n", "\xff\xfe\x80", "\u202eolleh", "שלום עולם", "a\u2028b\ufffe\U0001fffe", "%s%n${pwned}", "javascript:window.pwned=1", "",
		strings.Repeat("x", 10_000), "__proto__", "constructor",
	}
	b := collapse.NewBuilder(1, collapse.Limits{})
	for _, name := range names {
		b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: name}), b.Frame(collapse.Frame{Name: "child of " + name})}, 10)
	}
	p, err := b.Profile([]collapse.ValueType{{Type: `<b>"x"</b>`, Unit: `count`}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.Meta.Source = `<img src="https://example.invalid/y">`
	graph := draw(t, p, svg.Options{Title: `<script>window.pwned=1</script>`})
	for name, open := range map[string]func(*tab) string{
		"file": func(tb *tab) string { return fileOf(tb, graph) },
		"html": func(tb *tab) string {
			return serve(tb, nil, map[string][]byte{"/a.html": htmlPage(graph)}) + "/a.html"
		},
	} {
		t.Run(name, func(t *testing.T) {
			tb := newTab(t)
			address := open(tb)
			tb.open(address)
			tb.search("script|pwned")
			tb.keys("Escape")
			for n := 1; n < p.Len(); n += 2 { // every function at the root, by its box
				// A reload scrolls the page back after it is ready.
				eval[bool](tb, `new Promise(r => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => r(true)), 50)))`)
				at := eval[[]float64](tb, `(() => {
					const e = document.querySelector('.flame-graph [data-n="`+itoa(n)+`"]');
					e.scrollIntoView({block: "center"}); // the page may be higher than the window
					const r = e.getBoundingClientRect();
					return [r.x + r.width / 2, r.y + r.height / 2];
				})()`)
				tb.do(chromedp.MouseClickXY(at[0], at[1]))
				want := svg.Visible(p.Frames()[p.NodeFrames()[n]].Name)
				if got, _ := tb.details(); got != want && !strings.Contains(want, "\ufffd") {
					t.Errorf("the name %q is shown as %q", want, got)
				}
				tb.do(chromedp.Reload()) // the name is in the address now
				tb.wait(ready)
				if got, _ := tb.details(); got != want && !strings.Contains(want, "\ufffd") {
					t.Errorf("a reload shows %q as %q", want, got)
				}
				tb.button("Reset")
			}
			if eval[bool](tb, `"pwned" in window`) {
				t.Error("a name ran as a script")
			}
			if n := eval[int](tb, `document.querySelectorAll(".flame-live img, .flame-live script, .flame-live image, .flame-live b").length`); n != 0 {
				t.Errorf("names became %d elements", n)
			}
			tb.mu.Lock()
			defer tb.mu.Unlock()
			for _, r := range tb.requests {
				if page, _, _ := strings.Cut(r, "#"); page != address && !strings.HasPrefix(r, "data:") {
					t.Errorf("the page asked for %s", r)
				}
			}
		})
	}
}

// TestIdle checks that nothing runs, is laid out or painted while nobody acts.
func TestIdle(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	if _, err := chromedp.Call(tb.ctx, performance.Enable, performance.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	tb.do(chromedp.Sleep(400 * time.Millisecond)) // what the start left over
	counts := func() map[string]float64 {
		r, err := chromedp.Call(tb.ctx, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]float64{}
		for _, c := range r.Metrics {
			if c.Name == "LayoutCount" || c.Name == "RecalcStyleCount" {
				m[c.Name] = c.Value
			}
		}
		return m
	}
	before := counts()
	tb.do(chromedp.Sleep(300 * time.Millisecond))
	if after := counts(); len(before) != 2 || !maps.Equal(before, after) {
		t.Errorf("while idle the counts went from %v to %v", before, after)
	}
}

// TestPrint checks that paper gets the static picture, whole, and that the
// application is back afterwards.
func TestPrint(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	tb.click("shop/order.Submit")
	const shown = `[".flame-static", ".flame-live"].map(s => getComputedStyle(document.querySelector(s)).display !== "none").join() + " " + (document.documentElement.getAttribute("viewBox") || "")`
	eval[bool](tb, `(addEventListener("beforeprint", () => { window.printed = document.documentElement.getAttribute("viewBox"); }), true)`)
	if _, err := chromedp.Run(tb.ctx, chromedp.PrintToPDF()); err != nil {
		t.Fatal(err)
	}
	if box := eval[string](tb, `window.printed || ""`); !strings.HasPrefix(box, "0 0 1200 ") {
		t.Errorf("the printed box is %q", box)
	}
	if got := eval[string](tb, shown); got != "false,true " {
		t.Errorf("after printing the display of picture and application is %q", got)
	}
	if _, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	if got := eval[string](tb, shown); got != "true,false " {
		t.Errorf("on paper the display of picture and application is %q", got)
	}
}
