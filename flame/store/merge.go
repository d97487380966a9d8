package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"flame/collapse"
	"flame/collapse/pprof"
)

// MergeStats say what a merge was made of.
type MergeStats struct {
	Profiles int64 // in the result, those in roll-ups included
	Opened   int64 // single profiles that were read
	RollUps  int64 // files of roll-ups that were read
	Bytes    int64 // read, as they are stored
	// Skipped are the profiles that could not be read, or had other sample types
	// than the rest; Reason is the first one's. The result has a note of them.
	Skipped int64
	Reason  error
}

// Merge returns the sum over time of the profiles that match, of one type. Counters
// are added, gauges averaged (see [Gauge]). It takes roll-ups for the whole hours
// and days in the range, when no matcher names one of [Options.InstanceLabels], and
// single profiles at the edges; a period whose single profiles have been deleted is
// in the result if it starts in the range. Without any profile the error is
// [ErrNoMatch].
//
// The result's notes say how much it is made of; of its profiles' meta it keeps the
// earliest time, the sum of the durations, the period and the first comments.
func (s *Store) Merge(ctx context.Context, q Query) (*collapse.Profile, MergeStats, error) {
	return s.merge(ctx, q, true)
}

func (s *Store) merge(ctx context.Context, q Query, rollUps bool) (*collapse.Profile, MergeStats, error) {
	if q.Type == "" {
		return nil, MergeStats{}, errors.New("merge profiles: no type is given, and only profiles of one can be merged")
	}
	for attempt := 0; ; attempt++ {
		rollUps = rollUps && attempt < 2 // a broken one is to be done without
		m := newMerge(ctx, s, &q)
		m.strict = rollUps
		err := s.plan(ctx, &q, rollUps, func(p part) error {
			if p.rollUp != "" {
				return m.rollUp(p.rollUp)
			}
			return m.hour(p.hour)
		})
		p, stats, err := m.finish(err)
		if errors.Is(err, errStale) && attempt < moved {
			continue
		}
		if err != nil {
			return nil, stats, fmt.Errorf("merge %s profiles of %s: %w", q.Type, FormatMatchers(q.Matchers), err)
		}
		return p, stats, nil
	}
}

// A merge decodes profiles on all cores, each into a sum of its own.
type merge struct {
	s    *Store
	q    *Query
	ctx  context.Context
	stop context.CancelCauseFunc
	work chan job
	wg   sync.WaitGroup
	sums []*sum
	// strict makes a roll-up that cannot be read errStale, not one that is left out:
	// the single profiles are there too.
	strict bool

	mu    sync.Mutex
	stats MergeStats
}

// A job is one file to be decoded and added.
type job struct {
	key    string
	e      *entry
	data   []byte
	rollUp bool
}

func newMerge(ctx context.Context, s *Store, q *Query) *merge {
	m := &merge{s: s, q: q, work: make(chan job)}
	m.ctx, m.stop = context.WithCancelCause(ctx)
	for range runtime.GOMAXPROCS(0) {
		sum := newSum(s.o.Limits)
		m.sums = append(m.sums, sum)
		m.wg.Go(func() {
			for j := range m.work {
				m.decode(sum, j)
			}
		})
	}
	return m
}

// finish waits for the workers and returns the sum of their sums.
func (m *merge) finish(err error) (*collapse.Profile, MergeStats, error) {
	close(m.work)
	m.wg.Wait()
	if cause := context.Cause(m.ctx); cause != nil {
		err = cause
	}
	m.stop(nil)
	if err != nil {
		return nil, m.stats, err
	}
	total := m.sums[0]
	for _, s := range m.sums[1:] {
		if err := total.addSum(s); err != nil {
			return nil, m.stats, err
		}
	}
	m.stats.Profiles = total.n
	p, err := total.profile()
	if err != nil {
		if m.stats.Reason != nil {
			err = fmt.Errorf("%w that can be read: %w", err, m.stats.Reason)
		}
		return nil, m.stats, err
	}
	p.Meta.Source = FormatMatchers(m.q.Matchers) + " " + m.q.Type
	p.Meta.Notes = m.notes(p)
	return p, m.stats, nil
}

