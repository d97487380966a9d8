package serve_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"flame/flame/serve"
	"flame/flame/store"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// hostile is a name that must stay text.
const hostile = `<img src=x onerror="document.title='broken'">&amp"'`

// history is a site with an hour of profiles: a service that changes at half time,
// and one with a hostile name.
func history(t testing.TB, o serve.Options) *site {
	s := newSite(t, o)
	now := time.Now()
	for i := range 30 {
		work := "main;work 30"
		if i >= 15 {
			work = "main;fresh 60"
		}
		data := cpu(t, work, "main;"+hostile+" 7")
		_, err := s.store.Put(t.Context(), store.Profile{
			Labels: store.Labels{"service": "api", "env": []string{"dev", "prod"}[i%2], "instance": fmt.Sprint("host-", i%3)},
			Type:   "cpu", Time: now.Add(time.Duration(i-30) * 110 * time.Second), Data: data,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.push([]byte("main;"+hostile+" 3\n"), "service", hostile, "zone", hostile)
	return s
}

// inGraph is whether the flame graph has a label that begins with text.
func inGraph(text string) string {
	return fmt.Sprintf(`[...document.querySelector("iframe")?.contentDocument?.querySelectorAll(".flame-graph text") ?? []].some(t => t.textContent.startsWith(%q))`, text)
}

// The first page leads to a service, whose flame graph is drawn; Back leads back.
func TestOverviewPage(t *testing.T) {
	s := history(t, serve.Options{})
	tb := newTab(t)
	tb.open(s.URL + "/")
	tb.wait(`document.querySelectorAll(".card .spark").length === 2`)
	tb.shot("overview")
	tb.click("api")
	tb.drawn()
	tb.wait(inGraph("main"))
	if got := eval[string](tb, `location.pathname + location.search + " " + document.title`); got != "/service?name=api api – flame" {
		t.Errorf("the address and title are %q", got)
	}
	tb.shot("service")
	tb.do(chromedp.NavigateBack())
	tb.wait(`location.pathname === "/" && document.querySelectorAll(".card").length === 2`)
	tb.do(chromedp.NavigateForward())
	tb.drawn()
	tb.wait(inGraph("main"))
	tb.open(s.URL + "/")
	tb.click("<img")
	tb.drawn()
	tb.wait(inGraph("<img"))
	if got := eval[string](tb, `document.querySelector("h1").textContent + document.title`); got != hostile+hostile+" – flame" {
		t.Errorf("the hostile service is called %q", got)
	}
}

// drag drags over the timeline, from one part of its width to another.
func (tb *tab) drag(from, to float64) {
	tb.Helper()
	box := eval[[]float64](tb, `(() => { const r = document.querySelector(".timeline").getBoundingClientRect(); return [r.x, r.y + 60, r.width]; })()`)
	for _, e := range []struct {
		kind input.DispatchMouseEventType
		at   float64
	}{{input.DispatchMouseEventTypeMousePressed, from}, {input.DispatchMouseEventTypeMouseMoved, to}, {input.DispatchMouseEventTypeMouseReleased, to}} {
		tb.do(chromedp.MouseEvent(e.kind, box[0]+box[2]*e.at, box[1], chromedp.ButtonLeft))
	}
}

// Dragging chooses a range, a second drag one to compare it with; the address has
// both, so that Back undoes them.
func TestTimelinePage(t *testing.T) {
	s := history(t, serve.Options{})
	tb := newTab(t)
	tb.open(s.URL + "/service?name=api")
	tb.drag(.55, .95)
	tb.wait(`/[?&]a=\d+-\d+/.test(location.search)`)
	tb.drawn()
	tb.wait(inGraph("fresh") + " && !" + inGraph("work"))
	tb.drag(.1, .4)
	tb.wait(`document.querySelector(".range.before") !== null`)
	tb.drawn()
	tb.wait(inGraph("work") + " && !" + inGraph("fresh"))
	tb.click("Compare with…")
	tb.drag(.6, .9)
	tb.wait(`/[?&]b=\d+-\d+/.test(location.search)`)
	tb.drawn()
	tb.wait(inGraph("work") + " || " + inGraph("▼"))
	if got := eval[string](tb, `[...document.querySelectorAll(".timeline .which")].map(t => t.textContent).join()`); got != "before,after" {
		t.Errorf("the ranges are called %q", got)
	}
	if src := eval[string](tb, `document.querySelector("iframe").src`); !strings.Contains(src, "/api/v1/diff?") {
		t.Errorf("the frame shows %s", src)
	}
	tb.shot("compared")
	tb.do(chromedp.NavigateBack())
	tb.wait(`!/[?&]b=/.test(location.search)`)
	tb.drawn()
	// The same by keyboard.
	tb.open(s.URL + "/service?name=api")
	eval[bool](tb, `(document.querySelector(".timeline").focus(), true)`)
	tb.do(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(chromedp.ModifierShift)),
		chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(chromedp.ModifierShift)), chromedp.KeyEvent(kb.Enter))
	tb.wait(`/[?&]a=\d+-\d+/.test(location.search)`)
	tb.drawn()
}

// The table, the list of profiles, and what can be done with them.
func TestViewsPage(t *testing.T) {
	s := history(t, serve.Options{})
	tb := newTab(t)
	tb.open(s.URL + "/service?name=api")
	tb.click("Top table")
	tb.drawn()
	tb.wait(`document.querySelectorAll(".top tbody tr").length === 4`)
	rows := func() string {
		return eval[string](tb, `[...document.querySelectorAll(".top tbody .name")].map(t => t.textContent).join()`)
	}
	if got := rows(); got != "fresh,work,"+hostile+",main" {
		t.Errorf("by self the functions are %s", got)
	}
	tb.click("Total")
	if got := rows(); !strings.HasPrefix(got, "main,fresh,work") {
		t.Errorf("by total the functions are %s", got)
	}
	tb.shot("top")
	eval[bool](tb, `(() => { const box = document.querySelector(".panel input[type=search]"); box.value = "WOR"; return box.dispatchEvent(new Event("input")); })()`)
	if got := rows(); got != "work" {
		t.Errorf("found are %s", got)
	}
	tb.click("Single profiles")
	tb.drawn()
	tb.wait(`document.querySelectorAll(".panel tbody tr").length === 30`)
	tb.shot("profiles")
	eval[bool](tb, `(() => { const all = document.querySelectorAll(".panel tbody input"); all[0].click(); all[29].click(); return true; })()`)
	tb.click("Compare the two marked")
	tb.wait(`location.pathname === "/diff"`)
	tb.drawn()
	tb.wait(inGraph("fresh") + " || " + inGraph("▲"))
	tb.do(chromedp.NavigateBack())
	tb.drawn()
	tb.wait(`document.querySelectorAll(".panel tbody tr").length === 30`)
	eval[bool](tb, `(() => { const all = document.querySelectorAll(".panel tbody input"); all[0].click(); all[1].click(); return true; })()`)
	tb.click("Merge the marked")
	tb.wait(`location.pathname === "/view"`)
	tb.drawn()
	tb.wait(inGraph("fresh") + " && !" + inGraph("work"))
}

// Labels narrow what is shown, and the viewer's own state is in the address.
func TestLinksPage(t *testing.T) {
	s := history(t, serve.Options{})
	tb := newTab(t)
	tb.open(s.URL + "/service?name=api&l=instance%3Dhost-0")
	tb.wait(`[...document.querySelectorAll(".labels select")].map(s => s.value).join() === ",host-0"`)
	if src := eval[string](tb, `new URL(document.querySelector("iframe").src).searchParams.get("query")`); src != `{service="api",instance="host-0"}` {
		t.Errorf("the query is %s", src)
	}
	eval[bool](tb, `(() => {
		const box = document.querySelector("iframe").contentDocument.querySelector(".flame-search input");
		box.value = "fresh";
		return box.dispatchEvent(new Event("input", {bubbles: true}));
	})()`)
	tb.wait(`location.hash.includes("s=fresh")`)
	link := eval[string](tb, `location.href`)
	other := newTab(t)
	other.open(link)
	other.wait(`document.querySelector("iframe").contentDocument.querySelector(".flame-search input")?.value === "fresh"`)
}

func TestComparePage(t *testing.T) {
	s := history(t, serve.Options{})
	tb := newTab(t)
	tb.open(s.URL + "/diff")
	tb.wait(`document.querySelector(".message").textContent.includes("Choose two sets")`)
	set := func(name, value string) {
		eval[bool](tb, fmt.Sprintf(`(document.querySelector("input[name=%s]").value = %q, true)`, name, value))
	}
	set("before_query", `{service="api"}`)
	set("before_until", "now-30m")
	set("after_query", `{service="api"}`)
	set("after_from", "now-20m")
	eval[bool](tb, `(document.querySelector("form.sides").requestSubmit(), true)`)
	tb.wait(`location.search.includes("after_query")`)
	tb.drawn()
	tb.wait(inGraph("▲") + " || " + inGraph("fresh"))
	tb.shot("diff")
	set("before_query", `api`)
	eval[bool](tb, `(document.querySelector("form.sides").requestSubmit(), true)`)
	tb.wait(`document.querySelector(".message.bad")?.textContent.includes("Write it as in PromQL")`)
	tb.quiet("400")
}

// A capture is asked for on the page, seen under way, and its result drawn.
func TestCapturePage(t *testing.T) {
	p := newProgram(t)
	s := newSite(t, serve.Options{}, p.job())
	s.target()
	tb := newTab(t)
	tb.open(s.URL + "/targets")
	tb.wait(`document.querySelector(".error")?.textContent.includes("not <b>today</b>")`)
	tb.shot("targets")
	tb.click("Capture")
	tb.wait(`location.pathname === "/captures"`)
	tb.drawn()
	tb.shot("captures")
	eval[bool](tb, `(document.querySelector("input[name=target]").checked = true, document.querySelector("form.capture").requestSubmit(), true)`)
	tb.wait(`location.pathname === "/capture" && document.querySelector("progress") !== null`)
	tb.wait(`document.querySelector(".progress").textContent.includes("capturing")`)
	tb.shot("capture")
	close(p.release)
	tb.wait(`document.querySelector(".progress").textContent.includes("done")`)
	tb.drawn()
	tb.wait(inGraph("work"))
	tb.click("its own link")
	tb.wait(`location.pathname === "/view"`)
	tb.drawn()
	tb.wait(inGraph("work"))
	tb.open(s.URL + "/capture?id=forgotten")
	tb.wait(`document.querySelector(".message.empty").textContent.includes("forgotten")`)
	tb.quiet("404")
}

// Pages without anything to show say what to do.
func TestEmptyPages(t *testing.T) {
	s := newSite(t, serve.Options{})
	tb := newTab(t)
	for path, want := range map[string]string{
		"/": "flame serve --target", "/targets": "flame serve --target", "/captures": "flame serve --target",
		"/diff": "nothing to compare", "/service?name=none": "no profiles of this service", "/view": "No profile is named",
	} {
		tb.do(chromedp.Navigate(s.URL + path))
		tb.wait(fmt.Sprintf(`document.querySelector(".message.empty, .message.empty ~ .message")?.parentElement.textContent.includes(%q)`, want))
	}
	s.push(cpu(t, "main;work 1"), "service", "late")
	tb.open(s.URL + "/service?name=late&from=now-2h&until=now-1h&type=cpu")
	tb.wait(`document.body.textContent.includes("Choose a longer time")`)
	status, h, _ := s.call("GET", "/nothing", nil)
	if status != 404 || strings.Contains(h.Get("Content-Type"), "html") {
		t.Errorf("an unknown path gives %d %v", status, h)
	}
}

// No page is wider than its window, from a small telephone to 4K, in either theme.
func TestSizesOfPages(t *testing.T) {
	s := history(t, serve.Options{})
	tb := newTab(t)
	for _, path := range []string{"/", "/service?name=api", "/service?name=api&view=top", "/service?name=api&view=profiles", "/targets", "/captures", "/diff", "/service?name=" + url.QueryEscape(hostile)} {
		for _, width := range []int64{360, 1200, 3840} {
			tb.window(width, width*10/16)
			tb.open(s.URL + path)
			if over := eval[int](tb, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
				t.Errorf("%s is %d pixels wider than %d", path, over, width)
			}
			name := strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'z' {
					return r
				}
				return -1
			}, path)
			tb.shot(fmt.Sprintf("size-%.20s-%d", name, width))
		}
	}
	tb.window(1200, 800)
	tb.open(s.URL + "/service?name=api")
	tb.click("Theme")
	tb.click("Theme")
	tb.wait(`document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).backgroundColor === "rgb(22, 22, 26)"`)
	tb.open(s.URL + "/service?name=api")
	tb.wait(`getComputedStyle(document.body).backgroundColor === "rgb(22, 22, 26)"`)
	tb.wait(`document.querySelector("iframe").contentDocument.querySelector("svg.flame").dataset.theme === "dark"`)
	tb.shot("dark")
}

