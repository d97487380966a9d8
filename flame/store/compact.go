package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	// packBytes is about how large a pack may be; it is held in memory while it is
	// made.
	packBytes = 32 << 20
	// An hour that is over gets its small packs merged, one that is not, only when
	// there are very many.
	manyPacks = 16

	// Segments are made into packs when the oldest is this old or all are this large.
	segmentAge   = 5 * time.Minute
	segmentBytes = 256 << 20
)

// Compact moves all profiles from segments into packs of one service, type and
// hour. What it moved is readable all the time, and a crash at any moment costs
// nothing: a profile that is then in two places counts once, and the next Compact
// tidies up.
func (s *Store) Compact(ctx context.Context) error {
	release, err := s.own(ctx)
	if err != nil {
		return err
	}
	defer release()
	return s.fail(s.compact(ctx))
}

func (s *Store) compact(ctx context.Context) error {
	segments := s.walSnapshot()
	slices.SortFunc(segments, func(a, b *segment) int { return strings.Compare(a.key, b.key) })
	for len(segments) > 0 {
		n, size := 0, int64(0)
		for n < len(segments) && (n == 0 || size+segments[n].size <= segmentBytes) {
			size += segments[n].size
			n++
		}
		if err := s.compactBatch(ctx, segments[:n]); err != nil {
			return fmt.Errorf("compact store: %w", err)
		}
		segments = segments[n:]
	}
	return nil
}

func (s *Store) compactBatch(ctx context.Context, segments []*segment) error {
	hours := map[hourKey][]ref{}
	for _, seg := range segments {
		b := &block{key: seg.key, size: seg.size, idx: seg.idx}
		for i := range seg.idx.entries {
			r := ref{b, i}
			x := r.series()
			k := hourKey{x.labels[ServiceLabel], x.typ, floorDiv(r.entry().time, int64(time.Hour))}
			hours[k] = append(hours[k], r)
		}
	}
	for _, k := range sortedHours(hours) {
		if err := s.compactHour(ctx, k, hours[k]); err != nil {
			return err
		}
	}
	for _, seg := range segments {
		s.dropSegment(seg.key)
		if err := s.remove(ctx, seg.key); err != nil {
			s.addSegment(seg) // to be tried again; its profiles are not moved twice
			return err
		}
	}
	return nil
}

func sortedHours[V any](hours map[hourKey]V) []hourKey {
	return slices.SortedFunc(maps.Keys(hours), func(a, b hourKey) int {
		return cmp.Or(strings.Compare(a.service, b.service), strings.Compare(a.typ, b.typ), cmp.Compare(a.hour, b.hour))
	})
}

// compactHour writes those profiles into packs that are in none yet.
func (s *Store) compactHour(ctx context.Context, k hourKey, refs []ref) error {
	h, err := s.viewHour(ctx, k)
	if err != nil {
		return err
	}
	h.wal = refs
	h.late = true
	if refs, err = s.load(ctx, h); err != nil || len(refs) == 0 {
		return err
	}
	if _, err := s.writePacks(ctx, k, refs, nil); err != nil {
		return err
	}
	s.markDirty(k)
	s.count(func(st *Stats) { st.Packed += int64(len(refs)) })
	return nil
}

// writePacks copies profiles of one hour into new packs, and returns the keys of
// their indexes. The pack comes before its index, so an index's pack is there.
func (s *Store) writePacks(ctx context.Context, k hourKey, refs []ref, holds []string) ([]string, error) {
	var keys []string
	w := newPackWriter()
	flush := func() error {
		if len(w.idx.entries) == 0 {
			return nil
		}
		key, err := s.writePack(ctx, k, w, holds)
		keys = append(keys, key)
		w = newPackWriter()
		return err
	}
	for _, ofBlock := range sortBlocks(refs) {
		for _, run := range runs(ofBlock, mergeRead) {
			key := run[0].block.key
			start, last := run[0].entry().off, run[len(run)-1].entry()
			data, err := s.getRange(ctx, key, start, last.off+last.size-start)
			if err != nil {
				return nil, err
			}
			for _, r := range run {
				e := r.entry()
				from := min(e.off-start, int64(len(data)))
				member := data[from:min(from+e.size, int64(len(data)))]
				if err := e.check(member); err != nil {
					s.damaged(key, err)
					if err := s.putAside(ctx, string(r.export().ID), member); err != nil {
						return nil, err
					}
					continue
				}
				if w.size() > 0 && w.size()+len(member) > packBytes {
					if err := flush(); err != nil {
						return nil, err
					}
				}
				if err := w.add(*r.series(), *e, member); err != nil {
					return nil, err
				}
			}
		}
	}
	return keys, flush()
}

