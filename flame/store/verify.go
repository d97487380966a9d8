package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"flame/collapse/pprof"
)

// A Report says what Verify found.
type Report struct {
	Profiles int64 // single profiles that are whole
	Segments int64
	Packs    int64
	RollUps  int64 // files of roll-ups
	Bytes    int64 // of all that was read
	Problems []Problem
}

// Clean reports whether there were no problems.
func (r *Report) Clean() bool { return len(r.Problems) == 0 }

// A Problem is something that is not as the store would leave it.
type Problem struct {
	Key      string // of the object, below the tenant
	What     string
	Repaired bool
}

// Verify reads every object and reports what is damaged, missing or left over. With
// repair it makes whatever it can whole again: an index from its pack, a pack or
// segment from the profiles in it that are whole, a roll-up from its packs. Nothing
// that may hold data is thrown away: what is damaged goes below "lost" in the
// bucket. The error is that of the bucket; problems are none.
func (s *Store) Verify(ctx context.Context, repair bool) (Report, error) {
	if repair || !s.o.ReadOnly {
		release, err := s.own(ctx)
		if err != nil {
			return Report{}, err
		}
		defer release()
	}
	v := &verifier{s: s, repair: repair}
	for _, step := range []func(context.Context) error{v.segments, v.packs, v.rollUps} {
		if err := step(ctx); err != nil {
			return v.r, fmt.Errorf("verify store: %w", err)
		}
	}
	if repair && !v.r.Clean() {
		if err := s.rollUpDue(ctx, s.now()); err != nil {
			return v.r, fmt.Errorf("verify store: %w", err)
		}
	}
	return v.r, nil
}

// A verifier is one run of Verify.
type verifier struct {
	s      *Store
	repair bool
	r      Report
}

// problem reports one, and has it repaired if that is wanted and possible.
func (v *verifier) problem(key, what string, repair func() error) error {
	p := Problem{Key: key, What: what}
	var err error
	if v.repair && repair != nil {
		err = repair()
		p.Repaired = err == nil
	}
	v.r.Problems = append(v.r.Problems, p)
	return err
}

// segments checks the segments.
func (v *verifier) segments(ctx context.Context) error {
	keys, err := v.s.list(ctx, walDir, true)
	if err != nil {
		return err
	}
	for _, key := range keys {
		data, err := v.s.get(ctx, key)
		if errors.Is(err, errNotFound) {
			continue // Compact moved it
		}
		if err != nil {
			return err
		}
		v.r.Segments++
		v.r.Bytes += int64(len(data))
		what := v.checkPack(key, data, nil)
		if what == "" {
			continue
		}
		if err := v.problem(key, what, func() error { return v.salvageSegment(ctx, key, data) }); err != nil {
			return err
		}
	}
	return nil
}

// checkPack returns what is wrong with a pack, "" if nothing. Whole profiles are
// counted. If x is given, the pack's index must be the same.
func (v *verifier) checkPack(key string, data []byte, x *index) string {
	if size, ok := nameSize(key); !ok || size != int64(len(data)) {
		return fmt.Sprintf("has %d bytes, and its name tells another number", len(data))
	}
	own, err := indexOf(data)
	if err != nil {
		return "the index in it cannot be read: " + err.Error()
	}
	bad := 0
	for i := range own.entries {
		if _, err := own.entries[i].cut(data); err != nil {
			bad++
		}
	}
	v.r.Profiles += int64(len(own.entries) - bad)
	if bad > 0 {
		return fmt.Sprintf("%d of %d profiles in it are damaged", bad, len(own.entries))
	}
	if x != nil && !bytes.Equal(x.encode(), own.encode()) {
		return errOtherIndex
	}
	return ""
}

const errOtherIndex = "its index object does not fit what is in it"

// indexOf returns the index of a whole pack.
func indexOf(pack []byte) (*index, error) {
	b, _ := cutIndex(pack)
	if b == nil {
		return nil, errors.New("it is damaged or cut off")
	}
	return decodeIndex(b)
}

// cut returns the entry's profile from a whole pack, and checks it.
func (e *entry) cut(pack []byte) ([]byte, error) {
	if e.off < 0 || e.size < 0 || e.off > int64(len(pack)) || e.size > int64(len(pack))-e.off {
		return nil, errChecksum
	}
	data := pack[e.off : e.off+e.size]
	return data, e.check(data)
}

