package callgraph

import "math"

// shape is the line of an arrow, without what its head covers, and the triangle
// of the head.
func (a *arrow) shape() (line, head []point) {
	line = append([]point(nil), a.path...)
	tip, before := &line[len(line)-1], &line[len(line)-2]
	if a.atTheStart {
		tip, before = &line[0], &line[1]
	}
	length, half := 7+a.width, 3+a.width*0.8
	// The line ends upright: the head points up or down.
	dir := math.Copysign(1, tip.y-before.y)
	base := point{tip.x, tip.y - dir*length}
	head = []point{*tip, {base.x - half, base.y}, {base.x + half, base.y}}
	before.y -= dir * length / 2
	*tip = point{base.x, base.y + dir*length*0.3}
	return line, head
}
