package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"
	"time"

	"flame/flame/store"

	"github.com/rogpeppe/go-internal/testscript"
)

// noExitSleep keeps the race detector from adding a second to each run of flame.
const noExitSleep = "atexit_sleep_ms=0"

// TestMain lets scripts run the test binary as the program flame, and as the
// programs that it or the examples call.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", noExitSleep)
	testscript.Main(m, map[string]func(){
		"flame": main,
		"perf":  func() {},
		"xdg-open": func() {
			if err := os.WriteFile("opened", []byte(os.Args[1]), 0o666); err != nil {
				log.Fatal(err)
			}
		},
		"stackcollapse-perf.pl": func() {
			os.Stdout.WriteString("app;main;work 3\napp;main;rest 1\n")
		},
	})
}

// cmdStore makes a store: store DIR. It has three CPU profiles of a service, api, of
// the 22nd of November, 15:00, 15:01 and 15:02.
func cmdStore(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(makeStore(ts.MkAbs(args[0])))
}

func makeStore(dir string) error {
	bucket, err := store.OpenLocal(dir)
	if err != nil {
		return err
	}
	now := time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC)
	s, err := store.Open(context.Background(), bucket, store.Options{Now: func() time.Time { return now }})
	if err != nil {
		return err
	}
	for i := range 3 {
		_, err := s.Put(context.Background(), store.Profile{
			Labels: store.Labels{"service": "api", "instance": fmt.Sprint("app-", i)}, Type: "cpu",
			Time: now.Add(time.Duration(i-30) * time.Minute), Duration: 10 * time.Second, Data: mustProfile("cpu"),
		})
		if err != nil {
			return err
		}
		if i == 1 {
			if err := s.Compact(context.Background()); err != nil {
				return err
			}
		}
	}
	return s.Close()
}

// TestScript runs the command line as people do; see testdata/script.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"target":  cmdTarget,
			"profile": cmdProfile,
			"store":   cmdStore,
		},
		Setup: func(env *testscript.Env) error {
			// A proxy of the machine must not get between flame and the test's targets.
			for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
				env.Setenv(name, "")
			}
			env.Setenv("GORACE", noExitSleep)
			return nil
		},
	})
}
