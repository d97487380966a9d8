package store_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"flame/flame/store"
	"flame/flame/store/storetest"

	"github.com/google/pprof/profile"
)

// realProfiles returns CPU profiles of about 45 kB: a real one of an HTTP service, of
// which each lacks another part of the samples.
func realProfiles(b *testing.B, n int) [][]byte {
	b.Helper()
	file := filepath.Join("..", "..", "..", "shared", "data", "pprof", "typical", "server.cpu.labels.pb.gz")
	data, err := os.ReadFile(file)
	if err != nil {
		b.Skip("the shared profiles (../shared/data) are not here: the benchmark on real profiles is skipped")
	}
	out := make([][]byte, n)
	random := rand.New(rand.NewPCG(1, 2))
	size := 0
	for i := range out {
		p, err := profile.ParseData(data)
		if err != nil {
			b.Fatal(err)
		}
		kept := p.Sample[:0]
		for _, s := range p.Sample {
			if random.Float64() < 0.6 {
				s.Value[0], s.Value[1] = s.Value[0]+int64(i%3), s.Value[1]+int64(i%3)*1e7
				kept = append(kept, s)
			}
		}
		p.Sample = kept
		var buf bytes.Buffer
		if err := p.Compact().Write(&buf); err != nil {
			b.Fatal(err)
		}
		out[i] = buf.Bytes()
		size += buf.Len()
	}
	b.Logf("%d profiles of %d kB", n, size/n/1000)
	return out
}

// localStore is a store in a directory, with a clock that stands at the end of the
// second hour after Start's.
func localStore(b *testing.B, o store.Options) (*store.Store, time.Time) {
	b.Helper()
	bucket, err := store.OpenLocal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	hour := storetest.Start.Truncate(24 * time.Hour)
	if o.Now == nil {
		o.Now = func() time.Time { return hour.Add(24 * time.Hour) }
	}
	s, err := store.Open(b.Context(), bucket, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s, hour
}

// putAll puts n profiles, many at a time: each waits for its commit.
func putAll(b *testing.B, s *store.Store, n int, make func(i int) store.Profile) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			for i := next.Add(1) - 1; int(i) < n; i = next.Add(1) - 1 {
				if _, err := s.Put(context.Background(), make(int(i))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func target(i int, hour time.Time, data []byte) store.Profile {
	return store.Profile{Labels: store.Labels{"service": "api", "instance": fmt.Sprintf("app-%d", i%50)}, Type: "cpu",
		Time: hour.Add(time.Duration(i/50)*time.Minute + time.Duration(i%50)*time.Second), Duration: 10 * time.Second, Data: data}
}

// BenchmarkPut measures acknowledged, so durable, profiles, while they are made into
// packs too.
func BenchmarkPut(b *testing.B) {
	data := realProfiles(b, 60)
	s, hour := localStore(b, store.Options{})
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go s.Run(ctx, time.Minute)
	b.ResetTimer()
	putAll(b, s, b.N, func(i int) store.Profile { return target(i%3000, hour, data[i%60]) })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "profiles/s")
}

// BenchmarkMerge measures the merged profile of 50 targets over an hour, 3,000
// profiles, from single profiles and from the roll-up; and that of a day of 24 such
// roll-ups.
func BenchmarkMerge(b *testing.B) {
	data := realProfiles(b, 60)
	s, hour := localStore(b, store.Options{})
	putAll(b, s, 3000, func(i int) store.Profile { return target(i, hour, data[(i*7+i/50)%60]) })
	for h := 1; h < 24; h++ { // their roll-ups are as large
		putAll(b, s, 60, func(i int) store.Profile { return target(i*50+h, hour.Add(time.Duration(h)*time.Hour), data[i]) })
	}
	if err := s.Compact(b.Context()); err != nil {
		b.Fatal(err)
	}
	measure := func(name string, q store.Query, profiles int64) {
		q.Type = "cpu"
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p, stats, err := s.Merge(b.Context(), q)
				if err != nil || stats.Profiles != profiles || stats.Skipped > 0 {
					b.Fatal(stats, err)
				}
				b.ReportMetric(float64(p.Len()), "nodes")
			}
		})
	}
	first := store.Query{From: hour, To: hour.Add(time.Hour)}
	measure("HourCold", first, 3000)
	if err := s.RollUp(b.Context(), hour.Add(24*time.Hour)); err != nil { // hours, no day
		b.Fatal(err)
	}
	measure("HourRolledUp", first, 3000)
	measure("DayOfHours", store.Query{From: hour, To: hour.Add(24 * time.Hour)}, 3000+23*60)
	if err := s.RollUp(b.Context(), hour.Add(25*time.Hour)); err != nil {
		b.Fatal(err)
	}
	measure("DayRolledUp", store.Query{From: hour, To: hour.Add(24 * time.Hour)}, 3000+23*60)
}

// BenchmarkSeries measures the timeline of 50 targets over 7 days, 504,000 profiles,
// with a cold cache of indexes and a warm one.
func BenchmarkSeries(b *testing.B) {
	data := encodeFolded("main;a 10\nmain;b 1\n")
	dir := b.TempDir()
	hour := storetest.Start.Truncate(24 * time.Hour)
	open := func() *store.Store {
		bucket, err := store.OpenLocal(dir)
		if err != nil {
			b.Fatal(err)
		}
		s, err := store.Open(b.Context(), bucket, store.Options{Now: func() time.Time { return hour.Add(7 * 24 * time.Hour) }})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	s := open()
	for day := range 7 {
		putAll(b, s, 72000, func(i int) store.Profile { return target(i, hour.Add(time.Duration(day)*24*time.Hour), data) })
		if err := s.Compact(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	run := func(b *testing.B, s *store.Store) {
		series, err := s.Series(b.Context(), store.Query{Type: "cpu", Matchers: nil}, 10*time.Minute)
		if err != nil || len(series) != 1 || len(series[0].Points) != 7*24*6 {
			b.Fatal(len(series), err)
		}
	}
	b.Run("Cold", func(b *testing.B) {
		for b.Loop() {
			s := open()
			run(b, s)
			s.Close()
		}
	})
	b.Run("Warm", func(b *testing.B) {
		s := open()
		defer s.Close()
		for b.Loop() {
			run(b, s)
		}
	})
}
