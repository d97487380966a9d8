package serve_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"flame/flame/scrape"
	"flame/flame/serve"
	"flame/flame/store"

	"github.com/prometheus/common/model"
)

// A program that can be captured: it answers when it is let go, and counts.
type program struct {
	*httptest.Server
	asked, gone atomic.Int32
	release     chan struct{}
}

func newProgram(t *testing.T) *program {
	p := &program{release: make(chan struct{})}
	profile := cpu(t, "main;work 3")
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/debug/pprof/mutex":
			http.Redirect(w, r, "http://127.0.0.1:1/secret", http.StatusFound)
			return
		case "/debug/pprof/block":
			http.Error(w, "not <b>today</b>", http.StatusTeapot)
			return
		}
		p.asked.Add(1)
		select {
		case <-p.release:
		case <-r.Context().Done():
			p.gone.Add(1)
			return
		}
		w.Write(profile)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *program) address() string { return strings.TrimPrefix(p.URL, "http://") }

// job is one that never takes a profile by itself during a test.
func (p *program) job() *scrape.JobConfig {
	j := scrape.NewStatic("shop", p.address())
	j.Profiles = map[string]*scrape.ProfileConfig{"threadcreate": {Interval: model.Duration(24 * time.Hour), Path: "/debug/pprof/block"}}
	return j
}

type captureState struct {
	ID, State, URL, Who string
	Targets             []struct{ Phase, Error, Name string }
	IDs                 []store.ID
}

func (s *site) target() string {
	s.Helper()
	waitFor(s, "a target", func() bool { return len(s.scraper.Targets()) > 0 })
	return s.scraper.Targets()[0].ID
}

func (s *site) capture(body string) captureState {
	s.Helper()
	status, h, text := s.call("POST", "/api/v1/captures", []byte(body))
	if status != http.StatusAccepted {
		s.Fatalf("capture %s gives %d: %s", body, status, text)
	}
	c := parse[captureState](s, text)
	if h.Get("Location") != "/api/v1/captures/"+c.ID {
		s.Errorf("the location is %q", h.Get("Location"))
	}
	return c
}

func (s *site) state(id string) captureState {
	return parse[captureState](s, s.get("/api/v1/captures/"+id))
}

// events reads the stream of a capture to its end and returns the last state.
func (s *site) events(id string) (names []string, last captureState) {
	resp, err := http.Get(s.URL + "/api/v1/captures/" + id + "/events")
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		s.Errorf("events have the type %q", got)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			names = append(names, name)
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(data), &last); err != nil {
				s.Error(err)
			}
		}
	}
	return names, last
}

// Two captures of one profile of one target are one; both see how it goes and get
// the same result, under a link that lasts.
func TestCapture(t *testing.T) {
	p := newProgram(t)
	s := newSite(t, serve.Options{}, p.job())
	body := `{"targets": ["` + s.target() + `"], "profile": "cpu", "seconds": 2}`
	first, second := s.capture(body), s.capture(body)
	if first.State != "running" || first.ID == second.ID || first.Who != "127.0.0.1" {
		t.Errorf("captures are %+v and %+v", first, second)
	}
	waitFor(t, "the request", func() bool { return p.asked.Load() > 0 })
	var wg sync.WaitGroup
	for _, id := range []string{first.ID, second.ID} {
		wg.Go(func() {
			names, last := s.events(id)
			if len(names) < 2 || names[0] != "progress" || names[len(names)-1] != "done" || last.State != "done" || len(last.IDs) != 1 {
				t.Errorf("events are %v and end with %+v", names, last)
			}
		})
	}
	close(p.release)
	wg.Wait()
	if n := p.asked.Load(); n != 1 {
		t.Errorf("the target was asked %d times", n)
	}
	one, two := s.state(first.ID), s.state(second.ID)
	if one.URL == "" || one.URL != two.URL {
		t.Errorf("the links are %q and %q", one.URL, two.URL)
	}
	if got := s.get(one.URL + "&format=folded&sample=samples"); got != "main;work 3\n" {
		t.Errorf("the result is %q", got)
	}
	if log := s.log.String(); !strings.Contains(log, "capture on demand") || !strings.Contains(log, "who=127.0.0.1") {
		t.Errorf("the log does not say who asked:\n%s", log)
	}
	if list := s.get("/api/v1/captures"); !strings.Contains(list, first.ID) || !strings.Contains(list, second.ID) {
		t.Errorf("the list is %s", list)
	}
}

