package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// The pages of pprof are served until flame is interrupted.
func TestPprofPages(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu.pb.gz")
	if err := os.WriteFile(file, mustProfile("cpu"), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	said, to := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"pprof", "-http", "127.0.0.1:", "-no_browser", "-symbolize=none", file}, strings.NewReader(""), io.Discard, to)
		to.Close()
		ended <- err
	}()
	url := ""
	for lines := bufio.NewScanner(said); url == "" && lines.Scan(); {
		_, url, _ = strings.Cut(lines.Text(), "Serving web UI on ")
	}
	go io.Copy(io.Discard, said)
	if url == "" {
		t.Fatalf("it does not serve: %v", <-ended)
	}
	for page, want := range map[string]string{"/ui/top": "encoding/json.Marshal", "/ui/flamegraph": "main.parse", "/": "main.parse", "/ui/nothing": "404"} {
		body := ""
		for range 100 { // until it listens
			r, err := http.Get(url + page)
			if err == nil {
				data, _ := io.ReadAll(r.Body)
				r.Body.Close()
				body = string(data)
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if !strings.Contains(body, want) {
			t.Errorf("%s has no %q: %.200s", page, want, body)
		}
	}
	interrupt()
	if err := <-ended; err != nil {
		t.Errorf("interrupted, it ends with %v", err)
	}
}
