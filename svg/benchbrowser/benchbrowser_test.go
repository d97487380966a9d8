package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestWideFunction(t *testing.T) {
	for _, c := range []struct{ folded, want string }{
		{"main;serve;handle;query 40\nmain;serve;handle;write 5\nmain;serve;log 10\nmain;idle 45\n", "query"},
		{"a;b 100\n", "a"}, // all are as wide as the graph
		{"", ""},
	} {
		path := filepath.Join(t.TempDir(), "stacks")
		if err := os.WriteFile(path, []byte(c.folded), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := wideFunction(path)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q: %q, %v, want %q", c.folded, got, err, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	in := input{name: "profile", nodes: "9", target: result{size: 100e3, zoom: 20}}
	table := newTable(3)
	table.add(in, "flame", []result{{size: 90e3, zoom: 25}, {size: 90e3, zoom: 30}, {size: 90e3, zoom: 1}}, nil)
	table.add(in, "wide", []result{{size: 180e3, interactive: 2000}}, fmt.Errorf("zoom: %w", context.DeadlineExceeded))
	table.add(in, "away", nil, errNotHere)
	table.add(in, "broken", nil, errors.New("run it: exit 1:\nno memory"))
	table.add(in, "slow", []result{{interactive: 9000}}, nil)
	var b strings.Builder
	table.print(&b)
	for _, want := range [][]string{
		{"profile (9)", "flame", "90 kB", "25 ms"},
		{"wide", "180 kB 2.0x", "2.00 s", "zoom: over 1 min"},
		{"away", "not on this machine"},
		{"broken", "no memory"},
		{"slow", "9.00 s", "1 run"},
		{"profile: zoom is 25 ms, to be 20 ms at most"},
	} {
		if !hasLine(b.String(), want) {
			t.Errorf("no line has all of %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "size is") {
		t.Errorf("a target that was reached is called missed:\n%s", b.String())
	}
}

func hasLine(text string, parts []string) bool {
	for line := range strings.Lines(text) {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(line, p)
		}
		if all {
			return true
		}
	}
	return false
}

func TestRunTool(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: runs the go command, which is not on PATH")
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := runTool(t.Context(), exec.Command("go", "env", "GOOS"), out); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(out); err != nil || len(text) == 0 {
		t.Errorf("the output has %q, %v", text, err)
	}
	if err := runTool(t.Context(), exec.Command("go", "no-such-command"), out); err == nil || !strings.Contains(err.Error(), "exit status") {
		t.Errorf("a failing program gives %v", err)
	}
}