// packs checks packs and their indexes, hour by hour.
func (v *verifier) packs(ctx context.Context) error {
	hours := map[hourKey]map[string]bool{} // keys of packs, true, and of indexes, false
	for _, dir := range []string{rawDir, idxDir} {
		keys, err := v.s.list(ctx, dir, true)
		if err != nil {
			return err
		}
		for _, key := range keys {
			k, ok := parseHour(strings.TrimPrefix(path.Dir(key), dir+"/"))
			if !ok {
				continue
			}
			if hours[k] == nil {
				hours[k] = map[string]bool{}
			}
			hours[k][key] = dir == rawDir
		}
	}
	for _, k := range sortedHours(hours) {
		if err := v.hour(ctx, k, hours[k]); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) hour(ctx context.Context, k hourKey, keys map[string]bool) error {
	for _, key := range sortedKeys(keys) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if keys[key] {
			if err := v.pack(ctx, k, key, keys); err != nil {
				return err
			}
			continue
		}
		if _, there := keys[packKey(key)]; there {
			continue
		}
		if err := v.problem(key, "its pack is missing: the profiles in it are lost", func() error { return v.s.remove(ctx, key) }); err != nil {
			return err
		}
		v.s.markDirty(k)
	}
	return nil
}

func sortedKeys(m map[string]bool) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// pack checks one pack and the index beside it.
func (v *verifier) pack(ctx context.Context, k hourKey, key string, keys map[string]bool) error {
	data, err := v.s.get(ctx, key)
	if errors.Is(err, errNotFound) {
		return nil // merged into another meanwhile
	}
	if err != nil {
		return err
	}
	v.r.Packs++
	v.r.Bytes += int64(len(data))
	idx := idxDir + strings.TrimSuffix(strings.TrimPrefix(key, rawDir), ".tar") + ".idx"
	if _, there := keys[idx]; !there {
		v.checkPack(key, data, nil) // counts what is whole; reindex sees to the rest
		return v.problem(key, "its index is missing, as a crash leaves it", func() error { return v.reindex(ctx, k, key, idx, data) })
	}
	v.s.cache.drop(idx)
	b, err := v.s.loadBlock(ctx, idx)
	if err != nil && !errors.Is(err, errDamaged) {
		return err
	}
	if err != nil {
		if what := v.checkPack(key, data, nil); what == "" {
			return v.problem(idx, "it is damaged", func() error { return v.reindex(ctx, k, key, idx, data) })
		}
		return v.problem(key, "it and its index are damaged", func() error { return v.salvagePack(ctx, k, key, idx, data, nil) })
	}
	switch what := v.checkPack(key, data, b.idx); what {
	case "":
		return nil
	case errOtherIndex:
		return v.problem(idx, what, func() error { return v.reindex(ctx, k, key, idx, data) })
	default:
		return v.problem(key, what, func() error { return v.salvagePack(ctx, k, key, idx, data, b.idx) })
	}
}

// rollUps checks roll-ups.
func (v *verifier) rollUps(ctx context.Context) error {
	for _, dir := range []string{hourDir, dayDir} {
		keys, err := v.s.list(ctx, dir, true)
		if err != nil {
			return err
		}
		files := map[string]bool{} // true when an index has it
		for _, key := range keys {
			if strings.HasSuffix(key, ".pb.gz") {
				files[key] = false
			}
		}
		for _, key := range keys {
			if strings.HasSuffix(key, ".idx") {
				if err := v.rollUp(ctx, key, files); err != nil {
					return err
				}
			}
		}
		for _, key := range sortedKeys(files) {
			if files[key] {
				continue
			}
			if err := v.problem(key, "no index has it, as a crash leaves it", func() error { return v.s.remove(ctx, key) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// rollUp checks one roll-up, and marks its files as known.
func (v *verifier) rollUp(ctx context.Context, key string, files map[string]bool) error {
	v.s.cache.drop(key)
	b, err := v.s.loadRollUp(ctx, key)
	if errors.Is(err, errNotFound) {
		return nil
	}
	if err != nil && !errors.Is(err, errDamaged) {
		return err
	}
	for file := range files {
		if strings.HasPrefix(file, strings.TrimSuffix(key, ".idx")+"-") {
			files[file] = true
		}
	}
	if err != nil {
		return v.problem(key, "it is damaged", func() error { return v.dropRollUp(ctx, key) })
	}
	for i := range b.idx.entries {
		e := &b.idx.entries[i]
		file := rollUpFile(key, e)
		data, err := v.s.get(ctx, file)
		if err != nil && !errors.Is(err, errNotFound) {
			return err
		}
		if err == nil {
			v.r.RollUps++
			v.r.Bytes += int64(len(data))
			if err = e.check(data); err == nil {
				_, err = pprof.Decode(bytes.NewReader(data), pprof.Options{Limits: v.s.o.Limits})
			}
		}
		if err == nil {
			continue
		}
		what := "it is damaged"
		if errors.Is(err, errNotFound) {
			what = "it is missing"
		}
		return v.problem(file, what, func() error { return v.dropRollUp(ctx, key) })
	}
	return nil
}
