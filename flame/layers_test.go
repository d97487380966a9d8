package flame_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors says on which floor of the house a package stands, and which modules it
// may import besides the standard library. Imports only run downward.
var floors = map[string]struct {
	floor   int
	modules []string
}{
	"flame/collapse":              {floor: 0},
	"flame/collapse/pprof":        {1, []string{"github.com/google/pprof", "github.com/klauspost/compress"}},
	"flame/collapse/inflate":      {floor: 0},
	"flame/collapse/perf":         {floor: 1},
	"flame/collapse/goroutine":    {floor: 1},
	"flame/svg":                   {1, []string{"github.com/klauspost/compress"}},
	"flame/svg/base91":            {floor: 0},
	"flame/svg/viewer/build":      {1, []string{"github.com/evanw/esbuild", "github.com/klauspost/compress"}},
	"flame/flame/fetch":           {floor: 1},
	"flame/collapse/format":       {floor: 2},
	"flame/flame/symbolize":       {1, []string{"github.com/google/pprof", "github.com/ianlancetaylor/demangle"}},
	"flame/flame/report":          {floor: 1},
	"flame/flame/callgraph":       {2, []string{"golang.org/x/image"}},
	"flame/flame/diff":            {floor: 2},
	"flame/flame":                 {3, []string{"github.com/felixge/fgprof"}},
	"flame/flame/store":           {3, []string{"github.com/thanos-io/objstore", "github.com/klauspost/compress"}},
	"flame/flame/store/storetest": {4, []string{"github.com/thanos-io/objstore"}},
	"flame/flame/scrape": {4, []string{"github.com/google/pprof", "github.com/prometheus/client_golang", "github.com/prometheus/common",
		"github.com/prometheus/prometheus", "go.yaml.in/yaml/v2"}},
	"flame/flame/serve": {5, []string{"github.com/felixge/fgprof", "github.com/klauspost/compress", "github.com/prometheus/client_golang",
		"github.com/prometheus/common", "github.com/prometheus/exporter-toolkit", "go.yaml.in/yaml/v2", "golang.org/x/crypto", "golang.org/x/time"}},
	"flame/cmd/flame/loadgen": {floor: 0},
	"flame/cmd/flame/synth":   {floor: 0},
	"flame/cmd/flame/bench":   {4, []string{"github.com/google/pprof", "github.com/klauspost/compress"}},
	"flame/svg/benchbrowser":  {0, []string{"github.com/chromedp/cdproto", "github.com/chromedp/chromedp"}},
	"flame/cmd/flame/demo":    {4, []string{"github.com/felixge/fgprof"}},
	"flame/cmd/flame": {6, []string{"github.com/google/pprof", "github.com/urfave/cli/v2", "github.com/schollz/progressbar/v3",
		"github.com/prometheus/client_golang", "golang.org/x/term"}},
}

// linked are the modules that a program may link by importing package flame.
var linked = []string{"github.com/felixge/fgprof", "github.com/google/pprof", "github.com/klauspost/compress"}

type listedPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
	Module     *struct{ Path string }
}

func TestImportsRunDownward(t *testing.T) {
	packages := listPackages(t)
	for path, p := range packages {
		if p.Module == nil || p.Module.Path != "flame" {
			continue
		}
		house, ok := floors[path]
		if !ok {
			t.Errorf("%s stands on no floor: give it one here", path)
			continue
		}
		for _, name := range p.Imports {
			dep := packages[name]
			switch {
			case dep.Standard:
			case dep.Module != nil && dep.Module.Path == "flame":
				if floors[name].floor >= house.floor {
					t.Errorf("%s (floor %d) imports %s (floor %d)", path, house.floor, name, floors[name].floor)
				}
			case dep.Module == nil || !slices.Contains(house.modules, dep.Module.Path):
				t.Errorf("%s imports %s", path, name)
			}
		}
	}
}

// Whoever imports the facade must not get a store, a service or a command line
// along with it.
func TestFacadeLinksLittle(t *testing.T) {
	packages := listPackages(t)
	for _, name := range packages["flame/flame"].Deps {
		dep := packages[name]
		if dep.Standard || dep.Module == nil {
			continue
		}
		if dep.Module.Path == "flame" && floors[name].floor < floors["flame/flame"].floor || slices.Contains(linked, dep.Module.Path) {
			continue
		}
		t.Errorf("package flame links %s", name)
	}
}

func listPackages(t *testing.T) map[string]listedPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps,Module", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", strings.TrimSpace(string(exit.Stderr)))
		}
		t.Fatal(err)
	}
	packages := map[string]listedPackage{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
	return packages
}