func (m *merge) notes(p *collapse.Profile) []string {
	var notes []string
	for _, t := range p.Types {
		if Gauge(t) && m.stats.Profiles > 1 {
			notes = append(notes, fmt.Sprintf("%s is the average of %d profiles", t.Type, m.stats.Profiles))
		}
	}
	if m.stats.Skipped > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d profiles are left out: %v", m.stats.Skipped, m.stats.Skipped+m.stats.Profiles, m.stats.Reason))
	}
	return notes
}

// hour adds the profiles of an hour that match.
func (m *merge) hour(h *hourView) error {
	done := map[uint64]bool{} // by id, of this hour
	for attempt := 0; ; attempt++ {
		refs, err := m.s.load(m.ctx, h)
		if err == nil {
			err = m.refs(refs, done)
		}
		if !errors.Is(err, errNotFound) || attempt == moved {
			return err
		}
		// Compact moved the rest of them.
		again, err := m.s.viewHour(m.ctx, h.hourKey)
		if err != nil {
			return err
		}
		again.late = h.late
		h = again
	}
}

// mergeRead is the most that one read brings.
const mergeRead = 4 << 20

func (m *merge) refs(refs []ref, done map[uint64]bool) error {
	var want []ref
	for _, r := range refs {
		if !done[r.entry().id] && m.q.matches(r.series(), r.entry().time) {
			want = append(want, r)
		}
	}
	for _, ofBlock := range sortBlocks(want) {
		for _, run := range runs(ofBlock, mergeRead) {
			key := run[0].block.key
			start, last := run[0].entry().off, run[len(run)-1].entry()
			data, err := m.s.getRange(m.ctx, key, start, last.off+last.size-start)
			if err != nil {
				return err
			}
			for _, r := range run {
				e := r.entry()
				done[e.id] = true
				from := min(e.off-start, int64(len(data))) // a file may be cut short
				if err := m.send(job{key: key, e: e, data: data[from:min(from+e.size, int64(len(data)))]}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// rollUp adds the files of a roll-up that match.
func (m *merge) rollUp(key string) error {
	b, err := m.s.loadRollUp(m.ctx, key)
	switch {
	case errors.Is(err, errNotFound) || errors.Is(err, errDamaged) && m.strict:
		return errStale
	case errors.Is(err, errDamaged):
		m.s.damaged(key, err)
		m.skip(0, err)
		return nil
	case err != nil:
		return err
	}
	for i := range b.idx.entries {
		e := &b.idx.entries[i]
		if !m.q.matchesSeries(&b.idx.series[e.series]) {
			continue
		}
		file := rollUpFile(key, e)
		data, err := m.s.get(m.ctx, file)
		if errors.Is(err, errNotFound) {
			return errStale
		}
		if err != nil {
			return err
		}
		if err := m.send(job{key: file, e: e, data: data, rollUp: true}); err != nil {
			return err
		}
	}
	return nil
}

// send hands a file to a worker. The first is decoded right here, so that the
// order of its sample types is the result's.
func (m *merge) send(j job) error {
	m.mu.Lock()
	first := m.stats.Bytes == 0
	m.stats.Bytes += j.e.size
	if j.rollUp {
		m.stats.RollUps++
	} else {
		m.stats.Opened++
	}
	m.mu.Unlock()
	if first {
		m.decode(m.sums[0], j)
		return context.Cause(m.ctx)
	}
	select {
	case m.work <- j:
		return nil
	case <-m.ctx.Done():
		return context.Cause(m.ctx)
	}
}

func (m *merge) decode(sum *sum, j job) {
	err := j.e.check(j.data)
	var p *collapse.Profile
	if err == nil {
		p, err = pprof.Decode(bytes.NewReader(j.data), pprof.Options{Limits: m.s.o.Limits})
	}
	if err != nil {
		m.s.damaged(j.key, err)
	} else {
		err = sum.add(p, j.e.count)
	}
	if err == nil {
		return
	}
	if j.rollUp && m.strict {
		m.stop(errStale)
		return
	}
	if _, ok := errors.AsType[*collapse.LimitError](err); ok && p != nil {
		m.stop(err)
		return
	}
	m.skip(j.e.count, err)
}

func (m *merge) skip(profiles int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.Skipped += profiles
	if m.stats.Reason == nil {
		m.stats.Reason = err
	}
}
