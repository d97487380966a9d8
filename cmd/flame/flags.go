package main

import (
	"fmt"
	"strings"

	"flame/svg"
)

// options is what the flags of a flame graph say.
type options struct {
	input
	reverse bool

	svg      svg.Options
	format   string
	colors   string
	cp       bool
	nameAttr string

	file  string
	print bool
	raw   bool
	open  bool
	quiet bool
}

// Stages of the flow, the headings of the help.
const (
	stageFetch   = "Fetch: where the profile comes from"
	stageChoose  = "Choose: which of its values count"
	stageFilter  = "Filter: which stacks and frames are kept (pprof's options)"
	stageCompare = "Compare: with another profile"
	stageShape   = "Shape: how the stacks are arranged"
	stagePicture = "Picture: how it looks (flamegraph.pl's options)"
	stageOutput  = "Output: where it goes"
)

// specs are the flags, bound to o, in the order of the help.
func (o *options) specs() []*flagSpec {
	all := o.input.specs()
	all = append(all, o.shapeFlags()...)
	all = append(all, o.pictureFlags()...)
	return append(all, o.outputFlags()...)
}

func (o *options) shapeFlags() []*flagSpec {
	return withStage(stageShape, []*flagSpec{
		{names: []string{"reverse"}, value: switchVar(&o.reverse), usage: "start the stacks from the leaf: what calls it, below"},
		{names: []string{"flamechart"}, value: switchVar(&o.ordered), usage: "keep the order of the input instead of merging"},
	})
}

func (o *options) pictureFlags() []*flagSpec {
	p := &o.svg
	specs := []*flagSpec{
		{names: []string{"title"}, arg: "TEXT", value: textVar(&p.Title), usage: "title (Flame Graph)"},
		{names: []string{"subtitle"}, arg: "TEXT", value: textVar(&p.Subtitle), usage: "second line (what was measured, where and when)"},
		{names: []string{"width"}, arg: "PIXELS", value: intVar(&p.Width), usage: "width of the picture (1200, and it follows the window)"},
		{names: []string{"height"}, arg: "PIXELS", value: intVar(&p.FrameHeight), usage: "height of a frame (16)"},
		{names: []string{"minwidth"}, arg: "N", value: textVar(&p.MinWidth), usage: "leave frames under N pixels, or N% with a %, out of the\nstill picture (0.1); zooming in a browser shows all"},
		{names: []string{"fonttype"}, arg: "NAME", value: textVar(&p.FontType), usage: "font (Verdana)"},
		{names: []string{"fontsize"}, arg: "N", value: floatVar(&p.FontSize), usage: "its size in pixels (12)"},
		{names: []string{"fontwidth"}, arg: "N", value: floatVar(&p.FontWidth), usage: "mean width of a letter, as a part of the size (0.59)"},
		{names: []string{"countname"}, arg: "TEXT", value: textVar(&p.CountName), usage: "what is counted (the profile's unit)"},
		{names: []string{"nametype"}, arg: "TEXT", value: textVar(&p.NameType), usage: "what a frame is (Function:)"},
		{names: []string{"colors"}, arg: "PALETTE", words: svg.Palettes(), value: enumVar(&o.colors, svg.Palettes()),
			usage: "palette (package): " + wrapWords(svg.Palettes(), 46)},
		{names: []string{"bgcolors"}, arg: "COLOR", words: []string{"yellow", "blue", "green", "grey"}, value: backgroundVar(&p.BgColors),
			usage: "background: yellow, blue, green, grey or #rrggbb"},
		{names: []string{"hash"}, value: switchVar(&p.Hash), usage: "choose shades by the name's first letters"},
		{names: []string{"random"}, value: switchVar(&p.Random), usage: "choose shades as if at random"},
		{names: []string{"cp"}, value: switchVar(&o.cp), usage: "keep each function's colour in ./" + paletteFile},
		{names: []string{"inverted", "i"}, value: switchVar(&p.Inverted), usage: "root on top: an icicle graph"},
		{names: []string{"negate"}, value: switchVar(&p.Negate), usage: "turn a difference round: colours and signs swap"},
		{names: []string{"notes"}, arg: "TEXT", value: textVar(&p.Notes), usage: "put a comment into the file"},
		{names: []string{"encoding"}, arg: "NAME", value: textVar(&p.Encoding), usage: "encoding of the file: UTF-8 or US-ASCII (UTF-8)"},
		{names: []string{"nameattr"}, arg: "FILE", value: textVar(&o.nameAttr), usage: "titles and links by function"},
		{names: []string{"total"}, arg: "N", value: int64Var(&p.Total), usage: "what the full width stands for, if more than the sum"},
		{names: []string{"factor"}, arg: "N", value: floatVar(&p.Factor), usage: "multiply the values that are shown"},
	}
	return withStage(stagePicture, specs)
}

// formats are the values of --format.
var formats = []string{string(svg.SVG), string(svg.HTML)}

func (o *options) outputFlags() []*flagSpec {
	return withStage(stageOutput, []*flagSpec{
		{names: []string{"file", "f"}, arg: "FILE", value: textVar(&o.file), usage: "write to FILE, - for standard output (torch.svg)"},
		{names: []string{"format"}, arg: "NAME", words: formats, value: enumVar(&o.format, formats),
			usage: "svg, or html for one page with the same graph; a FILE\nthat ends in .html means the latter (svg)"},
		{names: []string{"print", "p"}, value: switchVar(&o.print), usage: "write to standard output"},
		{names: []string{"raw", "r"}, value: switchVar(&o.raw), usage: "write folded stacks, to standard output or FILE"},
		{names: []string{"open"}, value: switchVar(&o.open), usage: "show the picture in the browser"},
		{names: []string{"quiet", "q"}, value: switchVar(&o.quiet), usage: "only report errors"},
	})
}

func withStage(stage string, specs []*flagSpec) []*flagSpec {
	for _, f := range specs {
		f.stage = stage
	}
	return specs
}

func backgroundVar(p *string) flagValue {
	return valueFunc(func(s string) error {
		if _, err := svg.ParseBackground(s); err != nil {
			return fmt.Errorf("choose yellow, blue, green, grey or a colour as #rrggbb")
		}
		*p = s
		return nil
	})
}

// wrapWords joins words to lines of at most width letters.
func wrapWords(words []string, width int) string {
	var b strings.Builder
	line := 0
	for i, w := range words {
		if i > 0 && line+len(w) > width {
			b.WriteString("\n")
			line = 0
		} else if i > 0 {
			b.WriteString(" ")
			line++
		}
		b.WriteString(w)
		line += len(w)
	}
	return b.String()
}
