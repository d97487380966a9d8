package svg

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"flame/collapse"
)

var update = flag.Bool("update", false, "write the golden files anew")

// checkXML fails unless file is a document that an XML parser takes, without
// anything in it that could run but the viewer, and without ids.
func checkXML(t interface {
	Helper()
	Fatalf(string, ...any)
}, file []byte) {
	t.Helper()
	checkMarkup(t, file)
}

// checkMarkup is checkXML of a file with other elements around the graph.
func checkMarkup(t interface {
	Helper()
	Fatalf(string, ...any)
}, file []byte, around ...string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(file))
	scripts := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the file is no XML: %v", err)
		}
		el, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch el.Name.Local {
		case "script":
			scripts++
		case "svg", "title", "desc", "style", "g", "path", "rect", "text", "metadata", "a":
		default:
			if slices.Contains(around, el.Name.Local) {
				break
			}
			t.Fatalf("there is an element <%s>", el.Name.Local)
		}
		for _, a := range el.Attr {
			if a.Name.Local == "id" || a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
				t.Fatalf("<%s> has an attribute %s", el.Name.Local, a.Name.Local)
			}
		}
	}
	if scripts != 1 {
		t.Fatalf("%d scripts, want the viewer alone", scripts)
	}
}

// golden compares the file with testdata/name. The viewer and the data are left
// out: they have tests of their own, and one would change with every release.
func golden(t *testing.T, name string, file []byte) {
	t.Helper()
	for _, cut := range []struct{ from, to string }{
		{"<style><![CDATA[\n", "]]></style>"}, {dataMark + ">", "</metadata>"},
		{`class="flame-viewer">`, "</metadata>"}, {"<script><![CDATA[//\n", "\n//]]>"},
	} {
		i := bytes.Index(file, []byte(cut.from)) + len(cut.from)
		j := i + bytes.Index(file[i:], []byte(cut.to))
		file = append(append(append([]byte{}, file[:i]...), "…"...), file[j:]...)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, want) {
		t.Errorf("%s differs from what is written now (go test -update writes it anew):\n%s", path, file)
	}
}

const someStacks = `main.main 2
main.main;github.com/example/shop/orders.(*Store).Load 5
main.main;github.com/example/shop/orders.(*Store).Load;encoding/json.Unmarshal 20
main.main;github.com/example/shop/orders.(*Store).Load;encoding/json.Unmarshal;runtime.mallocgc 11
main.main;net/http.(*conn).serve 30
main.main;net/http.(*conn).serve;write_[k] 8
runtime.gcBgMarkWorker 14
`

func TestGolden(t *testing.T) {
	p := fromFolded(t, someStacks, false, false)
	p.Types[0] = collapse.ValueType{Type: "cpu", Unit: "nanoseconds", Scale: 0}
	p.Meta = collapse.Meta{
		Source: "http://localhost:8080/debug/pprof/profile", Duration: 30 * time.Second,
		Time: time.Date(2026, 11, 23, 5, 10, 0, 0, time.UTC), Notes: []string{"3 samples had no stack"},
	}
	golden(t, "default.svg", mustWrite(t, p, Options{Version: "1.0.0"}))
	golden(t, "perl.svg", mustWrite(t, p, Options{
		Palette: "hot", Hash: true, Inverted: true, Width: 600, MinWidth: "5%", CountName: "ticks", Subtitle: "a & b",
		Notes: "made for a test", NameAttrs: &NameAttrs{ByName: map[string]NameAttr{
			"main.main": {Title: "the <main>", Href: "https://example.com/?a=1&b=2", Target: "_top"},
		}},
	}))
	d := fromFolded(t, "a;b 10 20\na;c 20 10\na;d 5 5\ngone 7 0", true, false)
	golden(t, "diff.svg", mustWrite(t, d, Options{Title: "Before and after"}))
}

func TestEmpty(t *testing.T) {
	for _, stacks := range []string{"", "main;work 0"} {
		p := fromFolded(t, stacks, false, false)
		file := mustWrite(t, p, Options{})
		checkXML(t, file)
		if !bytes.Contains(file, []byte("no samples")) || !bytes.Contains(file, []byte("M100 ")) {
			t.Errorf("%q: a picture without its root, or that does not say why it is empty", stacks)
		}
	}
}

