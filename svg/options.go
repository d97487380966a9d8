package svg

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"flame/collapse"
)

// A Format is what kind of file a graph is written as. The zero Format is [SVG].
type Format string

const (
	SVG  Format = "svg"
	HTML Format = "html" // a page with nothing but the same graph
)

// String returns the format's name in messages.
func (f Format) String() string { return strings.ToUpper(string(or(f, SVG))) }

// Options say how a profile is shown. The zero value is right for any profile;
// every field names its default. Most are flamegraph.pl's, under its names where
// they differ.
//
// What changes the profile itself is no option here but a transform of package
// collapse: --reverse, and --flamechart, which is the profile's Ordered.
type Options struct {
	// Format of the file. Default [SVG].
	Format Format

	// Title stands above the picture. Default "Flame Graph"; "Flame Chart" for an
	// ordered profile, else "Icicle Graph" if Inverted.
	Title string
	// Subtitle stands below the title. By default it says what was measured, how
	// much, where and when, as far as the profile knows.
	Subtitle string

	// Type is the sample type to draw, in the words that
	// [collapse.Profile.TypeIndex] takes: a name or an index. Default: the
	// profile's own. The viewer can switch to the others.
	Type string

	// Width of the static picture in pixels. If 0 that is 1200 and the viewer
	// follows the window; with a width given it keeps it.
	Width int
	// FrameHeight is the height of a row in pixels (--height). Default 16.
	FrameHeight int
	// MinWidth is the width of the narrowest frame in the static picture, in
	// pixels ("0.1") or of the whole ("0.5%"). Default "0.1". The viewer
	// shows narrower ones when it gets to them.
	MinWidth string

	FontType  string  // font family; default "Verdana,sans-serif"
	FontSize  float64 // in pixels; default 12
	FontWidth float64 // mean width of a character, as a part of FontSize; default 0.59

	// CountName names what is counted ("samples", "ms"). By default values are in
	// the units of the sample type.
	CountName string
	// Unit is what times or sizes are shown in, as [ParseUnit] takes it: "ms". By
	// default each value has the one that fits.
	Unit     string
	NameType string  // what a name in the details is; default "Function:"
	Factor   float64 // displayed values are multiplied by it; default 1
	RootName string  // text of the root frame; default "all"

	// Total is what the full width stands for, in the Unit of the sample type.
	// It counts only if it is more than the profile has; by default it is that.
	Total int64

	// Palette, Hash, Random, PaletteMap and Negate choose colours, see
	// [ColorOptions]. The default palette is [PackagePalette]. PaletteMap is given
	// the colours that it lacks (--cp). A difference has flame's own colours with
	// the default palette, see [ChangeLevel], and then shows what is gone; with any
	// other it has flamegraph.pl's colours and widths.
	Palette      Palette
	Hash, Random bool
	PaletteMap   *PaletteMap
	Negate       bool
	// BgColors is the background as [ParseBackground] takes it: yellow, blue,
	// green, grey, #rrggbb. Default: the palette's own if that is one of
	// flamegraph.pl's, else white.
	BgColors string

	Inverted bool // the root is on top: an icicle graph

	// Notes is a comment in the file's source. It must not hold "--", "<" or ">".
	Notes string
	// Encoding of the file. It is UTF-8; anything else but its part US-ASCII is an
	// error.
	Encoding string
	// NameAttrs give frames a link or other text to show, nil for none
	// (--nameattr).
	NameAttrs *NameAttrs

	// Version of flame, for the file's description. Default "".
	Version string
}

const (
	defaultWidth = 1200
	maxWidth     = 1 << 20 // what viewers can show; keeps coordinates small
)

