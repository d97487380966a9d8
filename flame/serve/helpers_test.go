package serve_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"flame/flame/scrape"
	"flame/flame/serve"
	"flame/flame/store"

	"github.com/google/pprof/profile"
)

// A site is a service under test, over a real socket and a real directory.
type site struct {
	testing.TB
	*httptest.Server
	store   *store.Store
	scraper *scrape.Manager
	service *serve.Server
	log     *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newSite(t testing.TB, o serve.Options, jobs ...*scrape.JobConfig) *site {
	t.Helper()
	bucket, err := store.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{TB: t, log: &safeBuffer{}}
	if s.store, err = store.Open(t.Context(), bucket, store.Options{CommitDelay: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if s.scraper, err = scrape.NewManager(scrape.Options{Sink: serve.Sink{Store: s.store}, DiscoverEvery: 10 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	c := &scrape.Config{Jobs: jobs}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := s.scraper.Apply(c); err != nil {
		t.Fatal(err)
	}
	o.Store, o.Scraper, o.Version = s.store, s.scraper, "v0"
	o.Logger = slog.New(slog.NewTextHandler(s.log, nil))
	if s.service, err = serve.New(o); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(s.service)
	t.Cleanup(func() {
		s.service.Close()
		s.Server.Close()
		s.scraper.Close()
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// call makes a request; headers are pairs of name and value.
func (s *site) call(method, path string, body []byte, headers ...string) (int, http.Header, string) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

// get expects 200.
func (s *site) get(path string, query ...string) string {
	s.Helper()
	status, _, body := s.call("GET", address(path, query...), nil)
	if status != http.StatusOK {
		s.Fatalf("GET %s gives %d: %s", address(path, query...), status, body)
	}
	return body
}

// address is a path with parameters, in pairs.
func address(path string, query ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		v.Add(query[i], query[i+1])
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// push stores a profile and returns its id.
func (s *site) push(data []byte, query ...string) string {
	s.Helper()
	status, _, body := s.call("POST", address("/api/v1/profiles", query...), data)
	if status != http.StatusCreated {
		s.Fatalf("push %v gives %d: %s", query, status, body)
	}
	return parse[struct{ ID string }](s, body).ID
}

func parse[T any](t testing.TB, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// cpu is a CPU profile with one sample for each of the stacks, "main;work 3".
func cpu(t testing.TB, stacks ...string) []byte {
	t.Helper()
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 1e7, DurationNanos: 1e10,
	}
	functions := map[string]*profile.Location{}
	for _, line := range stacks {
		at := strings.LastIndexByte(line, ' ')
		stack, count := line[:at], line[at+1:]
		var n int64
		if err := json.Unmarshal([]byte(count), &n); err != nil {
			t.Fatal(err)
		}
		x := &profile.Sample{Value: []int64{n, n * 1e7}}
		for name := range strings.SplitSeq(stack, ";") {
			l := functions[name]
			if l == nil {
				f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name}
				l = &profile.Location{ID: f.ID, Line: []profile.Line{{Function: f}}}
				p.Function, p.Location = append(p.Function, f), append(p.Location, l)
				functions[name] = l
			}
			x.Location = append([]*profile.Location{l}, x.Location...)
		}
		p.Sample = append(p.Sample, x)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// waitFor waits until ok, which something else brings about.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}
