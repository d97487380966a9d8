package storetest

import (
	"errors"
	"fmt"
	"strings"
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
