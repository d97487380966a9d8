package svg

import (
	"math"
	"slices"
	"strconv"
)

// appendBackground appends the background. A gradient becomes bands of its few
// colours: a real one needs an id, and two pictures in one page would share it.
func (pic *picture) appendBackground(b []byte) []byte {
	rect := func(y, height float64, c RGB) {
		b = append(b, `<rect class="flame-bg" y="`...)
		b = appendPx(b, y)
		b = append(b, `" width="`...)
		b = appendPx(b, pic.geom.Width)
		b = append(b, `" height="`...)
		b = appendPx(b, height)
		b = append(b, `" fill="`...)
		b = appendHex(b, c)
		b = append(b, "\"/>\n"...)
	}
	height := pic.geom.Height()
	bg := pic.background()
	steps := bg.steps()
	for i := range steps {
		// From 5% to 95% of the height; on whole pixels, so that no seam shows.
		y := math.Round(height * (0.05 + 0.9*float64(i)/float64(steps)))
		if i == 0 {
			y = 0
		}
		rect(y, height-y, bg.at(i, steps)) // the next covers its lower part
	}
	return b
}

func (pic *picture) background() Background {
	switch {
	case pic.o.BgColors != "":
		bg, _ := ParseBackground(pic.o.BgColors) // Validate has seen it
		return bg
	case pic.o.Palette != PackagePalette:
		return pic.o.Palette.Background()
	}
	return Background{RGB{255, 255, 255}, RGB{255, 255, 255}}
}

// steps returns how many bands look like the gradient: a difference of two in
// 255 is not seen.
func (bg Background) steps() int {
	n := 0
	for _, d := range [...]int{int(bg.Top.R) - int(bg.Bottom.R), int(bg.Top.G) - int(bg.Bottom.G), int(bg.Top.B) - int(bg.Bottom.B)} {
		n = max(n, d, -d)
	}
	return n/2 + 1
}

// at returns the colour of one of the gradient's steps.
func (bg Background) at(i, steps int) RGB {
	mix := func(a, b uint8) uint8 {
		return uint8(int(a) + (int(b)-int(a))*i/max(1, steps-1))
	}
	return RGB{mix(bg.Top.R, bg.Bottom.R), mix(bg.Top.G, bg.Bottom.G), mix(bg.Top.B, bg.Bottom.B)}
}

// A bar is what is drawn of a box, or of several that are too narrow to be told
// apart, in tenths of a pixel.
type bar struct {
	depth    int32
	x, width int64
	widest   int64 // width of the box that the colour is from
	color    RGB
}

// bars returns what to draw, row by row from the left. Narrow boxes that touch and
// have one colour are one bar, and so are those under a pixel that begin in the same
// two pixels, as wide as they are together and in the colour of the widest: a
// screen blends them, and each costs bytes and time to paint.
func (pic *picture) bars() []bar {
	bars := make([]bar, 0, len(pic.layout.Boxes))
	for _, box := range byRow(pic.layout) {
		if box.Depth > 0 && box.W == 0 {
			continue
		}
		x, width := pic.span(box)
		b := bar{box.Depth, x, width, width, pic.colors.Node(box.Node)}
		if n := len(bars); n > 0 && bars[n-1].takes(b) {
			last := &bars[n-1]
			last.width += width
			if width > last.widest {
				last.widest, last.color = width, b.color
			}
			continue
		}
		bars = append(bars, b)
	}
	return bars
}

// byRow returns the boxes row by row.
func byRow(l *Layout) []Box {
	at := make([]int, l.Depth+2) // where each row goes on, one place to the right
	for _, box := range l.Boxes {
		at[box.Depth+1]++
	}
	for row := range l.Depth {
		at[row+1] += at[row]
	}
	boxes := make([]Box, len(l.Boxes))
	for _, box := range l.Boxes {
		boxes[at[box.Depth]] = box
		at[box.Depth]++
	}
	return boxes
}

func (a bar) takes(b bar) bool {
	const px, cell = 10, 20
	if a.depth != b.depth {
		return false
	}
	return a.color == b.color && b.width < 4*gap && b.x <= a.x+a.width || a.width < px && b.width < px && a.x/cell == b.x/cell
}

// appendFrames appends the frames. A frame is a horizontal line as thick as a row
// is high, which takes half the bytes of a rectangle; all lines of one colour are
// one path, row by row.
func (pic *picture) appendFrames(b []byte) []byte {
	index := map[RGB]int{}
	var byColor [][]bar
	for _, line := range pic.bars() {
		at, ok := index[line.color]
		if !ok {
			at = len(byColor)
			index[line.color] = at
			byColor = append(byColor, nil)
		}
		byColor[at] = append(byColor[at], line)
	}
	// In tenths of a pixel no number needs a point.
	b = append(b, `<g class="flame-frames" fill="none" transform="scale(.1)" stroke-width="`...)
	b = appendPx(b, 10*max(pic.geom.FrameHeight-framepad, 1))
	b = append(b, "\">\n"...)
	for _, bars := range byColor {
		for part := range slices.Chunk(bars, pathBars) {
			b = append(b, `<path stroke="`...)
			b = appendHex(b, part[0].color)
			b = append(b, `" d="`...)
			b = pic.appendLines(b, part)
			b = append(b, "\"/>\n"...)
		}
	}
	return append(b, "</g>\n"...)
}

// pathBars is the most that one path holds: the time to paint a path grows faster
// than its length.
const pathBars = 500

// gap is what wide boxes leave free on their right, in tenths of a pixel, so that
// neighbours of one colour stay two.
const gap = 5

// span returns a box's left edge and its drawn width, in tenths of a pixel.
func (pic *picture) span(box Box) (x, width int64) {
	if pic.layout.Total == 0 {
		return xpad * 10, Tenths(pic.geom.Width) - 20*xpad
	}
	x, width = pic.geom.Span(box)
	if width >= 4*gap {
		width -= gap
	}
	return x, max(width, 1)
}

// appendLines appends the path data of bars of one colour.
func (pic *picture) appendLines(b []byte, bars []bar) []byte {
	end := int64(0)
	for i, line := range bars {
		if i > 0 && bars[i-1].depth == line.depth {
			if line.x > end {
				b = append(b, 'm')
				b = strconv.AppendInt(b, line.x-end, 10)
				b = append(b, " 0"...)
			}
		} else {
			y1, y2 := pic.geom.Row(line.depth)
			b = append(b, 'M')
			b = strconv.AppendInt(b, line.x, 10)
			b = append(b, ' ')
			b = appendPx(b, 5*(y1+y2))
		}
		b = append(b, 'h')
		b = strconv.AppendInt(b, line.width, 10)
		end = line.x + line.width
	}
	return b
}
