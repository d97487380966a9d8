package scrape

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"flame/flame/fetch"
)

// maxBackOff is the longest time between two tries at a target that fails.
const maxBackOff = 5 * time.Minute

// A loop takes one profile of one target for as long as it runs.
type loop struct {
	m      *Manager
	pool   *pool
	target *target
	name   string
	conf   *ProfileConfig
	last   snapshot // used by run only

	mu     sync.Mutex
	status ProfileStatus
}

func newLoop(m *Manager, p *pool, t *target, name string, conf *ProfileConfig) *loop {
	return &loop{m: m, pool: p, target: t, name: name, conf: conf, status: ProfileStatus{
		Name: name, Path: conf.Path, Interval: time.Duration(conf.Interval), Duration: time.Duration(conf.Duration),
	}}
}

// run takes the profile until ctx ends: at once if eager, and then at the target's
// offset in each interval.
func (l *loop) run(ctx context.Context, eager bool) {
	wait := time.Duration(0)
	if !eager {
		wait = l.untilNext(time.Now(), 0)
	}
	for l.sleep(ctx, wait) {
		err := l.take(ctx)
		if ctx.Err() != nil {
			return
		}
		failures := l.note(err)
		wait = l.untilNext(time.Now(), failures)
	}
}

func (l *loop) sleep(ctx context.Context, wait time.Duration) bool {
	l.mu.Lock()
	l.status.Next = time.Now().Add(wait)
	l.mu.Unlock()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// untilNext is the time to the next offset, some intervals later after failures.
// It is reckoned from the wall clock each time, so a clock that jumps moves one
// capture and no more.
func (l *loop) untilNext(now time.Time, failures int) time.Duration {
	interval := time.Duration(l.conf.Interval)
	since := (now.UnixNano() - int64(l.target.offset(l.name, interval))) % int64(interval)
	if since < 0 {
		since += int64(interval)
	}
	wait := interval - time.Duration(since)
	if failures > 1 {
		skip := interval * time.Duration(1<<min(failures-1, 10)-1)
		wait += min(skip, maxBackOff) / interval * interval
	}
	return wait
}

// take takes the profile once and hands it on.
func (l *loop) take(ctx context.Context) error {
	l.setState(StateWaiting)
	defer l.setState(StateIdle)
	d := time.Duration(l.conf.Duration)
	started := time.Now()
	res, err := l.m.fetch(ctx, l.pool.client, l.target, l.conf, d, func() {
		l.setState(StateCapturing)
		started = time.Now()
	})
	took := time.Since(started)
	l.mu.Lock()
	l.status.LastTry, l.status.Took = started, took
	l.mu.Unlock()
	if err != nil {
		return err
	}
	data, begin, covered, err := l.conf.shape(res.Data, res.Origin.Started, &l.last)
	if err != nil {
		return fmt.Errorf("read the profile of %s: %w", res.Origin.Source, err)
	}
	l.mu.Lock()
	l.status.Bytes = len(res.Data)
	l.mu.Unlock()
	l.m.metrics.bytes.WithLabelValues(l.target.job, l.name).Add(float64(len(res.Data)))
	if data == nil {
		return nil
	}
	if covered == 0 {
		covered = res.Origin.Duration
	}
	err = l.m.opts.Sink.Put(ctx, Taken{
		Service: l.target.service, Type: l.name, Labels: l.target.labels,
		Time: begin, Duration: covered, Data: data, Notes: res.Notes,
	})
	if err != nil {
		return fmt.Errorf("keep the profile of %s: %w", res.Origin.Source, err)
	}
	return nil
}

// note records how a take ended and returns how often in a row it failed. A
// busy profiler is no failing target: it is tried again at the next offset.
func (l *loop) note(err error) (failures int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.status
	outcome := "ok"
	switch {
	case err == nil:
		if s.Failures > 0 {
			l.m.opts.Logger.Info("target works again", "job", l.target.job, "target", l.target.base, "profile", l.name)
		}
		s.LastSuccess, s.Failures, s.LastError = s.LastTry, 0, ""
	case errors.Is(err, fetch.ErrBusy):
		outcome = "busy"
		s.LastError, s.LastErrorTime = err.Error(), time.Now()
	default:
		outcome = "failed"
		if s.Failures == 0 {
			l.m.opts.Logger.Warn("target fails", "job", l.target.job, "target", l.target.base, "profile", l.name, "error", err)
		}
		s.Failures++
		s.LastError, s.LastErrorTime = err.Error(), time.Now()
	}
	l.m.metrics.scrapes.WithLabelValues(l.target.job, l.name, outcome).Inc()
	return s.Failures
}

func (l *loop) setState(s State) {
	l.mu.Lock()
	l.status.State = s
	l.mu.Unlock()
}

func (l *loop) snapshotStatus() ProfileStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}
