package svg

import "math"

// DiffColor returns the colour of a node whose own value changed by delta, where
// most is the greatest change of any node: white for none, red for more, blue
// for less, the deeper the greater the change (flamegraph.pl's scale).
//
//	more: red 255, green and blue int(210*(most-delta)/most)
//	less: blue 255, red and green int(210*(most+delta)/most)
func DiffColor(delta, most int64) RGB {
	part := func(a float64) uint8 { return uint8(210 * max(0, a) / math.Max(1, float64(most))) }
	switch {
	case delta > 0:
		c := part(float64(most) - float64(delta))
		return RGB{255, c, c}
	case delta < 0:
		c := part(float64(most) + float64(delta))
		return RGB{c, c, 255}
	}
	return RGB{255, 255, 255}
}

// deltas returns how much each node's own value changed, and the greatest of the
// changes either way, which is at least 1 Unit (div stored units) as in
// flamegraph.pl.
func deltas(self, base []int64, negate bool, div int64) (delta []int64, most int64) {
	delta = make([]int64, len(self))
	most = div
	for n := range self {
		d := subSat(self[n], base[n])
		if negate {
			d = subSat(0, d)
		}
		delta[n] = d
		most = max(most, d, subSat(0, d))
	}
	return delta, most
}

// subSat subtracts and stays at the end of the range.
func subSat(a, b int64) int64 {
	c := a - b
	if (a^b)&(a^c) < 0 {
		if a < 0 {
			return math.MinInt64
		}
		return math.MaxInt64
	}
	return c
}
