package callgraph

import "slices"

// A vertex is what has a place in the layout: a box, a label, or a point where a
// line passes a layer.
type vertex struct {
	left, right float64 // how far it reaches from x
	height      float64
	x, y        float64 // y is the middle
	layer       int
	at          int // position in the layer
	in, out     []*link
	through     bool // no box: a line goes from top to bottom of the layer
	score       float64
}

// A link joins two vertices of neighbouring layers once the layout is done, of
// any layers before.
type link struct {
	from, to *vertex
	weight   float64
	label    *vertex   // nil if there is none
	reversed bool      // it was turned round to break a circle
	chain    []*vertex // from, the points it goes through, to
}

// Distances, in pixels.
const (
	boxGap   = 20.0 // between boxes of a layer
	lineGap  = 10.0 // where one of the two is a line
	layerGap = 22.0 // between layers
)

// A layout is a graph on its way to places.
type layout struct {
	vertices []*vertex
	links    []*link
	layers   [][]*vertex
}

// run finds the places. The vertices are given in the order of their importance.
func (l *layout) run() {
	l.breakCircles()
	l.rank()
	l.split()
	l.order()
	l.place()
}

// breakCircles turns links round that lead back on the way down from the first
// vertices, so that none leads up.
func (l *layout) breakCircles() {
	const open, done = 1, 2
	state := make(map[*vertex]int, len(l.vertices))
	var visit func(*vertex)
	visit = func(v *vertex) {
		state[v] = open
		for _, e := range v.out {
			switch state[e.to] {
			case open:
				e.reversed = true
			case 0:
				visit(e.to)
			}
		}
		state[v] = done
	}
	for _, entry := range []bool{true, false} { // those that nothing calls first
		for _, v := range l.vertices {
			if state[v] == 0 && (len(v.in) == 0) == entry {
				visit(v)
			}
		}
	}
	for _, e := range l.links {
		if e.reversed {
			e.from, e.to = e.to, e.from
		}
	}
	l.connect()
}

// connect sets the links of every vertex anew.
func (l *layout) connect() {
	for _, v := range l.vertices {
		v.in, v.out = nil, nil
	}
	for _, e := range l.links {
		e.from.out = append(e.from.out, e)
		e.to.in = append(e.to.in, e)
	}
}

// rank gives every vertex a layer below those of its callers, then moves vertices
// within what their neighbours leave them to where their links are shortest,
// weighted. Layers between the boxes are left for the labels.
func (l *layout) rank() {
	var depth func(*vertex) int
	known := make(map[*vertex]bool, len(l.vertices))
	depth = func(v *vertex) int {
		if !known[v] {
			known[v] = true
			for _, e := range v.in {
				v.layer = max(v.layer, depth(e.from)+1)
			}
		}
		return v.layer
	}
	deepest := 0
	for _, v := range l.vertices {
		deepest = max(deepest, depth(v))
	}
	for moved, round := true, 0; moved && round < 50; round++ {
		moved = false
		for _, v := range l.vertices {
			low, high, pull := 0, deepest, 0.0
			for _, e := range v.in {
				low = max(low, e.from.layer+1)
				pull -= e.weight
			}
			for _, e := range v.out {
				high = min(high, e.to.layer-1)
				pull += e.weight
			}
			to := v.layer
			switch {
			case len(v.out) > 0 && (pull > 0 || len(v.in) == 0):
				to = high
			case len(v.in) > 0:
				to = low
			}
			if to != v.layer {
				v.layer, moved = to, true
			}
		}
	}
	for _, v := range l.vertices {
		v.layer *= 2
	}
}

// split replaces links over several layers by chains of points, one of which is
// the label.
func (l *layout) split() {
	deepest := 0
	for _, v := range l.vertices {
		deepest = max(deepest, v.layer)
	}
	l.layers = make([][]*vertex, deepest+1)
	var parts []*link
	for _, e := range l.links {
		e.chain = []*vertex{e.from}
		middle := e.from.layer + 1
		if e.reversed { // the label is where the call begins
			middle = e.to.layer - 1
		}
		for layer := e.from.layer + 1; layer < e.to.layer; layer++ {
			p := &vertex{layer: layer, through: true}
			if layer == middle && e.label != nil {
				p = e.label
				p.layer = layer
			}
			e.chain = append(e.chain, p)
			l.vertices = append(l.vertices, p)
		}
		e.chain = append(e.chain, e.to)
		for i, v := range e.chain[1:] {
			parts = append(parts, &link{from: e.chain[i], to: v, weight: e.weight})
		}
	}
	whole := l.links
	l.links = parts
	l.connect()
	l.links = whole
	for _, v := range l.vertices {
		l.layers[v.layer] = append(l.layers[v.layer], v)
	}
}

// gap is the least distance between two neighbours of a layer.
func gap(a, b *vertex) float64 {
	if a.through || b.through {
		return lineGap
	}
	return boxGap
}

// stack gives the layers their heights.
func (l *layout) stack() {
	y := 0.0
	for i, layer := range l.layers {
		height := 0.0
		for _, v := range layer {
			height = max(height, v.height)
		}
		if i > 0 {
			y += layerGap
		}
		for _, v := range layer {
			v.y = y + height/2
			if v.through {
				v.height = height
			}
		}
		y += height
	}
}

// shift moves everything so that it begins at 0.
func (l *layout) shift() {
	if len(l.vertices) == 0 {
		return
	}
	first := slices.MinFunc(l.vertices, func(a, b *vertex) int { return compareFloat(a.x-a.left, b.x-b.left) })
	least := first.x - first.left
	for _, v := range l.vertices {
		v.x -= least
	}
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
