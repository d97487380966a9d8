package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	rpprof "runtime/pprof"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// wantError checks that err is an *Error, one clean sentence with all the parts.
func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T) is no *Error", err, err)
	}
	checkSentence(t, err)
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%q does not say %q", err, p)
		}
	}
	if strings.Contains(err.Error(), "%!") {
		t.Errorf("%q has a broken format", err)
	}
	for secret := range strings.SplitSeq("S3cret mine-alone value-of-key first-token", " ") {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q shows a secret", err)
		}
		for u := errors.Unwrap(err); u != nil; u = errors.Unwrap(u) {
			if strings.Contains(u.Error(), secret) {
				t.Errorf("the wrapped %q shows a secret", u)
			}
		}
	}
	if testing.Verbose() {
		t.Log(err)
	}
}

// deadAddr is a loopback address that nothing listens on.
func deadAddr(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// rawServer answers each connection with fixed bytes and closes it.
func rawServer(t testing.TB, reply string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.Read(make([]byte, 4096))
				io.WriteString(c, reply)
			}()
		}
	}()
	return l.Addr().String()
}

// TestAnswers: what a target may answer instead of a profile.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		header []string
		suffix string
		is     error
		want   []string
	}{
		{"401", 401, "", []string{"WWW-Authenticate", `Basic realm="x"`}, "", nil, []string{"wants credentials (401, Basic)", "--bearer-token", "-H"}},
		{"403", 403, "go away", nil, "", nil, []string{"wants credentials (403)"}},
		{"405", 405, "", nil, "", nil, []string{"no GET here (405)", "check that the path"}},
		{"407", 407, "", nil, "", nil, []string{"proxy wants credentials"}},
		{"429", 429, "slow down", nil, "", nil, []string{"429", "slow down", "less often"}},
		{"500", 500, "boom\x1b[31m\nline 2 \u202e end.", nil, "", nil, []string{`500 Internal Server Error: "boom line 2 end"`, "target's log"}},
		{"502 page", 502, "<html><head><title>x</title></head><body><h1>Bad <b>gateway</b></h1>", nil, "", nil, []string{`"Bad gateway"`, "its proxy"}},
		{"503", 503, "", nil, "", nil, []string{"503 Service Unavailable; check"}},
		{"504", 504, "", nil, "", nil, []string{"504", "-t 5"}},
		{"418", 418, "short", nil, "heap", nil, []string{"418", "short", "check the path"}},
		{"long body", 500, strings.Repeat("x", 100<<10), nil, "", nil, []string{"x…"}},
		{"204", 204, "", nil, "", ErrNotProfile, []string{"204"}},
		{"https port", 400, "Client sent an HTTP request to an HTTPS server.\n", nil, "", nil, []string{"speaks TLS", "use https://"}},
		{"https port nginx", 400, "<html><head><title>400</title></head><body>The plain HTTP request was sent to HTTPS port</body>", nil, "", nil, []string{"speaks TLS"}},
		{"seconds unsupported", 400, `"seconds" parameter is not supported for this profile type`, nil, "heap?seconds=5", nil, []string{"cannot capture", "leave the seconds out"}},
		{"seconds and debug", 400, `seconds and debug params are incompatible`, nil, "heap?seconds=5&debug=1", nil, []string{"debug text"}},
		{"page", 200, "\n<!-- (c) --><!DOCTYPE html><title>My\nApp</title>", nil, "", ErrNotProfile, []string{`a web page ("My App")`, "/debug/pprof/"}},
		{"index", 200, "<html><a href='heap?debug=1'>heap</a>", nil, "/custom/heap", ErrNotProfile, []string{"its list of profiles", "register"}},
		{"json", 200, `{"error": "no\u001b"}`, nil, "", ErrNotProfile, []string{"sent JSON", "error"}},
		{"empty", 200, "", nil, "", ErrNotProfile, []string{"sent nothing (0 bytes)"}},
		{"empty fgprof", 200, "", nil, "fgprof?format=svg", ErrNotProfile, []string{"check the format"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := answer(t, c.status, c.body, c.header...)
			_, err := client(t, Options{}).Fetch(context.Background(), mustParse(t, s.URL, TargetOptions{Suffix: c.suffix}))
			wantError(t, err, append(c.want, "fetch "+s.URL+"/")...)
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
			var e *Error
			if errors.As(err, &e); e.Status != c.status {
				t.Errorf("status %d", e.Status)
			}
			if len(err.Error()) > 700 {
				t.Errorf("%d bytes of error", len(err.Error()))
			}
		})
	}
}

