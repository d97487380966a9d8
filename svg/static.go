package svg

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"flame/collapse"
)

// A picture is one profile with its options resolved: all that is decided before
// the first byte is written.
type picture struct {
	p     *collapse.Profile
	o     Options // with defaults
	typ   int     // index of the sample type that is drawn
	total int64   // what Options.Total asks for, in stored units

	layout  *Layout
	geom    Geometry
	classes []frameClass // by frame
	colors  *Colorer
	legend  []placedEntry

	// Text outside the frames, each through [Visible].
	title, subtitle string
	details, notes  string
}

func newPicture(p *collapse.Profile, o Options) (*picture, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	pic := &picture{p: p, o: o.withDefaults()}
	var err error
	if pic.typ, err = p.TypeIndex(o.Type); err != nil {
		return nil, err
	}
	t := p.Types[pic.typ]
	pic.total = saturate(float64(o.Total) * float64(t.Div()))
	pic.classes = classifyAll(p.Frames())
	pic.colors, err = newColorer(p, pic.classes, ColorOptions{
		Palette: pic.o.Palette, Hash: o.Hash, Random: o.Random, Map: o.PaletteMap, Type: pic.typ, Negate: o.Negate,
	})
	if err != nil {
		return nil, err
	}
	width := float64(or(o.Width, defaultWidth))
	pic.layout = NewLayout(p, LayoutOptions{Type: pic.typ, Total: pic.total, Larger: pic.colors.changes != nil, MinWeight: pic.minWeight(width)})
	if pic.layout.Total == 0 { // nodes without any weight: nothing to see
		pic.layout.Boxes, pic.layout.Depth = pic.layout.Boxes[:1], 0
	}
	pic.title = Visible(pic.o.title(p))
	pic.subtitle = or(Visible(o.Subtitle), pic.measured())
	pic.details = pic.summary()
	pic.notes = Visible(strings.Join(p.Meta.Notes, "; "))
	var legendRows int
	pic.legend, legendRows = pic.placeLegend(pic.entries(), width)
	pic.geom = Geometry{
		Width: width, FrameHeight: float64(pic.o.FrameHeight), FontSize: pic.o.FontSize, FontWidth: pic.o.FontWidth,
		Subtitle: pic.subtitle != "", Legend: legendRows, Inverted: o.Inverted, Depth: pic.layout.Depth, Total: pic.layout.Total,
	}
	return pic, nil
}

func (pic *picture) minWeight(width float64) func(int64) float64 {
	v, percent, _ := parseMinWidth(pic.o.MinWidth) // Validate has seen it
	if percent {
		return MinPercent(v)
	}
	return MinPixels(v, width)
}

// measured returns what the picture shows, in the words of the profile: "cpu ·
// 12.3 s total · 30 s from http://host:8080/debug/pprof/profile · 2026-11-23
// 05:10 UTC".
func (pic *picture) measured() string {
	t, m := pic.p.Types[pic.typ], &pic.p.Meta
	var parts []string
	value := pic.o.format(pic.p.Total(pic.typ), t)
	if t.Type != "" && !strings.HasSuffix(value, " "+t.Type) {
		parts = append(parts, isolate(Visible(t.Type)))
	}
	total := isolate(Visible(value)) + " total"
	if whole := pic.p.WholeOf(pic.typ); pic.p.Whole != nil && !pic.p.Differential() && whole != pic.p.Total(pic.typ) {
		total = isolate(Visible(value)) + " of " + isolate(Visible(pic.o.format(whole, t)))
	}
	if base := pic.p.Base(pic.typ); base != nil {
		total += ", " + isolate(Visible(pic.o.format(pic.p.Totals(base)[0], t))) + " before"
	}
	parts = append(parts, total)
	switch from := "from " + isolate(Visible(m.Source)); {
	case m.Duration > 0 && m.Source != "":
		parts = append(parts, formatDuration(m.Duration)+" "+from)
	case m.Duration > 0:
		parts = append(parts, "over "+formatDuration(m.Duration))
	case m.Source != "":
		parts = append(parts, from)
	}
	if !m.Time.IsZero() {
		parts = append(parts, m.Time.UTC().Format("2006-01-02 15:04 MST"))
	}
	return strings.Join(parts, " · ")
}

