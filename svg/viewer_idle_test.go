package svg_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"flame/svg"
)

// heap returns the bytes that the page's objects and array buffers take, after a
// collection.
func (tb *tab) heap() float64 {
	tb.Helper()
	for range 3 { // what dies in one may hold what dies in the next
		if _, err := chromedp.Call(tb.ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			tb.Fatal(err)
		}
	}
	usage, err := chromedp.Call(tb.ctx, runtime.GetHeapUsage, cdp.Empty{})
	if err != nil {
		tb.Fatal(err)
	}
	return usage.UsedSize + usage.BackingStorageSize
}

// metrics returns the browser's counts of what it did for the page.
func (tb *tab) metrics(names ...string) map[string]float64 {
	tb.Helper()
	r, err := chromedp.Call(tb.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		tb.Fatal(err)
	}
	all := map[string]float64{}
	for _, m := range r.Metrics {
		all[m.Name] = m.Value
	}
	picked := map[string]float64{}
	for _, name := range names {
		v, ok := all[name]
		if !ok {
			tb.Fatalf("the browser does not count %s", name)
		}
		picked[name] = v
	}
	return picked
}

// cycles zooms in, searches, changes colours and goes back as often as asked,
// drawing in between.
const cycles = `(async (count) => {
	const key = (key) => document.querySelector(".flame-graph").dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
	const box = document.querySelector(".flame-search input");
	for (let i = 0; i < count; i++) {
		const all = document.querySelectorAll(".flame-graph rect.f");
		all[(7 * i) % all.length].dispatchEvent(new MouseEvent("click", {bubbles: true}));
		box.value = ["runtime", "json|http", "", "Alloc"][i % 4];
		box.dispatchEvent(new Event("input", {bubbles: true}));
		if (i % 10 === 0) key("p");
		key("Home");
		if (i % 10 === 0) await new Promise((resolve) => requestAnimationFrame(resolve));
	}
	box.value = "";
	box.dispatchEvent(new Event("input", {bubbles: true}));
	return document.querySelectorAll("*").length;
})`

// TestNoGrowth zooms and searches 500 times: neither the heap nor the document
// grows. The first cycles fill caches, of names and widths of characters.
func TestNoGrowth(t *testing.T) {
	tb := openProfile(t, realProfile(t, "pprof/typical/server.cpu.labels.pb.gz"), svg.Options{})
	if _, err := chromedp.Call(tb.ctx, performance.Enable, performance.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	nodes := eval[int](tb, cycles+`(150)`)
	tb.do(chromedp.Sleep(400 * time.Millisecond)) // the address is written late
	before, listeners := tb.heap(), tb.metrics("JSEventListeners")
	after := eval[int](tb, cycles+`(500)`)
	tb.do(chromedp.Sleep(400 * time.Millisecond))
	grown := tb.heap() - before
	t.Logf("500 cycles: %.0f bytes more on a heap of %.0f, %d elements and %d before", grown, before, after, nodes)
	// What is compiled comes and goes by some 100 kB; one picture kept in each
	// cycle were 50 MB.
	if grown > 400e3 {
		t.Errorf("the heap grew by %.0f bytes", grown)
	}
	if after > nodes+nodes/5 {
		t.Errorf("there are %d elements, %d before", after, nodes)
	}
	if got := tb.metrics("JSEventListeners"); got["JSEventListeners"] > listeners["JSEventListeners"] {
		t.Errorf("there are %v, %v before", got, listeners)
	}
}

// TestIdleAfterWork checks that after zoom, search and a change of colours the
// page comes to rest: no style, no layout, no script.
func TestIdleAfterWork(t *testing.T) {
	tb := openProfile(t, realProfile(t, "pprof/typical/server.cpu.labels.pb.gz"), svg.Options{})
	if _, err := chromedp.Call(tb.ctx, performance.Enable, performance.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	eval[int](tb, cycles+`(3)`)
	tb.do(chromedp.Sleep(600 * time.Millisecond))
	counted := []string{"LayoutCount", "RecalcStyleCount"}
	before := tb.metrics(counted...)
	tb.do(chromedp.Sleep(400 * time.Millisecond))
	for name, v := range tb.metrics(counted...) {
		if v != before[name] {
			t.Errorf("%s went from %v to %v while nobody acted", name, before[name], v)
		}
	}
}

// TestRefit makes the window narrower and wider: labels are whole where there is
// room, shortened from the left at a package's boundary where there is less, and
// gone where there is none.
func TestRefit(t *testing.T) {
	p := foldedProfile(t, "example.com/shop/cart.(*Cart).Add:100 x:900", false)
	tb := openProfile(t, p, svg.Options{})
	for _, c := range []struct {
		width int64
		want  string
	}{
		{4000, "example.com/shop/cart.(*Cart).Add"},
		{1400, "cart.(*Cart).Add"},
		{600, "Add"},
		{180, ""},
		{4000, "example.com/shop/cart.(*Cart).Add"},
	} {
		tb.window(c.width, 700)
		label := `([...document.querySelectorAll(".flame-graph text")].map(t => t.textContent).find(t => t.endsWith("Add")) || "")`
		if _, err := chromedp.Run(tb.ctx, chromedp.Poll[bool](label+"==="+jsonOf(c.want), chromedp.WithPollingTimeout(3*time.Second))); err != nil {
			t.Errorf("at %d px the label is %q, want %q", c.width, eval[string](tb, label), c.want)
		}
	}
}
