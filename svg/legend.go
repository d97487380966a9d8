package svg

import (
	"fmt"
	"unicode/utf8"

	"flame/collapse"
)

// A legendEntry says what colours mean.
type legendEntry struct {
	Colors []string `json:"colors"` // "#rrggbb"; none for a remark
	Label  string   `json:"label"`
}

func hexes(colors ...RGB) []string {
	all := []string{}
	for _, c := range colors {
		all = append(all, string(appendHex(nil, c)))
	}
	return all
}

// classSwatches show the colours of each class in [PackagePalette], of those with
// many the first few.
var classSwatches = [...][]string{
	ClassProgram: hexes(ownTints[0][1], ownTints[1][1], ownTints[2][1], ownTints[3][1]),
	ClassStd:     hexes(stdTints[0][1], stdTints[2][1]),
	ClassRuntime: hexes(runtimeTint[1]),
	ClassGC:      hexes(gcTint[1]),
	ClassKernel:  hexes(kernelTint[1]),
	ClassJIT:     hexes(jitTint[1]),
	ClassUnknown: hexes(unknownColor),
}

// packageLegend explains [PackagePalette]: the classes that the frames are of.
func packageLegend(frames []collapse.Frame, classes []frameClass) []legendEntry {
	var present [len(classLabels)]bool
	for i, f := range frames {
		if _, grey := separator(f.Name); !grey {
			present[classes[i].class] = true
		}
	}
	var legend []legendEntry
	for class, label := range classLabels {
		if present[class] {
			legend = append(legend, legendEntry{classSwatches[class], label})
		}
	}
	return legend
}

// changeLegend explains flame's colours for a difference.
func changeLegend(negate bool) []legendEntry {
	before, one, other := "before", "new", "gone"
	if negate {
		before, one, other = "after", "gone", "new"
	}
	shades := "shades: under "
	for _, s := range changeSteps {
		shades += fmt.Sprintf("%g%%, ", 100*s)
	}
	last := changeNew - 1
	return []legendEntry{
		{hexes(changeMore[:last]...), "▲ more than " + before},
		{hexes(changeMore[last]), "▲ " + one},
		{hexes(changeLess[:last]...), "▼ less"},
		{hexes(changeLess[last]), "▼ " + other},
		{hexes(changeNone), fmt.Sprintf("changed by under %g%% of all", 100*noiseShare)},
		{[]string{}, shades + "above"},
		{[]string{}, "width: the larger of before and after"},
	}
}

// swatch is the side of a legend's squares in pixels; swatchGap follows each and
// legendGap each entry.
const (
	swatch    = 9
	swatchGap = 2
	legendGap = 16
)

// A placedEntry is an entry at its place in the picture.
type placedEntry struct {
	legendEntry
	x   float64
	row int
}

// placeLegend sets the entries one after the other, in as many rows as the width
// asks for, and returns them with the number of rows.
func (pic *picture) placeLegend(legend []legendEntry, width float64) (placed []placedEntry, rows int) {
	x := float64(xpad)
	for _, e := range legend {
		w := float64(len(e.Colors)*(swatch+swatchGap)+3) + float64(utf8.RuneCountInString(e.Label))*pic.smallSize()*pic.o.FontWidth
		if x > xpad && x+w > width-xpad {
			x = xpad
			rows++
		}
		placed = append(placed, placedEntry{e, x, rows})
		x += w + legendGap
	}
	if len(placed) > 0 {
		rows++
	}
	return placed, rows
}

// appendLegend appends the legend; y is the first row's baseline.
func (pic *picture) appendLegend(b []byte, y float64) []byte {
	if len(pic.legend) == 0 {
		return b
	}
	b = append(b, `<g class="flame-legend flame-details" font-size="`...)
	b = appendPx(b, pic.smallSize())
	b = append(b, `" fill="`...)
	b = append(b, pic.softInk()...)
	b = append(b, "\">\n"...)
	for _, e := range pic.legend {
		x, y := e.x, y+float64(e.row)*pic.geom.legendRow()
		for _, c := range e.Colors {
			b = append(b, `<rect x="`...)
			b = appendPx(b, x)
			b = append(b, `" y="`...)
			b = appendPx(b, y-swatch)
			b = append(b, `" width="`...)
			b = appendPx(b, swatch)
			b = append(b, `" height="`...)
			b = appendPx(b, swatch)
			b = append(b, `" fill="`...)
			b = append(b, c...)
			b = append(b, "\"/>\n"...)
			x += swatch + swatchGap
		}
		if len(e.Colors) > 0 {
			x += 3 - swatchGap
		}
		room := int((pic.geom.Width - xpad - x) / (pic.smallSize() * pic.o.FontWidth))
		b = append(b, `<text x="`...)
		b = appendPx(b, x)
		b = append(b, `" y="`...)
		b = appendPx(b, y)
		b = append(b, `">`...)
		b = appendEscaped(b, cut(e.Label, max(room, 3)))
		b = append(b, "</text>\n"...)
	}
	return append(b, "</g>\n"...)
}

// smallSize is the size of the letters below the frames.
func (pic *picture) smallSize() float64 { return max(pic.o.FontSize-1, 1) }

// entries returns the legend of the static picture, before it is placed.
func (pic *picture) entries() []legendEntry {
	if pic.colors.changes != nil {
		return changeLegend(pic.o.Negate)
	}
	if pic.p.Differential() {
		return nil
	}
	return pic.packageLegend()
}

// packageLegend is nil where colours come from elsewhere.
func (pic *picture) packageLegend() []legendEntry {
	if pic.o.Palette != PackagePalette || pic.o.PaletteMap != nil {
		return nil
	}
	return packageLegend(pic.p.Frames(), pic.classes)
}
