package svg

import (
	"math"
	"math/bits"
	"strconv"

	"flame/collapse"
)

// A Box is one node's place in the picture, in weight, not pixels: it stands in
// row Depth (the root's is 0) and covers [X, X+W) of the total.
type Box struct {
	Node  collapse.NodeID
	Depth int32
	X, W  int64
}

// LayoutOptions choose what [NewLayout] lays out. The zero value is the first
// sample type, whole.
type LayoutOptions struct {
	Type int // index of the sample type

	// Total is the weight that the full width stands for, in stored units of the
	// type. It counts only when it is greater than the profile's own
	// (flamegraph.pl --total).
	Total int64

	// Larger gives every node of a differential profile room for the larger of
	// its two own values, so that what is gone shows. Without it widths are those
	// of the self column, the second profile, as in flamegraph.pl.
	Larger bool

	// MinWeight returns the weight below which a node is left out, with all
	// under it, for the total of the picture; see [MinPixels] and [MinPercent].
	// Nil leaves out nothing, not even what has no width at all.
	MinWeight func(total int64) float64
}

// MinPixels leaves out what is narrower than px pixels in a picture of the given
// width (flamegraph.pl --minwidth 0.1).
func MinPixels(px, width float64) func(total int64) float64 {
	return func(total int64) float64 { return px / ((width - 2*xpad) / float64(total)) }
}

// MinPercent leaves out what is less than the given percentage of the total
// (flamegraph.pl --minwidth 0.1%).
func MinPercent(percent float64) func(total int64) float64 {
	return func(total int64) float64 { return float64(total) * percent / 100 }
}

// A Layout is where the nodes of a profile stand, for one sample type.
//
// The weight of a node is the sum of |self| over its subtree: values that a
// difference made negative take as much room as positive ones. A differential
// profile has the widths of its self column (the second profile), so a node that
// is gone there has none; with LayoutOptions.Larger the weight is the sum of
// max(|self|, |base|). A node's own share is at its left, its children follow in
// their order.
type Layout struct {
	Boxes  []Box // preorder; the root is first and is always there
	Total  int64 // weight of the full width
	Depth  int32 // row of the deepest box
	Pruned int   // nodes left out because they are too narrow

	// Shift is not 0 only when the weights' sum leaves the range of int64:
	// then every weight here is in units of 1<<Shift stored units.
	Shift uint
}

// NewLayout lays p out. It takes one pass over the column and one over the nodes
// that have a box.
func NewLayout(p *collapse.Profile, o LayoutOptions) *Layout {
	l := &Layout{}
	own := p.Self(o.Type)
	if base := p.Base(o.Type); base != nil && o.Larger {
		own = larger(own, base)
	}
	start := l.starts(own)
	n := p.Len()
	l.Total = max(start[n], o.Total>>l.Shift)

	least := math.Inf(-1)
	if o.MinWeight != nil && l.Total > 0 {
		least = o.MinWeight(l.Total)
	} else {
		l.Boxes = make([]Box, 0, n)
	}
	ends := p.Ends()
	var open []collapse.NodeID // ends of the subtrees that the next node is in
	l.Boxes = append(l.Boxes, Box{W: l.Total})
	for i := 1; i < n; {
		end := ends[i]
		w := start[end] - start[i]
		if float64(w) < least {
			l.Pruned += int(end) - i
			i = int(end)
			continue
		}
		for len(open) > 0 && open[len(open)-1] <= collapse.NodeID(i) {
			open = open[:len(open)-1]
		}
		open = append(open, end)
		depth := int32(len(open))
		l.Depth = max(l.Depth, depth)
		l.Boxes = append(l.Boxes, Box{collapse.NodeID(i), depth, start[i], w})
		i++
	}
	return l
}

// starts returns for each node the weight of all nodes before it in preorder,
// and at the end that of all. That is a node's left edge: what comes before it
// is what is left of it and the own shares of its callers. It sets l.Shift.
func (l *Layout) starts(self []int64) []int64 {
	var hi, lo uint64 // 128 bits
	for _, v := range self {
		var carry uint64
		lo, carry = bits.Add64(lo, abs(v), 0)
		hi += carry
	}
	for hi>>l.Shift != 0 || hi<<(64-l.Shift)|lo>>l.Shift > math.MaxInt64 {
		l.Shift++
	}
	start := make([]int64, len(self)+1)
	var x int64
	for i, v := range self {
		start[i] = x
		x += int64(abs(v) >> l.Shift)
	}
	start[len(self)] = x
	return start
}

