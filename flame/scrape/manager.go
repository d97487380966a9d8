package scrape

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"sync"
	"time"

	"flame/flame/fetch"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/config"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/targetgroup"
)

// Options of a [Manager]. Sink must be set.
type Options struct {
	Sink Sink
	// Concurrency is how many profiles are fetched at once. 0 means 1024.
	Concurrency int
	// Registerer takes the metrics, discovery's among them; nil for none.
	Registerer prometheus.Registerer
	// Logger is told of targets that begin to fail or to work; nil for none.
	Logger *slog.Logger
	// EagerTargets is up to how many targets a job that begins may have to take
	// all their profiles at once. 0 means 16.
	EagerTargets int
	// DiscoverEvery is how often changes of the targets are looked at. 0
	// means five seconds.
	DiscoverEvery time.Duration
}

const (
	defaultConcurrency = 1024
	defaultEager       = 16
	defaultDiscover    = 5 * time.Second
	dialTimeout        = 10 * time.Second
	// margin is how long a target may be silent beyond the capture.
	margin = 15 * time.Second
)

// A Manager takes profiles by its configuration. Its methods may be called at any
// time, by any goroutine.
type Manager struct {
	opts     Options
	metrics  *metrics
	slots    chan struct{}
	locks    locks
	discover *discovery.Manager
	stop     context.CancelFunc
	ctx      context.Context

	mu     sync.Mutex
	config *Config
	pools  map[string]*pool
	wg     sync.WaitGroup // the loops
}

// A pool is a job at work.
type pool struct {
	job    *JobConfig
	client *fetch.Client
	active map[string]*active
	began  bool // its targets have been found once
	errs   []error
}

// active is a target whose profiles are taken.
type active struct {
	target *target
	loops  []*loop
	stop   context.CancelFunc
}

// NewManager returns a manager without targets. Close must be called.
func NewManager(o Options) (*Manager, error) {
	if o.Sink == nil {
		return nil, errors.New("make scrape manager: there is no sink")
	}
	if o.Concurrency <= 0 {
		o.Concurrency = defaultConcurrency
	}
	if o.EagerTargets == 0 {
		o.EagerTargets = defaultEager
	}
	if o.DiscoverEvery <= 0 {
		o.DiscoverEvery = defaultDiscover
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	m := &Manager{opts: o, slots: make(chan struct{}, o.Concurrency), pools: map[string]*pool{}}
	m.ctx, m.stop = context.WithCancel(context.Background())
	m.metrics = newMetrics(m, o.Registerer)
	sd, err := discovery.CreateAndRegisterSDMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("make scrape manager: %w", err)
	}
	m.discover = discovery.NewManager(m.ctx, o.Logger, o.Registerer, sd, discovery.Name("flame"), discovery.Updatert(o.DiscoverEvery))
	if m.discover == nil {
		return nil, errors.New("make scrape manager: its metrics are registered already")
	}
	go m.discover.Run()
	go m.follow()
	return m, nil
}

// Close stops all captures and waits for them.
func (m *Manager) Close() {
	m.stop()
	m.wg.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.pools {
		p.client.Close()
	}
}

// Apply replaces the configuration. What did not change goes on undisturbed. On
// an error nothing changes.
func (m *Manager) Apply(c *Config) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	pools := map[string]*pool{}
	for _, j := range c.Jobs {
		if old := m.pools[j.Name]; old != nil && reflect.DeepEqual(old.job, j) && reflect.DeepEqual(m.config.Global, c.Global) {
			pools[j.Name] = old
			continue
		}
		client, err := newClient(j)
		if err != nil {
			return fmt.Errorf("apply configuration: job %q: %w", j.Name, err)
		}
		pools[j.Name] = &pool{job: j, client: client, active: map[string]*active{}}
	}
	sets := map[string]discovery.Configs{}
	for _, j := range c.Jobs {
		sets[j.Name] = j.Discovery
	}
	if err := m.discover.ApplyConfig(sets); err != nil {
		return fmt.Errorf("apply configuration: %w", err)
	}
	for name, old := range m.pools {
		if pools[name] != old {
			for _, a := range old.active {
				a.stop()
			}
			old.client.Close()
		}
	}
	m.config, m.pools = c, pools
	return nil
}

