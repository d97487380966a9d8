package store

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"flame/collapse/pprof"
)

// reindex writes the index object of a pack anew from the index in the pack. A pack
// whose profiles are all elsewhere, as Compact leaves it when it is cut off, is
// deleted instead.
func (v *verifier) reindex(ctx context.Context, k hourKey, key, idx string, data []byte) error {
	x, err := indexOf(data)
	if err != nil {
		return v.salvagePack(ctx, k, key, idx, data, nil)
	}
	v.s.cache.drop(idx)
	v.s.markDirty(k)
	others, err := v.s.viewHour(ctx, k)
	if err != nil {
		return err
	}
	others.packs = without(others.packs, idx)
	refs, err := v.s.load(ctx, others)
	if err != nil {
		return err
	}
	there := map[uint64]bool{}
	for _, r := range refs {
		there[r.entry().id] = true
	}
	for i := range x.entries {
		if !there[x.entries[i].id] {
			return v.s.put(ctx, idx, x.encode())
		}
	}
	return v.s.removePacks(ctx, []string{idx})
}

func without(list []string, s string) []string {
	var out []string
	for _, e := range list {
		if e != s {
			out = append(out, e)
		}
	}
	return out
}

// salvagePack makes a new pack of the profiles in a damaged one that are whole, and
// puts the damaged one aside. Index is that of the index object, if that is whole.
func (v *verifier) salvagePack(ctx context.Context, k hourKey, key, idx string, data []byte, index *index) error {
	if err := v.s.putAside(ctx, key, data); err != nil {
		return err
	}
	v.s.markDirty(k)
	v.s.cache.drop(idx)
	w := salvage(data, index)
	if len(w.idx.entries) > 0 {
		whole, err := v.s.writePack(ctx, k, w, nil)
		if err != nil || whole == idx { // nothing but the index in it was damaged
			return err
		}
	}
	return v.s.removePacks(ctx, []string{idx})
}

// salvageSegment does the same for a segment.
func (v *verifier) salvageSegment(ctx context.Context, key string, data []byte) error {
	w := salvage(data, nil)
	if len(w.idx.entries) > 0 {
		pack, err := w.finish()
		if err != nil {
			return err
		}
		seg := &segment{key: fmt.Sprintf("%s/%013d-%016x-%d.tar", walDir, v.s.o.Now().UnixMilli(), randomID(), len(pack)), size: int64(len(pack)), idx: &w.idx.index}
		if err := v.s.put(ctx, seg.key, pack); err != nil {
			return err
		}
		v.s.addSegment(seg)
	}
	if err := v.s.putAside(ctx, key, data); err != nil {
		return err
	}
	v.s.dropSegment(key)
	return v.s.remove(ctx, key)
}

// salvage copies the whole profiles of a damaged pack into a new one: by the index
// in it or the one given; without either, by the names in the tar file, which know
// the service, type and time, and no other label.
func salvage(data []byte, index *index) *packWriter {
	w := newPackWriter()
	x, err := indexOf(data)
	if err != nil {
		x = index
	}
	if x == nil {
		salvageTar(data, w)
		return w
	}
	for i := range x.entries {
		e := &x.entries[i]
		member, err := e.cut(data)
		if err == nil {
			_ = w.add(x.series[e.series], *e, member) // to memory: no error but for bad names
		}
	}
	return w
}

func salvageTar(data []byte, w *packWriter) {
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if err != nil {
			return
		}
		member, err := io.ReadAll(r)
		if err != nil {
			return
		}
		k, t, id, err := ID(strings.TrimSuffix(h.Name, ".pb.gz")).parse()
		if err != nil {
			continue
		}
		p, err := pprof.Decode(bytes.NewReader(member), pprof.Options{})
		if err != nil {
			continue
		}
		x := series{labels: Labels{ServiceLabel: k.service}, typ: k.typ, types: p.Types, def: p.Default}
		e := entry{id: id, time: t, dur: int64(p.Meta.Duration), size: int64(len(member)), crc: crc32.Checksum(member, castagnoli), count: 1, totals: totals(p)}
		if w.add(x, e, member) != nil {
			return
		}
	}
}

