package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A profile's name for a file leads to the sources of whoever asks, and nowhere
// else.
func TestSourceFinder(t *testing.T) {
	home := t.TempDir()
	files := map[string]string{
		"module/go.mod":                       "module example.com/shop\n",
		"module/cart/cart.go":                 "package cart",
		"module/.env":                         "SECRET=1",
		"go/src/fmt/print.go":                 "package fmt",
		"go/src/runtime/proc.go":              "package runtime",
		"mod/github.com/!azure/x@v1.2.3/a.go": "package x",
		"other/far.go":                        "package far",
		"secret.txt":                          "secret",
	}
	for name, text := range files {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(home, "secret.txt"), filepath.Join(home, "module", "link.go")); err != nil {
		t.Log("no symbolic links here:", err)
	}
	t.Chdir(filepath.Join(home, "module", "cart"))
	t.Setenv("GOROOT", filepath.Join(home, "go"))
	t.Setenv("GOMODCACHE", filepath.Join(home, "mod"))
	slashed := filepath.ToSlash(home)
	for _, test := range []struct {
		name, path string
		trust      bool
		want       string // "" if it is not to be opened
	}{
		{name: slashed + "/module/cart/cart.go", want: "package cart"},
		{name: "example.com/shop/cart/cart.go", want: "package cart"},
		{name: "/home/ci/work/module/cart/cart.go", want: "package cart"},
		{name: "cart/cart.go", want: "package cart"},
		{name: "/opt/go1.22/src/fmt/print.go", want: "package fmt"},
		{name: "fmt/print.go", want: "package fmt"},
		{name: "/home/ci/go/pkg/mod/github.com/!azure/x@v1.2.3/a.go", want: "package x"},
		{name: "github.com/Azure/x@v1.2.3/a.go", want: "package x"},
		{name: slashed + "/other/far.go"},
		{name: slashed + "/other/far.go", trust: true, want: "package far"},
		{name: "far.go", path: filepath.Join(home, "other"), want: "package far"},
		{name: "/build/other/far.go", path: filepath.Join(home, "other"), want: "package far"},
		{name: slashed + "/secret.txt"},
		{name: "../secret.txt"},
		{name: "/opt/go/src/../../secret.txt"},
		{name: slashed + "/module/../secret.txt"},
		{name: "link.go"},
		{name: ".env"},
		{name: "/x/module/.env"},
		{name: "nothing.go"},
		{name: "cart"}, // a directory
	} {
		f := &sourceFinder{path: test.path, trust: test.trust}
		lines, err := f.lines(test.name)
		switch got := strings.Join(lines, "\n"); {
		case got != test.want:
			t.Errorf("%s is %q, want %q (%v)", test.name, got, test.want, err)
		case test.want == "" && err == nil:
			t.Errorf("%s is no error", test.name)
		}
	}
}
