package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"flame/collapse"
	"flame/flame"
	"flame/flame/callgraph"
	"flame/flame/report"
	"flame/svg"
)

// graphFormats are what a call graph can be written as.
var graphFormats = []string{"svg", "png", "dot"}

const defaultGraph = "callgraph.svg"

// A graphing is what the flags of the call graph say.
type graphing struct {
	reporting
	title string
	with  string
}

func graphCommand(c *console) *command {
	g := &graphing{reporting: reporting{Options: report.Defaults()}}
	g.NodeCount = 80
	specs := append(g.input.specs(), g.trimFlags()...)
	specs = append(specs, withStage(stageOutput, []*flagSpec{
		{names: []string{"file", "f"}, arg: "FILE", value: textVar(&g.file), usage: "write to FILE, - for standard output (" + defaultGraph + ")"},
		{names: []string{"format"}, arg: "NAME", words: graphFormats, value: enumVar(&g.format, graphFormats),
			usage: "svg, png or dot (as the FILE is called, else svg)"},
		{names: []string{"with"}, arg: "FILE", value: textVar(&g.with),
			usage: "write the flame graph to FILE too; a click on a function\nopens it there"},
		{names: []string{"title"}, arg: "TEXT", value: textVar(&g.title), usage: "title (Call Graph)"},
		{names: []string{"open"}, value: switchVar(&g.open), usage: "show the picture in the browser"},
		{names: []string{"quiet", "q"}, value: switchVar(&g.quiet), usage: "only report errors"},
	})...)
	return &command{
		name: "graph", args: sourceArgs, usage: "draw who calls whom: pprof's call graph, without Graphviz",
		long: `Each box is a function: the larger its letters, the more flat (what it costs itself); the
redder, the more cum (with what it calls). Arrows are calls: the thicker, the more of the
profile goes through them; dashed where all of them were inlined, dotted where functions
between the two are left out. It shows the 80 functions that tell most.
`,
		tail: `Examples
  flame graph cpu.pb.gz
  flame graph cpu.pb.gz -f calls.svg --with torch.svg
  flame graph cpu.pb.gz -f calls.png -nodecount 30
`,
		specs: specs,
		run: func(ctx context.Context, args []string) error {
			return g.run(ctx, c, args)
		},
	}
}

func (g *graphing) run(ctx context.Context, c *console, args []string) error {
	format, err := g.graphFormat()
	if err != nil {
		return err
	}
	if g.file == "" {
		stem, _ := splitExt(defaultGraph)
		g.file = stem + "." + format
	}
	if g.open && g.file == "-" {
		return usageErrorf("--open shows a picture's file, and none is written with -f -; leave one of them out")
	}
	var second *output
	if g.with != "" {
		if second, err = newOutput(g.with, c.out); err != nil {
			return err
		}
	}
	options := callgraph.Options{Title: g.title}
	if options.Title == "" {
		options.Title = "Call Graph"
	}
	return g.produce(ctx, c, args, func(out *output, p *collapse.Profile) error {
		if second != nil {
			if options.Link, err = g.link(out, second, p); err != nil {
				return err
			}
			flat, err := withoutInlined(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.err, "Writing svg to %s\n", second.name)
			if err := second.write(func(w io.Writer) error {
				return flame.Render(w, flat, svg.Options{Version: versionText()})
			}); err != nil {
				return err
			}
		}
		calls := report.MakeGraph(p, g.Options)
		if out.stream == nil && !g.quiet {
			fmt.Fprintf(c.err, "Writing %s to %s\n", format, out.name)
		}
		write := map[string]func(io.Writer, *report.Graph, callgraph.Options) error{
			"svg": callgraph.WriteSVG, "png": callgraph.WritePNG, "dot": callgraph.WriteDOT,
		}[format]
		if err := out.write(func(w io.Writer) error { return write(w, calls, options) }); err != nil {
			return err
		}
		if g.open {
			return openInBrowser(out.path)
		}
		return nil
	})
}

// graphFormat is what --format says, else what the file's name does.
func (g *graphing) graphFormat() (string, error) {
	ext := strings.TrimPrefix(strings.ToLower(filepath.Ext(g.file)), ".")
	switch {
	case g.format != "":
		return g.format, nil
	case ext == "gv":
		return "dot", nil
	case ext == "svg" || ext == "png" || ext == "dot":
		return ext, nil
	case ext == "pdf" || ext == "ps" || ext == "jpg" || ext == "jpeg" || ext == "gif":
		return "", usageErrorf("flame graph does not write .%s; choose svg, png or dot", ext)
	}
	return "svg", nil
}

// link makes the addresses that lead from the call graph into the flame graph.
func (g *graphing) link(from, to *output, p *collapse.Profile) (func(string) string, error) {
	name := filepath.Base(to.name)
	if from.stream == nil && to.stream == nil {
		rel, err := filepath.Rel(filepath.Dir(from.path), to.path)
		if err != nil {
			return nil, fmt.Errorf("link %s with %s: %w", from.name, to.name, err)
		}
		name = filepath.ToSlash(rel)
	}
	address := (&url.URL{Path: name}).EscapedPath()
	if strings.Contains(strings.SplitN(address, "/", 2)[0], ":") {
		address = "./" + address
	}
	known := make(map[string]bool)
	for _, f := range p.Frames() {
		known[f.Name] = true
	}
	return func(function string) string {
		if !known[function] {
			return ""
		}
		return address + svg.FocusLink(function)
	}, nil
}

// withoutInlined returns p with one frame for a function, inlined or not, as a
// flame graph has it.
func withoutInlined(p *collapse.Profile) (*collapse.Profile, error) {
	p, err := collapse.Flatten(p)
	if err != nil {
		return nil, err
	}
	return collapse.MapFrames(p, false, func(f collapse.Frame) collapse.Frame {
		if f.Kind == collapse.Inlined {
			f.Kind = collapse.Normal
		}
		return f
	})
}
