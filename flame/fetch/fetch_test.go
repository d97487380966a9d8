package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// pprofMux has what import _ "net/http/pprof" registers.
func pprofMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func serve(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// answer is a target that says the same to everybody.
func answer(t testing.TB, status int, body string, header ...string) *httptest.Server {
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
}

// client ignores the environment's proxies.
func client(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Proxy == nil {
		o.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func mustFetch(t testing.TB, c *Client, x Target) *Result {
	t.Helper()
	r, err := c.Fetch(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantGzip(t testing.TB, data []byte) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("not the gzip that Go's profiles are: %v", err)
	}
	if b, err := io.ReadAll(z); err != nil || len(b) == 0 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
}

func TestFetchCPU(t *testing.T) {
	s := serve(t, pprofMux())
	var mu sync.Mutex
	var phases []Phase
	c := client(t, Options{OnProgress: func(p Progress) {
		mu.Lock()
		defer mu.Unlock()
		if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
			phases = append(phases, p.Phase)
		}
		if p.Total != time.Second {
			t.Errorf("total %s", p.Total)
		}
	}})
	before := time.Now()
	r := mustFetch(t, c, mustParse(t, s.URL, TargetOptions{Seconds: 1}))
	wantGzip(t, r.Data)
	if o := r.Origin; o.Source != s.URL+"/debug/pprof/profile?seconds=1" || o.Profile != "profile" || o.Duration != time.Second || o.Delta || o.Started.Before(before) {
		t.Errorf("%+v", o)
	}
	if len(r.Notes) > 0 {
		t.Errorf("notes %q", r.Notes)
	}
	if want := []Phase{PhaseConnecting, PhaseCapturing, PhaseReceiving, PhaseDone}; !slices.Equal(phases, want) {
		t.Errorf("phases %v, want %v", phases, want)
	}
}

func TestFetchHeapAndDelta(t *testing.T) {
	s := serve(t, pprofMux())
	c := client(t, Options{})
	r := mustFetch(t, c, mustParse(t, s.URL, TargetOptions{Suffix: "heap"}))
	wantGzip(t, r.Data)
	if r.Origin.Delta || r.Origin.Duration != 0 || len(r.Notes) > 0 {
		t.Errorf("%+v %q", r.Origin, r.Notes)
	}
	r = mustFetch(t, c, mustParse(t, s.URL, TargetOptions{Suffix: "heap", Seconds: 1}))
	if !r.Origin.Delta || r.Origin.Duration != time.Second || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "delta") {
		t.Errorf("%+v %q", r.Origin, r.Notes)
	}
}

func TestFetchUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "f") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sock := filepath.Join(dir, "s")
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "localhost" {
			t.Errorf("host %q", r.Host)
		}
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "http://localhost/debug/pprof/heap", http.StatusFound)
			return
		}
		pprof.Index(w, r)
	})}
	go srv.Serve(l)
	defer srv.Close()
	c := client(t, Options{})
	for _, path := range []string{"/debug/pprof/heap", "/old?x=1"} {
		r := mustFetch(t, c, mustParse(t, "unix:"+sock+":"+path, TargetOptions{}))
		wantGzip(t, r.Data)
	}
	if names, err := c.Profiles(context.Background(), mustParse(t, "unix:"+sock, TargetOptions{})); err != nil || !slices.Contains(names, "goroutine") {
		t.Errorf("%v %v", names, err)
	}
	_, err = c.Fetch(context.Background(), mustParse(t, "unix:"+sock+"x", TargetOptions{}))
	wantError(t, err, "there is no socket", "start the program")
}

