package svg_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"flame/collapse"
	"flame/svg"
)

// The browser that all tests of the viewer share; each has a tab of its own.
var browser struct {
	once   sync.Once
	ctx    context.Context
	err    error
	cancel func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if browser.cancel != nil {
		browser.cancel()
	}
	os.Exit(code)
}

// findBrowser returns the path of a Chromium, "" if there is none.
func findBrowser() string {
	if path := os.Getenv("FLAME_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func startBrowser(path string) {
	dir, err := os.MkdirTemp("", "flame-browser-")
	if err != nil {
		browser.err = err
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1200, 700),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	browser.ctx = ctx
	browser.cancel = func() {
		cancel()
		stop()
		// The browser's children may write for a moment yet.
		for range 20 {
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	browser.err = chromedp.Do(ctx)
}

// A tab is a browser's tab on one graph. Its methods fail the test on any error,
// and at the test's end the tab does so if the page wrote to the console what
// is worse than a log, or asked for anything but the document.
type tab struct {
	testing.TB
	ctx context.Context

	mu       sync.Mutex
	console  []string
	requests []string
}

// newTab opens a tab, or skips the test where there is no browser, and in short
// runs: those are for the race detector, which sees nothing of a page.
func newTab(t testing.TB) *tab {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: a short run leaves the browser out")
	}
	path := findBrowser()
	if path == "" {
		if os.Getenv("FLAME_REQUIRE_BROWSER") == "1" {
			t.Fatal("no Chromium found, and FLAME_REQUIRE_BROWSER=1 asks for one")
		}
		t.Skip("skipped: the viewer's tests need a Chromium on PATH or in FLAME_CHROMIUM")
	}
	browser.once.Do(func() { startBrowser(path) })
	if browser.err != nil {
		t.Fatalf("start %s: %v", path, browser.err)
	}
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	tb := &tab{TB: t, ctx: ctx}
	if err := chromedp.Listen(ctx, func(ev any) {
		if e, ok := ev.(*network.EventRequestWillBeSent); ok {
			tb.mu.Lock()
			tb.requests = append(tb.requests, e.Request.URL)
			tb.mu.Unlock()
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleWarning || m.Type == chromedp.ConsoleError || m.IsException() {
				tb.mu.Lock()
				tb.console = append(tb.console, m.String())
				tb.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		for _, m := range tb.console {
			t.Errorf("console: %s", m)
		}
		stop()
		cancel()
	})
	tb.window(1200, 700)
	return tb
}

// do runs steps in the tab.
func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.Helper()
	if err := chromedp.Do(tb.ctx, steps...); err != nil {
		tb.Fatal(err)
	}
}

func (tb *tab) window(width, height int64) {
	tb.Helper()
	tb.do(chromedp.EmulateViewport(width, height))
}

// eval returns the value of a JavaScript expression.
func eval[T any](tb *tab, js string) T {
	tb.Helper()
	v, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.Fatalf("%s: %v", js, err)
	}
	return v
}

// wait waits until a JavaScript expression is true.
func (tb *tab) wait(js string) {
	tb.Helper()
	if _, err := chromedp.Run(tb.ctx, chromedp.Poll[bool](js, chromedp.WithPollingTimeout(10*time.Second))); err != nil {
		tb.Fatalf("wait for %s: %v", js, err)
	}
}

const ready = `[...document.querySelectorAll("svg.flame")].every(s => s.dataset.flame === "ready") && document.querySelector("svg.flame") !== null`

// open goes to an address and waits for the viewer.
func (tb *tab) open(address string) {
	tb.Helper()
	tb.do(chromedp.Navigate(address))
	tb.wait(ready)
}

// fileOf writes a graph to a file and returns its address.
func fileOf(t testing.TB, graph []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "graph.svg")
	if err := os.WriteFile(path, graph, 0o600); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// openProfile draws p and opens it from a file.
func openProfile(t testing.TB, p *collapse.Profile, o svg.Options) *tab {
	t.Helper()
	tb := newTab(t)
	tb.open(fileOf(t, draw(t, p, o)))
	return tb
}

func draw(t testing.TB, p *collapse.Profile, o svg.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := svg.Write(&b, p, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// place returns the middle of a label that begins with text, once it stays where
// it is: what a step before it showed in the toolbar may move the graph. graph
// counts the graphs of a page from 0.
func (tb *tab) place(graph int, text string) (x, y float64) {
	tb.Helper()
	at := eval[[]float64](tb, fmt.Sprintf(`(async () => {
		const find = () => {
			const labels = document.querySelectorAll("svg.flame")[%d].querySelectorAll(".flame-graph text");
			for (const t of labels) if (t.textContent.startsWith(%q)) {
				const r = t.getBoundingClientRect();
				return [r.x + r.width / 2, r.y + r.height / 2];
			}
			return [];
		};
		let at = find();
		for (let same = 0; same < 3;) {
			await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
			const now = find();
			same = String(now) === String(at) ? same + 1 : 0;
			at = now;
		}
		return at;
	})()`, graph, text))
	if len(at) != 2 {
		tb.Fatalf("no label begins with %q; there are %q", text, tb.labels())
	}
	return at[0], at[1]
}

// click clicks with the mouse on the label that begins with text.
func (tb *tab) click(text string) {
	tb.Helper()
	x, y := tb.place(0, text)
	tb.do(chromedp.MouseClickXY(x, y))
}

// hover moves the mouse to the label that begins with text.
func (tb *tab) hover(text string) {
	tb.Helper()
	x, y := tb.place(0, text)
	tb.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y))
}

// button clicks the button of which the title begins with text.
func (tb *tab) button(text string) {
	tb.Helper()
	tb.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(".flame-app button[title^=%q]", text))))
}