func TestJSONFile(t *testing.T) {
	s := answer(t, 200, `{"nodes": []}`)
	mustFetch(t, client(t, Options{}), mustParse(t, s.URL+"/x.cpuprofile", TargetOptions{}))
}

// TestSecretsStayHidden: also when the target echoes them.
func TestSecretsStayHidden(t *testing.T) {
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.URL.String()+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Key"), http.StatusTeapot)
	}))
	url := strings.Replace(s.URL, "://", "://me:S3cret-S3cret@", 1)
	for _, o := range []Options{{Header: http.Header{"X-Key": {"value-of-key"}}}, {BearerToken: "first-token"}} {
		_, err := client(t, o).Fetch(context.Background(), mustParse(t, url+"/heap?token=S3cret", TargetOptions{}))
		wantError(t, err, "418", "token=xxxxx", "me:xxxxx@")
		_, err = client(t, o).Fetch(context.Background(), mustParse(t, s.URL+"/heap", TargetOptions{}))
		wantError(t, err, "418", "xxxxx")
	}
}

func TestConnectionFailures(t *testing.T) {
	c := client(t, Options{})
	fetch := func(s string, o TargetOptions) error {
		_, err := c.Fetch(context.Background(), mustParse(t, s, o))
		return err
	}
	addr := deadAddr(t)
	err := fetch("me:S3cret@"+addr, TargetOptions{})
	wantError(t, err, "nothing listens on "+addr, "start the program")
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v is not ECONNREFUSED", err)
	}
	// Whatever this machine's resolver says of it, the name does not resolve.
	wantError(t, fetch("nosuchhost.invalid", TargetOptions{}), "nosuchhost.invalid", "check the name")
	wantError(t, fetch(rawServer(t, "SSH-2.0-OpenSSH\r\n"), TargetOptions{}), "not HTTP", "check the port")
	wantError(t, fetch(rawServer(t, "\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\r\n"), TargetOptions{}), "HTTP/2 only")
	wantError(t, fetch(rawServer(t, "\x15\x03\x01\x00\x02\x02\x16"), TargetOptions{}), "speaks TLS", "use https://")
	wantError(t, fetch("https+insecure://"+rawServer(t, "SSH-2.0-OpenSSH\r\n"), TargetOptions{}), "does not speak TLS")
	wantError(t, fetch(rawServer(t, ""), TargetOptions{Suffix: "heap"}), "closed the connection without an answer")
	wantError(t, fetch(rawServer(t, ""), TargetOptions{Suffix: "fgprof"}), "closed the connection without an answer")
	for _, cut := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n",
	} {
		err := fetch(rawServer(t, cut), TargetOptions{Suffix: "heap"})
		wantError(t, err, "10 bytes arrived, then the connection broke (unexpected EOF)", "try again")
		if !errors.Is(err, ErrTruncated) {
			t.Errorf("%v is not ErrTruncated", err)
		}
	}
	if err := fetch(rawServer(t, "HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n"), TargetOptions{}); err != nil {
		wantError(t, err, "not a URL")
	}
	if _, err := c.Fetch(context.Background(), Target{}); err == nil {
		t.Error("an empty target was fetched")
	}
}

