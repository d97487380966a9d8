package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts run the test binary as the program flame, and as the
// collapsers that examples pipe into it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"flame": main,
		"perf":  func() {},
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
			return nil
		},
	})
}
