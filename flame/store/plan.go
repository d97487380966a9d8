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

// A part is one step of a plan: single profiles of an hour, or a roll-up.
type part struct {
	hour   *hourView // nil for a roll-up
	rollUp string    // key of the roll-up's index, "" for single profiles
}

// A period is a roll-up's, an hour or a day.
type period struct {
	dir    string // hourDir or dayDir
	start  time.Time
	length time.Duration
}

func (p period) whole(q *Query) bool {
	return (q.From.IsZero() || !p.start.Before(q.From)) && (q.To.IsZero() || !p.start.Add(p.length).After(q.To))
}

// starts reports whether the period begins in the query's range. A period of which
// there is nothing but the roll-up is taken as a whole, if so.
func (p period) starts(q *Query) bool { return q.includes(p.start.UnixNano()) }

// plan calls do for parts that together are the query's profiles, each once, by
// service, type and time. Where roll-ups are wanted it takes them for whole days
// and hours, if they are up to date and the matchers allow it, and single profiles
// elsewhere; else it takes them where the single profiles have been deleted.
func (s *Store) plan(ctx context.Context, q *Query, rollUps bool, do func(part) error) error {
	wal := s.walByHour(q)
	kinds := map[[2]string]bool{}
	for _, dir := range []string{idxDir, hourDir, dayDir} {
		more, err := s.kinds(ctx, q, dir)
		if err != nil {
			return err
		}
		maps.Copy(kinds, more)
	}
	for k := range wal {
		kinds[[2]string{k.service, k.typ}] = true
	}
	for _, kind := range sortedKinds(kinds) {
		p := planner{s, q, kind, wal, rollUps && s.rollUpsFit(q), do}
		if err := p.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rollUpsFit reports whether no matcher names a label that roll-ups do not have.
func (s *Store) rollUpsFit(q *Query) bool {
	return !slices.ContainsFunc(q.Matchers, func(m Matcher) bool { return slices.Contains(s.o.InstanceLabels, m.Name) })
}

// A planner plans for one type of one service.
type planner struct {
	s       *Store
	q       *Query
	kind    [2]string
	wal     map[hourKey][]ref
	rollUps bool
	do      func(part) error
}

func (p *planner) run(ctx context.Context) error {
	days := map[string]bool{}
	for _, dir := range []string{idxDir, hourDir} {
		list, err := p.s.days(ctx, dir, p.kind, p.q)
		if err != nil {
			return err
		}
		for _, d := range list {
			days[d] = true
		}
	}
	for k := range p.wal {
		if k.service == p.kind[0] && k.typ == p.kind[1] {
			days[k.day()] = true
		}
	}
	daily, err := p.s.rollUps(ctx, kindPath(dayDir, p.kind))
	if err != nil {
		return err
	}
	for day := range daily {
		if t, err := time.Parse(dayLayout, day); err == nil && (period{dayDir, t, 24 * time.Hour}).overlaps(p.q) {
			days[day] = true
		}
	}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := p.day(ctx, day, daily[day]); err != nil {
			return err
		}
	}
	return nil
}

func (p period) overlaps(q *Query) bool {
	return (q.To.IsZero() || p.start.Before(q.To)) && (q.From.IsZero() || p.start.Add(p.length).After(q.From))
}

func (p *planner) day(ctx context.Context, day string, daily []string) error {
	hours, err := p.s.viewDay(ctx, p.kind, day, p.wal)
	if err != nil {
		return err
	}
	start, err := time.Parse(dayLayout, day)
	if err != nil {
		return err
	}
	hourly, err := p.s.rollUps(ctx, kindPath(hourDir, p.kind)+"/"+day)
	if err != nil {
		return err
	}
	whole := period{dayDir, start, 24 * time.Hour}
	var packs []string
	for _, h := range hours {
		packs = append(packs, h.packs...)
	}
	key, err := p.s.pick(ctx, daily, packs)
	if err != nil {
		return err
	}
	if key != "" {
		gone := len(packs) == 0 && len(hourly) == 0
		if p.rollUps && whole.whole(p.q) || gone && whole.starts(p.q) {
			return p.take(key, hours)
		}
	}
	return p.hours(ctx, start, hours, hourly)
}

func (p *planner) hours(ctx context.Context, start time.Time, hours []*hourView, hourly map[string][]string) error {
	byHour := map[int64]*hourView{}
	for _, h := range hours {
		byHour[h.hour] = h
	}
	for i := range 24 {
		at := start.Add(time.Duration(i) * time.Hour)
		whole := period{hourDir, at, time.Hour}
		if !whole.overlaps(p.q) {
			continue
		}
		h := byHour[hourOf(at)]
		if h == nil {
			h = &hourView{hourKey: hourKey{p.kind[0], p.kind[1], hourOf(at)}}
		}
		key, err := p.s.pick(ctx, hourly[at.Format("15")], h.packs)
		if err != nil {
			return err
		}
		switch {
		case key != "" && (p.rollUps && whole.whole(p.q) || len(h.packs) == 0 && whole.starts(p.q)):
			err = p.take(key, []*hourView{h})
		case len(h.packs)+len(h.wal) > 0:
			err = p.do(part{hour: h})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take takes a roll-up, and beside it what has come to its hours since.
func (p *planner) take(key string, hours []*hourView) error {
	if err := p.do(part{rollUp: key}); err != nil {
		return err
	}
	for _, h := range hours {
		if len(h.wal) == 0 {
			continue
		}
		// In the rare case that some are in packs already, those are not to be
		// counted twice: the view says so.
		late := &hourView{hourKey: h.hourKey, wal: h.wal, packs: h.packs, late: true}
		if err := p.do(part{hour: late}); err != nil {
			return err
		}
	}
	return nil
}

// rollUps returns the keys of the indexes of roll-ups in a directory, by the period
// their names start with.
func (s *Store) rollUps(ctx context.Context, dir string) (map[string][]string, error) {
	entries, err := s.list(ctx, dir, false)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, key := range entries {
		name, ok := strings.CutSuffix(path.Base(key), ".idx")
		i := strings.LastIndexByte(name, '-')
		if ok && i > 0 {
			found[name[:i]] = append(found[name[:i]], key)
		}
	}
	return found, nil
}

// pick returns the index of the roll-up that all these packs are in, "" if there is
// none. Packs that it holds besides have been deleted for their age.
func (s *Store) pick(ctx context.Context, keys, packs []string) (string, error) {
	if len(packs) == 0 && len(keys) > 0 {
		return keys[len(keys)-1], nil
	}
	holds := holdsHash(packs)
	for _, key := range keys {
		if strings.HasSuffix(key, "-"+holds+".idx") {
			return key, nil
		}
	}
	for _, key := range keys {
		b, err := s.loadRollUp(ctx, key)
		if errors.Is(err, errNotFound) || errors.Is(err, errDamaged) {
			continue
		}
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(packs, func(p string) bool { return !slices.Contains(b.idx.holds, p) }) {
			return key, nil
		}
	}
	return "", nil
}

// holdsHash names a set of packs.
func holdsHash(packs []string) string { return hashOf(slices.Sorted(slices.Values(packs))...) }

// loadRollUp reads the index of a roll-up.
func (s *Store) loadRollUp(ctx context.Context, key string) (*block, error) {
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
	b := &block{key: key, idx: x}
	s.cache.put(key, b)
	return b, nil
}

// rollUpFile returns the key of one file of a roll-up.
func rollUpFile(idx string, e *entry) string {
	return fmt.Sprintf("%s-%016x-%d.pb.gz", strings.TrimSuffix(idx, ".idx"), e.id, e.size)
}

// errStale says that a roll-up went away while it was to be read, since a newer one
// replaced it.
var errStale = errors.New("the roll-up was replaced")

func sortBlocks(refs []ref) [][]ref {
	byBlock := map[*block][]ref{}
	for _, r := range refs {
		byBlock[r.block] = append(byBlock[r.block], r)
	}
	return slices.SortedFunc(maps.Values(byBlock), func(a, b []ref) int { return strings.Compare(a[0].block.key, b[0].block.key) })
}

// runs cuts the entries of one block into those that one read brings: neighbours
// without large gaps, up to so many bytes.
func runs(refs []ref, most int64) [][]ref {
	const gap = 128 << 10
	slices.SortFunc(refs, func(a, b ref) int { return cmp.Compare(a.entry().off, b.entry().off) })
	var out [][]ref
	first := 0
	for i := 1; i <= len(refs); i++ {
		if i < len(refs) {
			e, before := refs[i].entry(), refs[i-1].entry()
			if e.off-before.off-before.size <= gap && e.off+e.size-refs[first].entry().off <= most {
				continue
			}
		}
		out = append(out, refs[first:i])
		first = i
	}
	return out
}
