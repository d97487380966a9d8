package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// patience bounds how long a test waits for something that must happen; it decides nothing when it does.
const patience = time.Minute

// start serves a demo on a free loopback port and returns its URL and a function that stops it and waits.
func start(t *testing.T, o Options) (url string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(o).Serve(ctx, l) }()
	stop = func() {
		t.Helper()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve returned %v after its context ended, want nil", err)
			}
			done <- nil // stop may be called again
		case <-time.After(patience):
			t.Fatalf("Serve did not return; goroutines:\n%s", demoGoroutines())
		}
	}
	t.Cleanup(stop)
	return "http://" + l.Addr().String(), stop
}

func get(t *testing.T, url string) (status int, header http.Header, body []byte) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, body
}

// eventually calls check until it returns "", and fails with what it said last when patience runs out.
func eventually(t *testing.T, check func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		complaint := check()
		if complaint == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(complaint)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// missing names the wanted functions that no sample of p goes through.
func missing(p *profile.Profile, wanted ...string) (out []string) {
	seen := map[string]bool{}
	for _, s := range p.Sample {
		for _, l := range s.Location {
			for _, line := range l.Line {
				seen[strings.TrimPrefix(line.Function.Name, "flame/cmd/flame/demo.")] = true
			}
		}
	}
	for _, w := range wanted {
		if !seen[w] {
			out = append(out, w)
		}
	}
	return out
}

func TestProfilesShowWhatTheServiceDoes(t *testing.T) {
	url, _ := start(t, Options{})
	cases := []struct {
		path       string
		sampleType string
		functions  []string
	}{
		{"/debug/pprof/profile?seconds=1", "cpu", []string{"(*shop).serveSearch", "scoreText", "(*shop).serveCheckout", "(*catalog).similar"}},
		{"/debug/pprof/heap", "inuse_space", []string{"(*shop).openSessions", "(*shop).renderPage"}},
		{"/debug/pprof/allocs", "alloc_space", []string{"compressText", "(*shop).serveReport"}},
		{"/debug/pprof/mutex", "delay", []string{"(*inventory).reserve"}},
		{"/debug/pprof/block", "delay", []string{"(*conn).roundTrip", "(*inventory).reserve", "sendMails"}},
		{"/debug/pprof/goroutine", "goroutine", []string{"watchSession", "receiveChange", "(*priceFeed).awaitPrice", "refreshRates"}},
		{"/debug/fgprof?seconds=1", "time", []string{"(*conn).roundTrip", "(*priceFeed).awaitPrice", "(*load).runClient"}},
	}
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			// One second of a busy machine can miss a function: what must hold is that it shows up.
			eventually(t, func() string {
				status, _, body := get(t, url+c.path)
				if status != http.StatusOK {
					t.Fatalf("status %d: %s", status, body)
				}
				p, err := profile.ParseData(body)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := p.SampleIndexByName(c.sampleType); err != nil {
					t.Fatal(err)
				}
				if m := missing(p, c.functions...); len(m) > 0 {
					return fmt.Sprintf("profile of %d samples lacks %v", len(p.Sample), m)
				}
				return ""
			})
		})
	}
}

func TestCPUSamplesCarryRouteAndTenant(t *testing.T) {
	url, _ := start(t, Options{})
	eventually(t, func() string {
		_, _, body := get(t, url+"/debug/pprof/profile?seconds=1")
		p, err := profile.ParseData(body)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Sample {
			if s.HasLabel("route", "search") && len(s.Label["tenant"]) == 1 {
				return ""
			}
		}
		return fmt.Sprintf("none of %d samples is labelled with route search and a tenant", len(p.Sample))
	})
}

func TestIdleGoroutinesAreOfFourKinds(t *testing.T) {
	url, _ := start(t, Options{Rate: -1, Idle: 40})
	eventually(t, func() string {
		_, _, body := get(t, url+"/debug/pprof/goroutine")
		p, err := profile.ParseData(body)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, s := range p.Sample {
			for _, kind := range []string{"watchSession", "receiveChange", "(*priceFeed).awaitPrice", "refreshRates"} {
				if missing(&profile.Profile{Sample: []*profile.Sample{s}}, kind) == nil {
					got[kind] += s.Value[0]
				}
			}
		}
		for kind, n := range got {
			if n != 10 {
				return fmt.Sprintf("%d goroutines in %s, want 10", n, kind)
			}
		}
		if len(got) != 4 {
			return fmt.Sprintf("kinds of idle goroutines: %v, want 4", got)
		}
		return ""
	})
}

// demoGoroutines returns the stacks of goroutines that run this package outside of tests.
func demoGoroutines() string {
	buf := make([]byte, 16<<20)
	var own []string
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "flame/cmd/flame/demo.") && !strings.Contains(g, "testing.tRunner") {
			own = append(own, g)
		}
	}
	return strings.Join(own, "\n\n")
}

func TestServeLeavesNothingBehind(t *testing.T) {
	fraction := runtime.SetMutexProfileFraction(-1)
	url, stop := start(t, Options{})
	// Stop in the middle of a capture: it must end with the service.
	captured := make(chan error, 1)
	go func() {
		resp, err := http.Get(url + "/debug/pprof/profile?seconds=300")
		if err == nil {
			resp.Body.Close()
		}
		captured <- err
	}()
	eventually(t, func() string {
		buf := make([]byte, 16<<20)
		if bytes.Contains(buf[:runtime.Stack(buf, true)], []byte("net/http/pprof.Profile")) {
			return ""
		}
		return "the capture did not start"
	})
	stop()
	<-captured
	eventually(t, func() string { return demoGoroutines() })
	if got := runtime.SetMutexProfileFraction(-1); got != fraction {
		t.Errorf("mutex profile fraction is %d afterwards, was %d", got, fraction)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("the listener still answers after Serve returned")
	}
}

func TestServeReportsAFailedListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	err = New(Options{Idle: 4}).Serve(context.Background(), l)
	if err == nil || !strings.Contains(err.Error(), "serve demo on 127.0.0.1:") {
		t.Fatalf("Serve on a closed listener returned %v", err)
	}
	eventually(t, func() string { return demoGoroutines() })
}

func TestLoadReachesAListenerOnAllInterfaces(t *testing.T) {
	for in, want := range map[string]string{"0.0.0.0:80": "127.0.0.1:80", "[::]:80": "[::1]:80", "127.0.0.2:80": "127.0.0.2:80", "[::1]:80": "[::1]:80"} {
		addr, err := net.ResolveTCPAddr("tcp", in)
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(addr); got != want {
			t.Errorf("reachable(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestOptionsDefaults(t *testing.T) {
	if got, want := (Options{}).withDefaults(), (Options{DefaultRate, DefaultClients, DefaultIdle}); got != want {
		t.Errorf("defaults are %+v, want %+v", got, want)
	}
	if got, want := (Options{Rate: -1, Clients: -5, Idle: -1}).withDefaults(), (Options{}); got != want {
		t.Errorf("negative values become %+v, want none of each: %+v", got, want)
	}
}
