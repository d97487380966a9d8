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

// A hourView is what a query finds of one hour: the packs, by listing, and what is
// still in segments.
type hourView struct {
	hourKey
	packs []string // keys of their indexes
	wal   []ref
	late  bool // only what is in segments and in no pack is wanted
}

// A ref is one entry of the index of a block.
type ref struct {
	block *block
	at    int
}

// A block is an object that holds profiles, and its index.
type block struct {
	key  string // of the .tar
	size int64
	idx  *index
}

func (r ref) entry() *entry   { return &r.block.idx.entries[r.at] }
func (r ref) series() *series { return &r.block.idx.series[r.entry().series] }

func (r ref) export() Entry {
	e, x := r.entry(), r.series()
	return Entry{
		ID: makeID(x.labels[ServiceLabel], x.typ, e), Labels: x.labels, Type: x.typ,
		Time: time.Unix(0, e.time).UTC(), Duration: time.Duration(e.dur),
		SampleTypes: x.types, Default: x.def, Totals: e.totals, Size: e.size,
	}
}

// walSnapshot returns the segments of now. They do not change, they only go.
func (s *Store) walSnapshot() []*segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.segments))
}

// walByHour returns the entries of all segments that match, by hour.
func (s *Store) walByHour(q *Query) map[hourKey][]ref {
	hours := map[hourKey][]ref{}
	for _, seg := range s.walSnapshot() {
		b := &block{key: seg.key, size: seg.size, idx: seg.idx}
		match := make([]bool, len(seg.idx.series))
		for i := range match {
			match[i] = q.matchesSeries(&seg.idx.series[i])
		}
		for i := range seg.idx.entries {
			e := &seg.idx.entries[i]
			if !match[e.series] || !q.includes(e.time) {
				continue
			}
			x := &seg.idx.series[e.series]
			k := hourKey{x.labels[ServiceLabel], x.typ, floorDiv(e.time, int64(time.Hour))}
			hours[k] = append(hours[k], ref{b, i})
		}
	}
	return hours
}

