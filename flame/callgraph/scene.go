package callgraph

import (
	"fmt"
	"math"
	"strings"

	"flame/flame/report"
)

// Options change how a graph is drawn. The zero Options is ready for use.
type Options struct {
	// Title is the document's.
	Title string
	// Link returns the address that a click on a function's box leads to, "" for
	// none.
	Link func(function string) string
}

// A scene is the picture, for whoever draws it: coordinates in pixels.
type scene struct {
	width, height float64
	title         string
	boxes         []box
	arrows        []arrow
}

type box struct {
	x, y, width, height float64 // of the upper left corner
	fill, stroke        color
	title, link         string
	text                []textLine
	left                bool // text starts at the left, else it is centred
}

// A textLine is one line of text; y is its baseline within the box.
type textLine struct {
	text string
	size float64
	y    float64
}

type arrow struct {
	path       []point // start, then three points for each cubic Bézier curve
	width      float64
	color      color
	dash       []float64
	title      string
	label      []string
	labelAt    point // of its first baseline, on the left
	atTheStart bool  // the head is at the start: the line was turned round
}

type point struct{ x, y float64 }

const (
	margin     = 12.0
	padding    = 6.0
	labelSize  = 11.0
	legendSize = 12.0
	leading    = 1.2 // of the lines, in letters' sizes
	slack      = 1.1 // for fonts that are wider than the one that measures
)

// compose lays the graph out.
func compose(g *report.Graph, o Options) *scene {
	s := &scene{title: o.Title}
	l := &layout{}
	legend := legendBox(g)
	boxes := []*box{legend}
	l.vertices = append(l.vertices, legend.vertex())
	vertexOf := make(map[*report.Node]*vertex, len(g.Nodes))
	largest := int64(0)
	for _, n := range g.Nodes {
		largest = max(largest, magnitude(n.Flat))
	}
	for _, n := range g.Nodes {
		b := nodeBox(g, n, largest)
		if o.Link != nil {
			b.link = o.Link(n.Name)
		}
		boxes = append(boxes, b)
		vertexOf[n] = b.vertex()
		l.vertices = append(l.vertices, vertexOf[n])
	}
	var calls []*report.Edge
	for _, n := range g.Nodes {
		for _, e := range n.Out {
			if vertexOf[e.To] == nil {
				continue
			}
			label := labelOf(g, e)
			link := &link{from: vertexOf[n], to: vertexOf[e.To], weight: 8 * math.Abs(portion(e.Weight, g.Total)), label: labelVertex(label)}
			calls = append(calls, e)
			l.links = append(l.links, link)
			link.from.out = append(link.from.out, link)
			link.to.in = append(link.to.in, link)
		}
	}
	ofBox := l.vertices[:len(boxes):len(boxes)]
	l.run()
	for i, b := range boxes {
		v := ofBox[i]
		b.x, b.y = margin+v.x-v.left, margin+v.y-b.height/2
		s.boxes = append(s.boxes, *b)
	}
	for _, v := range l.vertices {
		s.width = max(s.width, v.x+v.right+2*margin)
		s.height = max(s.height, v.y+v.height/2+2*margin)
	}
	for i, e := range calls {
		s.arrows = append(s.arrows, arrowOf(g, e, l.links[i]))
	}
	return s
}

func (b *box) vertex() *vertex {
	return &vertex{left: b.width / 2, right: b.width / 2, height: b.height}
}

// fit gives a box the size of its text.
func (b *box) fit() {
	y := padding / 2
	for i := range b.text {
		t := &b.text[i]
		t.y = y + t.size
		y += t.size * leading
		b.width = max(b.width, slack*textWidth(t.text, t.size)+2*padding)
	}
	b.height = y + padding/2
}

func legendBox(g *report.Graph) *box {
	b := &box{fill: color{0xf8, 0xf8, 0xf8}, stroke: color{0x99, 0x99, 0x99}, left: true}
	for _, line := range g.Lines() {
		b.text = append(b.text, textLine{text: line, size: legendSize})
	}
	b.fit()
	return b
}

// nodeBox is a function: its name in parts, flat and cum.
func nodeBox(g *report.Graph, n *report.Node, largest int64) *box {
	size := 8.0
	if largest > 0 && n.Flat != 0 {
		size += math.Ceil(16 * math.Sqrt(float64(magnitude(n.Flat))/float64(largest)))
	}
	size = max(size, 9) // smaller letters cannot be read
	lines := nameLines(n.Name)
	flat, cum := "0", g.Format(n.Cum)
	if n.Flat != 0 {
		flat = fmt.Sprintf("%s (%s)", g.Format(n.Flat), g.Percent(n.Flat))
	}
	switch {
	case n.Cum == n.Flat:
		lines = append(lines, flat)
	case n.Flat == 0:
		lines = append(lines, fmt.Sprintf("0 of %s (%s)", cum, g.Percent(n.Cum)))
	default:
		lines = append(lines, flat, fmt.Sprintf("of %s (%s)", cum, g.Percent(n.Cum)))
	}
	share := portion(n.Cum, g.Total)
	b := &box{
		fill: shade(share, true), stroke: shade(share, false),
		title: fmt.Sprintf("%s (%s)", report.Visible(n.Name), cum),
	}
	for _, text := range lines {
		b.text = append(b.text, textLine{text: text, size: size})
	}
	b.fit()
	return b
}

