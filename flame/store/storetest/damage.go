package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"flame/flame/store"

	"github.com/thanos-io/objstore"
)

// testFaults holds that with every twentieth write failing each acknowledged profile
// is kept, and that all is well once writes succeed.
func testFaults(t *testing.T, b objstore.Bucket) {
	faulty := &Faulty{Bucket: b, Rate: 0.05, Seed: 7}
	f := open(t, faulty)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 40 {
				p := store.Profile{Labels: store.Labels{"service": "api", "instance": fmt.Sprint(w), "env": "prod"}, Type: "cpu", Time: Start.Truncate(time.Hour).Add(time.Duration(i) * 4 * time.Minute), Duration: time.Second, Data: Folded(t, fmt.Sprintf("main;a %d\n", i))}
				if id, err := f.Put(context.Background(), p); err == nil {
					mu.Lock()
					f.put = append(f.put, put{p, id})
					mu.Unlock()
				}
				if i%10 == w {
					_ = f.Compact(context.Background()) // may fail
					_ = f.RollUp(context.Background(), Start.Add(72*time.Hour))
				}
			}
		})
	}
	wg.Wait()
	if len(f.put) < 300 {
		t.Errorf("only %d of 320 profiles were acknowledged", len(f.put))
	}
	for range 20 {
		_ = f.Compact(t.Context())
		_ = f.RollUp(t.Context(), Start.Add(72*time.Hour))
	}
	t.Logf("%d faults, %d profiles acknowledged", faulty.Faults.Load(), len(f.put))
	if faulty.Faults.Load() == 0 {
		t.Error("no write failed")
	}
	faulty.Rate = 0
	f.reopen(Options(&f.now))
	f.check()
	_, err := f.Verify(t.Context(), true)
	f.must(err)
	f.clean()
	f.check()
}

// testFullSlowDead holds that errors of a full, slow and dead bucket come back in
// time and say what it is, and that the store works when the bucket does.
func testFullSlowDead(t *testing.T, b objstore.Bucket) {
	faulty := &Faulty{Bucket: b}
	f := open(t, faulty)
	o := Options(&f.now)
	o.Timeout = time.Second
	f.reopen(o)
	f.fill()
	p := f.put[0].Profile
	faulty.Full.Store(true)
	if _, err := f.Put(t.Context(), p); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("a put on a full disk: %v", err)
	}
	if err := f.Compact(t.Context()); err == nil {
		t.Error("compacting on a full disk is no error")
	}
	if st := f.Stats(); !strings.Contains(st.LastError, "no space left") || st.Rejected != 1 {
		t.Errorf("stats say %+v", st)
	}
	f.check()
	faulty.Full.Store(false)
	faulty.Slow.Store(int64(20 * time.Millisecond))
	f.add(Start, 3)
	faulty.Slow.Store(0)
	faulty.Dead.Store(true)
	for name, op := range map[string]func() error{
		"put":     func() error { _, err := f.Put(t.Context(), p); return err },
		"get":     func() error { _, _, err := f.Get(t.Context(), f.put[0].id); return err },
		"merge":   func() error { _, _, err := f.Merge(t.Context(), store.Query{Type: "cpu"}); return err },
		"compact": func() error { return f.Compact(t.Context()) },
	} {
		if err := op(); err == nil || !strings.Contains(err.Error(), "did not answer within 1s") {
			t.Errorf("%s on a dead bucket: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the user left"))
	if _, err := f.Put(ctx, p); err == nil || !strings.Contains(err.Error(), "the user left") {
		t.Errorf("a put that was given up: %v", err)
	}
	faulty.Dead.Store(false)
	f.must(f.Compact(t.Context()))
	f.must(f.RollUp(t.Context(), Start.Add(72*time.Hour)))
	f.check()
	f.clean()
}