// larger returns of each pair the value that is farther from 0.
func larger(a, b []int64) []int64 {
	c := make([]int64, len(a))
	for i := range a {
		c[i] = a[i]
		if abs(b[i]) > abs(a[i]) {
			c[i] = b[i]
		}
	}
	return c
}

func abs(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// Margins of flamegraph.pl's picture, in pixels.
const (
	xpad     = 10 // left and right of the frames
	framepad = 1  // between two rows
	textpad  = 3  // from a box's left edge to its text, and from its middle down to the baseline
)

// Geometry turns a layout's weights and rows into pixels, by the rules of
// flamegraph.pl. With a subtitle the inverted picture leaves room for it, which
// flamegraph.pl forgets.
type Geometry struct {
	Width       float64 // of the picture
	FrameHeight float64 // of a row
	FontSize    float64
	FontWidth   float64 // mean width of a character, as a part of FontSize
	Subtitle    bool
	Legend      int   // rows of the legend below the frames
	Inverted    bool  // the root is on top: an icicle graph
	Depth       int32 // row of the deepest box; see [Layout.Depth]
	Total       int64 // weight of the full width; see [Layout.Total]
}

func (g *Geometry) top() float64 {
	top := 3 * g.FontSize
	if g.Subtitle {
		top += 2 * g.FontSize
	}
	return top
}

func (g *Geometry) bottom() float64 {
	return 2*g.FontSize + 10 + float64(g.Legend)*g.legendRow()
}

// legendRow is the height of a row of the legend.
func (g *Geometry) legendRow() float64 { return g.FontSize + 3 }

// Height returns the height of the picture.
func (g *Geometry) Height() float64 {
	return float64(g.Depth+1)*g.FrameHeight + g.top() + g.bottom()
}

// X returns the x coordinate of a weight.
func (g *Geometry) X(weight int64) float64 {
	if g.Total == 0 {
		return xpad
	}
	return xpad + float64(weight)*((g.Width-2*xpad)/float64(g.Total))
}

// Row returns the y coordinates of the top and bottom of the boxes in a row.
func (g *Geometry) Row(depth int32) (y1, y2 float64) {
	if g.Inverted {
		y1 = g.top() + float64(depth)*g.FrameHeight
		return y1, y1 + g.FrameHeight - framepad
	}
	y2 = g.Height() - g.bottom() - float64(depth)*g.FrameHeight
	return y2 - g.FrameHeight + framepad, y2
}

// Span returns the left edge and the width of a box in tenths of a pixel. Both
// edges are rounded before the width is taken, so that neighbours meet.
func (g *Geometry) Span(b Box) (x, width int64) {
	x = Tenths(g.X(b.X))
	return x, Tenths(g.X(b.X+b.W)) - x
}

// Text returns where a box's text begins: the x of its first letter and the y of
// its baseline.
func (g *Geometry) Text(b Box) (x, y float64) {
	y1, y2 := g.Row(b.Depth)
	return g.X(b.X) + textpad, textpad + (y1+y2)/2
}

// Chars returns how many characters of text fit in a box. Where it is under 3
// the box has no text.
func (g *Geometry) Chars(b Box) int {
	return int((g.X(b.X+b.W) - g.X(b.X)) / (g.FontSize * g.FontWidth))
}

// Tenths returns px in tenths of a pixel, rounded as C's printf("%.1f") does it:
// by the exact value of the float64, halves to even.
func Tenths(px float64) int64 {
	if math.IsNaN(px) || math.Abs(px) > 1e15 {
		return 0
	}
	// Where the product with 10, which is off by a millionth at most, is nowhere
	// near a half, there is no question.
	if n := math.Round(px * 10); math.Abs(px) < 1e8 && math.Abs(px*10-n) < 0.4999 {
		return int64(n)
	}
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], px, 'f', 1, 64)
	n, negative := int64(0), false
	for _, c := range text {
		switch {
		case c == '-':
			negative = true
		case c != '.':
			n = n*10 + int64(c-'0')
		}
	}
	if negative {
		return -n
	}
	return n
}
