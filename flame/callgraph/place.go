package callgraph

// place finds x for all vertices, in the order and with the gaps of their layers:
// in turn each layer takes the places that are nearest to the weighted means of
// its neighbours' (least squares). Points of a line weigh more, which makes long
// lines straight.
func (l *layout) place() {
	for _, layer := range l.layers {
		x := 0.0
		for i, v := range layer {
			if i > 0 {
				x += layer[i-1].right + gap(layer[i-1], v) + v.left
			}
			v.x = x
		}
	}
	for round := range 80 {
		for i := range l.layers {
			layer := l.layers[i]
			if round%2 == 1 {
				layer = l.layers[len(l.layers)-1-i]
			}
			settle(layer, round%4 < 2 && round < 60, round%2 == 0)
		}
	}
	l.straighten()
	l.shift()
	l.stack()
}

// straighten makes the points of each line stand below each other as far as their
// neighbours leave room, in stretches as long as can be.
func (l *layout) straighten() {
	for range 4 {
		for _, e := range l.links {
			points := e.chain[1 : len(e.chain)-1]
			for len(points) > 0 {
				points = points[l.align(points):]
			}
		}
	}
}

// align moves the first points to one x, as many as have room there, and returns
// how many that are.
func (l *layout) align(points []*vertex) int {
	low, high := l.room(points[0])
	n, sum := 1, points[0].x
	for _, v := range points[1:] {
		a, b := l.room(v)
		if max(low, a) > min(high, b) {
			break
		}
		low, high = max(low, a), min(high, b)
		sum += v.x
		n++
	}
	x := min(max(sum/float64(n), low), high)
	for _, v := range points[:n] {
		v.x = x
	}
	return n
}

// room is where a vertex may be between its neighbours.
func (l *layout) room(v *vertex) (low, high float64) {
	layer := l.layers[v.layer]
	low, high = v.x-1e6, v.x+1e6
	if v.at > 0 {
		left := layer[v.at-1]
		low = min(left.x+left.right+gap(left, v)+v.left, v.x)
	}
	if v.at+1 < len(layer) {
		right := layer[v.at+1]
		high = max(right.x-right.left-gap(v, right)-v.right, v.x)
	}
	return low, high
}

// settle moves the vertices of one layer. With oneSided only the neighbours above,
// or below, pull at them.
func settle(layer []*vertex, oneSided, above bool) {
	want := make([]float64, len(layer))
	weight := make([]float64, len(layer))
	offset := 0.0
	offsets := make([]float64, len(layer))
	for i, v := range layer {
		if i > 0 {
			offset += layer[i-1].right + gap(layer[i-1], v) + v.left
		}
		offsets[i] = offset
		sum, pull := 0.0, 0.0
		for _, e := range v.in {
			if !oneSided || above {
				sum += e.pull() * e.from.x
				pull += e.pull()
			}
		}
		for _, e := range v.out {
			if !oneSided || !above {
				sum += e.pull() * e.to.x
				pull += e.pull()
			}
		}
		want[i], weight[i] = v.x-offset, 0.01
		if pull > 0 {
			want[i], weight[i] = sum/pull-offset, pull
		}
	}
	for i, x := range monotone(want, weight) {
		layer[i].x = x + offsets[i]
	}
}

// pull is how much a link wants to be straight up and down.
func (e *link) pull() float64 {
	w := 1 + e.weight
	if e.from.through {
		w *= 3
	}
	if e.to.through {
		w *= 3
	}
	return w
}

// monotone returns the numbers that do not descend and are nearest to those
// wanted, by weighted least squares: neighbours out of order are pooled at their
// mean (the pool adjacent violators algorithm).
func monotone(want, weight []float64) []float64 {
	type pool struct {
		mean, weight float64
		n            int
	}
	var pools []pool
	for i := range want {
		p := pool{want[i], weight[i], 1}
		for len(pools) > 0 && pools[len(pools)-1].mean > p.mean {
			q := pools[len(pools)-1]
			pools = pools[:len(pools)-1]
			w := p.weight + q.weight
			p = pool{(p.mean*p.weight + q.mean*q.weight) / w, w, p.n + q.n}
		}
		pools = append(pools, p)
	}
	out := make([]float64, 0, len(want))
	for _, p := range pools {
		for range p.n {
			out = append(out, p.mean)
		}
	}
	return out
}
