package scrape

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"flame/flame/fetch"

	"github.com/google/pprof/profile"
	"github.com/prometheus/common/model"
)

// ErrNoTarget means that no configured target has the id.
var ErrNoTarget = errors.New("there is no such target")

// Capture takes one profile of a target now, for d, and does not hand it to the
// sink. It waits for captures of the same profiler that are under way. The
// profile is one of the job's or any that needs no path; a snapshot ignores d,
// except that of a cumulative profile, whose change over d is taken. progress, if
// not nil, is called as [fetch.Options.OnProgress] says, and with the phase
// waiting until it is its turn.
func (m *Manager) Capture(ctx context.Context, id, name string, d time.Duration, progress func(fetch.Progress)) (Taken, error) {
	t, p, err := m.find(id)
	if err != nil {
		return Taken{}, err
	}
	return m.capture(ctx, p.job, t, name, d, progress)
}

func (m *Manager) find(id string) (*target, *pool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.pools {
		if a := p.active[id]; a != nil {
			return a.target, p, nil
		}
	}
	return nil, nil, fmt.Errorf("find target %s: %w", id, ErrNoTarget)
}

func (m *Manager) capture(ctx context.Context, job *JobConfig, t *target, name string, d time.Duration, progress func(fetch.Progress)) (Taken, error) {
	conf, err := job.demanded(name)
	if err != nil {
		return Taken{}, err
	}
	switch {
	case conf.Duration == 0 && !conf.delta():
		d = 0
	case d <= 0:
		d = max(time.Duration(conf.Duration), time.Duration(defaultCapture))
	}
	client, err := m.demandClient(job, progress)
	if err != nil {
		return Taken{}, err
	}
	defer client.Close()
	if progress != nil {
		progress(fetch.Progress{Target: t.base, Phase: fetch.PhaseWaiting, Total: d})
	}
	res, err := m.fetch(ctx, client, t, conf, d, func() {})
	if err != nil {
		return Taken{}, err
	}
	data := res.Data
	if conf.keep != "" {
		parsed, err := profile.ParseData(data)
		if err != nil {
			return Taken{}, fmt.Errorf("read the profile of %s: %w", res.Origin.Source, err)
		}
		keepTypes(parsed, conf.keep)
		if data, err = encode(parsed); err != nil {
			return Taken{}, err
		}
	}
	if data, err = compressed(data); err != nil {
		return Taken{}, err
	}
	return Taken{Service: t.service, Type: name, Labels: t.labels, Time: res.Origin.Started, Duration: res.Origin.Duration, Data: data, Notes: res.Notes}, nil
}

// demanded is how a profile is taken on demand.
func (j *JobConfig) demanded(name string) (*ProfileConfig, error) {
	if p := j.Profiles[name]; p != nil {
		return p, nil
	}
	if p, ok := builtin[name]; ok {
		return &p, nil
	}
	return nil, fmt.Errorf("find profile %q: the job %s takes no such profile; choose one of %s", name, j.Name, strings.Join(j.Demandable(), ", "))
}

// demandClient is a client of the job's that reports its progress.
func (m *Manager) demandClient(job *JobConfig, progress func(fetch.Progress)) (*fetch.Client, error) {
	o, err := clientOptions(job)
	if err != nil {
		return nil, err
	}
	o.OnProgress = progress
	return fetch.New(o)
}

// CaptureAddress is [Manager.Capture] for an address, host:port, that is no
// configured target. Whether it may be asked is the caller's decision.
func (m *Manager) CaptureAddress(ctx context.Context, address, name string, d time.Duration, progress func(fetch.Progress)) (Taken, error) {
	job := NewStatic("captured", address)
	if err := job.validate(GlobalConfig{Interval: defaultInterval}); err != nil {
		return Taken{}, fmt.Errorf("capture %s: %w", address, err)
	}
	t, err := newTarget(job, nil, model.LabelSet{model.AddressLabel: model.LabelValue(address)}, nil)
	if err != nil {
		return Taken{}, fmt.Errorf("capture %s: %w", address, err)
	}
	return m.capture(ctx, job, t, name, d, progress)
}
