package callgraph_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/format"
	"flame/flame/callgraph"
	"flame/flame/report"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// folded is a profile with all that a graph shows: an inlined call, a circle, a
// call of itself, one over several layers, and one through what is left out.
const folded = `main;serve;json.Encode 50
main;serve;json.Encode;(*buffer).write_[i] 20
main;serve;small;deep.Fill 1
main;serve;log;serve;log 8
main;fib;fib;fib 10
main;(*buffer).write 2
idle 1
`

func graph(t testing.TB, text string, change func(*report.Options)) *report.Graph {
	t.Helper()
	p, err := collapse.ReadFolded(strings.NewReader(text), collapse.FoldedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o := report.Defaults()
	o.NodeCount = 80
	if change != nil {
		change(&o)
	}
	return report.MakeGraph(p, o)
}

func TestGolden(t *testing.T) {
	g := graph(t, folded, func(o *report.Options) { o.NodeCount = 7 })
	link := func(name string) string { return "torch.svg#f=" + name }
	for name, write := range map[string]func(io.Writer, *report.Graph, callgraph.Options) error{
		"graph.svg": callgraph.WriteSVG, "graph.dot": callgraph.WriteDOT,
	} {
		var got bytes.Buffer
		if err := write(&got, g, callgraph.Options{Title: "Calls & <more>", Link: link}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s differs; -update writes it anew", name)
		}
	}
}

// No name becomes markup, ends a string, or makes a file that cannot be read.
func TestHostileNames(t *testing.T) {
	g := graph(t, "<script>alert(1)</script>;\"]]>&'\\\";\x1b[31mred\x00\xff;\u202egnp 5\n", nil)
	var svg, dot bytes.Buffer
	link := func(name string) string { return "torch.svg#f=" + name }
	if err := callgraph.WriteSVG(&svg, g, callgraph.Options{Title: "\x00<b>", Link: link}); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(svg.Bytes())); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("it is no XML: %v\n%s", err, svg.Bytes())
		}
		if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "script" || e.Name.Local == "b") {
			t.Errorf("a name became the element %s", e.Name.Local)
		}
	}
	if err := callgraph.WriteDOT(&dot, g, callgraph.Options{Title: `a" b`, Link: link}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(dot.String()) {
		if n := strings.Count(strings.ReplaceAll(line, `\\`, ""), `"`) - strings.Count(strings.ReplaceAll(line, `\\`, ""), `\"`); n%2 != 0 {
			t.Errorf("a name ends its string: %s", line)
		}
	}
	for _, out := range []string{svg.String(), dot.String()} {
		if strings.ContainsAny(out, "\x00\x1b\u202e") {
			t.Errorf("control characters are left in %q", out)
		}
	}
}

func TestPNG(t *testing.T) {
	var b bytes.Buffer
	if err := callgraph.WritePNG(&b, graph(t, folded, nil), callgraph.Options{}); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	dark := 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, g, bl, _ := img.At(x, y).RGBA(); r+g+bl < 0x6000 {
				dark++
			}
		}
	}
	if dark < 200 {
		t.Errorf("only %d pixels are dark: there is no text", dark)
	}
}

// Boxes stand apart, whatever the graph, and the same graph gives the same file.
func TestLayoutProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for range rapid.IntRange(1, 30).Draw(t, "stacks") {
			frames := rapid.SliceOfN(rapid.SampledFrom(strings.Split("abcdefghijklmnopq", "")), 1, 12).Draw(t, "stack")
			text.WriteString(strings.Join(frames, ";") + " 3\n")
		}
		p, err := collapse.ReadFolded(strings.NewReader(text.String()), collapse.FoldedOptions{})
		if err != nil {
			t.Fatal(err)
		}
		g := report.MakeGraph(p, report.Options{})
		boxes := callgraph.Boxes(g)
		if len(boxes) != len(g.Nodes)+1 { // with the legend
			t.Fatalf("%d boxes for %d functions", len(boxes), len(g.Nodes))
		}
		for i, a := range boxes {
			for _, b := range boxes[:i] {
				if a[0] < b[0]+b[2] && b[0] < a[0]+a[2] && a[1] < b[1]+b[3] && b[1] < a[1]+a[3] {
					t.Fatalf("boxes overlap: %v and %v", a, b)
				}
			}
		}
		var first, second bytes.Buffer
		for _, w := range []*bytes.Buffer{&first, &second} {
			if err := callgraph.WriteSVG(w, report.MakeGraph(p, report.Options{}), callgraph.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		if first.String() != second.String() {
			t.Fatal("the same graph gives two files")
		}
	})
}

// Every profile of the corpus can be drawn.
func TestCorpus(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "pprof", "*", "*.pb*"))
	if len(files) == 0 {
		t.Skip("the shared profiles (../shared/data) are not here: drawing real profiles is skipped")
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := format.Decode(f, format.Options{Inlined: true})
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		o := report.Defaults()
		o.Type, o.NodeCount = p.Default, 80
		var b bytes.Buffer
		if err := callgraph.WriteSVG(&b, report.MakeGraph(p, o), callgraph.Options{}); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
