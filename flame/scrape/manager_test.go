package scrape

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"flame/flame/fetch"

	"github.com/google/pprof/profile"
	"github.com/prometheus/common/model"
)

// shelf is a sink for tests.
type shelf struct {
	mu   sync.Mutex
	all  []Taken
	fail error
}

func (s *shelf) Put(_ context.Context, t Taken) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.all = append(s.all, t)
	return nil
}

func (s *shelf) of(name string) []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Taken
	for _, t := range s.all {
		if t.Type == name {
			out = append(out, t)
		}
	}
	return out
}

// program is a target that counts what is asked of it.
type program struct {
	cpu, busiest atomic.Int32 // CPU captures under way, and the most at once
	asked        sync.Map     // path to *atomic.Int32
	allocated    atomic.Int64
	refuse       atomic.Pointer[string]
	long         time.Duration
}

func (p *program) count(path string) int32 {
	n, _ := p.asked.LoadOrStore(path, new(atomic.Int32))
	return n.(*atomic.Int32).Load()
}

func (p *program) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := p.asked.LoadOrStore(r.URL.Path, new(atomic.Int32))
	n.(*atomic.Int32).Add(1)
	if text := p.refuse.Load(); text != nil {
		http.Error(w, *text, http.StatusInternalServerError)
		return
	}
	switch r.URL.Path {
	case "/debug/pprof/profile":
		p.busiest.Store(max(p.busiest.Load(), p.cpu.Add(1)))
		time.Sleep(p.long)
		p.cpu.Add(-1)
		made([]string{"samples", "cpu"}, 3, 30).Write(w)
	case "/debug/pprof/heap", "/debug/pprof/allocs":
		n := p.allocated.Add(100)
		made([]string{"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"}, n, 8*n, 5, 40).Write(w)
	default:
		http.NotFound(w, r)
	}
}

// made is a profile of one sample.
func made(types []string, values ...int64) *profile.Profile {
	f := &profile.Function{ID: 1, Name: "main.work"}
	l := &profile.Location{ID: 1, Line: []profile.Line{{Function: f}}}
	p := &profile.Profile{Function: []*profile.Function{f}, Location: []*profile.Location{l}, TimeNanos: 1}
	for _, t := range types {
		p.SampleType = append(p.SampleType, &profile.ValueType{Type: t, Unit: "count"})
	}
	p.Sample = []*profile.Sample{{Location: []*profile.Location{l}, Value: values}}
	return p
}