var keys = map[string]string{
	"Up": kb.ArrowUp, "Down": kb.ArrowDown, "Left": kb.ArrowLeft, "Right": kb.ArrowRight, "Enter": kb.Enter,
	"Escape": kb.Escape, "Backspace": kb.Backspace, "Home": kb.Home, "Tab": kb.Tab,
}

// keys presses keys one after the other: those of the table above by name, else
// characters.
func (tb *tab) keys(names ...string) {
	tb.Helper()
	for _, name := range names {
		if key, ok := keys[name]; ok {
			name = key
		}
		tb.do(chromedp.KeyEvent(name))
	}
}

// search replaces what is in the search box.
func (tb *tab) search(text string) {
	tb.Helper()
	eval[bool](tb, fmt.Sprintf(`(() => {
		const box = document.querySelector(".flame-search input");
		box.value = %q;
		return box.dispatchEvent(new Event("input", {bubbles: true}));
	})()`, text))
}

func (tb *tab) text(selector string) string {
	tb.Helper()
	return eval[string](tb, fmt.Sprintf(`document.querySelector(%q).textContent`, selector))
}

// details returns the name and the numbers in the details bar.
func (tb *tab) details() (name, stats string) {
	tb.Helper()
	return tb.text(".flame-frame-name"), tb.text(".flame-stats")
}

// labels returns the labels of the drawn frames, as in the document.
func (tb *tab) labels() []string {
	tb.Helper()
	return eval[[]string](tb, `[...document.querySelectorAll(".flame-graph text")].map(t => t.textContent)`)
}

// A frame is a drawn frame that has an element.
type frame struct {
	N     int
	X, W  float64
	Row   int // from the root
	Faded bool
	Match bool
	Fill  string
}

// frames returns the drawn frames by node.
func (tb *tab) frames() map[int]frame {
	tb.Helper()
	list := eval[[]frame](tb, `(() => {
		const rects = [...document.querySelectorAll(".flame-graph rect.f")];
		const number = (r, a) => Number(r.getAttribute(a));
		const top = number(rects.find(r => number(r, "data-n") === 0), "y");
		return rects.map(r => ({
			N: number(r, "data-n"), X: number(r, "x"), W: number(r, "width"), Row: Math.round(Math.abs(number(r, "y") - top) / 16),
			Faded: r.classList.contains("a"), Match: r.classList.contains("s"), Fill: r.getAttribute("fill") || "",
		}));
	})()`)
	byNode := map[int]frame{}
	for _, f := range list {
		byNode[f.N] = f
	}
	return byNode
}

// fragment returns what the address has behind "#".
func (tb *tab) fragment() string {
	tb.Helper()
	return strings.TrimPrefix(eval[string](tb, `location.hash`), "#")
}
