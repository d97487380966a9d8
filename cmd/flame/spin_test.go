package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// TestSpin builds and profiles the program that the documents of pprof begin with:
// top has the functions that go tool pprof has first, list puts all of the time on
// the case of the select, and the graph shows it.
func TestSpin(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes two seconds of all processors")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command to build the program with")
	}
	dir := t.TempDir()
	program, taken := filepath.Join(dir, "spin"), filepath.Join(dir, "spin.pb.gz")
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		// On a busy machine being preempted would cost more than the third function.
		cmd.Env = append(os.Environ(), "TZ=UTC", "GODEBUG=asyncpreemptoff=1")
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &errs)
		}
		return string(out)
	}
	run(goTool, "build", "-o", program, "../../testdata/spin")
	run(program, "-o", taken, "-t", "1500ms")

	var top struct {
		Rows []struct {
			Name string
			Cum  float64 `json:"cum_percent"`
		}
	}
	if err := json.Unmarshal([]byte(run("flame", "top", "--format", "json", taken)), &top); err != nil {
		t.Fatal(err)
	}
	theirs := run("flame", "pprof", "-top", "-symbolize=none", taken)
	first := map[string]bool{}
	for i, line := range regexp.MustCompile(`(?m)^ *\S+ +\S+% +\S+% +\S+ +\S+% +(\S+)`).FindAllStringSubmatch(theirs, 3) {
		if top.Rows[i].Name != line[1] {
			t.Errorf("row %d is %s, go tool pprof has %s", i+1, top.Rows[i].Name, line[1])
		}
		first[top.Rows[i].Name] = true
	}
	for _, name := range []string{"runtime.chanrecv", "runtime.selectnbrecv", "main.logicCode"} {
		if !first[name] {
			t.Errorf("%s is not among the first three: %v", name, first)
		}
	}

	list := run("flame", "list", "logicCode", taken)
	line := regexp.MustCompile(`(?m)^ *\S+ +(\S+) +\d+:\t\tcase v := <-c:$`).FindStringSubmatch(list)
	routine := regexp.MustCompile(`(?m)^ *\S+ +(\S+) \(flat, cum\)`).FindStringSubmatch(list)
	if line == nil || routine == nil || line[1] != routine[1] {
		t.Errorf("the case line does not have all of the time:\n%s", list)
	}
	if want := run("flame", "pprof", "-list", "logicCode", "-symbolize=none", taken); list != want {
		t.Errorf("the list is\n%s\nand go tool pprof's\n%s", list, want)
	}
	// Without its functions the profile has them from the program.
	bare := filepath.Join(dir, "bare.pb.gz")
	takeFunctions(t, taken, bare)
	if text := run("flame", "top", bare); !strings.Contains(text, "[spin]") {
		t.Errorf("a profile of addresses is\n%s", text)
	}
	if got, want := run("flame", "top", program, bare), run("flame", "top", taken); got != want {
		t.Errorf("symbolised it is\n%s\nwant\n%s", got, want)
	}

	graph := run("flame", "graph", "-f", "-", taken)
	for _, call := range []string{"main.logicCode → runtime.selectnbrecv", "runtime.selectnbrecv → runtime.chanrecv"} {
		if !strings.Contains(graph, "<title>"+call) {
			t.Errorf("the graph lacks %s", call)
		}
	}
}

// takeFunctions copies a profile without its functions.
func takeFunctions(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	p.Function = nil
	for _, l := range p.Location {
		l.Line = nil
	}
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := p.Write(f); err != nil {
		t.Fatal(err)
	}
}
