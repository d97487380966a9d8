package store_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"flame/collapse"
	"flame/collapse/pprof"
	"flame/flame/store"
	"flame/flame/store/storetest"

	"github.com/thanos-io/objstore"
)

func mustFolded(text string) *collapse.Profile {
	p, err := collapse.ReadFolded(strings.NewReader(text), collapse.FoldedOptions{})
	if err != nil {
		panic(err)
	}
	return p
}

// TestDays lives through two days of simulated time, a profile of each of six targets
// every minute, with retention on. Objects and memory stay bounded, and every hour and
// day is in the end, node for node, the merge of its single profiles.
func TestDays(t *testing.T) {
	hours := 50
	if testing.Short() {
		hours = 9
	}
	start := storetest.Start.Truncate(24 * time.Hour)
	now := start
	bucket := objstore.NewInMemBucket()
	s, err := store.Open(t.Context(), bucket, store.Options{
		Now: func() time.Time { return now }, CommitDelay: 100 * time.Microsecond,
		Retention: store.Retention{Raw: 6 * time.Hour, Hourly: 100 * time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var byHour []*collapse.Merger
	most := map[string]int{} // objects and bytes of indexes, by the half of the time
	var heap [2]uint64
	for minute := range hours * 60 {
		if minute%60 == 0 {
			byHour = append(byHour, collapse.NewMerger(collapse.Limits{}))
		}
		simulateMinute(t, s, now, minute, byHour[minute/60])
		now = now.Add(time.Minute)
		if err := s.Maintain(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		if minute%60 != 30 {
			continue
		}
		half := minute / 60 * 2 / hours
		for name, n := range usage(bucket) {
			most[fmt.Sprint(name, half)] = max(most[fmt.Sprint(name, half)], n)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		heap[half] = max(heap[half], m.HeapAlloc)
	}
	now = now.Add(10 * time.Minute)
	if err := s.Maintain(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	t.Logf("at most: %v; heap %v MB", most, [2]uint64{heap[0] >> 20, heap[1] >> 20})
	if !testing.Short() && (most["raw1"] > most["raw0"]+2 || most["idx bytes1"] > most["idx bytes0"]*11/10 || most["wal1"] > most["wal0"]+2) {
		t.Errorf("the second half of the time has more objects than the first: %v", most)
	}
	checkPeriods(t, s, start, byHour)
	r, err := s.Verify(t.Context(), false)
	if err != nil || !r.Clean() {
		t.Errorf("verify: %+v %v", r.Problems, err)
	}
}

func usage(bucket *objstore.InMemBucket) map[string]int {
	n := map[string]int{}
	for key, data := range bucket.Objects() {
		kind := strings.Split(key, "/")[1]
		n[kind]++
		if kind == "idx" {
			n["idx bytes"] += len(data)
		}
	}
	return n
}

// simulateMinute puts the profiles of one minute, and adds them to the oracle.
func simulateMinute(t *testing.T, s *store.Store, now time.Time, minute int, oracle *collapse.Merger) {
	t.Helper()
	var wg sync.WaitGroup
	for target := range 6 {
		text := fmt.Sprintf("main;serve;f%d %d\nmain;g%d;h 3\nmain;gc 1\n", minute*7%90, minute+target, (minute+target)%13)
		if err := oracle.Add(mustFolded(text)); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			_, err := s.Put(context.Background(), store.Profile{Labels: store.Labels{"service": "api", "instance": fmt.Sprint(target)}, Type: "cpu",
				Time: now.Add(time.Duration(target) * time.Second), Data: encodeFolded(text)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// checkPeriods compares hours and days with the sums of what was put.
func checkPeriods(t *testing.T, s *store.Store, start time.Time, byHour []*collapse.Merger) {
	t.Helper()
	day := collapse.NewMerger(collapse.Limits{})
	for i, m := range byHour {
		want, err := m.Profile()
		if err != nil {
			t.Fatal(err)
		}
		from := start.Add(time.Duration(i) * time.Hour)
		comparePeriod(t, s, from, from.Add(time.Hour), want)
		if err := day.Add(want); err != nil {
			t.Fatal(err)
		}
		if i%24 == 23 {
			if want, err = day.Profile(); err != nil {
				t.Fatal(err)
			}
			comparePeriod(t, s, from.Add(-23*time.Hour), from.Add(time.Hour), want)
			day = collapse.NewMerger(collapse.Limits{})
		}
	}
}

func comparePeriod(t *testing.T, s *store.Store, from, to time.Time, want *collapse.Profile) {
	t.Helper()
	got, stats, err := s.Merge(t.Context(), store.Query{Type: "cpu", From: from, To: to})
	if err != nil {
		t.Fatal(err)
	}
	if stats.RollUps != 1 || stats.Opened != 0 {
		t.Errorf("%v to %v: %d roll-ups and %d single profiles were read", from, to, stats.RollUps, stats.Opened)
	}
	if !slices.Equal(got.Parents(), want.Parents()) || !slices.Equal(got.Frames(), want.Frames()) || !slices.Equal(got.NodeFrames(), want.NodeFrames()) || !slices.Equal(got.Self(0), want.Self(0)) {
		t.Errorf("%v to %v: the roll-up is not the merge of the profiles: total %d, want %d", from, to, got.Total(0), want.Total(0))
	}
}

// TestOpensWithPprof holds that google/pprof reads what the store wrote.
func TestOpensWithPprof(t *testing.T) {
	bucket := objstore.NewInMemBucket()
	now := storetest.Start
	s, err := store.Open(t.Context(), bucket, storetest.Options(&now))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 5 {
		if _, err := s.Put(t.Context(), store.Profile{Labels: store.Labels{"service": "api"}, Type: "cpu", Time: now, Data: encodeFolded(fmt.Sprintf("main;a %d\n", i+1))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.RollUp(t.Context(), now.Add(72*time.Hour)); err != nil {
		t.Fatal(err)
	}
	n := 0
	for key, data := range bucket.Objects() {
		if !strings.HasSuffix(key, ".pb.gz") {
			continue
		}
		n++
		checkPprof(t, key, data)
		if p, err := pprof.Decode(bytes.NewReader(data), pprof.Options{}); err != nil || p.Total(0) != 15 {
			t.Errorf("%s: %v", key, err)
		}
	}
	if n != 2 {
		t.Errorf("there are %d roll-ups, want an hour's and a day's", n)
	}
}