// TestCancelStopsCapture: giving up frees the target's profiler.
func TestCancelStopsCapture(t *testing.T) {
	entered, left := make(chan bool), make(chan bool)
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(left)
	}))
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-entered; cancel() }()
	_, err := client(t, Options{}).Fetch(ctx, mustParse(t, s.URL, TargetOptions{}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	wantError(t, err, "cancelled")
	<-left
}

func TestCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got http.Header
	var host string
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, host = r.Header, r.Host
		io.WriteString(w, "data")
	}))
	x := mustParse(t, s.URL, TargetOptions{Suffix: "heap"})

	c := client(t, Options{BearerTokenFile: file})
	for _, token := range []string{"first-token\n", "second-token"} {
		write(token)
		mustFetch(t, c, x)
		if a := got.Get("Authorization"); a != "Bearer "+strings.TrimSpace(token) {
			t.Errorf("Authorization %q", a)
		}
	}
	mustFetch(t, c, mustParse(t, strings.Replace(s.URL, "://", "://me:pw@", 1), TargetOptions{Suffix: "heap"}))
	if u, p, ok := (&http.Request{Header: got}).BasicAuth(); !ok || u != "me" || p != "pw" {
		t.Errorf("basic auth %q %q %v", u, p, ok)
	}
	write("  \n")
	_, err := c.Fetch(context.Background(), x)
	wantError(t, err, "not a bearer token", "check the token file")

	mustFetch(t, client(t, Options{Header: http.Header{"Host": {"app.internal"}, "X-Scope-Orgid": {"me"}}, UserAgent: "test/1"}), x)
	if host != "app.internal" || got.Get("X-Scope-OrgID") != "me" || got.Get("User-Agent") != "test/1" || got.Get("Accept-Encoding") != "identity" {
		t.Errorf("%q %v", host, got)
	}
}

func TestNewErrors(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]Options{
		"give only one":       {BearerToken: "a", BearerTokenFile: "b"},
		"header is given too": {BearerToken: "a", Header: http.Header{"Authorization": {"b"}}},
		"not a header name":   {Header: http.Header{"a b": {"c"}}},
		"line break":          {Header: http.Header{"A": {"S3cret\nx"}}},
		"check bearer token":  {BearerToken: "S3cret\nx"},
		"no PEM certificate":  {CAFile: junk},
		"read CA file":        {CAFile: filepath.Join(dir, "none")},
		"client certificate":  {CertFile: junk},
		"client key":          {KeyFile: junk},
	} {
		_, err := New(o)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "S3cret") {
			t.Errorf("New: %v, want %q in it", err, want)
		}
	}
}

func TestRedirects(t *testing.T) {
	var leaked atomic.Pointer[http.Header]
	other := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := r.Header.Clone()
		leaked.Store(&h)
		io.WriteString(w, "data")
	}))
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/here/heap":
			http.Redirect(w, r, "/final", http.StatusMovedPermanently)
		case "/final":
			if r.Header.Get("X-Key") == "" && r.URL.Query().Get("bare") == "" {
				t.Error("the header did not follow to the same host")
			}
			io.WriteString(w, "data")
		case "/away/heap":
			http.Redirect(w, r, other.URL+"/x?token=S3cret", http.StatusFound)
		case "/loop/heap":
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		case "/ftp/heap":
			http.Redirect(w, r, "ftp://h/x", http.StatusFound)
		}
	}))
	x := func(path string) Target { return mustParse(t, s.URL+path, TargetOptions{}) }
	keyed := client(t, Options{Header: http.Header{"X-Key": {"value-of-key"}}})
	plain := client(t, Options{})
	mustFetch(t, keyed, x("/here/heap"))

	_, err := keyed.Fetch(context.Background(), x("/away/heap"))
	wantError(t, err, "redirects to another host", "give that URL")
	if leaked.Load() != nil {
		t.Error("the other host was asked in spite of the header")
	}
	r := mustFetch(t, plain, x("/away/heap?token=mine-alone"))
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "another host") || strings.Contains(r.Notes[0], "S3cret") {
		t.Errorf("notes %q", r.Notes)
	}
	if h := leaked.Load(); h == nil || h.Get("Referer") != "" || h.Get("Authorization") != "" {
		t.Errorf("the other host saw %v", h)
	}
	_, err = plain.Fetch(context.Background(), x("/loop/heap"))
	wantError(t, err, "more than 5 times", "final URL")
	_, err = plain.Fetch(context.Background(), x("/ftp/heap"))
	wantError(t, err, "not HTTP")
}