func newManager(t *testing.T, sink Sink) *Manager {
	t.Helper()
	m, err := NewManager(Options{Sink: sink, DiscoverEvery: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func apply(t *testing.T, m *Manager, c *Config) {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := m.Apply(c); err != nil {
		t.Fatal(err)
	}
}

func staticConfig(s *httptest.Server, profiles map[string]*ProfileConfig) *Config {
	j := NewStatic("shop", strings.TrimPrefix(s.URL, "http://"))
	j.Profiles = profiles
	return &Config{Jobs: []*JobConfig{j}}
}

// waitFor waits until ok, which something else brings about.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}

const second = model.Duration(time.Second)

// TestScrape takes profiles of a real server: the CPU profile as it is, of the
// heap what is in use, of the allocations the difference of two snapshots.
func TestScrape(t *testing.T) {
	p := &program{}
	s := httptest.NewServer(p)
	defer s.Close()
	sink := &shelf{}
	m := newManager(t, sink)
	apply(t, m, staticConfig(s, map[string]*ProfileConfig{
		"cpu": {Interval: second, Duration: second}, "heap": {Interval: second}, "allocs": {Interval: second},
	}))
	waitFor(t, "profiles of three kinds", func() bool {
		return len(sink.of("cpu")) > 0 && len(sink.of("heap")) > 0 && len(sink.of("allocs")) > 0
	})
	cpu := sink.of("cpu")[0]
	if cpu.Service != "shop" || cpu.Duration != time.Second || cpu.Labels.Get("instance") != strings.TrimPrefix(s.URL, "http://") {
		t.Errorf("cpu is %+v", cpu)
	}
	for name, want := range map[string][]string{"heap": {"inuse_objects", "inuse_space"}, "allocs": {"alloc_objects", "alloc_space"}} {
		got, err := profile.ParseData(sink.of(name)[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.SampleType) != 2 || got.SampleType[0].Type != want[0] || got.SampleType[1].Type != want[1] {
			t.Errorf("%s has the types %v", name, got.SampleType)
		}
	}
	// heap and allocs each add 100 on the target, so a difference is a multiple of
	// 100 and less than what was allocated in all.
	first := sink.of("allocs")[0]
	diff, err := profile.ParseData(first.Data)
	if err != nil {
		t.Fatal(err)
	}
	if n := diff.Sample[0].Value[0]; n < 100 || n >= p.allocated.Load() || n%100 != 0 {
		t.Errorf("the difference is %d of %d", n, p.allocated.Load())
	}
	if first.Duration <= 0 || diff.DurationNanos != int64(first.Duration) || diff.TimeNanos != first.Time.UnixNano() {
		t.Errorf("the difference covers %s from %s; the profile says %d from %d", first.Duration, first.Time, diff.DurationNanos, diff.TimeNanos)
	}
	all := m.Targets()
	if len(all) != 1 || len(all[0].Profiles) != 3 || all[0].Profiles[0].Name != "allocs" {
		t.Fatalf("targets are %+v", all)
	}
	for _, s := range all[0].Profiles {
		if s.LastSuccess.IsZero() || s.Bytes == 0 || s.LastError != "" || s.Next.IsZero() {
			t.Errorf("status is %+v", s)
		}
	}
}

// TestFailure shows the target's own words, and that it works again later.
func TestFailure(t *testing.T) {
	p := &program{}
	text := "the shop is <closed>"
	p.refuse.Store(&text)
	s := httptest.NewServer(p)
	defer s.Close()
	sink := &shelf{}
	m := newManager(t, sink)
	apply(t, m, staticConfig(s, map[string]*ProfileConfig{"heap": {Interval: second}}))
	status := func() ProfileStatus {
		all := m.Targets()
		if len(all) == 0 {
			return ProfileStatus{}
		}
		return all[0].Profiles[0]
	}
	waitFor(t, "two failures", func() bool { return status().Failures >= 2 })
	if s := status(); !strings.Contains(s.LastError, text) || !s.LastSuccess.IsZero() {
		t.Errorf("status is %+v", s)
	}
	p.refuse.Store(nil)
	waitFor(t, "recovery", func() bool { return status().Failures == 0 })
	if s := status(); s.LastError != "" || s.LastSuccess.IsZero() || len(sink.of("heap")) == 0 {
		t.Errorf("status is %+v", s)
	}
	sink.mu.Lock()
	sink.fail = errors.New("the disk is full")
	sink.mu.Unlock()
	waitFor(t, "a sink's error", func() bool { return strings.Contains(status().LastError, "the disk is full") })
}

// TestOneProfiler never takes two CPU profiles of a program at once, whether by
// two jobs, on demand or both.
func TestOneProfiler(t *testing.T) {
	p := &program{long: 50 * time.Millisecond}
	s := httptest.NewServer(p)
	defer s.Close()
	m := newManager(t, &shelf{})
	c := staticConfig(s, map[string]*ProfileConfig{"cpu": {Interval: second, Duration: second}})
	c.Jobs = append(c.Jobs, staticConfig(s, map[string]*ProfileConfig{"mine": {Path: "/debug/pprof/profile", Interval: second, Duration: second}}).Jobs...)
	c.Jobs[1].Name = "twin"
	apply(t, m, c)
	waitFor(t, "targets", func() bool { return len(m.Targets()) == 2 })
	id := m.Targets()[0].ID
	var wg sync.WaitGroup
	var phases atomic.Int32
	for range 8 {
		wg.Go(func() {
			taken, err := m.Capture(t.Context(), id, "cpu", time.Second, func(p fetch.Progress) {
				if p.Phase == fetch.PhaseWaiting {
					phases.Add(1)
				}
			})
			if err != nil || taken.Type != "cpu" || taken.Duration != time.Second {
				t.Errorf("capture gives %+v, %v", taken, err)
			}
		})
	}
	wg.Wait()
	if n := p.busiest.Load(); n != 1 {
		t.Errorf("%d CPU captures at once", n)
	}
	if phases.Load() < 8 {
		t.Errorf("%d captures told that they wait", phases.Load())
	}
	if _, err := m.Capture(t.Context(), "nobody", "cpu", 0, nil); !errors.Is(err, ErrNoTarget) {
		t.Errorf("an unknown target gives %v", err)
	}
	if _, err := m.Capture(t.Context(), id, "queue", 0, nil); err == nil || !strings.Contains(err.Error(), "choose one of") {
		t.Errorf("an unknown profile gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Capture(ctx, id, "cpu", time.Second, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled capture gives %v", err)
	}
}

// TestReload keeps what did not change, and follows files.
func TestReload(t *testing.T) {
	p := &program{}
	s := httptest.NewServer(p)
	defer s.Close()
	dir := t.TempDir()
	write := func(targets ...string) {
		text, _ := json.Marshal([]map[string]any{{"targets": targets, "labels": map[string]string{"env": "test"}}})
		tmp := filepath.Join(dir, "tmp")
		if err := os.WriteFile(tmp, text, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tmp, filepath.Join(dir, "shop.json")); err != nil {
			t.Fatal(err)
		}
	}
	address := strings.TrimPrefix(s.URL, "http://")
	write(address)
	sd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`[{"targets": ["` + address + `"], "labels": {"env": "sd", "service": "found"}}]`))
	}))
	defer sd.Close()
	text := `
scrape_configs:
  - job_name: files
    profiles: {heap: {interval: 1h}}
    file_sd_configs: [{files: ["*.json"], refresh_interval: 100ms}]
  - job_name: web
    profiles: {heap: {interval: 1h}}
    http_sd_configs: [{url: "` + sd.URL + `"}]
`
	parse := func(text string) *Config {
		c, err := Parse([]byte(text), dir)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	m := newManager(t, &shelf{})
	if err := m.Apply(parse(text)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "both targets", func() bool { return len(m.Targets()) == 2 && p.count("/debug/pprof/heap") == 2 })
	all := m.Targets()
	if all[0].Labels["env"] != "test" || all[1].Service != "found" {
		t.Errorf("targets are %+v", all)
	}
	// The same again: nothing begins anew. One more target: only that begins.
	if err := m.Apply(parse(text)); err != nil {
		t.Fatal(err)
	}
	write(address, "127.0.0.1:1")
	waitFor(t, "a third target", func() bool { return len(m.Targets()) == 3 })
	if n := p.count("/debug/pprof/heap"); n != 2 {
		t.Errorf("after a reload without change heap was taken %d times, want 2", n)
	}
	if err := m.Apply(parse(strings.Replace(text, "heap: {interval: 1h}", "allocs: {interval: 1h}", 1))); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the changed job", func() bool { return p.count("/debug/pprof/allocs") == 1 })
	if n := p.count("/debug/pprof/heap"); n != 2 {
		t.Errorf("after the other job changed heap was taken %d times, want 2", n)
	}
	if err := m.Apply(&Config{}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "no target", func() bool { return len(m.Targets()) == 0 })
}

func TestDifference(t *testing.T) {
	types := []string{"contentions", "delay"}
	d, err := difference(made(types, 10, 100), made(types, 15, 100), time.Now(), time.Minute)
	if err != nil || len(d.Sample) != 1 || d.Sample[0].Value[0] != 5 || d.Sample[0].Value[1] != 0 {
		t.Errorf("difference %v, %v", d, err)
	}
	if d, err = difference(made(types, 10, 100), made(types, 10, 100), time.Now(), time.Minute); err != nil || len(d.Sample) != 0 {
		t.Errorf("no difference: %v, %v", d, err)
	}
	if d, err = difference(made(types, 10, 100), made(types, 3, 20), time.Now(), time.Minute); err != nil || d.Sample[0].Value[1] != 20 {
		t.Errorf("after a restart: %v, %v", d, err)
	}
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
}
