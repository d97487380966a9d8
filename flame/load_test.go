package flame_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/format"
	"flame/flame"
	"flame/flame/fetch"
)

const stacks = "main;work;parse 3\nmain;rest 1\n"

// serveText answers every request with the same text.
func serveText(t *testing.T, text string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) }))
	t.Cleanup(s.Close)
	return s.URL
}

func target(t *testing.T, url string) flame.Source {
	t.Helper()
	s, err := flame.Target(url, fetch.TargetOptions{Suffix: "heap"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func folded(t *testing.T, p *collapse.Profile) string {
	t.Helper()
	var b strings.Builder
	if err := collapse.WriteFolded(&b, p, p.Default); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestLoadMergesSourcesOfEveryKind(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu.folded")
	if err := os.WriteFile(file, []byte(stacks), 0o666); err != nil {
		t.Fatal(err)
	}
	found, err := flame.Find(file, fetch.TargetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := flame.Load(t.Context(), flame.Options{KeepRaw: true},
		target(t, serveText(t, stacks)), found, flame.Reader("memory", strings.NewReader(stacks)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := folded(t, loaded.Profile), "main;rest 3\nmain;work;parse 9\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(loaded.Raw) != 3 || string(bytes.Join(loaded.Raw, nil)) != stacks+stacks+stacks {
		t.Errorf("raw bytes: %q", loaded.Raw)
	}
	if len(loaded.Missing) != 0 {
		t.Errorf("missing: %v", loaded.Missing)
	}
}

func TestLoadNamesWhatIsMissing(t *testing.T) {
	good := target(t, serveText(t, stacks))
	page := target(t, serveText(t, "<!DOCTYPE html><html>"))
	loaded, err := flame.Load(t.Context(), flame.Options{KeepRaw: true}, page, good, flame.File("no such file"))
	if err != nil {
		t.Fatal(err)
	}
	if raw := loaded.Raw; len(raw) != 3 || raw[0] != nil || string(raw[1]) != stacks || raw[2] != nil {
		t.Errorf("raw bytes: %q", raw)
	}
	if folded(t, loaded.Profile) != "main;rest 1\nmain;work;parse 3\n" {
		t.Errorf("got %s", folded(t, loaded.Profile))
	}
	if len(loaded.Missing) != 2 || !errors.Is(loaded.Missing[0], fetch.ErrNotProfile) || !errors.Is(loaded.Missing[1], fs.ErrNotExist) {
		t.Errorf("missing: %v", loaded.Missing)
	}
	_, err = flame.Load(t.Context(), flame.Options{}, page, flame.File("no such file"))
	if !errors.Is(err, fetch.ErrNotProfile) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("all missing: %v", err)
	}
	if _, err = flame.Load(t.Context(), flame.Options{}); err == nil {
		t.Error("no source is no error")
	}
}

func TestLoadStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := flame.Load(ctx, flame.Options{}, flame.Reader("memory", strings.NewReader(stacks)))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestLoadRefusesWhatIsTooLarge(t *testing.T) {
	o := flame.Options{Decode: format.Options{Limits: collapse.Limits{Bytes: 10}}}
	_, err := flame.Load(t.Context(), o, flame.Reader("memory", strings.NewReader(stacks)))
	var limit *collapse.LimitError
	if !errors.As(err, &limit) {
		t.Errorf("%v", err)
	}
}

func TestFind(t *testing.T) {
	for _, arg := range []string{"localhost:6060", "http://host/debug/pprof/heap", ":8080", "unix:/run/app.sock"} {
		s, err := flame.Find(arg, fetch.TargetOptions{})
		if _, remote := s.Remote(); err != nil || !remote {
			t.Errorf("%s: %v, %v", arg, s, err)
		}
	}
	_, err := flame.Find("nothing", fetch.TargetOptions{})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "host:port") {
		t.Errorf("nothing: %v", err)
	}
}
