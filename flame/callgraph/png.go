package callgraph

import (
	"fmt"
	"image"
	imagecolor "image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"flame/flame/report"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// The scale of a PNG file, and the pixels it may have: a larger picture is drawn
// smaller, so that any program opens it.
const (
	pngScale  = 1.5
	maxPixels = 64 << 20
)

// WritePNG draws the graph as a PNG file. It needs no fonts of the system.
func WritePNG(w io.Writer, g *report.Graph, o Options) error {
	s := compose(g, o)
	scale := math.Min(pngScale, math.Sqrt(maxPixels/(s.width*s.height)))
	c := newCanvas(s.width*scale, s.height*scale, scale)
	for i := range s.arrows {
		c.arrow(&s.arrows[i])
	}
	for i := range s.boxes {
		if err := c.box(&s.boxes[i]); err != nil {
			return err
		}
	}
	for i := range s.arrows {
		if err := c.label(&s.arrows[i]); err != nil {
			return err
		}
	}
	return (&png.Encoder{CompressionLevel: png.DefaultCompression}).Encode(w, c.img)
}

// A canvas is an image that is drawn to in the scene's coordinates.
type canvas struct {
	img   *image.RGBA
	scale float64
	faces map[float64]font.Face
}

func newCanvas(width, height, scale float64) *canvas {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, int(math.Ceil(width)), int(math.Ceil(height)))), scale: scale, faces: map[float64]font.Face{}}
	draw.Draw(c.img, c.img.Bounds(), image.White, image.Point{}, draw.Src)
	return c
}

// fill fills polygons, each of which goes round in the same direction.
func (c *canvas) fill(col color, polygons ...[]point) {
	bounds := image.Rectangle{}
	for _, p := range polygons {
		for _, q := range p {
			x, y := int(math.Floor(q.x*c.scale)), int(math.Floor(q.y*c.scale))
			bounds = bounds.Union(image.Rect(x-1, y-1, x+2, y+2))
		}
	}
	bounds = bounds.Intersect(c.img.Bounds())
	if bounds.Empty() {
		return
	}
	z := vector.NewRasterizer(bounds.Dx(), bounds.Dy())
	at := func(p point) (float32, float32) {
		return float32(p.x*c.scale) - float32(bounds.Min.X), float32(p.y*c.scale) - float32(bounds.Min.Y)
	}
	for _, p := range polygons {
		for i, q := range p {
			x, y := at(q)
			if i == 0 {
				z.MoveTo(x, y)
			} else {
				z.LineTo(x, y)
			}
		}
		z.ClosePath()
	}
	z.Draw(c.img, bounds, image.NewUniform(imagecolor.RGBA{col[0], col[1], col[2], 0xff}), image.Point{})
}

// stroke draws a line through points, a quadrangle for each piece of it.
func (c *canvas) stroke(points []point, width float64, col color) {
	var pieces [][]point
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		dx, dy := b.x-a.x, b.y-a.y
		d := math.Hypot(dx, dy)
		if d == 0 {
			continue
		}
		nx, ny := -dy/d*width/2, dx/d*width/2
		ex, ey := dx/d*width*0.1, dy/d*width*0.1 // the pieces overlap a little
		pieces = append(pieces, []point{
			{a.x + nx - ex, a.y + ny - ey}, {b.x + nx + ex, b.y + ny + ey}, {b.x - nx + ex, b.y - ny + ey}, {a.x - nx - ex, a.y - ny - ey},
		})
	}
	if len(pieces) > 0 {
		c.fill(col, pieces...)
	}
}

func (c *canvas) arrow(a *arrow) {
	line, head := a.shape()
	points := flatten(line)
	if a.dash == nil {
		c.stroke(points, a.width, a.color)
	} else {
		for _, dash := range dashes(points, a.dash, max(1, a.width/2)) {
			c.stroke(dash, a.width, a.color)
		}
	}
	c.fill(a.color, head)
}

// flatten turns the curves of a path into straight pieces.
func flatten(path []point) []point {
	const pieces = 24
	out := []point{path[0]}
	for i := 1; i+2 < len(path); i += 3 {
		p0, p1, p2, p3 := out[len(out)-1], path[i], path[i+1], path[i+2]
		for j := 1; j <= pieces; j++ {
			t := float64(j) / pieces
			u := 1 - t
			a, b, c, d := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
			out = append(out, point{a*p0.x + b*p1.x + c*p2.x + d*p3.x, a*p0.y + b*p1.y + c*p2.y + d*p3.y})
		}
	}
	return out
}

// dashes cuts a line into the parts that are drawn: pattern has the length of a
// dash and that of a gap.
func dashes(points []point, pattern []float64, stretch float64) (out [][]point) {
	left, on := pattern[0]*stretch, true
	dash := []point{points[0]}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		for d := math.Hypot(b.x-a.x, b.y-a.y); d > left; d = math.Hypot(b.x-a.x, b.y-a.y) {
			a = point{a.x + (b.x-a.x)*left/d, a.y + (b.y-a.y)*left/d}
			if on {
				out = append(out, append(dash, a))
			}
			on = !on
			dash = []point{a}
			if left = pattern[1] * stretch; on {
				left = pattern[0] * stretch
			}
		}
		left -= math.Hypot(b.x-a.x, b.y-a.y)
		dash = append(dash, b)
	}
	if on && len(dash) > 1 {
		out = append(out, dash)
	}
	return out
}

func (c *canvas) box(b *box) error {
	corners := func(inset float64) []point {
		x, y, X, Y := b.x+inset, b.y+inset, b.x+b.width-inset, b.y+b.height-inset
		return []point{{x, y}, {X, y}, {X, Y}, {x, Y}}
	}
	c.fill(b.stroke, corners(-0.5))
	c.fill(b.fill, corners(0.5))
	for _, t := range b.text {
		x := b.x + padding
		if !b.left {
			x = b.x + (b.width-textWidth(t.text, t.size))/2
		}
		if err := c.text(t.text, x, b.y+t.y, t.size, color{}); err != nil {
			return err
		}
	}
	return nil
}

func (c *canvas) label(a *arrow) error {
	for i, line := range a.label {
		x, y := a.labelAt.x, a.labelAt.y+float64(i)*labelSize*leading
		for _, d := range []point{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
			if err := c.text(line, x+d.x, y+d.y, labelSize, color{0xff, 0xff, 0xff}); err != nil {
				return err
			}
		}
		if err := c.text(line, x, y, labelSize, color{0x33, 0x33, 0x33}); err != nil {
			return err
		}
	}
	return nil
}

func (c *canvas) text(s string, x, y, size float64, col color) error {
	face := c.faces[size]
	if face == nil {
		var err error
		face, err = opentype.NewFace(goFont(), &opentype.FaceOptions{Size: size * c.scale, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return fmt.Errorf("draw text: %w", err)
		}
		c.faces[size] = face
	}
	d := font.Drawer{
		Dst: c.img, Src: image.NewUniform(imagecolor.RGBA{col[0], col[1], col[2], 0xff}), Face: face,
		Dot: fixed.Point26_6{X: fixed.Int26_6(x * c.scale * 64), Y: fixed.Int26_6(y * c.scale * 64)},
	}
	d.DrawString(s)
	return nil
}
