package main

import (
	"fmt"
	"regexp"
	"strings"

	"flame/svg"
)

// options is what the flags of a flame graph say.
type options struct {
	urls         []string
	suffix       string
	seconds      int
	secondsGiven bool
	binary       string
	binaryName   string
	pprofArgs    string // stays empty: splitArgs puts its flags in its place
	headers      []string
	token        string
	tokenFile    string
	cert, key    string
	ca           string
	insecure     bool
	maxBytes     int64
	save         string

	typeFlags   []string // -inuse_space and its like, in their order
	sampleIndex string
	allFrames   bool
	focus       *regexp.Regexp
	reverse     bool
	flameChart  bool

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
	stageShape   = "Shape: how the stacks are arranged"
	stagePicture = "Picture: how it looks (flamegraph.pl's options)"
	stageOutput  = "Output: where it goes"
)

// specs are the flags, bound to o, in the order of the help.
func (o *options) specs() []*flagSpec {
	var all []*flagSpec
	all = append(all, o.fetchFlags()...)
	all = append(all, o.chooseFlags()...)
	all = append(all, o.pictureFlags()...)
	return append(all, o.outputFlags()...)
}

func (o *options) fetchFlags() []*flagSpec {
	specs := []*flagSpec{
		{names: []string{"url", "u"}, arg: "TARGET", value: listVar(&o.urls),
			usage: "host, host:port, :port, URL or unix:SOCKET (http://localhost:8080);\nagain for more targets, which are merged"},
		{names: []string{"suffix", "s"}, arg: "PATH", value: textVar(&o.suffix),
			usage: "path or name of the profile: heap, mutex, fgprof, …\n(/debug/pprof/profile, the CPU profile)",
			words: []string{"profile", "heap", "allocs", "goroutine", "mutex", "block", "threadcreate", "fgprof"}},
		{names: []string{"seconds", "t", "time"}, arg: "N", pprof: true, value: secondsVar(&o.seconds, &o.secondsGiven),
			usage: "how long to capture (30); a heap or other snapshot\nthen shows its change over N seconds"},
		{names: []string{"header", "H"}, arg: "'NAME: VALUE'", value: listVar(&o.headers),
			usage: "send a header; again for more"},
		{names: []string{"bearer-token"}, arg: "TOKEN", value: textVar(&o.token), usage: "send a bearer token"},
		{names: []string{"bearer-token-file"}, arg: "FILE", value: textVar(&o.tokenFile), usage: "the same, read from FILE"},
		{names: []string{"cert"}, arg: "FILE", value: textVar(&o.cert), usage: "client certificate (PEM)"},
		{names: []string{"key"}, arg: "FILE", value: textVar(&o.key), usage: "its key, if it is in another file"},
		{names: []string{"ca"}, arg: "FILE", value: textVar(&o.ca), usage: "trust the authorities in FILE instead of the system's"},
		{names: []string{"insecure"}, value: switchVar(&o.insecure), usage: "do not check certificates"},
		{names: []string{"max-bytes"}, arg: "SIZE", value: bytesVar(&o.maxBytes), usage: "refuse larger profiles (1GiB fetched, 4GiB unpacked)"},
		{names: []string{"save"}, arg: "FILE", value: textVar(&o.save),
			usage: "keep the profile as it came; of several sources\nFILE-1, FILE-2 and so on, before the extension"},
		{names: []string{"binaryinput", "b"}, arg: "FILE", value: textVar(&o.binary), usage: "read this profile file (go-torch's name for an argument)"},
		{names: []string{"binaryname"}, arg: "FILE", value: textVar(&o.binaryName),
			usage: "the profiled program; taken and not needed, as Go's\nprofiles hold their functions' names"},
		{names: []string{"pprofArgs"}, arg: "FLAGS", value: textVar(&o.pprofArgs), usage: "flags of pprof in one string: those of Choose, -seconds"},
	}
	return withStage(stageFetch, specs)
}

// sampleTypes are pprof's flags that name a sample type, and what they choose.
var sampleTypes = []struct{ flag, typ, usage string }{
	{"inuse_space", "inuse_space", "bytes in use (fetches the heap profile)"},
	{"inuse_objects", "inuse_objects", "objects in use (the same)"},
	{"alloc_space", "alloc_space", "bytes allocated since the start (the same)"},
	{"alloc_objects", "alloc_objects", "objects allocated since the start (the same)"},
	{"contentions", "contentions", "how often locks were waited for (needs -s mutex or -s block)"},
	{"total_delay", "delay", "how long locks were waited for (the same)"},
}

func (o *options) chooseFlags() []*flagSpec {
	var specs []*flagSpec
	for _, t := range sampleTypes {
		f := &flagSpec{names: []string{t.flag}, usage: t.usage, pprof: true, value: valueFunc(func(s string) error {
			on := false
			if err := switchVar(&on).Set(s); err != nil || !on {
				return err
			}
			o.typeFlags = append(o.typeFlags, t.typ)
			return nil
		})}
		if t.flag == "total_delay" {
			f.names = append(f.names, "delay")
		}
		specs = append(specs, f)
	}
	specs = append(specs, &flagSpec{names: []string{"sample_index"}, arg: "NAME", value: textVar(&o.sampleIndex), pprof: true,
		usage: "sample type by name or number from 0\n(the profile's own default)"})
	shape := []*flagSpec{
		{names: []string{"focus"}, arg: "REGEXP", value: regexpVar(&o.focus), pprof: true,
			usage: "keep the stacks with a frame whose function or file\nmatches"},
		{names: []string{"reverse"}, value: switchVar(&o.reverse), usage: "start the stacks from the leaf: what calls it, below"},
		{names: []string{"flamechart"}, value: switchVar(&o.flameChart), usage: "keep the order of the input instead of merging"},
		{names: []string{"all_frames"}, value: switchVar(&o.allFrames), pprof: true, usage: "keep the frames that the profile asks to drop"},
	}
	return append(withStage(stageChoose, specs), withStage(stageShape, shape)...)
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
