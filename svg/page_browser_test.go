package svg_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"flame/svg"
)

// TestPageFillsWindow checks that the graph of the HTML form is all of the page,
// and stays it when the window changes.
func TestPageFillsWindow(t *testing.T) {
	tb := newTab(t)
	graph := draw(t, shop(t), svg.Options{Format: svg.HTML})
	tb.open(serve(t, nil, map[string][]byte{"/a.html": graph}) + "/a.html")
	for _, size := range [][2]int64{{1200, 700}, {320, 480}, {2400, 300}} {
		tb.window(size[0], size[1])
		tb.wait(`(() => {
			const r = document.querySelector("svg.flame").getBoundingClientRect(), page = document.documentElement;
			return r.x === 0 && r.y === 0 && r.width === innerWidth && r.height === innerHeight &&
				page.scrollWidth <= innerWidth && page.scrollHeight <= innerHeight;
		})()`)
	}
	if lang := eval[string](tb, `document.documentElement.lang`); lang != "en" {
		t.Errorf("the page's language is %q", lang)
	}
}

// static describes what shows of the static picture: for every path its place and
// colour, for every text its place and words.
const static = `(() => {
	const all = [];
	for (const e of document.querySelectorAll(".flame-static path, .flame-static rect, .flame-static text")) {
		const r = e.getBBox(), style = getComputedStyle(e);
		const length = e.getTotalLength && e.tagName === "path" ? e.getTotalLength() : r.width;
		all.push([e.tagName, e.textContent, r.x, r.y, r.height, length, style.fill, style.stroke, style.strokeWidth, style.fontSize, style.display].join(" "));
	}
	return all.join("\n");
})()`

// TestStrictPolicy checks that under a policy that allows nothing, neither script
// nor style, the picture is the one that shows without scripts.
func TestStrictPolicy(t *testing.T) {
	strict := http.Header{"Content-Security-Policy": {"default-src 'none'"}}
	for _, format := range []svg.Format{svg.SVG, svg.HTML} {
		graph := draw(t, shop(t), svg.Options{Format: format})
		path := "/a." + string(format)

		tb := newTab(t)
		if _, err := chromedp.Call(tb.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
			t.Fatal(err)
		}
		tb.do(chromedp.Navigate(serve(t, nil, map[string][]byte{path: graph}) + path))
		want := eval[string](tb, static)

		tb = newTab(t)
		tb.do(chromedp.Navigate(serve(t, strict, map[string][]byte{path: graph}) + path))
		if eval[bool](tb, `document.querySelector("foreignObject") !== null`) {
			t.Errorf("%s: the viewer runs in spite of the policy", format)
		}
		if got := eval[string](tb, static); got != want || strings.Count(got, "\n") < 10 {
			t.Errorf("%s: under the policy the picture is\n%s\nwithout scripts it is\n%s", format, got, want)
		}
		tb.mu.Lock()
		tb.console = nil // it says what the policy refused
		tb.mu.Unlock()
	}
}
