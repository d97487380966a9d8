package main

import (
	"log"
	"os"
	"testing"

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

// TestScript runs the command line as people do; see testdata/script.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"target":  cmdTarget,
			"profile": cmdProfile,
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
