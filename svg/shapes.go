package svg

import (
	"math"
	"slices"
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

// appendFrames appends the frames. A frame is a horizontal line as thick as a row
// is high, which takes half the bytes of a rectangle; all lines of one colour are
// one path, row by row.
func (pic *picture) appendFrames(b []byte) []byte {
	index := map[RGB]int{}
	var colors []RGB
	var boxes [][]Box
	for i, box := range pic.layout.Boxes {
		if i > 0 && box.W == 0 {
			continue
		}
		c := pic.colors.Node(box.Node)
		at, ok := index[c]
		if !ok {
			at = len(colors)
			index[c] = at
			colors = append(colors, c)
			boxes = append(boxes, nil)
		}
		boxes[at] = append(boxes[at], box)
	}
	b = append(b, `<g class="flame-frames" fill="none" stroke-width="`...)
	b = appendPx(b, max(pic.geom.FrameHeight-framepad, 1))
	b = append(b, "\">\n"...)
	for i, c := range colors {
		b = append(b, `<path stroke="`...)
		b = appendHex(b, c)
		b = append(b, `" d="`...)
		b = pic.appendLines(b, boxes[i])
		b = append(b, "\"/>\n"...)
	}
	return append(b, "</g>\n"...)
}

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

// appendLines appends the path data of boxes in preorder, which it sorts by row.
func (pic *picture) appendLines(b []byte, boxes []Box) []byte {
	slices.SortStableFunc(boxes, func(a, b Box) int { return int(a.Depth - b.Depth) })
	end := int64(0)
	for i, box := range boxes {
		x, width := pic.span(box)
		if i > 0 && boxes[i-1].Depth == box.Depth {
			b = append(b, 'm')
			b = appendTenths(b, x-end)
			b = append(b, " 0"...)
		} else {
			y1, y2 := pic.geom.Row(box.Depth)
			b = append(b, 'M')
			b = appendTenths(b, x)
			b = append(b, ' ')
			b = appendPx(b, (y1+y2)/2)
		}
		b = append(b, 'h')
		b = appendTenths(b, width)
		end = x + width
	}
	return b
}
