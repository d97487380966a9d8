package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"flame/flame"
	"flame/flame/fetch"
)

func TestProgressSummary(t *testing.T) {
	p := &progress{name: "2 targets", state: map[string]fetch.Progress{}}
	steps := []struct {
		f       fetch.Progress
		text    string
		elapsed time.Duration
	}{
		{fetch.Progress{Target: "a", Phase: fetch.PhaseConnecting, Total: 5 * time.Second, Elapsed: time.Second}, "2 targets: connecting", 0},
		{fetch.Progress{Target: "a", Phase: fetch.PhaseCapturing, Total: 5 * time.Second, Elapsed: 2 * time.Second}, "2 targets: 2 of 5 s", 2 * time.Second},
		{fetch.Progress{Target: "b", Phase: fetch.PhaseWaiting, Total: 5 * time.Second, Elapsed: time.Second}, "2 targets: waiting", 2 * time.Second},
		{fetch.Progress{Target: "a", Phase: fetch.PhaseCapturing, Total: 5 * time.Second, Elapsed: 9 * time.Second}, "2 targets: 5 of 5 s", 5 * time.Second},
		{fetch.Progress{Target: "a", Phase: fetch.PhaseDone, Total: 5 * time.Second, Bytes: 1025}, "2 targets: 2 KiB received", 5 * time.Second},
	}
	for _, s := range steps {
		p.state[s.f.Target] = s.f
		if text, elapsed := p.summary(s.f.Phase); text != s.text || elapsed != s.elapsed {
			t.Errorf("%+v: %q %v, want %q %v", s.f, text, elapsed, s.text, s.elapsed)
		}
	}
}

// Where standard error is no terminal nothing is drawn.
func TestProgressIsQuietOffTerminals(t *testing.T) {
	var out bytes.Buffer
	target, err := flame.Target("localhost:1", fetch.TargetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := newProgress(&console{err: &out}, []flame.Source{target})
	p.update(fetch.Progress{Target: "a", Phase: fetch.PhaseCapturing, Total: time.Second})
	p.finish()
	if out.Len() > 0 {
		t.Errorf("it wrote %q", out.String())
	}
}

// The bar of what has been read comes only where there is a terminal, and counts.
func TestProgressCountsSources(t *testing.T) {
	var out bytes.Buffer
	p := &progress{sources: 3, out: &out, read: 1, reading: time.Now().Add(-time.Minute)}
	p.decoded()
	if !strings.Contains(out.String(), "merging profiles") || !strings.Contains(out.String(), "2/3") {
		t.Errorf("the bar is %q", out.String())
	}
	p.finish()
	quick := &progress{sources: 3, out: &out, read: 1, reading: time.Now()}
	out.Reset()
	quick.decoded()
	none := &progress{}
	none.decoded()
	if out.Len() > 0 {
		t.Errorf("it wrote %q where nobody waits, or nobody looks", out.String())
	}
}