func (o Options) withDefaults() Options {
	o.MinWidth = or(o.MinWidth, "0.1")
	o.FrameHeight = or(o.FrameHeight, 16)
	o.FontType = or(o.FontType, "Verdana,sans-serif")
	o.FontSize = or(o.FontSize, 12)
	o.FontWidth = or(o.FontWidth, 0.59)
	o.NameType = or(o.NameType, "Function:")
	o.Factor = or(o.Factor, 1)
	o.RootName = or(o.RootName, "all")
	o.Palette = or(o.Palette, PackagePalette)
	return o
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Validate returns an error that names the first option out of its range and
// says what is in it. [Write] asks it.
func (o Options) Validate() error {
	positive := func(v float64) bool { return v >= 0 && v <= maxWidth } // NaN is not
	switch {
	case o.Format != "" && o.Format != SVG && o.Format != HTML:
		return fmt.Errorf("format %q: choose svg or html", string(o.Format))
	case o.Width < 0 || o.Width > maxWidth || o.Width > 0 && o.Width <= 2*xpad:
		return fmt.Errorf("width %d: it is from %d to %d pixels", o.Width, 2*xpad+1, maxWidth)
	case o.FrameHeight < 0 || o.FrameHeight > 1000:
		return fmt.Errorf("height %d of a frame: it is from 1 to 1000 pixels", o.FrameHeight)
	case !positive(o.FontSize) || o.FontSize > 1000:
		return fmt.Errorf("font size %v: it is more than 0 and at most 1000 pixels", o.FontSize)
	case !positive(o.FontWidth) || o.FontWidth > 10:
		return fmt.Errorf("font width %v: it is more than 0 and at most 10, the part of the font size that a character takes", o.FontWidth)
	case !(o.Factor >= 0 && o.Factor <= math.MaxFloat64):
		return fmt.Errorf("factor %v: it is a number above 0", o.Factor)
	case o.Total < 0:
		return fmt.Errorf("total %d: it is a number above 0", o.Total)
	case strings.Contains(o.Notes, "--") || strings.ContainsAny(o.Notes, "<>"):
		return errors.New(`notes: they become a comment, which cannot hold "--", "<" or ">"`)
	}
	if e := strings.ToLower(o.Encoding); e != "" && e != "utf-8" && e != "utf8" && e != "us-ascii" && e != "ascii" {
		return fmt.Errorf("encoding %q: the file is written in UTF-8, so it can be UTF-8 or US-ASCII", o.Encoding)
	}
	if _, _, err := parseMinWidth(or(o.MinWidth, "0.1")); err != nil {
		return err
	}
	if _, err := ParsePalette(string(o.Palette)); err != nil {
		return err
	}
	if _, err := ParseUnit(o.Unit); err != nil {
		return err
	}
	if o.BgColors != "" {
		if _, err := ParseBackground(o.BgColors); err != nil {
			return err
		}
	}
	return nil
}

// parseMinWidth reads a number of pixels, or of percent if it ends in "%".
func parseMinWidth(s string) (v float64, percent bool, err error) {
	number, percent := strings.CutSuffix(s, "%")
	v, err = strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" || v > maxWidth {
		return 0, false, fmt.Errorf(`minimum width %q: it is a number of pixels such as "0.1", or of the whole such as "0.5%%"`, s)
	}
	return v, percent, nil
}

// title returns the title to show.
func (o *Options) title(p *collapse.Profile) string {
	switch {
	case o.Title != "":
		return o.Title
	case p.Ordered:
		return "Flame Chart"
	case o.Inverted:
		return "Icicle Graph"
	}
	return "Flame Graph"
}

// format returns a value of type t as the picture shows it.
func (o *Options) format(v int64, t collapse.ValueType) string {
	if o.CountName != "" {
		return formatCount(v, t, o.Factor, o.CountName)
	}
	if o.Factor != 1 {
		v = saturate(math.Round(float64(v) * o.Factor))
	}
	unit, _ := ParseUnit(o.Unit) // Validate has seen it
	return unit.Format(v, t)
}

// saturate returns the int64 nearest to v.
func saturate(v float64) int64 {
	switch {
	case v >= math.MaxInt64:
		return math.MaxInt64
	case v <= math.MinInt64:
		return math.MinInt64
	}
	return int64(v)
}
