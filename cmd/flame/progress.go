package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"flame/flame"
	"flame/flame/fetch"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is the bar that counts a capture, and then the sources that have been
// read, on a terminal only. The zero progress shows nothing.
type progress struct {
	mu    sync.Mutex
	out   io.Writer // the terminal
	bar   *progressbar.ProgressBar
	name  string
	state map[string]fetch.Progress // by target

	sources, read int
	reading       time.Time // when the first had been read
	counts        bool      // bar counts the sources
}

func newProgress(c *console, sources []flame.Source) *progress {
	p := &progress{state: map[string]fetch.Progress{}}
	f, ok := c.err.(*os.File)
	if !ok || c.quiet || !term.IsTerminal(int(f.Fd())) {
		return p
	}
	p.out, p.sources = f, len(sources)
	var longest time.Duration
	n := 0
	for _, s := range sources {
		if t, remote := s.Remote(); remote {
			n++
			p.name = t.Host()
			longest = max(longest, t.Duration())
		}
	}
	if n == 0 {
		return p
	}
	if n > 1 {
		p.name = fmt.Sprintf("%d targets", n)
	}
	p.bar = progressbar.NewOptions64(max(longest.Milliseconds(), 1),
		progressbar.OptionSetWriter(f),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetDescription(p.name))
	return p
}

// update takes the state of one fetch; it is called from several goroutines.
func (p *progress) update(f fetch.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		return
	}
	p.state[f.Target] = f
	text, elapsed := p.summary(f.Phase)
	p.bar.Describe(text)
	// A full bar would be finished, and another target may still be at work.
	_ = p.bar.Set64(min(elapsed.Milliseconds(), p.bar.GetMax64()-1))
}

// patience is how long reading may take before a bar shows it.
const patience = 300 * time.Millisecond

// decoded counts a source that has been read.
func (p *progress) decoded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read++; p.out == nil || p.sources < 2 {
		return
	}
	if p.read == 1 {
		p.reading = time.Now()
	}
	if !p.counts && time.Since(p.reading) > patience {
		p.remove() // the capture is over
		p.counts = true
		p.bar = progressbar.NewOptions(p.sources,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetDescription("merging profiles"))
	}
	if p.counts && p.bar != nil {
		_ = p.bar.Set(p.read)
	}
}

// summary says in a few words how far all fetches are, of which one has just
// come to a phase, and how much of the capture is over.
func (p *progress) summary(phase fetch.Phase) (text string, elapsed time.Duration) {
	var received int64
	var total time.Duration
	for _, s := range p.state {
		received += s.Bytes
		total = max(total, s.Total)
		switch s.Phase {
		case fetch.PhaseCapturing:
			elapsed = max(elapsed, min(s.Elapsed, s.Total))
		case fetch.PhaseReceiving, fetch.PhaseDone:
			elapsed = max(elapsed, s.Total)
		}
	}
	switch {
	case received > 0:
		return fmt.Sprintf("%s: %d KiB received", p.name, (received+1023)>>10), elapsed
	case total > 0 && phase == fetch.PhaseCapturing:
		return fmt.Sprintf("%s: %.0f of %.0f s", p.name, elapsed.Seconds(), total.Seconds()), elapsed
	}
	return fmt.Sprintf("%s: %s", p.name, phase), elapsed
}

// finish removes the bar.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove()
}

func (p *progress) remove() {
	if p.bar != nil {
		_ = p.bar.Exit()
		_ = p.bar.Clear()
		p.bar = nil
	}
}