// Who cancels does not take the capture from others; when nobody wants it any
// longer the target is let go.
func TestCancelCapture(t *testing.T) {
	p := newProgram(t)
	s := newSite(t, serve.Options{}, p.job())
	body := `{"targets": ["` + s.target() + `"], "profile": "cpu", "seconds": 300}`
	first, second := s.capture(body), s.capture(body)
	waitFor(t, "the request", func() bool { return p.asked.Load() > 0 })
	cancel := func(id string) captureState {
		status, _, text := s.call("DELETE", "/api/v1/captures/"+id, nil)
		if status != 200 {
			t.Fatalf("cancelling gives %d: %s", status, text)
		}
		return parse[captureState](t, text)
	}
	if c := cancel(first.ID); c.State != "cancelled" {
		t.Errorf("after cancelling: %+v", c)
	}
	if c := s.state(second.ID); c.State != "running" || p.gone.Load() != 0 {
		t.Errorf("the other is %+v", c)
	}
	cancel(second.ID)
	waitFor(t, "the target to be let go", func() bool { return p.gone.Load() == 1 })
	if names, last := s.events(second.ID); len(names) != 1 || last.State != "cancelled" {
		t.Errorf("events afterwards are %v, %+v", names, last)
	}
	cancel(second.ID) // again is no error
}

// Only configured and allowed targets can be captured, a redirect leads nowhere,
// and a failure has the target's own words.
func TestCaptureBounds(t *testing.T) {
	p := newProgram(t)
	close(p.release)
	s := newSite(t, serve.Options{Capture: serve.CaptureOptions{MaxSeconds: 20, Allow: []string{`127\.0\.0\.1:\d+`}}}, p.job())
	id := s.target()
	for _, c := range []struct {
		body   string
		status int
		want   string
	}{
		{`{"targets": ["169.254.169.254:80"]}`, 403, "no configured target"},
		{`{"targets": ["x127.0.0.1:80"]}`, 403, "no configured target"},
		{`{"targets": ["` + id + `"], "seconds": 21}`, 400, "from 1 to 20 seconds"},
		{`{"targets": ["` + id + `"], "seconds": -1}`, 400, "from 1 to 20 seconds"},
		{`{"targets": ["` + id + `", "` + id + `"]}`, 400, "twice"},
		{`{"targets": ["` + id + `"], "path": "/"}`, 400, "unknown field"},
		{`{`, 400, "no request"},
	} {
		if status, _, body := s.call("POST", "/api/v1/captures", []byte(c.body)); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s gives %d: %s", c.body, status, body)
		}
	}
	for _, c := range []struct{ target, profile, state, want string }{
		{id, "mutex", "failed", "redirects to another host"},
		{id, "block", "failed", "not <b>today</b>"},
		{id, "nothing", "failed", "takes no such profile"},
		{p.address(), "cpu", "done", ""},
		{"127.0.0.1:1", "cpu", "failed", "nothing listens"},
	} {
		x := s.capture(`{"targets": ["` + c.target + `"], "seconds": 1, "profile": "` + c.profile + `"}`)
		_, last := s.events(x.ID)
		if last.State != c.state || !strings.Contains(last.Targets[0].Error, c.want) {
			t.Errorf("%s of %s ends as %+v", c.profile, c.target, last)
		}
	}
	x := s.capture(`{"targets": ["` + id + `", "127.0.0.1:1"], "seconds": 1}`)
	if _, last := s.events(x.ID); last.State != "partial" || last.URL == "" {
		t.Errorf("one of two: %+v", last)
	}
}

// TestSelf takes the profiles of the test itself, without network.
func TestSelf(t *testing.T) {
	job := serve.SelfJob("flame", "here:1")
	s := newSite(t, serve.Options{}, job)
	waitFor(t, "flame's own profiles", func() bool {
		got := s.get("/api/v1/services")
		return strings.Contains(got, "fgprof") && strings.Contains(got, "heap") && strings.Contains(got, "goroutine") && strings.Contains(got, "cpu")
	})
	if got := s.get("/api/v1/merge", "type", "fgprof", "format", "folded"); !strings.Contains(got, "TestSelf") {
		t.Errorf("the wall-clock profile is\n%s", got)
	}
	for _, target := range s.scraper.Targets() {
		for _, p := range target.Profiles {
			if p.LastError != "" {
				t.Errorf("%s: %s", p.Name, p.LastError)
			}
		}
	}
}
