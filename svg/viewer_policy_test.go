package svg_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"flame/svg"
)

// starts waits until a graph is interactive or has said why not, and returns
// whether it is.
func (tb *tab) starts() bool {
	tb.Helper()
	for range 400 {
		if eval[bool](tb, ready) {
			return true
		}
		tb.mu.Lock()
		said := false
		for _, m := range tb.console {
			said = said || strings.Contains(m, "flame: the picture stays static")
		}
		tb.mu.Unlock()
		if said {
			return false
		}
		eval[bool](tb, `new Promise(r => setTimeout(() => r(true), 10))`)
	}
	tb.Fatal("neither is the viewer there nor does it say why not")
	return false
}

// isStatic checks that the picture that needs no script shows, and nothing else.
func (tb *tab) isStatic() {
	tb.Helper()
	if !eval[bool](tb, `document.querySelector(".flame-static").getBoundingClientRect().width > 1000 &&
		!document.querySelector("foreignObject") && !document.querySelector(".flame-on")`) {
		tb.Error("the static picture does not show, or not alone")
	}
}

// TestHashPolicy checks that graphs work where a policy knows scripts and styles by
// their hashes only, and stay static where it lacks the viewer's.
func TestHashPolicy(t *testing.T) {
	policy := svg.ContentSecurityPolicy()
	scripts, _, _ := strings.Cut(policy[strings.Index(policy, "script-src"):], ";")
	hashes := strings.Fields(scripts)[1:]
	if len(hashes) != 2 || strings.Contains(policy, "unsafe") {
		t.Fatalf("the policy is %s", policy)
	}
	p := shop(t)
	graph, html := draw(t, p, svg.Options{}), draw(t, p, svg.Options{Format: svg.HTML})
	for name, c := range map[string]struct {
		path   string
		graph  []byte
		policy string
		works  bool
	}{
		"svg":           {"/a.svg", graph, policy, true},
		"html":          {"/a.html", html, policy, true},
		"sandbox":       {"/a.svg", graph, policy + "; sandbox allow-scripts", true},
		"trusted types": {"/a.html", html, policy + "; require-trusted-types-for 'script'; trusted-types flame", true},
		"in svg":        {"/a.svg", graph, policy + "; require-trusted-types-for 'script'; trusted-types flame", true},
		"any policy":    {"/a.svg", graph, policy + "; require-trusted-types-for 'script'", true},
		"other types":   {"/a.svg", graph, policy + "; require-trusted-types-for 'script'; trusted-types other", false},
		"loader only":   {"/a.svg", graph, strings.Replace(policy, hashes[1], "", 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			tb := newTab(t)
			tb.do(chromedp.Navigate(serve(t, http.Header{"Content-Security-Policy": {c.policy}}, map[string][]byte{c.path: c.graph}) + c.path))
			if got := tb.starts(); got != c.works {
				t.Errorf("the viewer runs: %v, want %v; console: %q", got, c.works, tb.console)
			}
			if !c.works {
				tb.isStatic()
				tb.mu.Lock()
				tb.console = nil // it says what the policy refused
				tb.mu.Unlock()
				return
			}
			tb.click("shop/order.Submit")
			tb.isZoomed(p, "shop/order.Submit")
			tb.search("Sum")
			tb.wait(`document.querySelector(".flame-matched").textContent.startsWith("45.00% matched")`)
			if got := eval[string](tb, `getComputedStyle(document.querySelector(".flame-app")).display`); got != "flex" {
				t.Errorf("the application is displayed as %q: it has no style", got)
			}
			if got := eval[int](tb, `document.querySelectorAll("script").length`); got != 1 {
				t.Errorf("the document has %d scripts, want the loader alone", got)
			}
		})
	}
}

// TestTwoGraphsTrusted checks that the second graph in a page needs no policy of
// its own.
func TestTwoGraphsTrusted(t *testing.T) {
	p := shop(t)
	header := http.Header{"Content-Security-Policy": {svg.ContentSecurityPolicy() + "; require-trusted-types-for 'script'; trusted-types flame"}}
	tb := newTab(t)
	tb.open(serve(t, header, map[string][]byte{"/a.html": htmlPage(draw(t, p, svg.Options{}), draw(t, p, svg.Options{Inverted: true}))}) + "/a.html")
	if n := eval[int](tb, `document.querySelectorAll(".flame-on .flame-app").length`); n != 2 {
		t.Errorf("%d graphs work, want 2", n)
	}
	if n := eval[int](tb, `document.adoptedStyleSheets.length`); n != 1 {
		t.Errorf("the document has the style %d times", n)
	}
}

// TestNonce checks that the viewer runs with the loader's nonce.
func TestNonce(t *testing.T) {
	graph := strings.Replace(string(draw(t, shop(t), svg.Options{})), "<script>", `<script nonce="abc">`, 1)
	header := http.Header{"Content-Security-Policy": {"default-src 'none'; script-src 'nonce-abc'; style-src 'unsafe-inline'"}}
	tb := newTab(t)
	tb.open(serve(t, header, map[string][]byte{"/": []byte(graph)}) + "/")
}

// TestOldBrowser checks that the picture is right where there is nothing to unpack
// the viewer with, or no constructed style sheet.
func TestOldBrowser(t *testing.T) {
	address := fileOf(t, draw(t, shop(t), svg.Options{}))
	before := func(script string) *tab {
		tb := newTab(t)
		if _, err := chromedp.Call(tb.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
			t.Fatal(err)
		}
		return tb
	}
	tb := before(`delete globalThis.DecompressionStream`)
	tb.do(chromedp.Navigate(address))
	tb.do(chromedp.Evaluate[chromedp.Void](`new Promise(r => setTimeout(r, 200))`, chromedp.EvalAwaitPromise))
	tb.isStatic()

	tb = before(`delete Document.prototype.adoptedStyleSheets`)
	tb.open(address)
	if got := eval[string](tb, `getComputedStyle(document.querySelector(".flame-app")).display`); got != "flex" {
		t.Errorf("without constructed style sheets the application is displayed as %q", got)
	}
}
