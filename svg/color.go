package svg

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"flame/collapse"
)

// An RGB is an opaque sRGB colour.
type RGB struct{ R, G, B uint8 }

// String returns the colour as SVG and palette files have it, "rgb(r,g,b)".
func (c RGB) String() string {
	b := append(make([]byte, 0, 16), "rgb("...)
	b = append(strconv.AppendUint(b, uint64(c.R), 10), ',')
	b = append(strconv.AppendUint(b, uint64(c.G), 10), ',')
	return string(append(strconv.AppendUint(b, uint64(c.B), 10), ')'))
}

// parseRGB reads "rgb(r,g,b)" and "#rrggbb".
func parseRGB(s string) (RGB, bool) {
	if hex, ok := strings.CutPrefix(s, "#"); ok {
		v, err := strconv.ParseUint(hex, 16, 32)
		return RGB{uint8(v >> 16), uint8(v >> 8), uint8(v)}, err == nil && len(hex) == 6
	}
	inner, ok := strings.CutPrefix(s, "rgb(")
	inner, closed := strings.CutSuffix(inner, ")")
	parts := strings.Split(inner, ",")
	if !ok || !closed || len(parts) != 3 {
		return RGB{}, false
	}
	var v [3]uint8
	for i, part := range parts {
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 8)
		if err != nil {
			return RGB{}, false
		}
		v[i] = uint8(n)
	}
	return RGB{v[0], v[1], v[2]}, true
}

// A Palette names a way to colour frames. The zero Palette is [PackagePalette].
type Palette string

// PackagePalette is flame's own palette: one hue for each package (see
// [PackageOf]), reds and oranges for the program and its libraries, pale golds
// for the standard library. What is not a flame is machinery: sand the language's
// runtime, mauve its garbage collector, slate blue the kernel, teal code that was
// compiled while the program ran and has no package.
const PackagePalette Palette = "package"

// Palettes returns the names of all palettes: flame's own and flamegraph.pl's.
func Palettes() []string {
	names := []string{string(PackagePalette)}
	for name := range perlPalettes {
		names = append(names, string(name))
	}
	slices.Sort(names[1:])
	return names
}

// ParsePalette returns the palette of that name, "" being flame's own. The error
// lists the names there are.
func ParsePalette(name string) (Palette, error) {
	p := Palette(name)
	if p == "" || p == PackagePalette {
		return PackagePalette, nil
	}
	if _, ok := perlPalettes[p]; !ok {
		return "", fmt.Errorf("no palette %q; there are %s", name, strings.Join(Palettes(), ", "))
	}
	return p, nil
}

// A Background is a vertical gradient behind the picture; [Background.Top] stands
// at 5% of its height, [Background.Bottom] at 95%.
type Background struct{ Top, Bottom RGB }

var backgrounds = map[string]Background{
	"yellow": {RGB{0xee, 0xee, 0xee}, RGB{0xee, 0xee, 0xb0}},
	"blue":   {RGB{0xee, 0xee, 0xee}, RGB{0xe0, 0xe0, 0xff}},
	"green":  {RGB{0xee, 0xf2, 0xee}, RGB{0xe0, 0xff, 0xe0}},
	"grey":   {RGB{0xf8, 0xf8, 0xf8}, RGB{0xe8, 0xe8, 0xe8}},
}

// ParseBackground returns the background that flamegraph.pl --bgcolors calls
// name: yellow, blue, green, grey, or #rrggbb for a flat colour.
func ParseBackground(name string) (Background, error) {
	if b, ok := backgrounds[name]; ok {
		return b, nil
	}
	if c, ok := parseRGB(name); ok && strings.HasPrefix(name, "#") {
		return Background{c, c}, nil
	}
	return Background{}, fmt.Errorf("no background %q; there are yellow, blue, green, grey, and any colour as #rrggbb", name)
}

// Background returns the background that goes with the palette.
func (p Palette) Background() Background {
	switch p {
	case "", PackagePalette:
		return Background{RGB{0xff, 0xff, 0xff}, RGB{0xff, 0xff, 0xff}}
	case "mem":
		return backgrounds["green"]
	case "io", "wakeup", "chain":
		return backgrounds["blue"]
	case "red", "green", "blue", "aqua", "yellow", "purple", "orange":
		return backgrounds["grey"]
	}
	return backgrounds["yellow"]
}

