package main

import (
	"errors"
	"strings"
	"testing"
)

// Where Graphviz is missing pprof's own message leads to flame's call graph.
func TestGraphvizMissing(t *testing.T) {
	err := withGraphHint(errors.New("failed to execute dot. Is Graphviz installed? Error: not found"))
	if !strings.Contains(err.Error(), "flame graph") {
		t.Errorf("the message is %q", err)
	}
	var out strings.Builder
	newPprofUI(&console{in: strings.NewReader(""), err: &out}).PrintErr("failed to execute dot. Is Graphviz installed?")
	if !strings.Contains(out.String(), "flame graph") {
		t.Errorf("the shell's message is %q", &out)
	}
	if other := errors.New("no such file"); withGraphHint(other) != other {
		t.Error("another error is changed")
	}
}