func TestContentEncoding(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	io.WriteString(w, strings.Repeat("inner ", 1000))
	w.Close()
	s := answer(t, 200, z.String(), "Content-Encoding", "gzip")
	x := mustParse(t, s.URL, TargetOptions{Suffix: "heap"})
	if r := mustFetch(t, client(t, Options{}), x); len(r.Data) != 6000 {
		t.Errorf("%d bytes", len(r.Data))
	}
	_, err := client(t, Options{MaxBytes: 1000}).Fetch(context.Background(), x)
	wantError(t, err, "larger than the limit of 1000 bytes")
	// A profile that is gzip itself stays as it is.
	s = answer(t, 200, z.String(), "Content-Type", "application/octet-stream")
	if r := mustFetch(t, client(t, Options{}), mustParse(t, s.URL, TargetOptions{Suffix: "heap"})); !bytes.Equal(r.Data, z.Bytes()) {
		t.Error("the bytes changed")
	}
	s = answer(t, 500, z.String(), "Content-Encoding", "gzip")
	_, err = client(t, Options{}).Fetch(context.Background(), mustParse(t, s.URL, TargetOptions{Suffix: "heap"}))
	wantError(t, err, "inner inner")
	for encoding, body := range map[string]string{"gzip": "plain text", "br": "x", "x-gzip": z.String()[:z.Len()-9]} {
		s = answer(t, 200, body, "Content-Encoding", encoding)
		_, err = client(t, Options{}).Fetch(context.Background(), mustParse(t, s.URL, TargetOptions{Suffix: "heap"}))
		wantError(t, err, "proxy that changes answers")
	}
}

func TestProxy(t *testing.T) {
	proxy := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "through ", r.URL.Host) }))
	via := func(s string) Options {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return Options{Proxy: http.ProxyURL(u)}
	}
	x := mustParse(t, "http://app.invalid", TargetOptions{Suffix: "heap"})
	if r := mustFetch(t, client(t, via(proxy.URL)), x); string(r.Data) != "through app.invalid" {
		t.Errorf("%s", r.Data)
	}
	_, err := client(t, via("http://u:S3cret@"+deadAddr(t))).Fetch(context.Background(), x)
	wantError(t, err, "proxy cannot be reached", "NO_PROXY")
	closed := answer(t, http.StatusProxyAuthRequired, "")
	for _, scheme := range []string{"http", "https"} {
		_, err = client(t, via(closed.URL)).Fetch(context.Background(), mustParse(t, scheme+"://app.invalid", TargetOptions{}))
		wantError(t, err, "the proxy wants credentials (407)", "HTTPS_PROXY")
	}
}

func TestFetchAll(t *testing.T) {
	var cpu, most atomic.Int32
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/profile") {
			if n := cpu.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer cpu.Add(-1)
		}
		if r.URL.Path == "/bad/debug/pprof/heap" {
			http.Error(w, "no", http.StatusTeapot)
			return
		}
		io.WriteString(w, r.URL.Path)
	}))
	var targets []Target
	for i := range 40 {
		suffix := []string{"heap", "profile"}[i%2]
		prefix := fmt.Sprint("/p", i)
		if i%10 == 0 {
			prefix = "/bad"
		}
		targets = append(targets, mustParse(t, s.URL+prefix, TargetOptions{Suffix: suffix, Seconds: 0}))
	}
	results, failures := client(t, Options{Concurrency: 7}).FetchAll(context.Background(), targets)
	if len(results) != 36 || len(failures) != 4 {
		t.Fatalf("%d results, %d failures", len(results), len(failures))
	}
	at := 0
	for i, x := range targets {
		if i%10 == 0 {
			f := failures[i/10]
			if f.Index != i || f.Target != x.String() {
				t.Errorf("failure %d: %+v", i/10, f)
			}
			continue
		}
		if results[at].Origin.Source != x.String() || string(results[at].Data) != x.path {
			t.Errorf("result %d is %s", at, results[at].Origin.Source)
		}
		at++
	}
	if most.Load() != 1 {
		t.Errorf("%d CPU captures of one host at once", most.Load())
	}
	if r, f := client(t, Options{}).FetchAll(context.Background(), nil); len(r)+len(f) != 0 {
		t.Error("something came of nothing")
	}
}