// writePack writes one pack and its index. The name tells what is in it, so that
// the same work done twice gives the same objects.
func (s *Store) writePack(ctx context.Context, k hourKey, w *packWriter, holds []string) (string, error) {
	w.idx.holds = holds
	data, err := w.finish()
	if err != nil {
		return "", err
	}
	var names []string
	for i := range w.idx.entries {
		names = append(names, memberName(&w.idx.entries[i]))
	}
	key := fmt.Sprintf("%s/%s/%s-%d.idx", idxDir, k.path(), hashOf(slices.Concat(names, holds)...), len(data))
	if err := s.put(ctx, packKey(key), data); err != nil {
		return "", err
	}
	return key, s.put(ctx, key, w.idx.encode())
}

// putAside keeps what is damaged where a person can look at it.
func (s *Store) putAside(ctx context.Context, name string, data []byte) error {
	return s.put(ctx, path.Join(lostDir, name), data)
}

func (s *Store) markDirty(k hourKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty[k] = true
}

// mergePacks merges the small packs of an hour. The old ones are deleted when the
// new one is there; a reader who is at them looks again.
func (s *Store) mergePacks(ctx context.Context, k hourKey, over bool) error {
	h, err := s.viewHour(ctx, k)
	if err != nil {
		return err
	}
	small := slices.DeleteFunc(slices.Clone(h.packs), func(key string) bool {
		size, ok := nameSize(key)
		return !ok || size > packBytes/2
	})
	if len(small) < manyPacks && !over {
		return nil
	}
	twice, err := s.twice(ctx, h.packs)
	if err != nil {
		return err
	}
	for _, key := range twice {
		if !slices.Contains(small, key) {
			small = append(small, key)
		}
	}
	if len(small) < 2 {
		return nil
	}
	refs, err := s.loadOnce(ctx, &hourView{hourKey: k, packs: small})
	if err != nil {
		return err
	}
	keys, err := s.writePacks(ctx, k, refs, small)
	if err != nil {
		return err
	}
	return s.removePacks(ctx, slices.DeleteFunc(small, func(key string) bool { return slices.Contains(keys, key) }))
}

// twice returns the packs that a merge which was cut off left beside those that it
// had made of them, and these.
func (s *Store) twice(ctx context.Context, packs []string) ([]string, error) {
	var out []string
	for _, key := range packs {
		b, err := s.loadBlock(ctx, key)
		if err != nil {
			return nil, err
		}
		for _, held := range b.idx.holds {
			if slices.Contains(packs, held) {
				out = append(out, key, held)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// removePacks deletes packs, their indexes first: so there is never an index
// without its pack.
func (s *Store) removePacks(ctx context.Context, keys []string) error {
	var err error
	for _, key := range keys {
		e := s.remove(ctx, key)
		if e == nil {
			e = s.remove(ctx, packKey(key))
		}
		err = errors.Join(err, e)
	}
	return err
}

// Maintain does what is to be done at a moment: it makes packs of segments when
// they are old or large, and roll-ups of hours and days that are over, and deletes
// what the retention says. A program that writes calls it every minute or so.
// Each part is done though another fails.
func (s *Store) Maintain(ctx context.Context, now time.Time) error {
	var err error
	if s.segmentsDue(now) {
		err = s.Compact(ctx)
	}
	return errors.Join(err, s.RollUp(ctx, now), s.Expire(ctx, now))
}

func (s *Store) segmentsDue(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.walBytes > segmentBytes {
		return true
	}
	for key := range s.segments {
		if t, ok := segmentTime(key); !ok || now.Sub(t) > segmentAge || t.After(now) {
			return true
		}
	}
	return false
}

// segmentTime returns when a segment was written.
func segmentTime(key string) (time.Time, bool) {
	var ms int64
	_, err := fmt.Sscanf(path.Base(key), "%d-", &ms)
	return time.UnixMilli(ms), err == nil
}

// Run calls Maintain every interval until ctx ends, and at once when segments have
// grown large. What fails is in Stats, and is tried again.
func (s *Store) Run(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(min(interval, time.Second))
	defer tick.Stop()
	next := s.o.Now()
	for {
		if now := s.now(); !now.Before(next) || s.segmentsLarge() || next.Sub(now) > interval {
			_ = s.Maintain(ctx, now)
			next = now.Add(interval)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Store) segmentsLarge() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.walBytes > segmentBytes
}
