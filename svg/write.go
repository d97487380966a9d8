package svg

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"flame/collapse"
)

// Write writes p to w as an SVG file or, if Options.Format says so, an HTML page
// with the same graph. The same profile and options make the same bytes. A profile
// without samples makes a picture that says so; whether that is an error is for
// the caller to decide. Errors are those of [Options.Validate], of a sample type
// that p has not, and of w; only the last can leave something written.
func Write(w io.Writer, p *collapse.Profile, o Options) error {
	nodes := make(chan sections, 1)
	go func() { nodes <- encodeNodes(p) }() // while the picture is laid out
	pic, err := newPicture(p, o)
	if err != nil {
		<-nodes
		return fmt.Errorf("draw profile: %w", err)
	}
	static := pic.appendStatic(pic.appendHead(nil))
	payload, err := encodePayload(p, pic.meta(), pic.colors.Frame, <-nodes)
	if err != nil {
		return fmt.Errorf("draw profile: %w", err)
	}
	out := bufio.NewWriterSize(w, 64<<10)
	if o.Format == HTML {
		out.Write(pic.appendPageHead(nil))
	} else {
		out.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	}
	out.Write(static)
	out.WriteString(`<metadata ` + dataMark + `>`)
	if err := writePayload(out, payload); err != nil {
		return fmt.Errorf("write %s: %w", o.Format, err)
	}
	out.WriteString("</metadata>\n<metadata class=\"flame-viewer\">")
	out.WriteString(viewerText)
	out.WriteString("</metadata>\n<script><![CDATA[" + loaderText + "]]></script>\n</svg>\n")
	if o.Format == HTML {
		out.WriteString(pageTail)
	}
	if err := out.Flush(); err != nil { // it has the first error of all writes
		return fmt.Errorf("write %s: %w", o.Format, err)
	}
	return nil
}

// appendHead appends what comes before the picture.
func (pic *picture) appendHead(b []byte) []byte {
	width, height := appendPx(nil, pic.geom.Width), appendPx(nil, pic.geom.Height())
	b = append(b, `<svg xmlns="http://www.w3.org/2000/svg" class="flame" viewBox="0 0 `...)
	b = append(append(append(b, width...), ' '), height...)
	b = append(append(b, `" width="`...), width...)
	b = append(append(b, `" height="`...), height...)
	b = append(b, `" font-family="`...)
	b = appendText(b, pic.o.FontType)
	b = append(b, `" font-size="`...)
	b = appendPx(b, pic.o.FontSize)
	b = append(b, "\">\n"...)
	if pic.o.Notes != "" {
		b = append(b, "<!-- "...)
		b = append(b, Visible(pic.o.Notes)...)
		b = append(b, " -->\n"...)
	}
	if pic.o.Format != HTML { // the page has one, and this would be a tooltip over all of it
		b = append(b, "<title>"...)
		b = appendEscaped(b, pic.title)
		b = append(b, "</title>\n"...)
	}
	b = append(b, "<desc>"...)
	b = appendEscaped(b, pic.description())
	b = append(b, "</desc>\n<style><![CDATA["...)
	b = append(b, viewerStyle...)
	return append(b, "]]></style>\n"...)
}

// description returns in plain words what the file holds and who made it: what a
// screen reader or a search in files finds.
func (pic *picture) description() string {
	by := "flame"
	if pic.o.Version != "" {
		by += " " + Visible(pic.o.Version)
	}
	text := []string{
		pic.measured(),
		fmt.Sprintf("call tree of %s frames, %s functions", groupDigits(strconv.Itoa(pic.p.Len()-1)), groupDigits(strconv.Itoa(len(pic.p.Frames())))),
	}
	if n := pic.layout.Pruned; n > 0 {
		text = append(text, fmt.Sprintf("%s of the frames are narrower than %s: the static picture leaves them out, the viewer shows them",
			groupDigits(strconv.Itoa(n)), pic.minWidthText()))
	}
	if pic.notes != "" {
		text = append(text, isolate(pic.notes))
	}
	text = append(text, "made by "+by)
	return strings.Join(text, ". ") + "."
}

func (pic *picture) minWidthText() string {
	if strings.HasSuffix(pic.o.MinWidth, "%") {
		return pic.o.MinWidth + " of the width"
	}
	return pic.o.MinWidth + " px"
}

// meta returns the payload's JSON part.
func (pic *picture) meta() *payloadMeta {
	o := &pic.o
	m := &payloadMeta{
		Flame: o.Version, Profile: newMetaProfile(pic.p),
		View: metaView{
			Title: pic.title, Subtitle: pic.subtitle, Type: pic.typ,
			Fluid:       o.Width == 0,
			FrameHeight: o.FrameHeight, FontSize: o.FontSize, FontFamily: o.FontType, FontWidth: o.FontWidth,
			CountName: o.CountName, Inverted: o.Inverted,
			Total: pic.total, Factor: o.Factor, RootName: o.RootName, Negate: o.Negate, DiffWidth: "after",
			Classes: classRuns(pic.classes), Legend: pic.packageLegend(),
		},
	}
	m.View.Unit, _ = ParseUnit(o.Unit) // Validate has seen it
	if pic.colors.changes != nil {
		m.View.DiffWidth = "max"
		m.View.Diff = &metaDiff{
			Noise: noiseShare, Steps: changeSteps[:], None: hexes(changeNone)[0],
			More: hexes(changeMore[:]...), Less: hexes(changeLess[:]...), Legend: changeLegend(o.Negate),
		}
	}
	if o.NameAttrs != nil {
		for id, f := range pic.p.Frames() {
			if a, ok := o.NameAttrs.ByName[f.Annotated()]; ok {
				if !SafeHref(a.Href) {
					a.Href = ""
				}
				m.View.Attrs = append(m.View.Attrs, metaAttr{id, a.Title, a.Href, a.Target})
			}
		}
	}
	return m
}

// dark reports whether white text is easier to read on c than black is: by WCAG's
// relative luminance, at 0.179 of which the two contrasts are equal, so that one
// of them is always 4.5:1 and more.
func (c RGB) dark() bool {
	linear := func(part uint8) float64 {
		v := float64(part) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R)+0.7152*linear(c.G)+0.0722*linear(c.B) < 0.179
}

func appendHex(b []byte, c RGB) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '#')
	for _, v := range [...]uint8{c.R, c.G, c.B} {
		b = append(b, digits[v>>4], digits[v&15])
	}
	return b
}

// appendPx appends a length in pixels, to a hundredth.
func appendPx(b []byte, px float64) []byte {
	return trimZeros(strconv.AppendFloat(b, px, 'f', 2, 64))
}

// appendTenths appends a length given in tenths of a pixel.
func appendTenths(b []byte, n int64) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	if n >= 10 || n == 0 {
		b = strconv.AppendInt(b, n/10, 10)
	}
	if n%10 != 0 {
		b = append(b, '.', byte('0'+n%10))
	}
	return b
}

// trimZeros drops the zeros at the end of a number with a decimal point.
func trimZeros(b []byte) []byte {
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return b
}