// testDamage spoils one object of each kind, and holds that it is found, that all
// that is whole is kept, and that the store is clean afterwards.
func testDamage(t *testing.T, b objstore.Bucket) {
	cut := func(data []byte) []byte { return data[:len(data)*2/3] }
	zero := func(data []byte) []byte { return bytes.Repeat([]byte{0}, len(data)) }
	for _, c := range []struct {
		name, kind, suffix string
		change             func([]byte) []byte
		lost               int // profiles
	}{
		{"a profile in a segment", "/wal/", ".tar", flip(530), 1},
		{"a segment's index", "/wal/", ".tar", flip(-1030), 0},
		{"a segment cut short", "/wal/", ".tar", cut, -1},
		{"a profile in a pack", "/raw/", ".tar", flip(530), 1},
		{"a pack's index", "/raw/", ".tar", flip(-1030), 0},
		{"a pack cut short", "/raw/", ".tar", cut, -1},
		{"zeros for a pack", "/raw/", ".tar", zero, -1},
		{"an index", "/idx/", ".idx", flip(100), 0},
		{"no index", "/idx/", ".idx", nil, 0},
		{"no pack", "/raw/", ".tar", nil, -1},
		{"a roll-up's index", "/1h/", ".idx", flip(60), 0},
		{"a roll-up", "/1h/", ".pb.gz", flip(60), 0},
		{"no roll-up", "/1h/", ".pb.gz", nil, 0},
		{"a day's roll-up", "/1d/", ".pb.gz", cut, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fixture{t: t, bucket: objstore.NewPrefixedBucket(b, strings.ReplaceAll(c.name, " ", "-")), now: Start}
			f.reopen(Options(&f.now))
			defer f.Close()
			f.fill()
			f.now = Start.Add(72 * time.Hour)
			if c.kind != "/wal/" {
				f.must(f.Compact(t.Context()))
				f.must(f.RollUp(t.Context(), f.now))
			}
			key := ""
			for _, k := range f.keys(c.kind) {
				if strings.HasSuffix(k, c.suffix) {
					key = k
				}
			}
			if c.change == nil {
				f.must(f.bucket.Delete(t.Context(), key))
			} else {
				f.change(key, c.change)
			}
			f.reopen(Options(&f.now))
			r, err := f.Verify(t.Context(), false)
			f.must(err)
			if r.Clean() {
				t.Fatal("verify found nothing wrong with", key)
			}
			// Readers get what is whole.
			if _, stats, err := f.Merge(t.Context(), store.Query{Type: "cpu"}); err != nil || int(stats.Profiles) < 39 {
				t.Errorf("before the repair a merge has %d profiles: %v", stats.Profiles, err)
			}
			_, err = f.Verify(t.Context(), true)
			f.must(err)
			f.surviving(c.lost)
			f.clean()
			f.must(f.Compact(t.Context()))
			f.must(f.RollUp(t.Context(), f.now))
			if c.lost == 0 || c.kind == "/wal/" {
				f.checkMerges()
			} else if _, stats, err := f.Merge(t.Context(), store.Query{Type: "cpu"}); err != nil || stats.Profiles != 60 {
				// The roll-up was made before, of all of them.
				t.Errorf("after the repair a merge has %d profiles: %v", stats.Profiles, err)
			}
			f.clean()
		})
	}
}

// surviving takes the profiles that are lost from those that are to be there: as
// many as given, or, if that is negative, not all.
func (f *fixture) surviving(lost int) {
	f.t.Helper()
	there := map[store.ID]store.Labels{}
	for e, err := range f.Select(f.t.Context(), store.Query{}) {
		f.must(err)
		there[e.ID] = e.Labels
	}
	var kept []put
	for _, p := range f.put {
		if labels, ok := there[p.id]; ok {
			p.Labels = labels // all but the service's were in the index
			kept = append(kept, p)
		}
	}
	if n := len(f.put) - len(kept); n != lost && lost >= 0 || n > 21 {
		f.t.Errorf("%d profiles are lost, want %d", n, lost)
	}
	f.put = kept
}

// testCutOff ends Compact and RollUp after each number of writes there is, and holds
// that nothing is lost and nothing counted twice, then and after the next try.
func testCutOff(t *testing.T, b objstore.Bucket) {
	for n := 0; ; n++ {
		stopped := &stopping{Bucket: objstore.NewPrefixedBucket(b, fmt.Sprint("after-", n)), left: 1 << 30}
		f := &fixture{t: t, bucket: stopped, now: Start}
		f.reopen(Options(&f.now))
		for i := range 4 {
			f.add(Start.Truncate(time.Hour).Add(time.Duration(i)*10*time.Minute), i, "instance", fmt.Sprint(i))
			if i == 1 || i == 2 {
				f.must(f.Compact(t.Context()))
			}
		}
		stopped.left = n
		err := f.Compact(t.Context())
		if err == nil {
			err = f.RollUp(t.Context(), Start.Add(72*time.Hour))
		}
		done := err == nil
		stopped.left = 1 << 30
		f.check()
		f.reopen(Options(&f.now))
		f.check()
		f.must(f.Compact(t.Context()))
		f.must(f.RollUp(t.Context(), Start.Add(72*time.Hour)))
		f.check()
		_, err = f.Verify(t.Context(), true) // of leftovers
		f.must(err)
		f.clean()
		f.check()
		f.must(f.Close())
		if t.Failed() || done {
			t.Log(n, "writes")
			return
		}
	}
}

// stopping is a bucket that takes so many writes more and no other.
type stopping struct {
	objstore.Bucket
	left int
}
