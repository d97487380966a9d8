// Package storetest is the conformance suite of flame's store: what must hold on
// every bucket. The test of a kind of bucket calls [Run] with a function that makes
// one.
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"flame/collapse"
	"flame/collapse/pprof"
	"flame/flame/store"

	"github.com/thanos-io/objstore"
)

// Run runs the suite. NewBucket returns a bucket with nothing in it; it may skip the
// test.
func Run(t *testing.T, newBucket func(t *testing.T) objstore.Bucket) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, objstore.Bucket)
	}{
		{"Life", testLife},
		{"Reopen", testReopen},
		{"Queries", testQueries},
		{"Gauges", testGauges},
		{"LateProfiles", testLate},
		{"Names", testNames},
		{"Refused", testRefused},
		{"Faults", testFaults},
		{"FullSlowDead", testFullSlowDead},
		{"Damage", testDamage},
		{"Rebuild", testRebuild},
		{"Retention", testRetention},
		{"CutOff", testCutOff},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBucket(t)) })
	}
}

// Start is when the tests' clocks start.
var Start = time.Date(2026, 11, 22, 15, 4, 5, 0, time.UTC)

// Options are those of a store with a clock that stands at *now, and hardly a delay.
func Options(now *time.Time) store.Options {
	return store.Options{Now: func() time.Time { return *now }, CommitDelay: time.Millisecond}
}

// Folded returns folded stacks as a .pb.gz.
func Folded(t testing.TB, text string) []byte {
	t.Helper()
	p, err := collapse.ReadFolded(strings.NewReader(text), collapse.FoldedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, p)
}

func encode(t testing.TB, p *collapse.Profile) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pprof.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// keep hides a bucket's Close, so that a second store can open it.
type keep struct{ objstore.Bucket }

func (keep) Close() error { return nil }

// A fixture is a store, and what has been put into it.
type fixture struct {
	*store.Store
	t      *testing.T
	bucket objstore.Bucket
	now    time.Time
	put    []put
}

type put struct {
	store.Profile
	id store.ID
}

func open(t *testing.T, b objstore.Bucket) *fixture {
	t.Helper()
	f := &fixture{t: t, bucket: b, now: Start}
	f.reopen(Options(&f.now))
	t.Cleanup(func() { f.Close() })
	return f
}