func TestDeterministic(t *testing.T) {
	p := fromFolded(t, someStacks, false, false)
	for _, o := range []Options{{}, {Random: true, Palette: "hot"}, {Palette: "java", PaletteMap: &PaletteMap{}}} {
		if !bytes.Equal(mustWrite(t, p, o), mustWrite(t, p, o)) {
			t.Errorf("%+v: two files differ", o)
		}
	}
}

func TestNastyNames(t *testing.T) {
	long := strings.Repeat("x\u05d0<", 3400)
	p := fromFolded(t, "<script>alert(1)</script>;]]>;\x00\x01\x1b[31m;\xff\xfe;\xed\xa0\x80;\"'&amp; 9\n"+
		"a\u202eb;\u2067c;--><!--;</metadata>;</text></svg>;"+long+" 9\n"+long+" 5", false, false)
	p.Meta.Source = "\u202e]]></desc><script>\x00"
	p.Meta.Notes = []string{long}
	p.Types[0].Type = `"/><script/>`
	file := mustWrite(t, p, Options{
		Title: "<b>\x02]]>", Subtitle: "", FontType: `x"><script>`, RootName: "</g>", Notes: "a\x00b", CountName: "<i>", Version: "<v>",
		NameAttrs: &NameAttrs{ByName: map[string]NameAttr{"]]>": {Title: "</title><x>", Href: `javascript:alert("1")`, Target: `"`}}},
	})
	checkXML(t, file)
	if bytes.Contains(file, []byte("javascript:")) {
		t.Error("a link runs a script")
	}
	picture, _, _ := bytes.Cut(file[bytes.Index(file, []byte("<g class")):], []byte("<metadata"))
	if bytes.ContainsRune(picture, '\u202e') || bytes.ContainsRune(picture, '\u2067') {
		t.Error("a name can reorder text")
	}
	for line := range bytes.Lines(picture) {
		if bytes.HasPrefix(line, []byte("<text")) && len(line) > 3000 {
			t.Errorf("a text of %d bytes was not cut", len(line))
		}
	}
}

func TestViewerFitsInCDATA(t *testing.T) {
	for name, text := range map[string]string{"loader.js": loaderJS, "viewer.css": viewerCSS} {
		if strings.Contains(text, "]]>") {
			t.Errorf(`%s has a "]]>", which ends its CDATA section`, name)
		}
		if regexp.MustCompile(`(?i)<!--|</(script|style)`).MatchString(text) {
			t.Errorf("%s has markup that a page around it would see", name)
		}
		if at := regexp.MustCompile(`[^\t\n\x20-\x{d7ff}\x{e000}-\x{fffd}\x{10000}-\x{10ffff}]`).FindStringIndex(text); at != nil {
			t.Errorf("%s has %q at %d, which XML does not allow: write it as an escape", name, text[at[0]:at[1]], at[0])
		}
	}
}

func TestStaticPicture(t *testing.T) {
	p := fromFolded(t, "a;b 9999\na;tiny 1\nc 10000", false, false)
	draw := func(o Options) string {
		file := string(mustWrite(t, p, o))
		picture, _, _ := strings.Cut(file, "<metadata")
		return picture
	}
	for _, c := range []struct {
		name string
		o    Options
		has  []string
		not  []string
	}{
		{"default", Options{}, []string{
			">Flame Graph</text>", ">20,000 samples total</text>", "3 of 4 frames are wide enough",
			"1 of the frames are narrower than 0.1 px", `width="1200"`, ">all</text>",
		}, []string{"tiny"}},
		{"min width", Options{MinWidth: "0"}, []string{"open this file in a browser to zoom and search"}, []string{"wide enough"}},
		{"percent", Options{MinWidth: "1%"}, []string{"narrower than 1% of the width"}, nil},
		{"inverted", Options{Inverted: true}, []string{">Icicle Graph</text>", "M100 675h"}, nil},
		{"titles", Options{Title: "T", Subtitle: "S", RootName: "root"}, []string{">T</text>", ">S</text>", ">root</text>"}, []string{"total</text>"}},
		{"count name", Options{CountName: "ms", Factor: 0.5}, []string{"10,000 ms total</text>"}, nil},
		{"width", Options{Width: 400}, []string{`width="400"`}, nil},
		{"background", Options{BgColors: "#102030"}, []string{`fill="#102030"`}, []string{`fill="#ffffff"`}},
		{"perl background", Options{Palette: "mem"}, []string{`fill="#eef2ee"`, `fill="#e0ffe0"`}, []string{`fill="#ffffff"`}},
		{"total", Options{Total: 40000}, []string{"h2945"}, nil}, // a quarter of 1180, less the gap
	} {
		got := draw(c.o)
		for _, s := range c.has {
			if !strings.Contains(got, s) {
				t.Errorf("%s: no %s in it", c.name, s)
			}
		}
		for _, s := range c.not {
			if strings.Contains(got[strings.Index(got, "<g "):], s) {
				t.Errorf("%s: %s is in it", c.name, s)
			}
		}
	}
}

