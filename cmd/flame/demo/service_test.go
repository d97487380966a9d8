package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// testService is a service with its workers, without listener and load.
func testService(t *testing.T) http.Handler {
	s := New(Options{})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	s.shop.startWorkers(ctx, &wg)
	t.Cleanup(func() { cancel(); wg.Wait() })
	return s.routes()
}

func nested(depth int) string {
	if depth == 0 {
		return `{"product":1,"count":1}`
	}
	return `{"product":1,"count":1,"bundle":[` + nested(depth-1) + `]}`
}

func TestEndpoints(t *testing.T) {
	h := testService(t)
	orderOf := func(address, lines string) string {
		return fmt.Sprintf(`{"email":"a@example.com","address":%q,"lines":[%s]}`, address, lines)
	}
	cases := []struct {
		name, method, target, body string
		status                     int
		contains                   string
	}{
		{"index", "GET", "/", "", 200, "flame -u http://example.com -t 5"},
		{"unknown page", "GET", "/nothing", "", 404, ""},
		{"search", "GET", "/shop/search?q=copper+lamp", "", 200, `"name": "`},
		{"search for a metacharacter", "GET", "/shop/search?q=(", "", 200, "null"},
		{"search for nothing", "GET", "/shop/search", "", 400, "one to eight words"},
		{"product in the cache", "GET", "/shop/product?id=3", "", 200, "<li>reviews"},
		{"product in the database", "GET", fmt.Sprint("/shop/product?id=", productCount-1), "", 200, "<li>reviews"},
		{"no such product", "GET", fmt.Sprint("/shop/product?id=", productCount), "", 404, "no product"},
		{"no product id", "GET", "/shop/product?id=x", "", 404, "no product"},
		{"report", "GET", "/shop/report", "", 200, "\x1f\x8b"},
		{"checkout", "POST", "/shop/checkout", orderOf("1 new road", nested(maxBundleDepth)), 200, `"seal": "`},
		{"bundles too deep", "POST", "/shop/checkout", orderOf("1 new road", nested(maxBundleDepth+1)), 400, "deeper"},
		{"no such line", "POST", "/shop/checkout", orderOf("1 new road", `{"product":-1,"count":1}`), 400, "no such line"},
		{"order without lines", "POST", "/shop/checkout", orderOf("1 new road", ""), 400, "needs"},
		{"fraud", "POST", "/shop/checkout", orderOf(fraudAddresses()[5], nested(0)), 400, "fraud"},
		{"not an order", "POST", "/shop/checkout", "?", 400, "read order"},
		{"too long an order", "POST", "/shop/checkout", orderOf(strings.Repeat("x", maxBody), nested(0)), 400, "too large"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(c.method, c.target, strings.NewReader(c.body)))
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.contains) {
				t.Errorf("status %d, body %.200q; want %d and a body with %q", w.Code, w.Body, c.status, c.contains)
			}
		})
	}
}

func TestIndexEscapesTheHost(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "<script>x"
	w := httptest.NewRecorder()
	serveIndex(w, r)
	if strings.Contains(w.Body.String(), "<script>") {
		t.Error("the Host header became markup")
	}
}

func TestWallHandlerRefusesBadDurations(t *testing.T) {
	for _, seconds := range []string{"0", "-1", "0.5", "601", "x"} {
		w := httptest.NewRecorder()
		new(wallHandler).ServeHTTP(w, httptest.NewRequest("GET", "/debug/fgprof?seconds="+seconds, nil))
		if w.Code != http.StatusBadRequest || w.Header().Get("X-Go-Pprof") == "" {
			t.Errorf("seconds=%s: status %d, X-Go-Pprof %q; want 400 and the header", seconds, w.Code, w.Header().Get("X-Go-Pprof"))
		}
	}
}

func TestWallHandlerTakesOneProfileAtATime(t *testing.T) {
	h := new(wallHandler)
	h.busy.Lock()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/debug/fgprof?seconds=1", nil))
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "already in use") {
		t.Errorf("status %d, body %q; want 500 that says it is in use", w.Code, w.Body)
	}
}

func TestWallHandlerEndsWithItsRequest(t *testing.T) {
	h := new(wallHandler)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := httptest.NewRecorder()
	// Ten minutes would time the test out; no sample has been taken, which is fgprof's division by zero.
	h.ServeHTTP(w, httptest.NewRequest("GET", "/debug/fgprof?seconds=600", nil).WithContext(ctx))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status %d after the client hung up, want 500", w.Code)
	}
	if !h.busy.TryLock() {
		t.Error("the handler is still busy after its request ended")
	}
	eventually(t, func() string { return demoGoroutines() })
}

func TestCaptureWallSurvivesTooFewSamples(t *testing.T) {
	data, err := captureWall(context.Background(), 0)
	switch {
	case err == nil: // a machine so slow that a sample fell between start and stop
		if _, err := profile.ParseData(data); err != nil {
			t.Error(err)
		}
	case !strings.Contains(err.Error(), "too few samples"):
		t.Errorf("a capture of no length failed with %v", err)
	}
}

func TestWallProfileOutlivesTheWriteTimeout(t *testing.T) {
	srv := httptest.NewUnstartedServer(new(wallHandler))
	srv.Config.WriteTimeout = time.Millisecond
	srv.Start()
	defer srv.Close()
	_, _, body := get(t, srv.URL+"?seconds=1")
	if _, err := profile.ParseData(body); err != nil {
		t.Fatal(err)
	}
}

func TestCacheKeepsTheMostRecentlyUsed(t *testing.T) {
	c := newCache[string, int](2)
	c.put("a", 1)
	c.put("b", 2)
	c.get("a")
	c.put("c", 3) // b is the oldest now
	c.put("c", 4)
	got := map[string]int{}
	for _, k := range []string{"a", "b", "c"} {
		if v, ok := c.get(k); ok {
			got[k] = v
		}
	}
	if len(got) != 2 || got["a"] != 1 || got["c"] != 4 {
		t.Errorf("cache holds %v, want a:1 c:4", got)
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"same", "same", 0}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestPricesIncludeBundles(t *testing.T) {
	c := newCatalog(2)
	c.products[0].Cents, c.products[1].Cents = 1000, 500
	p := newPricer(c)
	p.rule = func(cents int64, _ line) int64 { return cents }
	o := &order{Lines: []line{{Product: 0, Count: 2, Bundle: []line{{Product: 1, Count: 1}}}, {Product: 1, Count: 3}}}
	if got := p.orderTotal(o); got != 4000 {
		t.Errorf("total is %d, want 2*1000 + 500 + 3*500", got)
	}
}

// Only one request computes at a time: that is the bound on the demo's use of the machine.
func TestOneRequestComputesAtATime(t *testing.T) {
	s := &shop{turn: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	err := s.compute(ctx, func() error {
		cancel()
		return s.compute(ctx, func() error { return errors.New("two at once") })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a second computation returned %v, want it to wait until its context ended", err)
	}
}

func TestLoadOrdersAreValid(t *testing.T) {
	h := testService(t)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(1, 1))
	paths := map[string]int{}
	for range 60 {
		r, err := newRequest(ctx, rng)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%s %s: status %d: %s", r.Method, r.URL, w.Code, w.Body)
		}
		if r.URL.Path == "/shop/checkout" {
			var rec receipt
			if err := json.Unmarshal(w.Body.Bytes(), &rec); err != nil || rec.Seal == "" {
				t.Errorf("checkout answered %q: %v", w.Body, err)
			}
		}
		paths[r.URL.Path]++
	}
	if len(paths) != 4 {
		t.Errorf("the load visits %v, want all four endpoints", paths)
	}
}
