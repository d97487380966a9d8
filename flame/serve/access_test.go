package serve_test

import (
	"fmt"
	"os"
	"testing"

	"flame/flame/serve"

	"github.com/chromedp/chromedp"
)

// TestPagesForEveryone has axe-core look for what shuts people out, on each page and
// in both themes.
func TestPagesForEveryone(t *testing.T) {
	axe := os.Getenv("FLAME_AXE")
	if axe == "" {
		t.Skip("skipped: FLAME_AXE names no axe-core; make test sets it")
	}
	script, err := os.ReadFile(axe)
	if err != nil {
		t.Fatal(err)
	}
	s := history(t, serve.Options{})
	tb := newTab(t)
	for _, theme := range []string{"light", "dark"} {
		for _, path := range []string{"/", "/service?name=api", "/service?name=api&view=top", "/service?name=api&view=profiles", "/targets", "/captures", "/diff"} {
			tb.open(s.URL + path)
			eval[bool](tb, fmt.Sprintf(`(document.documentElement.dataset.theme = %q, true)`, theme))
			if _, err := chromedp.Run(tb.ctx, chromedp.Evaluate[any](string(script)+"; true")); err != nil {
				t.Fatal(err)
			}
			found := eval[[]string](tb, `axe.run(document, {iframes: false}).then(r => r.passes.length < 10 ? ["axe looked at too little"] : r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 120)).join(" | ")))`)
			for _, v := range found {
				t.Errorf("%s, %s: %s", path, theme, v)
			}
		}
	}
}