// newClient makes the client of a job.
func newClient(j *JobConfig) (*fetch.Client, error) {
	o, err := clientOptions(j)
	if err != nil {
		return nil, err
	}
	return fetch.New(o)
}

// clientOptions are those of a job, made from Prometheus's section.
func clientOptions(j *JobConfig) (fetch.Options, error) {
	o := fetch.Options{Transport: j.Transport, MaxBytes: j.MaxBytes, Margin: margin}
	if o.Transport != nil {
		return o, nil
	}
	dialer := &net.Dialer{Timeout: dialTimeout}
	var err error
	o.Transport, err = config.NewRoundTripperFromConfig(j.HTTPClientConfig, j.Name,
		config.WithKeepAlivesDisabled(), config.WithHTTP2Disabled(), config.WithDialContextFunc(dialer.DialContext))
	return o, err
}

// follow keeps the pools' targets what discovery says.
func (m *Manager) follow() {
	for {
		select {
		case <-m.ctx.Done():
			return
		case sets := <-m.discover.SyncCh():
			m.sync(sets)
		}
	}
}

// sync starts and stops loops so that the targets are those of sets, by job.
func (m *Manager) sync(sets map[string][]*targetgroup.Group) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx.Err() != nil {
		return
	}
	for name, groups := range sets {
		p := m.pools[name]
		if p == nil {
			continue
		}
		targets, errs := targetsOf(p.job, m.config.Global.ExternalLabels, groups)
		p.errs = errs
		gone := p.active
		p.active = map[string]*active{}
		eager := !p.began && len(targets) <= m.opts.EagerTargets
		for _, t := range targets {
			if a := gone[t.id]; a != nil {
				p.active[t.id] = a
				delete(gone, t.id)
				continue
			}
			p.active[t.id] = m.start(p, t, eager)
		}
		p.began = p.began || len(targets) > 0
		for _, a := range gone {
			a.stop()
		}
	}
}

// start begins the loops of a target. The manager is locked.
func (m *Manager) start(p *pool, t *target, eager bool) *active {
	ctx, cancel := context.WithCancel(m.ctx)
	a := &active{target: t, stop: cancel}
	for name, conf := range p.job.Profiles {
		l := newLoop(m, p, t, name, conf)
		l.status.State = StateIdle
		a.loops = append(a.loops, l)
		m.wg.Go(func() { l.run(ctx, eager) })
	}
	return a
}

// fetch fetches one profile when it is its turn: when no other capture has the
// target's profiler, and a slot is free. It calls begin then.
func (m *Manager) fetch(ctx context.Context, c *fetch.Client, t *target, p *ProfileConfig, d time.Duration, begin func()) (*fetch.Result, error) {
	ft, err := t.fetchTarget(p, d)
	if err != nil {
		return nil, err
	}
	m.metrics.waiting.Inc()
	free, err := m.turn(ctx, t.profiler(p, d))
	m.metrics.waiting.Dec()
	if err != nil {
		return nil, fmt.Errorf("fetch %s: it was cancelled while it waited for its turn: %w", ft, err)
	}
	defer free()
	m.metrics.running.Inc()
	defer m.metrics.running.Dec()
	begin()
	return c.Fetch(ctx, ft)
}

// turn waits for the profiler of that name, if any, and then for a slot.
func (m *Manager) turn(ctx context.Context, profiler string) (free func(), err error) {
	unlock := func() {}
	if profiler != "" {
		if unlock, err = m.locks.lock(ctx, profiler); err != nil {
			return nil, err
		}
	}
	select {
	case m.slots <- struct{}{}:
		return func() { <-m.slots; unlock() }, nil
	case <-ctx.Done():
		unlock()
		return nil, ctx.Err()
	}
}
