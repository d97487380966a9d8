package serve_test

import (
	"strings"
	"testing"
	"time"

	"flame/flame/serve"
	"flame/flame/store"

	"github.com/grafana/pyroscope-go"
)

// TestPyroscopeClient has the real client of Pyroscope profile this test and push
// here, unchanged.
func TestPyroscopeClient(t *testing.T) {
	s := newSite(t, serve.Options{})
	p, err := pyroscope.Start(pyroscope.Config{
		ApplicationName: "shop.backend", ServerAddress: s.URL, Tags: map[string]string{"env": "test", "pod": "a-1"},
		UploadRate: time.Second, Logger: nil,
		ProfileTypes: []pyroscope.ProfileType{
			pyroscope.ProfileCPU, pyroscope.ProfileAllocObjects, pyroscope.ProfileAllocSpace,
			pyroscope.ProfileInuseObjects, pyroscope.ProfileInuseSpace, pyroscope.ProfileGoroutines,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	go burn(stop)
	waitFor(t, "three types of profiles", func() bool {
		return strings.Contains(s.get("/api/v1/services"), `{"name":"shop.backend","types":["cpu","goroutine","memory"]}`)
	})
	close(stop)
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := s.get("/api/v1/labels", "query", `{service="shop.backend"}`); !strings.Contains(got, `"env":["test"]`) || !strings.Contains(got, `"pod":["a-1"]`) {
		t.Errorf("labels are %s", got)
	}
	folded := s.get("/api/v1/merge", "type", "cpu", "query", `{service="shop.backend"}`, "format", "folded")
	if !strings.Contains(folded, "serve_test.burn") {
		t.Errorf("the CPU profile is\n%s", folded)
	}
	for e, err := range s.store.Select(t.Context(), store.Query{Type: "cpu"}) {
		if err != nil || time.Since(e.Time) > time.Minute || e.Duration <= 0 || e.Duration > time.Minute {
			t.Errorf("a profile is from %s and covers %s, %v", e.Time, e.Duration, err)
		}
	}
}

func burn(stop chan struct{}) {
	for n := 0; ; n++ {
		if n%1000 == 0 {
			select {
			case <-stop:
				return
			default:
			}
		}
	}
}

// Older clients send folded stacks in the body, or stacks line by line.
func TestIngestText(t *testing.T) {
	s := newSite(t, serve.Options{})
	for _, c := range []struct{ query, body string }{
		{"name=old%7Benv%3Dprod%7D&from=1700000000&until=1700000010&format=groups", "main;work 3\nmain;rest 1\n"},
		{"name=old%7Benv%3Dprod%7D&from=1700000000&until=1700000010&format=lines", "main;work\nmain;rest\nmain;work\n"},
	} {
		if status, _, body := s.call("POST", "/ingest?"+c.query, []byte(c.body)); status != 200 {
			t.Fatalf("%s gives %d: %s", c.query, status, body)
		}
	}
	got := s.get("/api/v1/merge", "type", "samples", "query", `{service="old",env="prod"}`, "from", "1700000000", "until", "1700000001", "format", "folded")
	if got != "main;rest 2\nmain;work 5\n" {
		t.Errorf("merged they are %q", got)
	}
}