func TestTooLarge(t *testing.T) {
	c := client(t, Options{MaxBytes: 10})
	s := answer(t, 200, strings.Repeat("x", 11))
	_, err := c.Fetch(context.Background(), mustParse(t, s.URL, TargetOptions{Suffix: "heap"}))
	wantError(t, err, "larger than the limit of 10 bytes", "raise the limit")
	chunked := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil { // for ever
			w.Write(make([]byte, 1024))
		}
	}))
	_, err = c.Fetch(context.Background(), mustParse(t, chunked.URL, TargetOptions{Suffix: "heap"}))
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
	s = answer(t, 200, strings.Repeat("x", 10))
	mustFetch(t, c, mustParse(t, s.URL, TargetOptions{Suffix: "heap"}))
}

// TestCallersDeadline: the target's own is in TestSlowBody.
func TestCallersDeadline(t *testing.T) {
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := client(t, Options{}).Fetch(ctx, mustParse(t, s.URL, TargetOptions{}))
	wantError(t, err, "the time given for it ran out")
	_, err = client(t, Options{}).Fetch(ctx, mustParse(t, s.URL, TargetOptions{}))
	wantError(t, err, "the time given for it ran out") // before it began
}

// TestCutByWriteTimeout: a handler that does not move its server's write
// deadline, as fgprof's does not.
func TestCutByWriteTimeout(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Second) // the capture
		io.WriteString(w, "too late")
	}))
	s.Config.WriteTimeout = 50 * time.Millisecond
	s.Start()
	defer s.Close()
	_, err := client(t, Options{}).Fetch(context.Background(), mustParse(t, s.URL, TargetOptions{Suffix: "fgprof", Seconds: 1}))
	wantError(t, err, "closed the connection after", "raise the target's WriteTimeout")
}

// TestBusy uses this process's own CPU profiler.
func TestBusy(t *testing.T) {
	s := serve(t, pprofMux())
	if err := rpprof.StartCPUProfile(io.Discard); err != nil {
		t.Skipf("the busy profiler is not tested: this test runs under a CPU profile (%v)", err)
	}
	held := true
	release := func() {
		if held {
			rpprof.StopCPUProfile()
			held = false
		}
	}
	defer release()
	x := mustParse(t, s.URL, TargetOptions{Seconds: 1})
	c := client(t, Options{BusyWait: -1})
	_, err := c.Fetch(context.Background(), x)
	wantError(t, err, "only CPU profiler; look for", "Pyroscope")

	c = client(t, Options{})
	c.delay = func(int) time.Duration { return 400 * time.Millisecond }
	_, err = c.Fetch(context.Background(), x)
	wantError(t, err, "and still after 3 retries in 1s")
	if !errors.Is(err, ErrBusy) {
		t.Errorf("%v is not ErrBusy", err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	c = client(t, Options{OnProgress: func(p Progress) {
		if p.Phase == PhaseWaiting {
			cancel()
		}
	}})
	_, err = c.Fetch(ctx, x)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while waiting: %v", err)
	}

	tries := 0
	c = client(t, Options{})
	c.delay = func(int) time.Duration {
		if tries++; tries == 2 {
			release()
		}
		return time.Millisecond
	}
	r := mustFetch(t, c, x)
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "2 retries") {
		t.Errorf("notes %q", r.Notes)
	}
}

func TestBusyDelay(t *testing.T) {
	for try := range 100 {
		if d := busyDelay(try); d < 125*time.Millisecond || d > 7500*time.Millisecond {
			t.Errorf("try %d waits %s", try, d)
		}
	}
}

// TestWriteTimeout: a target built with Go before 1.23, whose limit is 10 s.
func TestWriteTimeout(t *testing.T) {
	var asked []string
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sec := r.FormValue("seconds")
		asked = append(asked, sec)
		if len(sec) > 1 {
			http.Error(w, "profile duration exceeds server's WriteTimeout", http.StatusBadRequest)
			return
		}
		io.WriteString(w, "data")
	}))
	c := client(t, Options{})
	_, err := c.Fetch(context.Background(), mustParse(t, s.URL, TargetOptions{Seconds: 30}))
	wantError(t, err, "a capture of 30s is longer than the target's WriteTimeout allows", "-t 5", "Go 1.23")
	asked = nil
	r := mustFetch(t, c, mustParse(t, s.URL, TargetOptions{}))
	if got := strings.Join(asked, " "); got != "30 15 7" {
		t.Errorf("asked for %s seconds", got)
	}
	if r.Origin.Duration != 7*time.Second || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "forbids a capture of 30s, so this one is 7s") {
		t.Errorf("%+v %q", r.Origin, r.Notes)
	}
}