func formatDuration(d time.Duration) string {
	return FormatValue(int64(d), collapse.ValueType{Unit: "nanoseconds"})
}

// summary returns the line below the frames. It tells those who see the file
// where scripts do not run that there is more in it.
func (pic *picture) summary() string {
	l := pic.layout
	if l.Total == 0 {
		return "no samples"
	}
	var parts []string
	if pic.colors.delta != nil {
		more, less := "more", "less"
		if pic.o.Negate {
			more, less = less, more
		}
		parts = append(parts, "red: "+more+" than before, blue: "+less)
	}
	if l.Pruned > 0 {
		all := pic.p.Len() - 1
		parts = append(parts, groupDigits(strconv.Itoa(all-l.Pruned))+" of "+groupDigits(strconv.Itoa(all))+
			" frames are wide enough to be drawn here", "open this file in a browser to zoom to all")
	} else {
		parts = append(parts, "open this file in a browser to zoom and search")
	}
	return strings.Join(parts, "; ")
}

// appendStatic appends the static picture.
func (pic *picture) appendStatic(b []byte) []byte {
	// To a screen reader it is one picture: its letters come in no order that
	// could be read.
	b = append(b, `<g class="flame-static" role="img" aria-label="`...)
	b = appendEscaped(b, pic.title)
	b = append(b, ": "...)
	b = appendEscaped(b, pic.measured())
	b = append(b, "\">\n"...)
	b = pic.appendBackground(b)
	g, fs := &pic.geom, pic.o.FontSize
	b = pic.appendLine(b, "flame-title", pic.title, g.Width/2, 2*fs, fs+5)
	if pic.subtitle != "" {
		b = pic.appendLine(b, "flame-subtitle", pic.subtitle, g.Width/2, 4*fs, fs)
	}
	// The legend and two lines fit between the frames and the lower edge.
	low := g.Height() - g.bottom()
	if g.Inverted {
		low -= framepad
	}
	b = pic.appendLegend(b, low+fs+5)
	low += float64(g.Legend) * g.legendRow()
	b = pic.appendLine(b, "flame-details", pic.details, xpad, low+fs+5, fs-1)
	if pic.notes != "" {
		b = pic.appendLine(b, "flame-notes", pic.notes, xpad, low+2*fs+6, fs-2)
	}
	b = pic.appendFrames(b)
	b = pic.appendLabels(b)
	b = pic.appendLinks(b)
	return append(b, "</g>\n"...)
}

// appendLine appends a line of visible text outside the frames, cut to the width of the
// picture. From x in the middle it is centred.
func (pic *picture) appendLine(b []byte, class, text string, x, y, size float64) []byte {
	size = max(size, 1)
	room := int((pic.geom.Width - 2*xpad) / (size * pic.o.FontWidth))
	b = append(b, `<text class="`...)
	b = append(b, class...)
	b = append(b, `" x="`...)
	b = appendPx(b, x)
	b = append(b, `" y="`...)
	b = appendPx(b, y)
	b = append(b, `" font-size="`...)
	b = appendPx(b, size)
	if x > xpad {
		b = append(b, `" text-anchor="middle`...)
	}
	if ink := pic.softInk(); class != "flame-title" {
		b = append(append(b, `" fill="`...), ink...)
	} else if pic.darkBackground() {
		b = append(b, `" fill="#fff`...)
	}
	b = append(b, `">`...)
	b = appendEscaped(b, cut(text, room))
	return append(b, "</text>\n"...)
}

// softInk is the colour of text that stands back.
func (pic *picture) softInk() string {
	if pic.darkBackground() {
		return "#ccc"
	}
	return "#555"
}

func (pic *picture) darkBackground() bool {
	bg := pic.background()
	return bg.Top.dark() && bg.Bottom.dark()
}

