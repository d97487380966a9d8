package serve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"flame/flame/fetch"
	"flame/flame/scrape"
	"flame/flame/store"
)

// CaptureOptions bound the captures on demand.
type CaptureOptions struct {
	// MaxSeconds is the longest. 0 means 300.
	MaxSeconds int `yaml:"max_seconds,omitempty"`
	// MaxTargets is how many targets one capture may have. 0 means 100.
	MaxTargets int `yaml:"max_targets,omitempty"`
	// Allow are regular expressions of addresses, host:port, that may be captured
	// without being configured. Each must match the whole.
	Allow []string `yaml:"allow,omitempty"`

	allow []*regexp.Regexp
}

func (o *CaptureOptions) settle() error {
	setDefault(&o.MaxSeconds, 300)
	setDefault(&o.MaxTargets, 100)
	o.allow = nil
	for _, text := range o.Allow {
		re, err := regexp.Compile("^(?:" + text + ")$")
		if err != nil {
			return fmt.Errorf("capture: allow %q: %w", text, err)
		}
		o.allow = append(o.allow, re)
	}
	return nil
}

func (o *CaptureOptions) allowed(address string) bool {
	return slices.ContainsFunc(o.allow, func(re *regexp.Regexp) bool { return re.MatchString(address) })
}

const (
	maxRunning  = 64               // captures at once
	maxFinished = 200              // captures that are remembered; their profiles are in the store
	settleTime  = 30 * time.Second // for a shot to be stored after it was taken
)

// captures are those on demand, under way and lately done.
type captures struct {
	s    *Server
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu    sync.Mutex
	all   []*capture // the newest last
	shots map[shotKey]*shot
}

func (c *captures) init(s *Server) {
	c.s = s
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.shots = map[shotKey]*shot{}
}

func (c *captures) close() {
	c.stop()
	c.wg.Wait()
}

// A shotKey names what only one capture at a time is needed for.
type shotKey struct{ target, profile string }

// A shot is one profile of one target that is being taken, for all captures that
// want it.
type shot struct {
	key   shotKey
	users int // captures that wait for it
	stop  context.CancelFunc

	progress fetch.Progress
	since    time.Time
	done     bool
	id       store.ID
	err      error
}

// A capture is what somebody asked for.
type capture struct {
	id      string
	who     string
	started time.Time
	ended   time.Time
	profile string
	seconds int
	shots   []*shot
	names   []string // of the targets
	stopped bool
	changed chan struct{} // closed at each change, and replaced
}

// captureJSON is a capture as the API shows it.
type captureJSON struct {
	ID      string       `json:"id"`
	Who     string       `json:"who"`
	Started time.Time    `json:"started"`
	Ended   time.Time    `json:"ended,omitzero"`
	Profile string       `json:"profile"`
	Seconds int          `json:"seconds"`
	State   string       `json:"state"` // running, done, partial, failed, cancelled
	Targets []targetJSON `json:"targets"`
	URL     string       `json:"url,omitempty"` // of the merged result, for as long as its profiles are kept
	IDs     []store.ID   `json:"ids"`
}

type targetJSON struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Phase   string   `json:"phase"`
	Elapsed float64  `json:"elapsed_seconds"`
	Total   float64  `json:"total_seconds"`
	Bytes   int64    `json:"bytes"`
	Profile store.ID `json:"profile_id,omitempty"`
	Error   string   `json:"error,omitempty"`
}

// A wish is the body of POST /api/v1/captures.
type wish struct {
	Targets []string `json:"targets"` // ids of /api/v1/targets, or allowed addresses
	Profile string   `json:"profile"` // default cpu
	Seconds int      `json:"seconds"` // default 10
}

// begin starts a capture, or joins those of the same profile and target that are
// under way.
func (c *captures) begin(w wish, who string) (*capture, error) {
	names, err := c.resolve(w)
	if err != nil {
		return nil, err
	}
	var id [16]byte
	rand.Read(id[:])
	x := &capture{
		id: hex.EncodeToString(id[:]), who: who, started: c.s.o.Now(), profile: w.Profile, seconds: w.Seconds,
		names: names, changed: make(chan struct{}),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return nil, fail(http.StatusServiceUnavailable, "", "flame is shutting down")
	}
	if c.countRunning() >= maxRunning {
		f := fail(http.StatusServiceUnavailable, "wait for one of them, or join it", "%d captures are under way", maxRunning)
		f.after = patience
		return nil, f
	}
	for _, target := range w.Targets {
		x.shots = append(x.shots, c.shoot(shotKey{target, w.Profile}, time.Duration(w.Seconds)*time.Second))
	}
	c.all = append(c.all, x)
	c.forget()
	return x, nil
}

// resolve checks a wish and names its targets.
func (c *captures) resolve(w wish) ([]string, error) {
	known := map[string]string{}
	for _, t := range c.s.o.Scraper.Targets() {
		known[t.ID] = t.Service + " " + t.Labels["instance"]
	}
	names := make([]string, len(w.Targets))
	for i, id := range w.Targets {
		switch name, ok := known[id]; {
		case ok:
			names[i] = name
		case c.s.capture.Load().allowed(id):
			names[i] = id
		default:
			return nil, fail(http.StatusForbidden, "name one of /api/v1/targets by its id, or have its address allowed under capture: allow: in the configuration",
				"%q is no configured target", clip(id, 100))
		}
	}
	return names, nil
}

