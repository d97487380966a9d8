package store_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"flame/collapse/pprof"
	"flame/flame/store"
	"flame/flame/store/storetest"
)

// ingestDir, if it is set, makes the test binary a program that puts profiles into a
// store until it is killed.
const ingestDir = "FLAME_STORE_INGEST"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ingestDir); dir != "" {
		if err := ingest(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func crashTime() time.Time { return storetest.Start }

// ingest puts profiles of all totals there are, packs them and rolls them up at the
// same time, and prints the id and total of each that was acknowledged.
func ingest(dir string) error {
	bucket, err := store.OpenLocal(dir)
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := store.Open(ctx, bucket, store.Options{Now: crashTime, CommitDelay: time.Millisecond})
	if err != nil {
		return err
	}
	var total atomic.Int64
	total.Store(time.Now().UnixNano() >> 14) // another in each run, and a sum of 80,000 fits
	failed := make(chan error, 10)
	for range 8 {
		go func() {
			for {
				n := total.Add(1)
				data := encodeFolded(fmt.Sprintf("main;a %d\nmain;f%d 1\n", n-1, n%50))
				id, err := s.Put(ctx, store.Profile{Labels: store.Labels{"service": "api", "instance": fmt.Sprint(n % 3)}, Type: "cpu",
					Time: crashTime().Add(time.Duration(n%120-60) * time.Minute), Data: data})
				if err != nil {
					failed <- err
					return
				}
				fmt.Printf("%s %d\n", id, n) // one write
			}
		}()
	}
	go func() {
		for {
			err := s.Compact(ctx)
			if err == nil {
				err = s.RollUp(ctx, crashTime().Add(72*time.Hour))
			}
			if err != nil {
				failed <- err
				return
			}
		}
	}()
	return <-failed
}

// TestKilled kills a program under ingest at random moments. Every profile that it
// acknowledged is there afterwards, whole; there is nothing else but what it was
// about to acknowledge; and Verify leaves nothing.
func TestKilled(t *testing.T) {
	times := 100
	if testing.Short() {
		times = 5
	}
	dir := t.TempDir()
	acknowledged := map[store.ID]int64{}
	for i := range times {
		killOnce(t, dir, time.Duration(rand.IntN(150))*time.Millisecond, acknowledged)
		if i%10 == 9 || i == times-1 {
			checkKilled(t, dir, acknowledged)
		}
		if t.Failed() {
			t.Fatalf("after %d kills", i+1)
		}
	}
	t.Logf("%d kills, %d profiles acknowledged", times, len(acknowledged))
}

func killOnce(t *testing.T, dir string, after time.Duration, acknowledged map[store.ID]int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), ingestDir+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		once.Do(func() { time.AfterFunc(after, func() { cmd.Process.Kill() }) })
		var id store.ID
		var n int64
		if _, err := fmt.Sscanf(lines.Text(), "%s %d", &id, &n); err != nil {
			t.Errorf("the program printed %q", lines.Text())
		}
		acknowledged[id] = n
	}
	_ = cmd.Wait() // killed
	if stderr.Len() > 0 {
		t.Fatalf("the program said: %s", stderr.String())
	}
}

func checkKilled(t *testing.T, dir string, acknowledged map[store.ID]int64) {
	t.Helper()
	bucket, err := store.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), bucket, store.Options{Now: crashTime})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Verify(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	r, err := s.Verify(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Problems {
		t.Errorf("verify: %s: %s", p.Key, p.What)
	}
	found := map[store.ID]int64{}
	var sum int64
	for e, err := range s.Select(t.Context(), store.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := found[e.ID]; twice {
			t.Errorf("%s is there twice", e.ID)
		}
		found[e.ID] = e.Totals[0]
		sum += e.Totals[0]
	}
	for id, n := range acknowledged {
		if found[id] != n {
			t.Errorf("%s was acknowledged with a total of %d, and has %d", id, n, found[id])
		}
	}
	opened := 0
	for id, n := range found { // a part of them, as each costs a listing
		if opened++; opened > 200 {
			break
		}
		data, _, err := s.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := pprof.Decode(bytes.NewReader(data), pprof.Options{}); err != nil || p.Total(0) != n {
			t.Errorf("%s is not what was put: %v", id, err)
		}
	}
	p, stats, err := s.Merge(t.Context(), store.Query{Type: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	if int(stats.Profiles) != len(found) || p.Total(0) != sum {
		t.Errorf("merged: %d profiles, total %d; want %d, %d", stats.Profiles, p.Total(0), len(found), sum)
	}
}

func encodeFolded(text string) []byte {
	var b bytes.Buffer
	p := mustFolded(text)
	if err := pprof.Encode(&b, p); err != nil {
		panic(err)
	}
	return b.Bytes()
}
