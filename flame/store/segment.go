package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// A segment is what one commit wrote: a pack of profiles of any service, type and
// time, from which Compact makes packs of one hour. Its index is in memory.
type segment struct {
	key  string
	size int64
	idx  *index
}

// newSegment makes a segment of profiles, sorted so that those which will share a
// pack lie side by side.
func (s *Store) newSegment(batch []*pending) (*segment, []byte, error) {
	sorted := slices.Clone(batch)
	slices.SortStableFunc(sorted, func(a, b *pending) int {
		return cmp.Or(strings.Compare(a.series.labels[ServiceLabel], b.series.labels[ServiceLabel]), strings.Compare(a.series.typ, b.series.typ), cmp.Compare(a.entry.time, b.entry.time))
	})
	w := newPackWriter()
	for _, p := range sorted {
		if err := w.add(p.series, p.entry, p.data); err != nil {
			return nil, nil, fmt.Errorf("store profile: %w", err)
		}
	}
	data, err := w.finish()
	if err != nil {
		return nil, nil, fmt.Errorf("store profile: %w", err)
	}
	key := fmt.Sprintf("%s/%013d-%016x-%d.tar", walDir, s.o.Now().UnixMilli(), randomID(), len(data))
	idx := w.idx.index // a copy: the writer, which holds all profiles, must not stay with it
	return &segment{key: key, size: int64(len(data)), idx: &idx}, data, nil
}

func (s *Store) addSegment(seg *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.segments[seg.key] == nil {
		s.segments[seg.key] = seg
		s.walBytes += seg.size
	}
}

func (s *Store) dropSegment(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seg := s.segments[key]; seg != nil {
		s.walBytes -= seg.size
		delete(s.segments, key)
	}
}

// loadSegments reads the indexes of the segments that are in the bucket. One that
// is damaged is left for Verify.
func (s *Store) loadSegments(ctx context.Context) error {
	keys, err := s.list(ctx, walDir, true)
	if err != nil {
		return err
	}
	for _, key := range keys {
		size, ok := nameSize(key)
		if !ok || !strings.HasSuffix(key, ".tar") {
			continue
		}
		x, err := s.readPackIndex(ctx, key, size)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.fail(fmt.Errorf("%w; run flame store verify", err))
			s.count(func(st *Stats) { st.Damaged++ })
			continue
		}
		s.addSegment(&segment{key: key, size: size, idx: x})
	}
	return nil
}