// Frames that separate stacks are grey whatever the palette; "--" stands between
// a stack and the one that woke it.
var (
	separatorGrey = RGB{160, 160, 160} // "--"
	emptyGrey     = RGB{200, 200, 200} // "-"
)

func separator(name string) (RGB, bool) {
	switch name {
	case "--":
		return separatorGrey, true
	case "-":
		return emptyGrey, true
	}
	return RGB{}, false
}

// ColorOptions choose colours, with the meaning they have in flamegraph.pl.
type ColorOptions struct {
	Palette Palette

	// Hash and Random choose the shade within one of flamegraph.pl's palettes:
	// by the first letters of the name or as if at random; by default all letters
	// of the name count alike. If both are set Hash wins. Nothing is ever
	// random: a name has the same colour in every picture. [PackagePalette] has
	// its own shades.
	Hash, Random bool

	// Map holds colours that come before the palette's, and is given those of all
	// frames it has none for (flamegraph.pl --cp). Nil for none.
	Map *PaletteMap

	Type   int  // index of the sample type; its deltas colour a differential profile
	Negate bool // a differential profile shows the change from the second to the first
}

// A Colorer knows the colours of one profile. It is not changed once made.
type Colorer struct {
	p      *collapse.Profile
	frames []RGB
	root   RGB

	// Of a differential profile, one of the two: changes in flame's own scale,
	// else each node's delta and the greatest in flamegraph.pl's.
	changes *changes
	delta   []int64
	most    int64
}

// NewColorer returns the colours of p by frame and by node. The errors are those
// of [ParsePalette] and of a type that p has not.
func NewColorer(p *collapse.Profile, o ColorOptions) (*Colorer, error) {
	return newColorer(p, classifyAll(p.Frames()), o)
}

func newColorer(p *collapse.Profile, classes []frameClass, o ColorOptions) (*Colorer, error) {
	palette, err := ParsePalette(string(o.Palette))
	if err != nil {
		return nil, err
	}
	if o.Type < 0 || o.Type >= len(p.Types) {
		return nil, fmt.Errorf("colour sample type %d: the profile has %d", o.Type, len(p.Types))
	}
	c := &Colorer{p: p, frames: make([]RGB, len(p.Frames())), root: rootColor}
	color := func(i int) RGB { return classColor(p.Frames()[i].Name, classes[i]) }
	if palette != PackagePalette {
		perl := perlColor(perlPalettes[palette], o)
		color = func(i int) RGB { return perl(p.Frames()[i]) }
		c.root = perl(collapse.Frame{})
	}
	for i, f := range p.Frames() {
		c.frames[i] = frameColor(f, func() RGB { return color(i) }, o.Map)
	}
	switch {
	case !p.Differential():
	case palette == PackagePalette:
		c.changes = newChanges(p, o.Type, o.Negate)
	default:
		c.delta, c.most = deltas(p.Self(o.Type), p.Base(o.Type), o.Negate, p.Types[o.Type].Div())
	}
	return c, nil
}

func frameColor(f collapse.Frame, color func() RGB, m *PaletteMap) RGB {
	if grey, ok := separator(f.Name); ok && f.Kind == collapse.Normal {
		return grey
	}
	if m == nil {
		return color()
	}
	name := f.Annotated()
	if c, ok := m.Color(name); ok {
		return c
	}
	c := color()
	m.Set(name, c)
	return c
}

// Frame returns the colour of a frame, without regard to a difference;
// [collapse.RootFrame] is the root's.
func (c *Colorer) Frame(f collapse.FrameID) RGB {
	if f == collapse.RootFrame {
		return c.root
	}
	return c.frames[f]
}

// Node returns the colour of a node. In a differential profile it says how much
// the node changed: with [PackagePalette] its total, see [ChangeLevel], with
// flamegraph.pl's palettes its own value, see [DiffColor].
func (c *Colorer) Node(n collapse.NodeID) RGB {
	id := c.p.NodeFrames()[n]
	if c.changes == nil && c.delta == nil {
		return c.Frame(id)
	}
	if id != collapse.RootFrame {
		f := c.p.Frames()[id]
		if grey, ok := separator(f.Name); ok && f.Kind == collapse.Normal {
			return grey
		}
	}
	if c.changes != nil {
		return ChangeColor(c.changes.level(n))
	}
	return DiffColor(c.delta[n], c.most)
}
