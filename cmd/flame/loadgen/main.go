// Loadgen puts flame serve under load, over loopback only.
//
//	loadgen targets -n 2000 -profile cpu.pb.gz -sd targets.json
//	loadgen push -url http://127.0.0.1:4040 -profile cpu.pb.gz -workers 64 -for 30s
//
// The first serves n targets, each with an address of its own (127.1.x.y, which
// Linux has without further ado), that answer a CPU capture after its seconds with
// the profile, and writes their list for file_sd_configs. At its end, on an
// interrupt, it says how many captures were asked for. The second pushes the
// profile as fast as it is acknowledged, from -services services, and says how fast
// that was.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "targets" && args[0] != "push" {
		return errors.New("say targets or push first")
	}
	f := flag.NewFlagSet("loadgen "+args[0], flag.ContinueOnError)
	file := f.String("profile", "", "a pprof profile, gzipped")
	n := f.Int("n", 2000, "targets")
	port := f.Int("port", 7070, "their port")
	sd := f.String("sd", "targets.json", "where to write the list of targets")
	url := f.String("url", "http://127.0.0.1:4040", "the service to push to")
	workers := f.Int("workers", 64, "clients that push at once")
	services := f.Int("services", 20, "services that they are of")
	d := f.Duration("for", 30*time.Second, "how long to push")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	data, err := os.ReadFile(*file)
	if err != nil {
		return err
	}
	if args[0] == "push" {
		return push(ctx, *url, data, *workers, *services, *d)
	}
	return serve(ctx, data, *n, *port, *sd)
}

// serve serves targets until ctx ends.
func serve(ctx context.Context, data []byte, n, port int, sd string) error {
	var asked, done atomic.Int64
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if s, err := strconv.Atoi(r.URL.Query().Get("seconds")); err == nil {
			select {
			case <-time.After(time.Duration(s) * time.Second):
			case <-r.Context().Done():
				return
			}
		}
		if _, err := w.Write(data); err == nil {
			done.Add(1)
		}
	})
	type group struct {
		Targets []string          `json:"targets"`
		Labels  map[string]string `json:"labels"`
	}
	var groups []group
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	for i := range n {
		address := fmt.Sprintf("127.1.%d.%d:%d", i/250, i%250+1, port)
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		go server.Serve(l)
		groups = append(groups, group{[]string{address}, map[string]string{"service": fmt.Sprintf("service-%02d", i%40), "zone": string(rune('a' + i%3))}})
	}
	list, err := json.Marshal(groups)
	if err != nil {
		return err
	}
	if err := os.WriteFile(sd, list, 0o666); err != nil {
		return err
	}
	fmt.Printf("%d targets serve, listed in %s\n", n, sd)
	<-ctx.Done()
	fmt.Printf("%d captures were asked for, %d answered whole\n", asked.Load(), done.Load())
	return server.Close()
}

// push pushes for a time and says how many pushes were acknowledged.
func push(ctx context.Context, url string, data []byte, workers, services int, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	var mu sync.Mutex
	var took []time.Duration
	refused := map[string]int{}
	var wg sync.WaitGroup
	started := time.Now()
	for i := range workers {
		wg.Go(func() {
			for k := 0; ctx.Err() == nil; k++ {
				begin := time.Now()
				err := pushOnce(ctx, client, fmt.Sprintf("%s/api/v1/profiles?service=pushed-%02d&type=cpu&instance=%d&time=now", url, (i+k)%services, i), data)
				mu.Lock()
				switch {
				case err == nil:
					took = append(took, time.Since(begin))
				case ctx.Err() == nil:
					refused[err.Error()]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(started)
	for text, n := range refused {
		fmt.Printf("%d were refused: %s\n", n, text)
	}
	if len(took) == 0 {
		return errors.New("nothing was acknowledged")
	}
	slices.Sort(took)
	fmt.Printf("%d profiles acknowledged in %s: %.0f a second, median %s, 99%% within %s\n",
		len(took), elapsed.Round(time.Millisecond), float64(len(took))/elapsed.Seconds(), took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond))
	return nil
}

func pushOnce(ctx context.Context, client *http.Client, url string, data []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s: %s", resp.Status, bytes.TrimSpace(b))
	}
	return nil
}