func (f *fixture) reopen(o store.Options) {
	f.t.Helper()
	if f.Store != nil {
		f.must(f.Close())
	}
	s, err := store.Open(f.t.Context(), keep{f.bucket}, o)
	f.must(err)
	f.Store = s
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// add puts one profile, which is main;a VALUE and main;FRAME 1.
func (f *fixture) add(at time.Time, value int, labels ...string) {
	f.t.Helper()
	p := store.Profile{Labels: store.Labels{"service": "api"}, Type: "cpu", Time: at, Duration: 10 * time.Second,
		Data: Folded(f.t, fmt.Sprintf("main;a %d\nmain;f%d 1\n", value, value%7))}
	for i := 0; i+1 < len(labels); i += 2 {
		if labels[i] == "type" {
			p.Type = labels[i+1]
		} else {
			p.Labels[labels[i]] = labels[i+1]
		}
	}
	id, err := f.Put(f.t.Context(), p)
	f.must(err)
	f.put = append(f.put, put{p, id})
}

// fill puts three hours of five instances in two environments.
func (f *fixture) fill() {
	f.t.Helper()
	for i := range 60 {
		f.add(Start.Truncate(time.Hour).Add(time.Duration(i)*3*time.Minute), i, "instance", fmt.Sprint(i%5), "env", []string{"prod", "test"}[i%2])
	}
}

// check holds what the store says against what was put: each profile once and as it
// was, and merges equal to those of the single profiles.
func (f *fixture) check() {
	f.t.Helper()
	want := map[store.ID]put{}
	for _, p := range f.put {
		want[p.id] = p
	}
	for e, err := range f.Select(f.t.Context(), store.Query{}) {
		f.must(err)
		p, ok := want[e.ID]
		if !ok {
			f.t.Errorf("%s is there twice, or was never put", e.ID)
			continue
		}
		delete(want, e.ID)
		if !e.Time.Equal(p.Time) || e.Type != p.Type || fmt.Sprint(e.Labels) != fmt.Sprint(p.Labels) || e.Duration != p.Duration {
			f.t.Errorf("%s is %+v, was put as %+v", e.ID, e, p.Profile)
		}
		data, _, err := f.Get(f.t.Context(), e.ID)
		f.must(err)
		if !bytes.Equal(data, p.Data) {
			f.t.Errorf("%s has other bytes than were put", e.ID)
		}
	}
	for id := range want {
		f.t.Errorf("%s was acknowledged and is not there", id)
	}
	f.checkMerges()
}

// checkMerges compares merges of some ranges and labels with those of what was put.
func (f *fixture) checkMerges() {
	f.t.Helper()
	hour := Start.Truncate(time.Hour)
	for _, q := range []store.Query{
		{},
		{From: hour, To: hour.Add(time.Hour)},
		{From: hour.Add(7 * time.Minute), To: hour.Add(2*time.Hour + 5*time.Minute)},
		{Matchers: matchers(f.t, `{service="api",env=~"pr.*"}`)},
		{Matchers: matchers(f.t, `{instance="3"}`)},
		{Matchers: matchers(f.t, `{env!~"prod|test"}`)},
	} {
		q.Type = "cpu"
		f.checkMerge(q)
	}
}

func matchers(t testing.TB, s string) []store.Matcher {
	m, err := store.ParseMatchers(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (f *fixture) checkMerge(q store.Query) {
	f.t.Helper()
	m := collapse.NewMerger(collapse.Limits{})
	n := int64(0)
	for _, p := range f.put {
		if p.Type != q.Type || !q.From.IsZero() && p.Time.Before(q.From) || !q.To.IsZero() && !p.Time.Before(q.To) ||
			slices.ContainsFunc(q.Matchers, func(m store.Matcher) bool { return !m.Matches(p.Labels[m.Name]) }) {
			continue
		}
		d, err := pprof.Decode(bytes.NewReader(p.Data), pprof.Options{})
		f.must(err)
		f.must(m.Add(d))
		n++
	}
	got, stats, err := f.Merge(f.t.Context(), q)
	if n == 0 {
		if err == nil {
			f.t.Errorf("%v: %d profiles merged, want none", q, stats.Profiles)
		}
		return
	}
	f.must(err)
	want, err := m.Profile()
	f.must(err)
	if stats.Profiles != n || stats.Skipped != 0 {
		f.t.Errorf("%v: %d profiles merged, %d skipped; want %d", q, stats.Profiles, stats.Skipped, n)
	}
	checkTree(f.t, got, want)
}

// checkTree compares two profiles node for node.
func checkTree(t testing.TB, got, want *collapse.Profile) {
	t.Helper()
	if !slices.Equal(got.Types, want.Types) || !slices.Equal(got.Parents(), want.Parents()) || !slices.Equal(got.NodeFrames(), want.NodeFrames()) || !slices.Equal(got.Frames(), want.Frames()) {
		t.Errorf("another tree: %d nodes of %v, want %d of %v", got.Len(), got.Types, want.Len(), want.Types)
		return
	}
	for c := range want.Types {
		if !slices.Equal(got.Self(c), want.Self(c)) {
			t.Errorf("the values of %s differ: total %d, want %d", want.Types[c].Type, got.Total(c), want.Total(c))
		}
	}
}

// clean fails the test if Verify finds anything.
func (f *fixture) clean() {
	f.t.Helper()
	r, err := f.Verify(f.t.Context(), false)
	f.must(err)
	for _, p := range r.Problems {
		f.t.Errorf("verify: %s: %s", p.Key, p.What)
	}
	if int(r.Profiles) < len(f.put) {
		f.t.Errorf("verify: %d profiles are whole, want %d", r.Profiles, len(f.put))
	}
}

// keys lists the objects whose key contains a text.
func (f *fixture) keys(part string) []string {
	f.t.Helper()
	var keys []string
	f.must(f.bucket.Iter(context.Background(), "", func(name string) error {
		if strings.Contains(name, part) {
			keys = append(keys, name)
		}
		return nil
	}, objstore.WithRecursiveIter()))
	return keys
}

// change replaces an object by what change makes of it.
func (f *fixture) change(key string, change func([]byte) []byte) {
	f.t.Helper()
	r, err := f.bucket.Get(f.t.Context(), key)
	f.must(err)
	data, err := io.ReadAll(r)
	f.must(err)
	f.must(r.Close())
	f.must(f.bucket.Upload(f.t.Context(), key, bytes.NewReader(change(data))))
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[(at+len(b))%len(b)] ^= 0x55
		return b
	}
}