// shoot returns the shot of that key, begun if there is none. c is locked.
func (c *captures) shoot(key shotKey, d time.Duration) *shot {
	if s := c.shots[key]; s != nil {
		s.users++
		return s
	}
	ctx, cancel := context.WithCancel(c.ctx)
	s := &shot{key: key, users: 1, stop: cancel, since: time.Now(), progress: fetch.Progress{Phase: fetch.PhaseWaiting, Total: d}}
	c.shots[key] = s
	c.wg.Go(func() {
		defer cancel()
		id, err := c.take(ctx, s, d)
		c.mu.Lock()
		defer c.mu.Unlock()
		s.done, s.id, s.err = true, id, err
		if c.shots[key] == s {
			delete(c.shots, key)
		}
		c.notify(s)
	})
	return s
}

// take takes the profile and stores it.
func (c *captures) take(ctx context.Context, s *shot, d time.Duration) (store.ID, error) {
	progress := func(p fetch.Progress) {
		c.mu.Lock()
		defer c.mu.Unlock()
		s.progress, s.since = p, time.Now().Add(-p.Elapsed)
		c.notify(s)
	}
	take := c.s.o.Scraper.Capture
	if c.s.capture.Load().allowed(s.key.target) {
		take = c.s.o.Scraper.CaptureAddress
	}
	t, err := take(ctx, s.key.target, s.key.profile, d, progress)
	if err != nil {
		return "", err
	}
	labels := store.Labels(t.Labels.Map())
	labels["capture"] = "on-demand"
	put, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	return c.s.o.Store.Put(put, store.Profile{Labels: labels, Type: t.Type, Time: t.Time, Duration: t.Duration, Data: t.Data})
}

// notify tells those who watch captures that have the shot. c is locked.
func (c *captures) notify(s *shot) {
	for _, x := range c.all {
		if !slices.Contains(x.shots, s) {
			continue
		}
		if x.ended.IsZero() && x.finished() {
			x.ended = c.s.o.Now()
		}
		close(x.changed)
		x.changed = make(chan struct{})
	}
}

func (x *capture) finished() bool {
	return x.stopped || !slices.ContainsFunc(x.shots, func(s *shot) bool { return !s.done })
}

// cancel ends a capture. Shots that others wait for go on.
func (c *captures) cancel(x *capture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x.finished() {
		return
	}
	x.stopped, x.ended = true, c.s.o.Now()
	for _, s := range x.shots {
		if s.users--; s.users == 0 && !s.done {
			s.stop()
			delete(c.shots, s.key) // who wants it now begins anew
		}
	}
	close(x.changed)
	x.changed = make(chan struct{})
}

// forget drops the oldest captures that are done. c is locked.
func (c *captures) forget() {
	for i := 0; i < len(c.all) && len(c.all) > maxFinished; {
		if c.all[i].finished() {
			c.all = slices.Delete(c.all, i, i+1)
		} else {
			i++
		}
	}
}

func (c *captures) countRunning() (n int) {
	for _, x := range c.all {
		if !x.finished() {
			n++
		}
	}
	return n
}

func (c *captures) running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.countRunning()
}

func (c *captures) find(id string) (*capture, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.all {
		if x.id == id {
			return x, nil
		}
	}
	return nil, fail(http.StatusNotFound, "look at /api/v1/captures; the result's own link outlives it", "there is no such capture any more")
}

// show is the capture as it is now, and what is closed when that changes.
func (c *captures) show(x *capture) (captureJSON, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	j := captureJSON{ID: x.id, Who: x.who, Started: x.started, Ended: x.ended, Profile: x.profile, Seconds: x.seconds, IDs: []store.ID{}}
	failed := 0
	for i, s := range x.shots {
		t := targetJSON{ID: s.key.target, Name: x.names[i], Phase: string(s.progress.Phase), Total: s.progress.Total.Seconds(), Bytes: s.progress.Bytes, Profile: s.id}
		switch {
		case !s.done:
			t.Elapsed = time.Since(s.since).Seconds()
		case s.err != nil:
			t.Phase, t.Error = string(fetch.PhaseFailed), s.err.Error()
			failed++
		default:
			t.Phase = string(fetch.PhaseDone)
			j.IDs = append(j.IDs, s.id)
		}
		j.Targets = append(j.Targets, t)
	}
	switch {
	case x.stopped:
		j.State = "cancelled"
	case !x.finished():
		j.State = "running"
	case failed == 0:
		j.State = "done"
	case failed == len(x.shots):
		j.State = "failed"
	default:
		j.State = "partial"
	}
	if len(j.IDs) > 0 && j.State != "running" {
		j.URL = mergeURL(j.IDs...)
	}
	return j, x.changed
}

var errNoScraper = errors.New("flame serve has no targets")

// Capturable are the profiles that a wish may name of any target.
func capturable() []string { return scrape.Profiles() }