// eachHour calls do for each hour that has single profiles in the query's range,
// by service, type and time. Segments are looked at before packs are: so what moves
// meanwhile is seen twice (and told apart by its id), never not at all.
func (s *Store) eachHour(ctx context.Context, q *Query, do func(*hourView) error) error {
	wal := s.walByHour(q)
	kinds, err := s.kinds(ctx, q, idxDir)
	if err != nil {
		return err
	}
	for k := range wal {
		kinds[[2]string{k.service, k.typ}] = true
	}
	for _, kind := range sortedKinds(kinds) {
		days, err := s.days(ctx, idxDir, kind, q)
		if err != nil {
			return err
		}
		for k := range wal {
			if k.service == kind[0] && k.typ == kind[1] && !slices.Contains(days, k.day()) {
				days = append(days, k.day())
			}
		}
		slices.Sort(days)
		for _, day := range days {
			hours, err := s.viewDay(ctx, kind, day, wal)
			if err != nil {
				return err
			}
			for _, h := range hours {
				if !q.overlaps(h.hourKey) {
					continue
				}
				if err := ctx.Err(); err != nil {
					return context.Cause(ctx)
				}
				if err := do(h); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (q *Query) overlaps(k hourKey) bool {
	return (q.To.IsZero() || k.start().Before(q.To)) && (q.From.IsZero() || k.end().After(q.From))
}

// kinds returns the pairs of service and type below a directory that can match.
func (s *Store) kinds(ctx context.Context, q *Query, dir string) (map[[2]string]bool, error) {
	services, err := s.names(ctx, dir)
	if err != nil {
		return nil, err
	}
	kinds := map[[2]string]bool{}
	for _, service := range services {
		if !q.matchesService(service) {
			continue
		}
		types := []string{q.Type}
		if q.Type == "" {
			if types, err = s.names(ctx, dir+"/"+escape(service)); err != nil {
				return nil, err
			}
		}
		for _, t := range types {
			kinds[[2]string{service, t}] = true
		}
	}
	return kinds, nil
}

func sortedKinds(kinds map[[2]string]bool) [][2]string {
	return slices.SortedFunc(maps.Keys(kinds), func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	})
}

func kindPath(dir string, kind [2]string) string {
	return path.Join(dir, escape(kind[0]), escape(kind[1]))
}

// days returns the days in the query's range for which there is something.
func (s *Store) days(ctx context.Context, dir string, kind [2]string, q *Query) ([]string, error) {
	entries, err := s.list(ctx, kindPath(dir, kind), false)
	if err != nil {
		return nil, err
	}
	var days []string
	for _, e := range entries {
		name := path.Base(strings.TrimSuffix(e, "/"))
		t, err := time.Parse(dayLayout, name)
		if err != nil || !strings.HasSuffix(e, "/") {
			continue
		}
		if (q.To.IsZero() || t.Before(q.To)) && (q.From.IsZero() || t.Add(24*time.Hour).After(q.From)) {
			days = append(days, name)
		}
	}
	return days, nil
}

// viewDay returns the hours of a day, in order.
func (s *Store) viewDay(ctx context.Context, kind [2]string, day string, wal map[hourKey][]ref) ([]*hourView, error) {
	keys, err := s.list(ctx, kindPath(idxDir, kind)+"/"+day, true)
	if err != nil {
		return nil, err
	}
	hours := map[hourKey]*hourView{}
	at := func(k hourKey) *hourView {
		if hours[k] == nil {
			hours[k] = &hourView{hourKey: k, wal: wal[k]}
		}
		return hours[k]
	}
	for _, key := range keys {
		if k, ok := parseHour(strings.TrimPrefix(path.Dir(key), idxDir+"/")); ok && strings.HasSuffix(key, ".idx") {
			h := at(k)
			h.packs = append(h.packs, key)
		}
	}
	for k := range wal {
		if k.service == kind[0] && k.typ == kind[1] && k.day() == day {
			at(k)
		}
	}
	return slices.SortedFunc(maps.Values(hours), func(a, b *hourView) int { return cmp.Compare(a.hour, b.hour) }), nil
}

// viewHour returns the view of one hour.
func (s *Store) viewHour(ctx context.Context, k hourKey) (*hourView, error) {
	q := Query{Type: k.typ, From: k.start(), To: k.end()}
	h := &hourView{hourKey: k, wal: s.walByHour(&q)[k]}
	keys, err := s.list(ctx, idxDir+"/"+k.path(), true)
	for _, key := range keys {
		if strings.HasSuffix(key, ".idx") {
			h.packs = append(h.packs, key)
		}
	}
	return h, err
}

// packKey returns the key of the pack that an index is of.
func packKey(idx string) string {
	return rawDir + strings.TrimSuffix(strings.TrimPrefix(idx, idxDir), ".idx") + ".tar"
}

// load reads the indexes of an hour and returns its entries by time, each once: a
// crash of Compact may leave a profile in two places.
func (s *Store) load(ctx context.Context, h *hourView) ([]ref, error) {
	for attempt := 0; ; attempt++ {
		refs, err := s.loadOnce(ctx, h)
		if !errors.Is(err, errNotFound) || attempt == moved {
			return refs, err
		}
		again, err := s.viewHour(ctx, h.hourKey)
		if err != nil {
			return nil, err
		}
		again.late = h.late
		*h = *again
	}
}

func (s *Store) loadOnce(ctx context.Context, h *hourView) ([]ref, error) {
	refs := slices.Clone(h.wal)
	overlap := len(h.wal) > 0
	packed := map[*block]bool{}
	for _, key := range h.packs {
		b, err := s.loadBlock(ctx, key)
		if errors.Is(err, errDamaged) {
			s.damaged(key, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, name := range b.idx.holds {
			overlap = overlap || slices.Contains(h.packs, name)
		}
		packed[b] = true
		for i := range b.idx.entries {
			refs = append(refs, ref{b, i})
		}
	}
	// Of a profile that is in a pack and in a segment the pack's comes first: the
	// segment will soon be gone.
	slices.SortStableFunc(refs, func(a, b ref) int {
		return cmp.Or(cmp.Compare(a.entry().time, b.entry().time), cmp.Compare(a.entry().id, b.entry().id), cmp.Compare(rank[packed[a.block]], rank[packed[b.block]]))
	})
	if overlap {
		refs = slices.CompactFunc(refs, func(a, b ref) bool { return a.entry().id == b.entry().id && a.entry().time == b.entry().time })
	}
	if h.late {
		refs = slices.DeleteFunc(refs, func(r ref) bool { return packed[r.block] })
	}
	return refs, nil
}

var rank = map[bool]int{true: 0, false: 1}

var errDamaged = errors.New("it is damaged")

// loadBlock reads the index of a pack, or takes it from the cache: what a key names
// does not change.
func (s *Store) loadBlock(ctx context.Context, key string) (*block, error) {
	if b := s.cache.get(key); b != nil {
		return b, nil
	}
	data, err := s.get(ctx, key)
	if err != nil {
		return nil, err
	}
	x, err := decodeIndex(data)
	if err != nil {
		return nil, fmt.Errorf("%w: read index %s: %w", errDamaged, key, err)
	}
	b := &block{key: packKey(key), idx: x}
	b.size, _ = nameSize(key)
	s.cache.put(key, b)
	return b, nil
}
