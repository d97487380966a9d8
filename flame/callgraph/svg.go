package callgraph

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"flame/flame/report"
)

// WriteSVG draws the graph as an SVG file without scripts. The same graph gives
// the same bytes.
func WriteSVG(w io.Writer, g *report.Graph, o Options) error {
	s := compose(g, o)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" font-family="'Go', Helvetica, Arial, 'Liberation Sans', sans-serif">
<title>%[3]s</title>
<rect width="100%%" height="100%%" fill="#ffffff"/>
`, number(s.width), number(s.height), escape(s.title))
	for i := range s.arrows {
		writeArrow(out, &s.arrows[i])
	}
	for i := range s.boxes {
		writeBox(out, &s.boxes[i])
	}
	for i := range s.arrows { // over all lines
		writeLabel(out, &s.arrows[i])
	}
	fmt.Fprint(out, "</svg>\n")
	return out.Flush()
}

func writeArrow(w io.Writer, a *arrow) {
	line, head := a.shape()
	dash := ""
	if a.dash != nil {
		var parts []string
		for _, d := range a.dash {
			parts = append(parts, number(d*max(1, a.width/2)))
		}
		dash = ` stroke-dasharray="` + strings.Join(parts, " ") + `"`
		if a.dash[0] < 2 {
			dash += ` stroke-linecap="round"`
		}
	}
	fmt.Fprintf(w, "<g><title>%s</title><path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"%s/><polygon points=\"%s\" fill=\"%s\"/></g>\n",
		escape(a.title), pathData(line), a.color, number(a.width), dash, pointsData(head), a.color)
}

func pathData(path []point) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", number(path[0].x), number(path[0].y))
	for i := 1; i+2 < len(path); i += 3 {
		b.WriteString("C")
		for j, p := range path[i : i+3] {
			if j > 0 {
				b.WriteString(" ")
			}
			fmt.Fprintf(&b, "%s %s", number(p.x), number(p.y))
		}
	}
	return b.String()
}

func pointsData(points []point) string {
	var parts []string
	for _, p := range points {
		parts = append(parts, number(p.x)+","+number(p.y))
	}
	return strings.Join(parts, " ")
}

func writeBox(w io.Writer, b *box) {
	if b.link != "" {
		fmt.Fprintf(w, `<a href="%[1]s" xlink:href="%[1]s">`, escape(b.link))
	}
	fmt.Fprint(w, "<g>")
	if b.title != "" {
		fmt.Fprintf(w, "<title>%s</title>", escape(b.title))
	}
	fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" stroke="%s"/>`,
		number(b.x), number(b.y), number(b.width), number(b.height), b.fill, b.stroke)
	x, anchor := b.x+b.width/2, ` text-anchor="middle"`
	if b.left {
		x, anchor = b.x+padding, ""
	}
	for _, t := range b.text {
		fmt.Fprintf(w, `<text x="%s" y="%s" font-size="%s"%s>%s</text>`, number(x), number(b.y+t.y), number(t.size), anchor, escape(t.text))
	}
	fmt.Fprint(w, "</g>")
	if b.link != "" {
		fmt.Fprint(w, "</a>")
	}
	fmt.Fprintln(w)
}

func writeLabel(w io.Writer, a *arrow) {
	fmt.Fprint(w, `<g fill="#333333" stroke="#ffffff" stroke-width="3" paint-order="stroke" pointer-events="none">`)
	for i, line := range a.label {
		fmt.Fprintf(w, `<text x="%s" y="%s" font-size="%s">%s</text>`, number(a.labelAt.x), number(a.labelAt.y+float64(i)*labelSize*leading), number(labelSize), escape(line))
	}
	fmt.Fprintln(w, "</g>")
}

// number is a coordinate with two decimals at most.
func number(f float64) string {
	s := strconv.FormatFloat(f, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// escape makes text of names, which [report.Visible] has made harmless, XML text
// or the value of an attribute.
func escape(s string) string {
	return escaper.Replace(report.Visible(s))
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")
