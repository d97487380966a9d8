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

	"flame/collapse"
	"flame/flame/store"

	"github.com/thanos-io/objstore"
)

// testLife follows profiles through segments, packs, hourly and daily roll-ups.
func testLife(t *testing.T, b objstore.Bucket) {
	f := open(t, b)
	f.fill()
	f.check()
	f.must(f.Compact(t.Context()))
	f.check()
	f.must(f.RollUp(t.Context(), Start.Add(4*time.Hour)))
	f.check()
	_, stats, err := f.Merge(t.Context(), store.Query{Type: "cpu"})
	f.must(err)
	if stats.RollUps != 6 || stats.Opened != 0 {
		t.Errorf("three hours of two environments were merged of %d roll-ups and %d profiles", stats.RollUps, stats.Opened)
	}
	f.must(f.RollUp(t.Context(), Start.Add(48*time.Hour)))
	f.check()
	if _, stats, err = f.Merge(t.Context(), store.Query{Type: "cpu"}); stats.RollUps != 2 || stats.Opened != 0 || err != nil {
		t.Errorf("a day was merged of %d roll-ups and %d profiles: %v", stats.RollUps, stats.Opened, err)
	}
	before := f.keys("")
	f.must(f.RollUp(t.Context(), Start.Add(72*time.Hour)))
	f.reopen(Options(&f.now))
	f.must(f.RollUp(t.Context(), Start.Add(72*time.Hour)))
	if after := f.keys(""); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("rolling up once more changed the objects:\n%q\n%q", before, after)
	}
	f.clean()
}

// testReopen holds that a store is the same after it was closed, and read by others
// while one writes.
func testReopen(t *testing.T, b objstore.Bucket) {
	f := open(t, b)
	f.fill()
	f.reopen(Options(&f.now))
	f.check()
	reader, err := store.Open(t.Context(), keep{b}, store.Options{ReadOnly: true})
	f.must(err)
	defer reader.Close()
	n := 0
	for _, err := range reader.Select(t.Context(), store.Query{}) {
		f.must(err)
		n++
	}
	if n != len(f.put) {
		t.Errorf("a reader sees %d profiles, want %d", n, len(f.put))
	}
	if _, err := reader.Put(t.Context(), f.put[0].Profile); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("a reader's put: %v", err)
	}
}

func testQueries(t *testing.T, b objstore.Bucket) {
	f := open(t, b)
	f.fill()
	f.add(Start, 1, "service", "web", "type", "heap")
	for range 2 { // in segments, and in packs
		services, err := f.Services(t.Context())
		f.must(err)
		types, err := f.Types(t.Context(), "web")
		f.must(err)
		labels, err := f.Labels(t.Context(), store.Query{Matchers: matchers(t, `{env="prod"}`)})
		f.must(err)
		got := fmt.Sprint(services, types, labels)
		if want := "[api web] [heap] map[env:[prod] instance:[0 1 2 3 4] service:[api]]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		series, err := f.Series(t.Context(), store.Query{Type: "cpu"}, time.Hour, "env")
		f.must(err)
		text := ""
		for _, s := range series {
			text += fmt.Sprint(s.Labels, s.SampleType.Type)
			for _, p := range s.Points {
				text += fmt.Sprint(" ", p.Time.Format("15:04"), " ", p.Value, "/", p.Profiles)
			}
			text += "\n"
		}
		if want := "map[env:prod]samples 15:00 100/10 16:00 300/10 17:00 500/10\nmap[env:test]samples 15:00 110/10 16:00 310/10 17:00 510/10\n"; text != want {
			t.Errorf("the series are\n%swant\n%s", text, want)
		}
		f.must(f.Compact(t.Context()))
	}
	for _, id := range []store.ID{"api", "a/b/c", "../../x", f.put[0].id + "0", store.ID(strings.Replace(string(f.put[0].id), "api", "none", 1))} {
		if _, _, err := f.Get(t.Context(), id); err == nil {
			t.Errorf("there is a profile %q", id)
		}
	}
	if _, _, err := f.Merge(t.Context(), store.Query{Type: "none"}); !errors.Is(err, store.ErrNoMatch) {
		t.Errorf("a merge of nothing: %v", err)
	}
}

// testGauges holds that what is in use is averaged and what was allocated summed, in
// roll-ups as in single profiles.
func testGauges(t *testing.T, b objstore.Bucket) {
	f := open(t, b)
	for i := range 48 {
		tree := collapse.NewBuilder(2, collapse.Limits{})
		tree.AddStack([]collapse.FrameID{tree.Frame(collapse.Frame{Name: "main"}), tree.Frame(collapse.Frame{Name: fmt.Sprint("f", i%5)})}, 10, int64(100+i))
		p, err := tree.Profile([]collapse.ValueType{{Type: "alloc_space", Unit: "bytes"}, {Type: "inuse_space", Unit: "bytes"}}, 1)
		f.must(err)
		_, err = f.Put(t.Context(), store.Profile{Labels: store.Labels{"service": "api"}, Type: "heap", Time: Start.Add(time.Duration(i) * 5 * time.Minute), Data: encode(t, p)})
		f.must(err)
	}
	f.must(f.Compact(t.Context()))
	single, _, err := f.Merge(t.Context(), store.Query{Type: "heap", Matchers: matchers(t, `{instance=""}`)})
	f.must(err)
	if single.Total(0) != 480 || single.Total(1) != 123 { // the mean of 100 to 147 is 123.5
		t.Errorf("totals %d and %d, want 480 and 123", single.Total(0), single.Total(1))
	}
	f.must(f.RollUp(t.Context(), Start.Add(72*time.Hour)))
	rolled, stats, err := f.Merge(t.Context(), store.Query{Type: "heap"})
	f.must(err)
	if stats.RollUps != 1 || rolled.Total(0) != 480 || rolled.Total(1) < 122 || rolled.Total(1) > 124 {
		t.Errorf("rolled up: totals %d and %d of %d files", rolled.Total(0), rolled.Total(1), stats.RollUps)
	}
}

