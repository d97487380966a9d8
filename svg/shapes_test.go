package svg

import (
	"testing"
)

// TestBars checks what is drawn against the boxes it is drawn for: row by row from
// the left, as wide as the boxes together and no farther than a pixel from them,
// in a colour that one of them has, what can be told apart apart.
func TestBars(t *testing.T) {
	for seed := range uint64(20) {
		p := randomProfile(t, seed, 3000, 0, 9)
		pic, err := newPicture(p, Options{Width: []int{60, 300, 1200}[seed%3]})
		if err != nil {
			t.Fatal(err)
		}
		type key struct {
			depth int32
			x     int64
		}
		drawn := map[int32]int64{}
		wide := map[key]RGB{}
		bars := pic.bars()
		for i, b := range bars {
			drawn[b.depth] += b.width
			wide[key{b.depth, b.x}] = b.color
			if i > 0 && (b.depth < bars[i-1].depth || b.depth == bars[i-1].depth && b.x < bars[i-1].x) {
				t.Fatalf("seed %d: %+v is drawn after %+v", seed, b, bars[i-1])
			}
			if i > 0 && b.depth == bars[i-1].depth && b.x/10 == bars[i-1].x/10 && b.width < 10 && bars[i-1].width < 10 {
				t.Fatalf("seed %d: two bars in one pixel, %+v and %+v", seed, bars[i-1], b)
			}
		}
		boxes := map[int32]int64{}
		for _, box := range pic.layout.Boxes {
			if box.W == 0 {
				continue
			}
			x, width := pic.span(box)
			boxes[box.Depth] += width
			if c, ok := wide[key{box.Depth, x}]; width >= 4*gap && (!ok || c != pic.colors.Node(box.Node)) {
				t.Fatalf("seed %d: the box of node %d, %d tenths wide, is not drawn at %d: %v", seed, box.Node, width, x, c)
			}
		}
		for depth, width := range boxes {
			if drawn[depth] != width {
				t.Errorf("seed %d: in row %d %d tenths are drawn of %d", seed, depth, drawn[depth], width)
			}
		}
		if len(bars) >= len(pic.layout.Boxes) {
			t.Errorf("seed %d: %d bars of %d boxes", seed, len(bars), len(pic.layout.Boxes))
		}
	}
}