// dropRollUp deletes a damaged roll-up, for another to be made of its packs. If they
// are gone, only its damaged files are put aside.
func (v *verifier) dropRollUp(ctx context.Context, key string) error {
	hours, err := v.packsOf(ctx, key)
	if err != nil {
		return err
	}
	for _, k := range hours {
		v.s.markDirty(k)
	}
	b, err := v.s.loadRollUp(ctx, key)
	v.s.cache.drop(key)
	if len(hours) > 0 {
		return v.s.removeRollUp(ctx, key)
	}
	if err != nil { // its files cannot be told apart without it
		data, err := v.s.get(ctx, key)
		if err != nil {
			return err
		}
		if err := v.s.putAside(ctx, key, data); err != nil {
			return err
		}
		return v.s.remove(ctx, key)
	}
	kept := &index{holds: b.idx.holds, dropped: b.idx.dropped, series: b.idx.series}
	for i := range b.idx.entries {
		e := b.idx.entries[i]
		file := rollUpFile(key, &e)
		data, err := v.s.get(ctx, file)
		if err == nil && e.check(data) == nil {
			kept.entries = append(kept.entries, e)
			continue
		}
		if err != nil && !errors.Is(err, errNotFound) {
			return err
		}
		if err == nil {
			if err := v.s.putAside(ctx, file, data); err != nil {
				return err
			}
		}
	}
	if len(kept.entries) == 0 {
		return v.s.removeRollUp(ctx, key)
	}
	return v.s.put(ctx, key, kept.encode())
}

// packsOf returns the hours of a roll-up's period that have packs.
func (v *verifier) packsOf(ctx context.Context, key string) ([]hourKey, error) {
	_, name, ok := periodOf(key)
	if !ok {
		return nil, nil
	}
	_, rel, _ := strings.Cut(name, "/")
	keys, err := v.s.list(ctx, path.Join(idxDir, rel), true)
	seen := map[hourKey]bool{}
	var hours []hourKey
	for _, key := range keys {
		if k, ok := parseHour(strings.TrimPrefix(path.Dir(key), idxDir+"/")); ok && !seen[k] {
			seen[k] = true
			hours = append(hours, k)
		}
	}
	return hours, err
}

// Rebuild writes every index anew from its pack and makes all roll-ups anew whose
// packs are there. It is for a store whose index objects were lost; Verify repairs
// less and finds more.
func (s *Store) Rebuild(ctx context.Context) error {
	release, err := s.own(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := s.rebuild(ctx); err != nil {
		return fmt.Errorf("rebuild store: %w", err)
	}
	return nil
}

func (s *Store) rebuild(ctx context.Context) error {
	packs, err := s.list(ctx, rawDir, true)
	if err != nil {
		return err
	}
	for _, key := range packs {
		k, ok := parseHour(strings.TrimPrefix(path.Dir(key), rawDir+"/"))
		size, named := nameSize(key)
		if !ok || !named {
			continue
		}
		x, err := s.readPackIndex(ctx, key, size)
		if err != nil {
			return fmt.Errorf("%w; run flame store verify --repair first", err)
		}
		idx := idxDir + strings.TrimSuffix(strings.TrimPrefix(key, rawDir), ".tar") + ".idx"
		s.cache.drop(idx)
		if err := s.put(ctx, idx, x.encode()); err != nil {
			return err
		}
		s.markDirty(k)
	}
	v := &verifier{s: s, repair: true}
	for _, dir := range []string{hourDir, dayDir} {
		keys, err := s.list(ctx, dir, true)
		if err != nil {
			return err
		}
		for _, key := range keys {
			hours, err := v.packsOf(ctx, key)
			if err != nil {
				return err
			}
			if len(hours) > 0 {
				s.cache.drop(key)
				if err := s.remove(ctx, key); err != nil {
					return err
				}
			}
		}
	}
	return s.rollUpDue(ctx, s.now())
}