// testLate holds that what comes after a roll-up is in the next merge, and in the next
// roll-up.
func testLate(t *testing.T, b objstore.Bucket) {
	f := open(t, b)
	f.fill()
	f.must(f.Compact(t.Context()))
	f.must(f.RollUp(t.Context(), Start.Add(72*time.Hour)))
	f.add(Start, 1000, "instance", "late")
	f.check()
	f.must(f.Compact(t.Context()))
	f.check()
	f.must(f.RollUp(t.Context(), Start.Add(72*time.Hour)))
	f.check()
	if _, stats, err := f.Merge(t.Context(), store.Query{Type: "cpu"}); stats.Opened != 0 || err != nil {
		t.Errorf("%d single profiles were read after the roll-up was made anew: %v", stats.Opened, err)
	}
	f.clean()
}

// testNames holds that names with any bytes are kept apart and found again.
func testNames(t *testing.T, b objstore.Bucket) {
	f := open(t, b)
	names := []string{"a/b", "..", ".", "a b", "a%2Fb", "<script>", "ümlaut", "x\x00y", "\xff", strings.Repeat("l", 200), "C:\\con", "a\nb"}
	for i, name := range names {
		f.add(Start.Add(time.Duration(i)*time.Second), i, "service", name, "type", name)
	}
	f.check()
	f.must(f.Compact(t.Context()))
	f.must(f.RollUp(t.Context(), Start.Add(72*time.Hour)))
	f.check()
	services, err := f.Services(t.Context())
	f.must(err)
	if len(services) != len(names) {
		t.Errorf("services %q, want %d", services, len(names))
	}
	f.clean()
}

func testRefused(t *testing.T, b objstore.Bucket) {
	f := open(t, b)
	good := store.Profile{Labels: store.Labels{"service": "api"}, Type: "cpu", Time: Start, Data: Folded(t, "a 1\n")}
	for want, spoil := range map[string]func(*store.Profile){
		"no label \"service\"": func(p *store.Profile) { p.Labels = nil },
		"type is empty":        func(p *store.Profile) { p.Type = "" },
		"too long":             func(p *store.Profile) { p.Type = strings.Repeat("/", 100) },
		"label name":           func(p *store.Profile) { p.Labels = store.Labels{"service": "x", "a b": ""} },
		"not a pprof profile":  func(p *store.Profile) { p.Data = []byte("<html>") },
		"empty":                func(p *store.Profile) { p.Data = nil },
		"gzip data end":        func(p *store.Profile) { p.Data = p.Data[:len(p.Data)/2] },
		"ahead of the clock":   func(p *store.Profile) { p.Time = Start.Add(25 * time.Hour) },
		"in the year":          func(p *store.Profile) { p.Time = time.Unix(-1e10, 0) },
	} {
		p := good
		spoil(&p)
		_, err := f.Put(t.Context(), p)
		if _, ok := errors.AsType[*store.RefusedError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if keys := f.keys(""); len(keys) != 0 {
		t.Errorf("refused profiles left %q", keys)
	}
}

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

// testRebuild holds that indexes and roll-ups are no more than what is in packs.
func testRebuild(t *testing.T, b objstore.Bucket) {
	f := open(t, b)
	f.fill()
	f.must(f.Compact(t.Context()))
	f.now = Start.Add(12 * time.Hour)
	f.must(f.RollUp(t.Context(), f.now))
	before := f.keys("")
	for _, key := range append(f.keys("/idx/"), f.keys("/1h/")...) {
		f.must(b.Delete(t.Context(), key))
	}
	f.reopen(Options(&f.now))
	f.must(f.Rebuild(t.Context()))
	if after := f.keys(""); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("rebuilt are\n%q, want\n%q", after, before)
	}
	f.check()
	f.clean()
}

// testRetention holds that old hours go, as a whole, and the newest never.
func testRetention(t *testing.T, b objstore.Bucket) {
	f := open(t, b)
	f.fill()
	f.must(f.Compact(t.Context()))
	f.must(f.RollUp(t.Context(), Start.Add(12*time.Hour)))
	want, _, err := f.Merge(t.Context(), store.Query{Type: "cpu"})
	f.must(err)
	o := Options(&f.now)
	o.Retention.Raw = time.Hour
	f.reopen(o)
	f.must(f.Expire(t.Context(), Start.Add(1000*24*time.Hour))) // a clock that is wrong
	if n := len(f.keys("/raw/")); n != 2 {
		t.Errorf("%d packs are left, want the last hour's and that before", n)
	}
	got, _, err := f.Merge(t.Context(), store.Query{Type: "cpu"})
	f.must(err)
	checkTree(t, got, want) // the roll-up is there still
	series, err := f.Series(t.Context(), store.Query{Type: "cpu"}, time.Hour)
	f.must(err)
	if len(series) != 1 || len(series[0].Points) != 3 || series[0].Points[0].Value != 210 {
		t.Errorf("the series are %v", series)
	}
	f.now = Start.Add(20 * time.Hour)
	p := f.put[0].Profile
	if _, err := f.Put(t.Context(), p); err == nil || !strings.Contains(err.Error(), "longer ago") {
		t.Errorf("a profile that would be deleted at once: %v", err)
	}
	o.Retention = store.Retention{Bytes: 1}
	f.reopen(o)
	f.must(f.Expire(t.Context(), Start.Add(20*time.Hour)))
	if keys := f.keys(""); len(keys) != 0 {
		t.Errorf("a store of one byte has %q", keys)
	}
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
