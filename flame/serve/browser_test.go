package serve_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
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
		t.Skip("skipped: the pages' tests need a Chromium on PATH or in FLAME_CHROMIUM")
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

// open goes to an address and waits until the page is drawn.
func (tb *tab) open(address string) {
	tb.Helper()
	tb.do(chromedp.Navigate(address))
	tb.drawn()
}

// drawn waits until the page of the address is drawn, its graph included.
func (tb *tab) drawn() {
	tb.Helper()
	tb.wait(`document.documentElement.dataset.shown === location.pathname + location.search && !document.querySelector(".loading")`)
	tb.wait(`[...document.querySelectorAll("iframe")].every(f => f.contentDocument?.querySelector("svg.flame")?.dataset.flame === "ready")`)
}

// click clicks the first element that is shown and whose text or label begins with
// text.
func (tb *tab) click(text string) {
	tb.Helper()
	tb.wait(fmt.Sprintf(`(() => {
		const named = (e) => [e.getAttribute("aria-label"), e.textContent.trim()].some(t => t?.startsWith(%q));
		const e = [...document.querySelectorAll("button, a, summary, input, [role=tab]")].find(e => named(e) && e.checkVisibility() && !e.disabled);
		e?.click();
		return e !== undefined;
	})()`, text))
}

// shot saves a screenshot where FLAME_SHOTS says, for a person to look at.
func (tb *tab) shot(name string) {
	tb.Helper()
	dir := os.Getenv("FLAME_SHOTS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(dir+"/"+name+".png", b, 0o666); err != nil {
		tb.Fatal(err)
	}
}

// quiet forgets messages on the console that the test has brought about.
func (tb *tab) quiet(text string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.console = slices.DeleteFunc(tb.console, func(m string) bool { return strings.Contains(m, text) })
}
