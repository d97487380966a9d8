package callgraph

import "flame/flame/report"

// Boxes returns the places of all boxes: x, y, width and height.
func Boxes(g *report.Graph) [][4]float64 {
	var out [][4]float64
	for _, b := range compose(g, Options{}).boxes {
		out = append(out, [4]float64{b.x, b.y, b.width, b.height})
	}
	return out
}
