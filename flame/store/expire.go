package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Expire deletes what [Retention] says: single profiles and roll-ups by their age,
// then, if all together still take too much, the oldest hours of single profiles,
// then the oldest roll-ups. It deletes whole hours and days, and never the current
// hour.
//
// A clock that is ahead deletes nothing that it should not: ages are counted from
// the newest profile in the store, if that is older than now. So a service that is
// never captured again keeps its last profiles until others come.
func (s *Store) Expire(ctx context.Context, now time.Time) error {
	r := s.o.Retention
	if r == (Retention{}) {
		return nil
	}
	release, err := s.own(ctx)
	if err != nil {
		return err
	}
	defer release()
	periods, err := s.inventory(ctx)
	if err == nil {
		err = s.expire(ctx, periods, now)
	}
	if err != nil {
		return s.fail(fmt.Errorf("delete old profiles: %w", err))
	}
	return nil
}

// A stored period is the objects of one service and type that are deleted together.
type stored struct {
	period
	bytes int64
	keys  []string // indexes first
}

func (p *stored) end() time.Time { return p.start.Add(p.length) }

// inventory lists all packs and roll-ups.
func (s *Store) inventory(ctx context.Context) ([]*stored, error) {
	all := map[string]*stored{}
	var order []*stored
	for _, dir := range []string{idxDir, hourDir, dayDir, rawDir} {
		keys, err := s.list(ctx, dir, true)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			p, name, ok := periodOf(key)
			if !ok {
				continue
			}
			st := all[name]
			if st == nil {
				st = &stored{period: p}
				all[name] = st
				order = append(order, st)
			}
			if strings.HasSuffix(key, ".idx") {
				st.keys = slices.Insert(st.keys, 0, key)
			} else {
				st.keys = append(st.keys, key)
				size, _ := nameSize(key)
				st.bytes += size
			}
		}
	}
	return order, nil
}

// periodOf returns the period that an object is of, and a name for it.
func periodOf(key string) (p period, name string, ok bool) {
	parts := strings.Split(key, "/")
	switch {
	case len(parts) == 6 && (parts[0] == idxDir || parts[0] == rawDir):
		k, ok := parseHour(path.Join(parts[1:5]...))
		return period{rawDir, k.start(), time.Hour}, path.Join(rawDir, k.path()), ok
	case len(parts) == 5 && parts[0] == hourDir:
		hour, _, _ := strings.Cut(parts[4], "-")
		k, ok := parseHour(path.Join(parts[1], parts[2], parts[3], hour))
		return period{hourDir, k.start(), time.Hour}, path.Join(hourDir, k.path()), ok
	case len(parts) == 4 && parts[0] == dayDir && len(parts[3]) > len(dayLayout):
		t, err := time.Parse(dayLayout, parts[3][:len(dayLayout)])
		return period{dayDir, t, 24 * time.Hour}, path.Join(parts[0], parts[1], parts[2], parts[3][:len(dayLayout)]), err == nil
	}
	return p, "", false
}

func (s *Store) expire(ctx context.Context, periods []*stored, now time.Time) error {
	// Deleted are first single profiles, then hourly, then daily roll-ups, each from
	// the oldest on.
	rank := map[string]int{rawDir: 0, hourDir: 1, dayDir: 2}
	slices.SortFunc(periods, func(a, b *stored) int { return cmp.Or(cmp.Compare(rank[a.dir], rank[b.dir]), a.start.Compare(b.start)) })
	var newest time.Time
	var bytes int64
	for _, p := range periods {
		bytes += p.bytes
		if p.dir == rawDir && p.end().After(newest) {
			newest = p.end()
		}
	}
	s.mu.Lock()
	bytes += s.walBytes
	s.mu.Unlock()
	aged := now
	if newest.Before(now) && !newest.IsZero() {
		aged = newest
	}
	r := s.o.Retention
	age := map[string]time.Duration{rawDir: r.Raw, hourDir: r.Hourly, dayDir: r.Daily}
	var failed error
	for _, p := range periods {
		old := age[p.dir] > 0 && p.end().Before(aged.Add(-age[p.dir]))
		large := r.Bytes > 0 && bytes > r.Bytes && !p.end().After(now)
		if !old && !large {
			continue
		}
		if err := s.removeAll(ctx, p.keys); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		bytes -= p.bytes
	}
	return failed
}

func (s *Store) removeAll(ctx context.Context, keys []string) error {
	for _, key := range keys {
		if err := s.remove(ctx, key); err != nil {
			return err
		}
		s.count(func(st *Stats) { st.Expired++ })
	}
	return nil
}
