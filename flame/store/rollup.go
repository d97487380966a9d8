package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"flame/collapse"
	"flame/collapse/pprof"
)

// rollUpDelay is how long after its end an hour is rolled up: what was captured in
// its last minutes has to be in packs.
const rollUpDelay = segmentAge + time.Minute

// RollUp merges the small packs of all hours that are over, makes roll-ups of these
// hours, and then of the days that are over. It does nothing twice: a roll-up's name
// tells of which packs it is, so one is made when there is none of just the packs
// that there are, for whatever reason. What came late makes a period's roll-up anew;
// the old one is deleted after that.
//
// A roll-up has one .pb.gz for each set of labels, without
// [Options.InstanceLabels], and each is what Merge makes of the profiles.
func (s *Store) RollUp(ctx context.Context, now time.Time) error {
	release, err := s.own(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := s.rollUpDue(ctx, now); err != nil {
		return s.fail(fmt.Errorf("roll up store: %w", err))
	}
	return nil
}

func (s *Store) rollUpDue(ctx context.Context, now time.Time) error {
	if err := s.scan(ctx); err != nil {
		return err
	}
	var failed error           // the hours and days after it are done all the same
	days := map[hourKey]bool{} // by their first hour
	for _, k := range s.dirtyHours() {
		over := !now.Before(k.end().Add(rollUpDelay))
		err := s.mergePacks(ctx, k, over)
		if err == nil && over {
			err = s.rollUpHour(ctx, k)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		failed = errors.Join(failed, err)
		day := k
		day.hour = floorDiv(k.hour, 24) * 24
		if now.Before(day.start().Add(24*time.Hour + rollUpDelay)) {
			continue // the hour stays dirty till then, and costs a few listings
		}
		days[day] = days[day] || err != nil
	}
	for _, day := range sortedHours(days) {
		if days[day] {
			continue // one of its hours failed
		}
		if err := s.rollUpDay(ctx, day); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		s.mu.Lock()
		for i := range int64(24) {
			delete(s.dirty, hourKey{day.service, day.typ, day.hour + i})
		}
		s.mu.Unlock()
	}
	return failed
}

func (s *Store) dirtyHours() []hourKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sortedHours(s.dirty)
}

// scan marks, once after Open, the hours that may need work: those of days which
// have no daily roll-up of their packs.
func (s *Store) scan(ctx context.Context) error {
	if s.scanned {
		return nil
	}
	all := &Query{}
	kinds, err := s.kinds(ctx, all, idxDir)
	if err != nil {
		return err
	}
	for _, kind := range sortedKinds(kinds) {
		daily, err := s.rollUps(ctx, kindPath(dayDir, kind))
		if err != nil {
			return err
		}
		days, err := s.days(ctx, idxDir, kind, all)
		if err != nil {
			return err
		}
		for _, day := range days {
			hours, err := s.viewDay(ctx, kind, day, nil)
			if err != nil {
				return err
			}
			var packs []string
			for _, h := range hours {
				packs = append(packs, h.packs...)
			}
			key, err := s.pick(ctx, daily[day], packs)
			if err != nil {
				return err
			}
			if len(daily[day]) == 1 && key != "" {
				continue
			}
			for _, h := range hours {
				s.markDirty(h.hourKey)
			}
		}
	}
	s.scanned = true
	return nil
}

// rollUpHour makes the roll-up of an hour from its packs.
func (s *Store) rollUpHour(ctx context.Context, k hourKey) error {
	h, err := s.viewHour(ctx, k)
	if err != nil || len(h.packs) == 0 {
		return err
	}
	h.wal = nil
	dir := path.Dir(hourDir + "/" + k.path())
	old, err := s.rollUps(ctx, dir)
	if err != nil {
		return err
	}
	r := rollUp{s: s, prefix: dir + "/" + k.start().Format("15"), packs: h.packs, old: old[k.start().Format("15")]}
	if there, err := r.current(ctx); there || err != nil {
		return err
	}
	refs, err := s.load(ctx, h)
	if err != nil {
		return err
	}
	sets := map[string]*labelSet{}
	for _, ref := range refs {
		x := s.merged(*ref.series())
		key := x.key()
		if sets[key] == nil {
			sets[key] = &labelSet{series: x}
		}
		sets[key].refs = append(sets[key].refs, ref)
	}
	for _, key := range slices.Sorted(maps.Keys(sets)) {
		set := sets[key]
		m := newMerge(ctx, s, &Query{Type: k.typ})
		if err := r.add(ctx, key, set, m, m.refs(set.refs, map[uint64]bool{})); err != nil {
			return err
		}
	}
	return r.finish(ctx)
}

// merged returns a series without the labels that roll-ups do not have.
func (s *Store) merged(x series) series {
	x.labels = maps.Clone(x.labels)
	for _, name := range s.o.InstanceLabels {
		if name != ServiceLabel {
			delete(x.labels, name)
		}
	}
	return x
}

// A labelSet is what goes into one file of a roll-up: single profiles of an hour,
// or files of hourly roll-ups.
type labelSet struct {
	series series
	refs   []ref
}

// rollUpDay makes the roll-up of a day from those of its hours.
func (s *Store) rollUpDay(ctx context.Context, day hourKey) error {
	kind := [2]string{day.service, day.typ}
	hours, err := s.viewDay(ctx, kind, day.day(), nil)
	if err != nil {
		return err
	}
	daily, err := s.rollUps(ctx, kindPath(dayDir, kind))
	if err != nil {
		return err
	}
	hourly, err := s.rollUps(ctx, kindPath(hourDir, kind)+"/"+day.day())
	if err != nil {
		return err
	}
	r := rollUp{s: s, prefix: kindPath(dayDir, kind) + "/" + day.day(), old: daily[day.day()]}
	byHour := map[string][]string{}
	for _, h := range hours {
		r.packs = append(r.packs, h.packs...)
		byHour[h.start().Format("15")] = h.packs
	}
	if len(r.packs) == 0 {
		return nil
	}
	if there, err := r.current(ctx); there || err != nil {
		return err
	}
	sets := map[string]*labelSet{}
	for i := range 24 {
		hour := fmt.Sprintf("%02d", i)
		key, err := s.pick(ctx, hourly[hour], byHour[hour])
		if err != nil {
			return err
		}
		if key == "" {
			if len(byHour[hour]) > 0 {
				return fmt.Errorf("day %s: the roll-up of hour %s is missing", day.day(), hour)
			}
			continue
		}
		b, err := s.loadRollUp(ctx, key)
		if err != nil {
			return err
		}
		for at := range b.idx.entries {
			x := ref{b, at}.series()
			if sets[x.key()] == nil {
				sets[x.key()] = &labelSet{series: *x}
			}
			sets[x.key()].refs = append(sets[x.key()].refs, ref{b, at})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(sets)) {
		m := newMerge(ctx, s, &Query{Type: day.typ})
		m.strict = true
		if err := r.add(ctx, key, sets[key], m, m.files(sets[key].refs)); err != nil {
			return err
		}
	}
	return r.finish(ctx)
}

// A rollUp is one that is being made.
type rollUp struct {
	s      *Store
	prefix string   // of the keys
	packs  []string // that it holds
	old    []string // indexes of the same period that are there
	idx    indexBuilder
}

func (r *rollUp) index() string { return r.prefix + "-" + holdsHash(r.packs) + ".idx" }

// current reports whether the roll-up is there, and deletes others if so.
func (r *rollUp) current(ctx context.Context) (bool, error) {
	key, err := r.s.pick(ctx, r.old, r.packs)
	if key == "" || err != nil {
		return false, err
	}
	return true, r.removeOld(ctx, key)
}

// add writes one file, of what the merge brings in the end.
func (r *rollUp) add(ctx context.Context, key string, set *labelSet, m *merge, err error) error {
	p, stats, err := m.finish(err)
	if err != nil {
		return err
	}
	p.Meta.Notes = append([]string{fmt.Sprintf("%d %s profiles of %s", stats.Profiles, set.series.typ, formatLabels(set.series.labels))}, p.Meta.Notes...)
	var data bytes.Buffer
	if err := pprof.Encode(&data, p); err != nil {
		return err
	}
	id, err := strconv.ParseUint(hashOf(key), 16, 64)
	if err != nil {
		return err
	}
	e := entry{id: id, time: set.refs[0].entry().time, dur: int64(p.Meta.Duration), count: stats.Profiles,
		size: int64(data.Len()), crc: crc32.Checksum(data.Bytes(), castagnoli), totals: totals(p)}
	for _, ref := range set.refs {
		e.time = min(e.time, ref.entry().time)
	}
	r.idx.add(set.series, e)
	return r.s.put(ctx, rollUpFile(r.index(), &e), data.Bytes())
}

func totals(p *collapse.Profile) []int64 {
	out := make([]int64, len(p.Types))
	for t := range out {
		out[t] = p.Total(t)
	}
	return out
}

func formatLabels(labels Labels) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		list = append(list, name+"="+strconv.Quote(labels[name]))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// finish writes the index, with which the roll-up is there, and deletes those
// before it. When one of these has more profiles, some of what it is made of has been
// lost since, and its files are taken in place of the new ones.
func (r *rollUp) finish(ctx context.Context) error {
	for _, key := range r.old {
		b, err := r.s.loadRollUp(ctx, key)
		if err == nil && profiles(b.idx) > profiles(&r.idx.index) {
			if err := r.adopt(ctx, b); err != nil {
				return err
			}
		}
	}
	r.idx.holds = slices.Sorted(slices.Values(r.packs))
	r.idx.dropped = r.s.o.InstanceLabels
	slices.SortFunc(r.idx.entries, func(a, b entry) int { return strings.Compare(rollUpFile("", &a), rollUpFile("", &b)) })
	if err := r.s.put(ctx, r.index(), r.idx.encode()); err != nil {
		return err
	}
	r.s.count(func(st *Stats) { st.RollUps++ })
	return r.removeOld(ctx, r.index())
}

// adopt takes the files of another roll-up of the period.
func (r *rollUp) adopt(ctx context.Context, b *block) error {
	if err := r.s.removeRollUp(ctx, r.index()); err != nil {
		return err
	}
	r.idx = indexBuilder{}
	for i := range b.idx.entries {
		e := b.idx.entries[i]
		data, err := r.s.get(ctx, rollUpFile(b.key, &e))
		if err == nil {
			err = r.s.put(ctx, rollUpFile(r.index(), &e), data)
		}
		if err != nil {
			return err
		}
		r.idx.add(b.idx.series[e.series], e)
	}
	return nil
}

func profiles(x *index) (n int64) {
	for i := range x.entries {
		n += x.entries[i].count
	}
	return n
}

func (r *rollUp) removeOld(ctx context.Context, but string) error {
	for _, key := range r.old {
		if key != but {
			if err := r.s.removeRollUp(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeRollUp deletes a roll-up, its index first.
func (s *Store) removeRollUp(ctx context.Context, idx string) error {
	if err := s.remove(ctx, idx); err != nil {
		return err
	}
	files, err := s.list(ctx, path.Dir(idx), false)
	if err != nil {
		return err
	}
	for _, f := range files {
		if strings.HasPrefix(f, strings.TrimSuffix(idx, ".idx")+"-") {
			if err := s.remove(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// files adds files of roll-ups.
func (m *merge) files(refs []ref) error {
	for _, r := range refs {
		file := rollUpFile(r.block.key, r.entry())
		data, err := m.s.get(m.ctx, file)
		if err != nil {
			return err
		}
		if err := m.send(job{key: file, e: r.entry(), data: data, rollUp: true}); err != nil {
			return err
		}
	}
	return nil
}
