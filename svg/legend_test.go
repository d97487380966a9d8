package svg

import (
	"encoding/json"
	"strings"
	"testing"

	"flame/collapse"
)

func TestClassOf(t *testing.T) {
	for name, want := range map[string]Class{
		"main.main": ClassProgram, "github.com/a/b.F": ClassProgram, "curl_easy_perform": ClassProgram,
		"net/http.(*conn).serve": ClassStd, "std::vec::Vec<T>::push": ClassStd,
		"runtime.mallocgc": ClassRuntime, "start_thread": ClassRuntime,
		"runtime.gcBgMarkWorker": ClassGC,
		"do_syscall_64_[k]":      ClassKernel, "[kernel.kallsyms]": ClassKernel,
		"0x7f00": ClassUnknown, "[unknown]": ClassUnknown, "--": ClassUnknown,
		"stub_[j]": ClassJIT,
	} {
		p := fromFolded(t, name+" 1", false, false)
		if got := ClassOf(p.Frames()[0]); got != want {
			t.Errorf("%s is of class %d, want %d", name, got, want)
		}
	}
}

// metaOf returns the payload's JSON as a reader of the file sees it.
func metaOf(t *testing.T, p *collapse.Profile, o Options) metaView {
	t.Helper()
	pic, err := newPicture(p, o)
	if err != nil {
		t.Fatal(err)
	}
	js, err := json.Marshal(pic.meta())
	if err != nil {
		t.Fatal(err)
	}
	var m payloadMeta
	if err := json.Unmarshal(js, &m); err != nil {
		t.Fatal(err)
	}
	return m.View
}

// TestClassRuns checks that the runs give every frame its class back.
func TestClassRuns(t *testing.T) {
	p := fromFolded(t, someStacks, false, false)
	var classes []Class
	runs := metaOf(t, p, Options{Palette: "hot"}).Classes
	for i := 0; i < len(runs); i += 2 {
		for range runs[i+1] {
			classes = append(classes, Class(runs[i]))
		}
	}
	if len(classes) != len(p.Frames()) {
		t.Fatalf("%d classes of %d frames", len(classes), len(p.Frames()))
	}
	for i, f := range p.Frames() {
		if classes[i] != ClassOf(f) {
			t.Errorf("%s is of class %d, want %d", f.Name, classes[i], ClassOf(f))
		}
	}
	if len(runs) >= 2*len(p.Frames()) {
		t.Errorf("%v: neighbours of one class are two runs", runs)
	}
}

// TestLegend checks that it has what is in the profile and no more, that its
// colours are those that frames have, and when there is none.
func TestLegend(t *testing.T) {
	p := fromFolded(t, "main.main;fmt.Println 3\nmain.main;write_[k] 1\n--;main.main 1\n", false, false)
	var labels []string
	for _, e := range metaOf(t, p, Options{}).Legend {
		labels = append(labels, e.Label)
	}
	if got, want := strings.Join(labels, "|"), "program, a colour for each package|standard library|kernel"; got != want {
		t.Errorf("the legend is %s, want %s", got, want)
	}
	for name, o := range map[string]Options{"hot": {Palette: "hot"}, "map": {PaletteMap: &PaletteMap{}}} {
		if l := metaOf(t, p, o).Legend; l != nil {
			t.Errorf("%s: a legend of colours that it has not: %v", name, l)
		}
		if strings.Contains(string(mustWrite(t, p, o)), `<g class="flame-legend`) {
			t.Errorf("%s: the picture has a legend", name)
		}
	}
	for class, swatches := range classSwatches {
		for _, s := range swatches {
			c, _ := parseRGB(s)
			if s == "" || classLabels[class] == "" || c == (RGB{}) {
				t.Errorf("class %d: swatch %q, label %q", class, s, classLabels[class])
			}
		}
	}
}

// TestLegendFits checks that no row of the legend leaves the picture and no two
// entries overlap, in pictures of any width.
func TestLegendFits(t *testing.T) {
	p := differential(t, someDifference)
	for _, width := range []int{120, 320, 600, 1200, 4000} {
		pic, err := newPicture(p, Options{Width: width})
		if err != nil {
			t.Fatal(err)
		}
		rows := map[int]float64{}
		for _, e := range pic.legend {
			if e.x < rows[e.row] {
				t.Errorf("width %d: %q begins at %v, before %v", width, e.Label, e.x, rows[e.row])
			}
			rows[e.row] = e.x + float64(len([]rune(e.Label)))*pic.smallSize()*pic.o.FontWidth
			if len(rows) <= e.row {
				t.Errorf("width %d: a row is empty", width)
			}
			if width >= 320 && rows[e.row] > float64(width) {
				t.Errorf("width %d: %q ends at %v", width, e.Label, rows[e.row])
			}
		}
		if len(rows) != pic.geom.Legend {
			t.Errorf("width %d: %d rows, room for %d", width, len(rows), pic.geom.Legend)
		}
	}
}