// The policy of pages and graphs lets nothing in but flame's own scripts and styles.
func TestPolicies(t *testing.T) {
	s := history(t, serve.Options{})
	_, h, _ := s.call("GET", "/", nil)
	page := h.Get("Content-Security-Policy")
	_, h, _ = s.call("GET", "/api/v1/merge?type=cpu&format=svg", nil)
	graph := h.Get("Content-Security-Policy")
	for _, p := range []string{page, graph} {
		if !strings.HasPrefix(p, "default-src 'none'") || strings.Contains(p, "unsafe") || strings.Contains(p, "http") {
			t.Errorf("the policy is %s", p)
		}
	}
	if strings.Count(graph, "'sha256-") < 2 || !strings.Contains(graph, "frame-ancestors 'self'") {
		t.Errorf("the graph's policy is %s", graph)
	}
	_, h, _ = s.call("GET", "/static/app.js", nil)
	if got := h.Get("Content-Type"); got != "text/javascript; charset=utf-8" || h.Get("ETag") == "" {
		t.Errorf("a script has the header %v", h)
	}
	for _, path := range []string{"/static/", "/static/web/app.js", "/static/none.js", "/web/app.js"} {
		if status, _, _ := s.call("GET", path, nil); status != 404 {
			t.Errorf("%s gives %d", path, status)
		}
	}
}
