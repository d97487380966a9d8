package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"flame/collapse"
	"flame/collapse/pprof"
	"flame/flame/store"
)

func folded(t testing.TB, text string) []byte {
	t.Helper()
	p, err := collapse.ReadFolded(strings.NewReader(text), collapse.FoldedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := pprof.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	b, err := store.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 15, 4, 5, 0, time.UTC)
	s, err := store.Open(ctx, b, store.Options{Now: func() time.Time { return now }, CommitDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var ids []store.ID
	for i := range 50 {
		id, err := s.Put(ctx, store.Profile{
			Labels: store.Labels{"service": "a/b", "instance": fmt.Sprint(i % 5)}, Type: "cpu",
			Time: now.Add(time.Duration(i) * time.Minute * 3), Data: folded(t, fmt.Sprintf("main;a %d\nmain;b 1\n", i)),
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	check := func(when string) {
		t.Helper()
		n := 0
		for e, err := range s.Select(ctx, store.Query{}) {
			if err != nil {
				t.Fatal(when, err)
			}
			if e.ID != ids[n] {
				t.Fatalf("%s: %d is %s, want %s", when, n, e.ID, ids[n])
			}
			n++
			if _, _, err := s.Get(ctx, e.ID); err != nil {
				t.Fatal(when, err)
			}
		}
		p, st, err := s.Merge(ctx, store.Query{Type: "cpu"})
		if err != nil {
			t.Fatal(when, err)
		}
		ser, err := s.Series(ctx, store.Query{}, time.Hour)
		t.Log(when, n, st, p.Total(0), p.Meta.Notes, ser, err)
		if n != 50 || p.Total(0) != 49*25+50 {
			t.Errorf("%s: %d profiles, total %d", when, n, p.Total(0))
		}
	}
	check("wal")
	if err := s.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	check("packs")
	if err := s.RollUp(ctx, now.Add(72*time.Hour)); err != nil {
		t.Fatal(err)
	}
	check("rolled up")
	fmt.Println(b.Name())
}
