package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	devinput "github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A result is what one run measured: bytes and milliseconds.
type result struct {
	size, paint, interactive, zoom, search, heap float64
}

const (
	term = "runtime"
	// patience is how long one step may take; after a load of slow milliseconds
	// one run is enough.
	patience = time.Minute
	slow     = 8000.0
)

func findBrowser() (string, error) {
	names := []string{os.Getenv("FLAME_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("find a browser: no Chromium on PATH or in FLAME_CHROMIUM")
}

// withBrowser runs f with a browser of its own, so that one that breaks down
// takes no other file with it.
func withBrowser(ctx context.Context, path string, f func(context.Context) error) error {
	dir, err := os.MkdirTemp("", "flame-browser-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1200, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	defer stop()
	ctx, cancel := chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	return f(ctx)
}

// measure opens a file as often as asked and returns what each run measured.
// With an error it returns the runs before it, and what the failed one had.
func (b *bench) measure(ctx context.Context, browser string, v viewer, path, function string) ([]result, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var results []result
	err = withBrowser(ctx, browser, func(ctx context.Context) error {
		for range b.runs {
			r := result{size: float64(info.Size())}
			err := openTab(ctx, v, func(t *tab) error { return t.run(path, function, &r) })
			results = append(results, r)
			if err != nil {
				return err
			}
			if r.interactive > slow {
				break
			}
		}
		return nil
	})
	if len(results) == 0 {
		results = []result{{size: float64(info.Size())}}
	}
	return results, err
}

// A tab is a tab of the browser for one run.
type tab struct {
	ctx context.Context
	viewer
}

// openTab opens a tab that knows when the viewer is ready and closes it after f.
func openTab(ctx context.Context, v viewer, f func(*tab) error) error {
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	defer cancel()
	t := &tab{ctx, v}
	script := fmt.Sprintf(watch, v.ready, v.zoomed, v.searched)
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1200, 900)); err != nil {
		return err
	}
	return f(t)
}

// watch is what a page is given before its own scripts. painted(test) resolves
// with the time when the first frame in which test held was painted.
const watch = `(() => {
	const painted = (test) => new Promise((resolve) => {
		const look = () => requestAnimationFrame(() => {
			let holds = false;
			try { holds = test(); } catch { /* not there yet */ }
			if (!holds) return look();
			const channel = new MessageChannel();
			channel.port1.onmessage = () => resolve(performance.now());
			channel.port2.postMessage(0);
		});
		look();
	});
	globalThis.benchmark = {
		loaded: painted(() => %s),
		widest(elements) {
			const width = (e) => e.getBoundingClientRect().width;
			const best = elements.sort((a, b) => width(b) - width(a))[0];
			if (!best) return [];
			best.scrollIntoView({block: "center"});
			const r = best.getBoundingClientRect();
			return [r.x + r.width / 2, r.y + r.height / 2];
		},
		awaitClick() {
			this.clicked = new Promise((resolve) => addEventListener("click", (e) => {
				painted(() => %s).then((at) => resolve(at - e.timeStamp));
			}, {capture: true, once: true}));
			return true;
		},
		async search(does) {
			const start = performance.now();
			does();
			return await painted(() => %s) - start;
		},
	};
})()`

// run opens the file and does what a reader does.
func (t *tab) run(path, function string, r *result) error {
	var err error
	if r.interactive, err = t.load(path); err != nil {
		return err
	}
	// A reader looks before he clicks, and a viewer may prepare something then.
	time.Sleep(500 * time.Millisecond)
	if r.paint, err = eval[float64](t, `(performance.getEntriesByName("first-contentful-paint")[0] || {startTime: 0}).startTime`); err != nil {
		return fmt.Errorf("read the first paint: %w", err)
	}
	if r.zoom, err = t.zoom(function); err != nil {
		return err
	}
	if _, err := eval[bool](t, t.unzoom+"; true"); err != nil {
		return fmt.Errorf("zoom out: %w", err)
	}
	time.Sleep(300 * time.Millisecond)
	if r.search, err = eval[float64](t, fmt.Sprintf(`benchmark.search(() => { const term = %q; %s })`, term, t.viewer.search)); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	r.heap, err = t.heap()
	return err
}

// load returns when the viewer was ready and painted.
func (t *tab) load(path string) (float64, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	interactive, err := eval[float64](t, `benchmark.loaded`)
	if err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	return interactive, nil
}

// zoom clicks on a box of the function and returns how long the zoom took.
func (t *tab) zoom(function string) (float64, error) {
	at, err := eval[[]float64](t, fmt.Sprintf(`(() => { const name = %q, {widest} = benchmark; return %s; })()`, function, t.find))
	if err == nil && len(at) != 2 {
		err = fmt.Errorf("no box of %s is shown", function)
	}
	if err != nil {
		return 0, fmt.Errorf("zoom: %w", err)
	}
	if _, err := eval[bool](t, `benchmark.awaitClick()`); err != nil {
		return 0, fmt.Errorf("zoom: %w", err)
	}
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.MouseEvent(devinput.DispatchMouseEventTypeMouseMoved, at[0], at[1])); err != nil {
		return 0, fmt.Errorf("zoom: %w", err)
	}
	time.Sleep(100 * time.Millisecond)
	if err := chromedp.Do(ctx, chromedp.MouseClickXY(at[0], at[1])); err != nil {
		return 0, fmt.Errorf("zoom: %w", err)
	}
	took, err := eval[float64](t, `benchmark.clicked`)
	if err != nil {
		return 0, fmt.Errorf("zoom: %w", err)
	}
	return took, nil
}

// heap returns the bytes that the page's objects and array buffers take.
func (t *tab) heap() (float64, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
		return 0, fmt.Errorf("collect garbage: %w", err)
	}
	usage, err := chromedp.Call(ctx, runtime.GetHeapUsage, cdp.Empty{})
	if err != nil {
		return 0, fmt.Errorf("measure heap: %w", err)
	}
	return usage.UsedSize + usage.BackingStorageSize, nil
}

// eval returns the value of a JavaScript expression or of its promise.
func eval[T any](t *tab, js string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
}
