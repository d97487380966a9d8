package main

import (
	"context"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestQuick runs the whole harness on small inputs and looks whether each row and
// the chart come out: what figures they hold is not for a test to judge.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("builds flame and runs it some fifty times")
	}
	dir := t.TempDir()
	for program, pkg := range map[string]string{"flame": "..", "bench": "."} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, program), pkg).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", program, err, out)
		}
	}
	run := func(args ...string) string {
		cmd := exec.CommandContext(context.Background(), filepath.Join(dir, "bench"), append([]string{"-quick", "-flame", filepath.Join(dir, "flame")}, args...)...)
		cmd.Dir = "../../.." // it makes inputs with go run
		var messages strings.Builder
		cmd.Stderr = &messages
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("bench %q: %v\n%s", args, err, messages.String())
		}
		return string(out)
	}
	table := run()
	for _, stage := range append(append(stageNames(), wholeNames()...), "merge files", "starts in") {
		if !strings.Contains(table, stage) {
			t.Errorf("the table has no %q:\n%s", stage, table)
		}
	}
	if one := run("-filter", "/layout$"); !strings.Contains(one, "layout") || strings.Contains(one, "inflate") {
		t.Errorf("-filter does not choose:\n%s", one)
	}
	chart := filepath.Join(dir, "chart.svg")
	if series := run("-series", chart); strings.Count(series, "\n") != 1+len(quickSeries) {
		t.Errorf("the series is\n%s", series)
	}
	data, err := os.ReadFile(chart)
	if err != nil {
		t.Fatal(err)
	}
	circles := 0
	for d := xml.NewDecoder(strings.NewReader(string(data))); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the chart is no XML: %v\n%s", err, data)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			circles++
		}
	}
	if circles < len(quickSeries) {
		t.Errorf("the chart has %d points", circles)
	}
}

// TestDocumentedCommands runs what docs/performance.md says that makes its figures,
// as far as -quick goes: the targets are there, and the harness takes their flags.
func TestDocumentedCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("builds flame and runs it some fifty times")
	}
	page, err := os.ReadFile("../../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	flame := filepath.Join(dir, "flame")
	if out, err := exec.Command("go", "build", "-o", flame, "..").CombinedOutput(); err != nil {
		t.Fatalf("build flame: %v\n%s", err, out)
	}
	commands := 0
	for i, block := range strings.Split(string(page), "```") {
		body, ok := strings.CutPrefix(block, "sh\n")
		if !ok || i%2 == 0 {
			continue
		}
		for line := range strings.Lines(body) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), "  #")
			dry := exec.Command("sh", "-e", "-c", strings.Replace(line, "make ", "make -n ", 1))
			dry.Dir = "../../.."
			out, err := dry.Output()
			if err != nil {
				t.Errorf("%s: %v", line, err)
				continue
			}
			for step := range strings.Lines(string(out)) {
				if !strings.HasPrefix(step, "go run ./cmd/flame/bench ") {
					continue
				}
				step = strings.NewReplacer("docs/performance.svg", filepath.Join(dir, "chart.svg"), "bin/flame", flame).Replace(step)
				cmd := exec.Command("sh", "-e", "-c", strings.TrimSpace(step)+" -quick")
				cmd.Dir = "../../.."
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s, which runs %s: %v\n%s", line, step, err, out)
				}
			}
			commands++
		}
	}
	if commands < 3 {
		t.Errorf("the page has %d commands", commands)
	}
}
