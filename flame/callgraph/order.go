package callgraph

import "slices"

// order arranges the vertices within the layers: sweeps down and up in which each
// vertex goes to the median of its neighbours' positions, then swaps of neighbours
// as long as they take crossings away (Gansner et al., "A technique for drawing
// directed graphs", 1993, section 3). The best order met is kept.
func (l *layout) order() {
	l.firstOrder()
	best, crossings := l.positions(), l.crossings()
	for round := 0; round < 24 && crossings > 0; round++ {
		down := round%2 == 0
		for i := range l.layers {
			layer := l.layers[i]
			if !down {
				layer = l.layers[len(l.layers)-1-i]
			}
			sortByMedian(layer, down)
		}
		l.transpose()
		if n := l.crossings(); n < crossings {
			best, crossings = l.positions(), n
		}
	}
	for v, at := range best {
		v.at = at
	}
	for _, layer := range l.layers {
		slices.SortFunc(layer, func(a, b *vertex) int { return a.at - b.at })
	}
}

// firstOrder numbers the vertices as a walk down from the roots meets them, so
// that what belongs together starts together.
func (l *layout) firstOrder() {
	seen := make(map[*vertex]bool, len(l.vertices))
	for i := range l.layers {
		l.layers[i] = l.layers[i][:0]
	}
	var visit func(*vertex)
	visit = func(v *vertex) {
		if seen[v] {
			return
		}
		seen[v] = true
		v.at = len(l.layers[v.layer])
		l.layers[v.layer] = append(l.layers[v.layer], v)
		for _, e := range v.out {
			visit(e.to)
		}
	}
	for _, v := range l.vertices {
		if len(v.in) == 0 {
			visit(v)
		}
	}
}

func (l *layout) positions() map[*vertex]int {
	at := make(map[*vertex]int, len(l.vertices))
	for _, v := range l.vertices {
		at[v] = v.at
	}
	return at
}

// sortByMedian orders a layer by the medians of the neighbours above, or below;
// vertices without any stay where they are.
func sortByMedian(layer []*vertex, above bool) {
	var movable []*vertex
	var places []int
	for i, v := range layer {
		if v.score = median(v, above); v.score >= 0 {
			movable = append(movable, v)
			places = append(places, i)
		}
	}
	slices.SortStableFunc(movable, func(a, b *vertex) int { return compareFloat(a.score, b.score) })
	for i, v := range movable {
		layer[places[i]] = v
	}
	for i, v := range layer {
		v.at = i
	}
}

// median is that of the neighbours' positions, -1 if there are none. Of an even
// number it leans to the side where they are closer together.
func median(v *vertex, above bool) float64 {
	at := neighbours(v, above)
	n := len(at)
	switch {
	case n == 0:
		return -1
	case n%2 == 1:
		return float64(at[n/2])
	case n == 2:
		return float64(at[0]+at[1]) / 2
	}
	left, right := float64(at[n/2-1]-at[0]), float64(at[n-1]-at[n/2])
	if left+right == 0 {
		return float64(at[n/2])
	}
	return (float64(at[n/2-1])*right + float64(at[n/2])*left) / (left + right)
}

// neighbours are the sorted positions of the vertices that v is linked with.
func neighbours(v *vertex, above bool) []int {
	var at []int
	if above {
		for _, e := range v.in {
			at = append(at, e.from.at)
		}
	} else {
		for _, e := range v.out {
			at = append(at, e.to.at)
		}
	}
	slices.Sort(at)
	return at
}

// transpose swaps neighbours where that takes crossings away.
func (l *layout) transpose() {
	for improved, round := true, 0; improved && round < 10; round++ {
		improved = false
		for _, layer := range l.layers {
			for i := 0; i+1 < len(layer); i++ {
				a, b := layer[i], layer[i+1]
				now := crossed(neighbours(a, true), neighbours(b, true)) + crossed(neighbours(a, false), neighbours(b, false))
				then := crossed(neighbours(b, true), neighbours(a, true)) + crossed(neighbours(b, false), neighbours(a, false))
				if then < now {
					layer[i], layer[i+1] = b, a
					a.at, b.at = i+1, i
					improved = true
				}
			}
		}
	}
}

// crossed counts the crossings of the links of two neighbours, the first one on
// the left, by the sorted positions of their other ends.
func crossed(left, right []int) (n int) {
	j := 0
	for _, at := range left {
		for j < len(right) && right[j] < at {
			j++
		}
		n += j
	}
	return n
}

// crossings counts all crossings, layer by layer.
func (l *layout) crossings() (n int) {
	for _, layer := range l.layers {
		var ends []int // of all links so far, sorted
		for _, v := range layer {
			mine := neighbours(v, false)
			n += crossedBy(ends, mine)
			ends = append(ends, mine...)
			slices.Sort(ends)
		}
	}
	return n
}

// crossedBy counts for the ends of one vertex the links of those left of it that
// end on the right of them.
func crossedBy(before, mine []int) (n int) {
	for _, at := range mine {
		i, _ := slices.BinarySearch(before, at+1)
		n += len(before) - i
	}
	return n
}