// cut returns s with no more than room characters; the last two are ".." if it
// had more.
func cut(s string, room int) string {
	runes := 0
	keep := 0
	for i := range s {
		if runes == room-2 {
			keep = i
		}
		if runes == room {
			return s[:keep] + ".."
		}
		runes++
	}
	return s
}

// appendLabels appends the frames' names, in preorder.
func (pic *picture) appendLabels(b []byte) []byte {
	b = append(b, "<g class=\"flame-labels\">\n"...)
	for i, box := range pic.layout.Boxes {
		room := pic.geom.Chars(box)
		if i == 0 {
			_, width := pic.span(box)
			room = int(float64(width) / 10 / (pic.o.FontSize * pic.o.FontWidth))
		}
		text := pic.label(box.Node, room)
		if text == "" {
			continue
		}
		x, _ := pic.span(box)
		_, y := pic.geom.Text(box)
		b = append(b, `<text x="`...)
		b = appendTenths(b, x+10*textpad)
		b = append(b, `" y="`...)
		b = appendPx(b, y)
		if pic.colors.Node(box.Node).dark() {
			b = append(b, `" fill="#fff`...)
		}
		b = append(b, `">`...)
		b = appendEscaped(b, text)
		b = append(b, "</text>\n"...)
	}
	return append(b, "</g>\n"...)
}

// label returns the text of a node: what fits of its name and, in a difference,
// a sign before and the change after it.
func (pic *picture) label(n collapse.NodeID, room int) string {
	c := pic.colors.changes
	if c == nil {
		return fit(Visible(pic.name(n, room)), room)
	}
	if room < 2 {
		return ""
	}
	mark := c.mark(n)
	left := room - utf8.RuneCountInString(mark)
	name := Visible(pic.name(n, left))
	text := fit(name, left)
	if text == "" {
		return strings.TrimSpace(mark)
	}
	if note := c.note(n); note != "" && text == name && utf8.RuneCountInString(name+" "+note) <= left {
		text += " " + note
	}
	return mark + text
}

// name returns a node's name as it is shown, unless there is no room for any.
func (pic *picture) name(n collapse.NodeID, room int) string {
	if room < 3 {
		return ""
	}
	id := pic.p.NodeFrames()[n]
	if id == collapse.RootFrame {
		return pic.o.RootName
	}
	f := &pic.p.Frames()[id]
	if f.Line != 0 {
		return f.Name + ":" + strconv.FormatInt(f.Line, 10)
	}
	return f.Name
}

// appendLinks lays a link and a tooltip over the frames that name attributes ask
// for.
func (pic *picture) appendLinks(b []byte) []byte {
	if pic.o.NameAttrs == nil {
		return b
	}
	for _, box := range pic.layout.Boxes[1:] {
		attr, ok := pic.o.NameAttrs.ByName[pic.p.Frames()[pic.p.NodeFrames()[box.Node]].Annotated()]
		if !ok || box.W == 0 {
			continue
		}
		linked := attr.Href != "" && SafeHref(attr.Href)
		if linked {
			b = append(b, `<a href="`...)
			b = appendText(b, attr.Href)
			b = append(b, `" target="`...)
			b = appendText(b, attr.Target)
			b = append(b, `">`...)
		}
		x, width := pic.span(box)
		y1, y2 := pic.geom.Row(box.Depth)
		b = append(b, `<rect fill-opacity="0" x="`...)
		b = appendTenths(b, x)
		b = append(b, `" y="`...)
		b = appendPx(b, y1)
		b = append(b, `" width="`...)
		b = appendTenths(b, width)
		b = append(b, `" height="`...)
		b = appendPx(b, y2-y1)
		b = append(b, `">`...)
		if attr.Title != "" {
			b = append(b, "<title>"...)
			b = appendText(b, attr.Title)
			b = append(b, "</title>"...)
		}
		b = append(b, "</rect>"...)
		if linked {
			b = append(b, "</a>"...)
		}
		b = append(b, '\n')
	}
	return b
}