func TestNotFound(t *testing.T) {
	real := pprofMux()
	prefixed := http.NewServeMux()
	prefixed.Handle("/app/", http.StripPrefix("/app", real))
	indexOnly := http.NewServeMux()
	indexOnly.HandleFunc("/debug/pprof/", pprof.Index)
	for _, c := range []struct {
		name    string
		handler http.Handler
		path    string
		suffix  string
		want    []string
	}{
		{"unknown name", real, "", "nosuch", []string{"no profile \"nosuch\" here (404)", "but it has allocs, block", "heap", "--suffix"}},
		{"prefix", prefixed, "/app", "nosuch", []string{"no profile \"nosuch\" here", "allocs, block"}},
		{"no prefix wanted", real, "/app", "", []string{"under http://127.0.0.1", "/debug/pprof/ it has allocs"}},
		{"fgprof", real, "", "fgprof", []string{"/debug/pprof/ it has allocs"}},
		{"mounted fgprof", real, "/debug/pprof/", "fgprof", []string{"register fgprof.Handler"}},
		{"file", real, "/x/cpu.pb.gz", "", []string{"no such page (404)", "under http"}},
		{"index alone", indexOnly, "", "", []string{"lists the profile \"profile\", but its path is not registered", "pprof.Index alone"}},
		{"nothing", http.NotFoundHandler(), "/app", "heap", []string{"no index of profiles at /app/debug/pprof/ or /debug/pprof/", "import net/http/pprof"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.handler)
			_, err := client(t, Options{}).Fetch(context.Background(), mustParse(t, s.URL+c.path, TargetOptions{Suffix: c.suffix}))
			wantError(t, err, c.want...)
			var e *Error
			if errors.As(err, &e); e.Status != 404 {
				t.Errorf("status %d", e.Status)
			}
		})
	}
	_, err := client(t, Options{}).Profiles(context.Background(), mustParse(t, serve(t, http.NotFoundHandler()).URL, TargetOptions{}))
	wantError(t, err, "list profiles of http", "no index of profiles (404)")
}

// TestNoSilentRepeat: a capture that ends without an answer is not done again
// behind our back on another connection.
func TestNoSilentRepeat(t *testing.T) {
	var captures atomic.Int32
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/debug/fgprof" {
			captures.Add(1)
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, "data")
	}))
	c := client(t, Options{})
	mustFetch(t, c, mustParse(t, s.URL, TargetOptions{Suffix: "heap"})) // leaves a connection
	_, err := c.Fetch(context.Background(), mustParse(t, s.URL, TargetOptions{Suffix: "fgprof"}))
	wantError(t, err, "closed the connection")
	if n := captures.Load(); n != 1 {
		t.Errorf("%d captures", n)
	}
}

// A transport of the caller's makes the requests, and no redirect leads away.
func TestTransport(t *testing.T) {
	other := answer(t, http.StatusOK, "profile")
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/debug/pprof/heap" {
			http.Redirect(w, r, "/here", http.StatusFound)
			return
		}
		if r.URL.Path == "/here" {
			io.WriteString(w, "from "+r.Header.Get("X-Through"))
			return
		}
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	c := client(t, Options{Transport: through{}})
	res, err := c.Fetch(t.Context(), mustParse(t, s.URL, TargetOptions{Suffix: "heap"}))
	if err != nil || string(res.Data) != "from transport" {
		t.Errorf("fetch gives %v, %v", res, err)
	}
	_, err = c.Fetch(t.Context(), mustParse(t, s.URL, TargetOptions{Suffix: "mutex"}))
	if err == nil || !strings.Contains(err.Error(), "redirects to another host") {
		t.Errorf("a redirect to another host gives %v", err)
	}
}

type through struct{}

func (through) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Through", "transport")
	return (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
}
