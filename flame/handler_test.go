package flame_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"flame/collapse"
	"flame/flame"
	"flame/svg"
)

// serveSelf mounts the handler below a prefix, on a server that gives writers
// less time than a capture takes.
func serveSelf(t *testing.T, o flame.HandlerOptions) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/admin/flame", flame.Handler(o))
	s := httptest.NewUnstartedServer(mux)
	s.Config.WriteTimeout = 500 * time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	return s.URL + "/admin/flame"
}

func get(t *testing.T, url string) (int, http.Header, []byte) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, body
}

// spin keeps a processor busy until the test ends, so that a CPU profile has
// something in it.
func spin(t *testing.T) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := uint64(1); ; n = n*6364136223846793005 + 1 {
			select {
			case <-done:
				return
			default:
			}
		}
	})
	t.Cleanup(func() { close(done); wg.Wait() })
}

// hold keeps memory in use that the heap profile is sure to have: several times
// what it samples by, as of a collection that is over.
func hold(t *testing.T) {
	held := make([][]byte, 64)
	for i := range held {
		held[i] = make([]byte, 1<<20)
	}
	runtime.GC()
	t.Cleanup(func() { runtime.KeepAlive(held) })
}

func TestHandlerDrawsEachType(t *testing.T) {
	spin(t)
	hold(t)
	url := serveSelf(t, flame.HandlerOptions{})
	for query, title := range map[string]string{
		"?seconds=1":                                "CPU",
		"?type=wall&seconds=1":                      "Wall-clock time",
		"?type=heap":                                "Memory in use",
		"?type=allocs&sample=alloc_objects":         "Memory allocated",
		"?type=goroutine&title=Mine&colors=java":    "Mine",
		"?type=goroutine&inverted=1&title=%3Cb%3E!": "<b>!",
	} {
		if testing.Short() && strings.Contains(query, "seconds") {
			continue
		}
		status, header, body := get(t, url+query)
		if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "image/svg+xml") {
			t.Errorf("%s: %d %s: %.200s", query, status, header.Get("Content-Type"), body)
		}
		if got := header.Get("Content-Security-Policy"); got != svg.ContentSecurityPolicy() {
			t.Errorf("%s: the policy is %q", query, got)
			continue
		}
		var doc struct {
			Title string `xml:"title"`
		}
		if err := xml.Unmarshal(body, &doc); err != nil || doc.Title != title {
			t.Errorf("%s: title %q, %v, want %q", query, doc.Title, err, title)
		}
		p, err := svg.Read(bytes.NewReader(body), collapse.Limits{})
		if err != nil || p.Total(p.Default) == 0 {
			t.Errorf("%s: the picture holds no profile: %v", query, err)
		}
		if strings.Contains(query, "alloc_objects") && p.Types[p.Default].Type != "alloc_objects" {
			t.Errorf("%s: the default type is %v", query, p.Types[p.Default])
		}
	}
}

func TestHandlerRefuses(t *testing.T) {
	url := serveSelf(t, flame.HandlerOptions{MaxSeconds: 10})
	for query, want := range map[string]string{
		"?type=memory":                "choose one of allocs, block, cpu, goroutine, heap, mutex, wall",
		"?seconds=0":                  "from 1 to 10",
		"?seconds=11":                 "from 1 to 10",
		"?seconds=soon":               "from 1 to 10",
		"?type=heap&seconds=3":        "is a snapshot",
		"?type=heap&colors=pink":      "wakeup",
		"?type=heap&inverted=perhaps": "give 1 or 0",
	} {
		status, _, body := get(t, url+query)
		if status != http.StatusBadRequest || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s, want 400 with %q", query, status, body, want)
		}
	}
	status, _, body := get(t, url+"?type=goroutine&sample=cpu")
	if status != http.StatusUnprocessableEntity || !strings.Contains(string(body), "it has goroutine") {
		t.Errorf("unknown sample type: %d %s", status, body)
	}
	resp, err := http.Post(url, "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", resp.Status)
	}
}

func TestHandlerSaysThatTheProfilerIsBusy(t *testing.T) {
	url := serveSelf(t, flame.HandlerOptions{})
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	status, header, body := get(t, url+"?seconds=1")
	if status != http.StatusServiceUnavailable || !strings.Contains(string(body), "in use by another capture") || header.Get("Retry-After") == "" {
		t.Errorf("%d %s", status, body)
	}
}

// A client that goes away ends the capture: the profiler is free again long
// before the seconds it asked for are over.
func TestHandlerStopsWithItsClient(t *testing.T) {
	h := flame.Handler(flame.HandlerOptions{})
	for _, typ := range []string{"cpu", "wall"} {
		ctx, cancel := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, "GET", "/?seconds=300&type="+typ, nil)
		time.AfterFunc(50*time.Millisecond, cancel)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r) // hangs here if the context is not respected
		if w.Body.Len() > 0 {
			t.Errorf("%s: %d bytes for nobody", typ, w.Body.Len())
		}
	}
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Fatal("the profiler is still taken")
	}
	pprof.StopCPUProfile()
}