// nameLines breaks a function's name where its parts meet, without the path of
// its package: "json", "(*Decoder)", "Decode".
func nameLines(name string) []string {
	name = report.Visible(name)
	depth, start := 0, 0
	var parts []string
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case strings.IndexByte("([{<", c) >= 0:
			depth++
		case strings.IndexByte(")]}>", c) >= 0:
			depth = max(depth-1, 0)
		case depth > 0:
		case c == '/' && !strings.Contains(name[:i], " "):
			start, parts = i+1, nil // all before it is the path
		case c == '.' && i > start:
			parts = append(parts, name[start:i])
			start = i + 1
		case c == ':' && i+1 < len(name) && name[i+1] == ':' && i > start:
			parts = append(parts, name[start:i])
			start = i + 2
		}
	}
	parts = append(parts, name[start:])
	for i, p := range parts {
		parts[i] = shortened(p, 48)
	}
	return parts
}

func shortened(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

func labelOf(g *report.Graph, e *report.Edge) []string {
	label := []string{g.Format(e.Weight)}
	if e.Inline {
		label = append(label, "(inline)")
	}
	return label
}

func labelVertex(label []string) *vertex {
	v := &vertex{through: true, left: 4, height: float64(len(label))*labelSize*leading + 4}
	for _, line := range label {
		v.right = max(v.right, textWidth(line, labelSize)+8)
	}
	return v
}

func arrowOf(g *report.Graph, e *report.Edge, l *link) arrow {
	share := portion(e.Weight, g.Total)
	a := arrow{
		width: 1 + math.Min(math.Abs(share)*5, 5), color: shade(share, false),
		label: labelOf(g, e), atTheStart: l.reversed,
	}
	verb := "→"
	switch {
	case e.Residual:
		verb = "⋯→"
		a.dash = []float64{1.5, 4}
	case e.Inline:
		a.dash = []float64{6, 4}
	}
	a.title = fmt.Sprintf("%s %s %s (%s)", report.Visible(e.From.Name), verb, report.Visible(e.To.Name), g.Format(e.Weight))
	a.labelAt = point{margin + l.label.x + 6, margin + l.label.y - float64(len(a.label)-2)*labelSize*leading/2 - labelSize*0.35}
	a.path = route(l)
	return a
}

// route is the line of a link: straight through the layers it passes, curved
// between them.
func route(l *link) []point {
	first, last := l.chain[0], l.chain[len(l.chain)-1]
	at := point{end(first, l.chain[1].x), first.y + first.height/2}
	path := []point{at}
	to := func(p point) {
		bend := (p.y - at.y) / 2
		path = append(path, point{at.x, at.y + bend}, point{p.x, p.y - bend}, p)
		at = p
	}
	for _, v := range l.chain[1 : len(l.chain)-1] {
		to(point{v.x, v.y - v.height/2})
		to(point{v.x, v.y + v.height/2})
	}
	to(point{end(last, l.chain[len(l.chain)-2].x), last.y - last.height/2})
	for i := range path {
		path[i].x += margin
		path[i].y += margin
	}
	return path
}

// end is where a line meets a box: a little to the side that it comes from.
func end(v *vertex, from float64) float64 {
	reach := max(math.Min(v.left, v.right)-8, 0)
	return v.x + math.Max(-reach, math.Min(reach, (from-v.x)*0.4))
}

func portion(v, total int64) float64 {
	if total == 0 {
		return 0
	}
	return float64(v) / math.Abs(float64(total))
}

func magnitude(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// A color is red, green and blue.
type color [3]uint8

func (c color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// shade is red for what takes much of the total, green for what gives it back and
// grey for little; pale for what stands behind text.
func shade(share float64, pale bool) color {
	from, to := [3]float64{0x99, 0x99, 0x99}, [3]float64{0xb2, 0x10, 0x00}
	if share < 0 {
		to = [3]float64{0x00, 0x80, 0x20}
	}
	if pale {
		from = [3]float64{0xf0, 0xf0, 0xee}
		to = [3]float64{0xfa, 0xd5, 0xd0}
		if share < 0 {
			to = [3]float64{0xd3, 0xee, 0xd8}
		}
	}
	part := math.Pow(math.Min(math.Abs(share), 1), 0.4) // small shares are to be told apart
	var c color
	for i := range c {
		c[i] = uint8(from[i] + (to[i]-from[i])*part)
	}
	return c
}