// TestMeasured holds the default subtitle to what the profile knows.
func TestMeasured(t *testing.T) {
	b := collapse.NewBuilder(2, collapse.Limits{})
	b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: "main"})}, 12, 12_300_000_000)
	types := []collapse.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}}
	p, err := b.Profile(types, 1)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 6, 10, 0, 0, time.FixedZone("", 3600))
	for _, c := range []struct {
		meta collapse.Meta
		o    Options
		want string
	}{
		{collapse.Meta{}, Options{}, "cpu · 12.3 s total"},
		{collapse.Meta{}, Options{Type: "samples"}, "12 samples total"},
		{collapse.Meta{}, Options{Type: "0", CountName: "ticks"}, "samples · 12 ticks total"},
		{collapse.Meta{Source: "http://h:1/x"}, Options{}, "cpu · 12.3 s total · from http://h:1/x"},
		{collapse.Meta{Duration: 30 * time.Second}, Options{}, "cpu · 12.3 s total · over 30 s"},
		{collapse.Meta{Source: "שלום", Duration: time.Minute, Time: at}, Options{},
			"cpu · 12.3 s total · 1 min from \u2068שלום\u2069 · 2026-11-23 05:10 UTC"},
	} {
		p.Meta = c.meta
		pic, err := newPicture(p, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if pic.subtitle != c.want {
			t.Errorf("%q, want %q", pic.subtitle, c.want)
		}
	}
}

func TestTitleOfFlameChart(t *testing.T) {
	p := fromFolded(t, "a 1\nb 1\na 1", false, true)
	if file := mustWrite(t, p, Options{Inverted: true}); !bytes.Contains(file, []byte("<title>Flame Chart</title>")) {
		t.Error("an ordered profile is not called a flame chart")
	}
}

func TestValidate(t *testing.T) {
	for want, o := range map[string]Options{
		"width":             {Width: -1},
		"height":            {FrameHeight: -1},
		"font size":         {FontSize: -1},
		"font width":        {FontWidth: 11},
		"factor":            {Factor: -1},
		"total":             {Total: -1},
		"comment":           {Notes: "a -- b"},
		"UTF-8 or US-ASCII": {Encoding: "latin1"},
		"minimum width":     {MinWidth: "1e3"},
		"hot":               {Palette: "warm"}, // the error lists those there are
		"grey":              {BgColors: "pink"},
	} {
		err := o.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", o, err, want)
		}
		if Write(io.Discard, fromFolded(t, "a 1", false, false), o) == nil {
			t.Errorf("%+v: Write takes it", o)
		}
	}
	for _, o := range []Options{{}, {Encoding: "utf-8"}, {Encoding: "US-ASCII"}, {MinWidth: "5%"}, {BgColors: "#123456"}, {Palette: "java"}} {
		if err := o.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := Write(io.Discard, fromFolded(t, "a 1", false, false), Options{Type: "heap"}); err == nil {
		t.Error("no error for a type that is not there")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteError(t *testing.T) {
	err := Write(brokenWriter{}, fromFolded(t, "a 1", false, false), Options{})
	if err == nil || !strings.Contains(err.Error(), "write SVG: disk full") {
		t.Errorf("error %v", err)
	}
}
