package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A failure while writing leaves the old file, or none, and nothing else.
func TestOutputIsWholeOrNothing(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "torch.svg")
	broken := errors.New("broken")
	fail := func(w io.Writer) error {
		w.Write(bytes.Repeat([]byte("half"), 1<<20))
		return broken
	}
	for _, old := range []string{"", "old"} {
		if old != "" {
			if err := os.WriteFile(name, []byte(old), 0o640); err != nil {
				t.Fatal(err)
			}
		}
		o, err := newOutput(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.write(fail); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		if data, _ := os.ReadFile(name); string(data) != old {
			t.Errorf("the file holds %d bytes, want %q", len(data), old)
		}
		want := 0
		if old != "" {
			want = 1
		}
		if entries, _ := os.ReadDir(dir); len(entries) != want {
			t.Errorf("%d files are left: %v", len(entries), entries)
		}
	}

	o, err := newOutput(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.write(func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil || string(data) != "new" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := os.Stat(name); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o640) {
		t.Errorf("permissions are %v, %v", info.Mode(), err)
	}
}

func TestIsObjectFile(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if !isObjectFile(exe) {
		t.Error("the test's own program is not taken for one")
	}
	text := filepath.Join(t.TempDir(), "a.folded")
	if err := os.WriteFile(text, []byte("main 1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if isObjectFile(text) || isObjectFile(text+".missing") || isObjectFile(filepath.Dir(text)) {
		t.Error("a text, nothing or a directory is taken for a program")
	}
}
