package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"flame/collapse"
)

// A Query says which profiles are meant.
type Query struct {
	Matchers []Matcher // all must match; none means every profile
	Type     string    // "cpu", "heap", …; "" means every type
	// From and To bound the time at which a capture began: From <= t < To. A
	// zero time is no bound.
	From, To time.Time
}

// An Entry is what the store knows of a profile without opening it.
type Entry struct {
	ID       ID
	Labels   Labels // shared with other entries
	Type     string
	Time     time.Time // UTC
	Duration time.Duration
	// SampleTypes are the profile's, Default the one to show if none is asked
	// for, and Totals the sums of their values.
	SampleTypes []collapse.ValueType
	Default     int
	Totals      []int64
	Size        int64 // bytes of the .pb.gz
}

// Service returns the label that every profile has.
func (e *Entry) Service() string { return e.Labels[ServiceLabel] }

func (q *Query) matches(s *series, t int64) bool { return q.includes(t) && q.matchesSeries(s) }

func (q *Query) includes(t int64) bool {
	return (q.From.IsZero() || t >= q.From.UnixNano()) && (q.To.IsZero() || t < q.To.UnixNano())
}

func (q *Query) matchesSeries(s *series) bool {
	if q.Type != "" && q.Type != s.typ {
		return false
	}
	for _, m := range q.Matchers {
		if !m.Matches(s.labels[m.Name]) {
			return false
		}
	}
	return true
}

// matchesService reports whether profiles of a service can match.
func (q *Query) matchesService(service string) bool {
	for _, m := range q.Matchers {
		if m.Name == ServiceLabel && !m.Matches(service) {
			return false
		}
	}
	return true
}

// Select returns the profiles that match, by service, type and time. It reads
// indexes only, one hour after the other. When it meets an error it yields that and
// ends.
func (s *Store) Select(ctx context.Context, q Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		err := s.eachHour(ctx, &q, func(h *hourView) error {
			refs, err := s.load(ctx, h)
			if err != nil {
				return err
			}
			for _, r := range refs {
				if q.matches(r.series(), r.entry().time) && !yield(r.export(), nil) {
					return errStop
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(Entry{}, err)
		}
	}
}

// errStop ends a walk early.
var errStop = errors.New("stop")

// Services returns the services that have profiles, sorted.
func (s *Store) Services(ctx context.Context) ([]string, error) {
	found := map[string]bool{}
	for _, dir := range []string{idxDir, hourDir, dayDir} {
		names, err := s.names(ctx, dir)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			found[n] = true
		}
	}
	for _, seg := range s.walSnapshot() {
		for i := range seg.idx.series {
			found[seg.idx.series[i].labels[ServiceLabel]] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// Types returns the profile types that a service has, sorted.
func (s *Store) Types(ctx context.Context, service string) ([]string, error) {
	found := map[string]bool{}
	for _, dir := range []string{idxDir, hourDir, dayDir} {
		names, err := s.names(ctx, dir+"/"+escape(service))
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			found[n] = true
		}
	}
	for _, seg := range s.walSnapshot() {
		for i := range seg.idx.series {
			if x := &seg.idx.series[i]; x.labels[ServiceLabel] == service {
				found[x.typ] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// Labels returns the values, sorted, that each label has among the profiles which
// match.
func (s *Store) Labels(ctx context.Context, q Query) (map[string][]string, error) {
	found := map[string]map[string]bool{}
	err := s.eachHour(ctx, &q, func(h *hourView) error {
		refs, err := s.load(ctx, h)
		if err != nil {
			return err
		}
		seen := map[*series]bool{}
		for _, r := range refs {
			x := r.series()
			if seen[x] || !q.matches(x, r.entry().time) {
				continue
			}
			seen[x] = true
			for name, value := range x.labels {
				if found[name] == nil {
					found[name] = map[string]bool{}
				}
				found[name][value] = true
			}
		}
		return nil
	})
	out := make(map[string][]string, len(found))
	for name, values := range found {
		out[name] = slices.Sorted(maps.Keys(values))
	}
	return out, err
}

// ErrNoProfile is in the chain of the error of an id that no profile has.
var ErrNoProfile = errors.New("there is no such profile: it may have been deleted for its age")

// Get returns a profile as it was stored, a .pb.gz, and what the store knows of it.
func (s *Store) Get(ctx context.Context, id ID) ([]byte, Entry, error) {
	k, t, random, err := id.parse()
	if err != nil {
		return nil, Entry{}, err
	}
	for attempt := 0; ; attempt++ {
		data, e, err := s.getFrom(ctx, k, t, random)
		if errors.Is(err, errNotFound) && attempt < moved {
			continue // Compact moved it
		}
		if err != nil {
			return nil, Entry{}, fmt.Errorf("get profile %s: %w", id, err)
		}
		return data, e, nil
	}
}

// moved is how often a reader looks again for what Compact moved meanwhile.
const moved = 5

func (s *Store) getFrom(ctx context.Context, k hourKey, t int64, random uint64) ([]byte, Entry, error) {
	h, err := s.viewHour(ctx, k)
	if err != nil {
		return nil, Entry{}, err
	}
	refs, err := s.load(ctx, h)
	if err != nil {
		return nil, Entry{}, err
	}
	for _, r := range refs {
		e := r.entry()
		if e.id != random || e.time != t {
			continue
		}
		data, err := s.getRange(ctx, r.block.key, e.off, e.size)
		if err == nil {
			if err = e.check(data); err != nil {
				s.damaged(r.block.key, err)
			}
		}
		return data, r.export(), err
	}
	return nil, Entry{}, ErrNoProfile
}

// damaged counts and remembers what a reader found broken.
func (s *Store) damaged(key string, err error) {
	s.count(func(st *Stats) { st.Damaged++ })
	s.fail(fmt.Errorf("read %s: %w; run flame store verify", key, err))
}

// names returns the unescaped names of the directories in one.
func (s *Store) names(ctx context.Context, dir string) ([]string, error) {
	entries, err := s.list(ctx, dir, false)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		name, isDir := strings.CutSuffix(strings.TrimPrefix(e, dir+"/"), "/")
		if n, ok := unescape(name); ok && isDir {
			out = append(out, n)
		}
	}
	return out, nil
}
