package svg

import (
	"math"
	"math/rand/v2"
	"testing"

	"flame/collapse"
)

// stackOf is a sample for profileOf.
type stackOf struct {
	frames []string
	value  int64
}

func profileOf(t testing.TB, stacks ...stackOf) *collapse.Profile {
	t.Helper()
	b := collapse.NewBuilder(1, collapse.Limits{})
	for _, s := range stacks {
		n := collapse.Root
		for _, f := range s.frames {
			n = b.Child(n, b.FrameText([]byte(f)))
		}
		b.Add(n, 0, s.value)
	}
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// randomProfile has nodes nodes of few names and values from lo to hi.
func randomProfile(t testing.TB, seed uint64, nodes int, lo, hi int64) *collapse.Profile {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	b := collapse.NewBuilder(1, collapse.Limits{})
	ids := []collapse.NodeID{collapse.Root}
	for b.Len() < nodes {
		n := b.Child(ids[len(ids)-1-r.IntN(min(len(ids), 40))], b.FrameText([]byte{'a' + byte(r.IntN(26)), 'a' + byte(r.IntN(26))}))
		ids = append(ids, n)
		if r.IntN(3) > 0 {
			b.Add(n, 0, lo+r.Int64N(hi-lo+1))
		}
	}
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLayoutNests checks that in every layout boxes stand in preorder, children
// within their parent and not over each other, and that a parent's own share is
// what its children leave.
func TestLayoutNests(t *testing.T) {
	for seed := range uint64(30) {
		p := randomProfile(t, seed, 400, -5*int64(seed%2), 50)
		l := NewLayout(p, LayoutOptions{})
		if len(l.Boxes) != p.Len() || l.Pruned != 0 {
			t.Fatalf("seed %d: %d boxes and %d left out of %d nodes", seed, len(l.Boxes), l.Pruned, p.Len())
		}
		right := make([]int64, p.Len()) // where the next child may begin
		inner := make([]int64, p.Len()) // sum of the children's widths
		for i, b := range l.Boxes {
			if int(b.Node) != i || b.W < 0 {
				t.Fatalf("seed %d: box %d is %+v", seed, i, b)
			}
			right[i] = b.X
			if i == 0 {
				continue
			}
			up := p.Parents()[i]
			parent := l.Boxes[up]
			if b.Depth != parent.Depth+1 || b.X < right[up] || b.X+b.W > parent.X+parent.W {
				t.Fatalf("seed %d: %+v does not fit in %+v after %d", seed, b, parent, right[up])
			}
			right[up] = b.X + b.W
			inner[up] += b.W
		}
		for i, b := range l.Boxes {
			if own := int64(abs(p.Self(0)[i])); b.W != inner[i]+own {
				t.Fatalf("seed %d: node %d is %d wide, its children %d, its own share %d", seed, i, b.W, inner[i], own)
			}
		}
	}
}

// TestLayoutPrunes compares with the whole layout: what is wide enough is there
// at the same place, what is not is counted.
func TestLayoutPrunes(t *testing.T) {
	for seed := range uint64(20) {
		p := randomProfile(t, seed, 500, 0, 9)
		whole := NewLayout(p, LayoutOptions{})
		for _, least := range []float64{0, 0.5, 1, 3, 17.5, 1e9} {
			l := NewLayout(p, LayoutOptions{MinWeight: func(int64) float64 { return least }})
			var want []Box
			deepest := int32(0)
			for i, b := range whole.Boxes {
				if i == 0 || float64(b.W) >= least {
					want = append(want, b)
					deepest = max(deepest, b.Depth)
				}
			}
			if len(l.Boxes) != len(want) || l.Depth != deepest || l.Pruned != p.Len()-len(want) {
				t.Fatalf("seed %d, least %g: %d boxes, depth %d, %d left out; want %d, %d, %d",
					seed, least, len(l.Boxes), l.Depth, l.Pruned, len(want), deepest, p.Len()-len(want))
			}
			for i := range want {
				if l.Boxes[i] != want[i] {
					t.Fatalf("seed %d, least %g: box %d is %+v, want %+v", seed, least, i, l.Boxes[i], want[i])
				}
			}
		}
	}
}

func TestLayoutTotal(t *testing.T) {
	p := profileOf(t, stackOf{[]string{"a", "b"}, 30}, stackOf{[]string{"c"}, 10})
	for _, test := range []struct{ given, want int64 }{{0, 40}, {39, 40}, {41, 41}, {400, 400}} {
		l := NewLayout(p, LayoutOptions{Total: test.given})
		if l.Total != test.want || l.Boxes[0].W != test.want || l.Boxes[1].W != 30 {
			t.Errorf("total %d given: %d, root %d wide, a %d; want %d, %[3]d, 30", test.given, l.Total, l.Boxes[0].W, l.Boxes[1].W, test.want)
		}
	}
	// 1% of 400 is 4, of 40 it is 0.4.
	small := profileOf(t, stackOf{[]string{"a"}, 37}, stackOf{[]string{"b"}, 3})
	if l := NewLayout(small, LayoutOptions{Total: 400, MinWeight: MinPercent(1)}); l.Pruned != 1 {
		t.Errorf("%d left out of a picture of 400, want the one with 3", l.Pruned)
	}
	if l := NewLayout(small, LayoutOptions{MinWeight: MinPercent(1)}); l.Pruned != 0 {
		t.Errorf("%d left out of a picture of 40, want none", l.Pruned)
	}
	// 40 in 1180 px: 1 is 29.5 px wide.
	for px, want := range map[float64]int{88.5: 0, 88.6: 1} {
		if l := NewLayout(small, LayoutOptions{MinWeight: MinPixels(px, 1200)}); l.Pruned != want {
			t.Errorf("%d left out below %g px, want %d", l.Pruned, px, want)
		}
	}
}

func TestLayoutEmpty(t *testing.T) {
	for _, p := range []*collapse.Profile{profileOf(t), profileOf(t, stackOf{[]string{"a"}, 0})} {
		l := NewLayout(p, LayoutOptions{MinWeight: MinPixels(0.1, 1200)})
		if l.Total != 0 || l.Boxes[0] != (Box{}) {
			t.Errorf("%+v", l)
		}
		g := Geometry{Width: 1200, FrameHeight: 16, FontSize: 12, FontWidth: 0.59}
		for _, b := range l.Boxes {
			if x, w := g.Span(b); x != 100 || w != 0 {
				t.Errorf("box %+v at %d, %d wide", b, x, w)
			}
		}
	}
}

// TestLayoutHuge has weights whose sum no int64 can hold.
func TestLayoutHuge(t *testing.T) {
	p := profileOf(t, stackOf{[]string{"a"}, math.MaxInt64}, stackOf{[]string{"b"}, math.MinInt64}, stackOf{[]string{"c"}, math.MaxInt64},
		stackOf{[]string{"d"}, math.MaxInt64})
	l := NewLayout(p, LayoutOptions{})
	if l.Shift != 2 {
		t.Errorf("shift %d, want 2", l.Shift)
	}
	g := Geometry{Width: 1020, Total: l.Total}
	for _, b := range l.Boxes[1:] {
		if x, w := g.Span(b); w != 2500 || x != 100+2500*int64(b.Node-1) {
			t.Errorf("box %+v at %d, %d wide", b, x, w)
		}
	}
}

func TestGeometry(t *testing.T) {
	g := Geometry{Width: 1200, FrameHeight: 16, FontSize: 12, FontWidth: 0.59, Depth: 3, Total: 8}
	if h := g.Height(); h != 134 { // 4*16 + 3*12 + 2*12+10
		t.Errorf("height %g, want 134", h)
	}
	if y1, y2 := g.Row(0); y1 != 85 || y2 != 100 {
		t.Errorf("row 0 is %g to %g, want 85 to 100", y1, y2)
	}
	if y1, y2 := g.Row(3); y1 != 37 || y2 != 52 {
		t.Errorf("row 3 is %g to %g, want 37 to 52", y1, y2)
	}
	if x, y := g.Text(Box{Depth: 0, X: 4, W: 4}); x != 603 || y != 95.5 {
		t.Errorf("text at %g, %g, want 603, 95.5", x, y)
	}
	// 147.5 px / 7.08 px
	if n := g.Chars(Box{W: 1}); n != 20 {
		t.Errorf("%d characters fit, want 20", n)
	}
	g.Inverted, g.Subtitle = true, true
	if y1, y2 := g.Row(1); y1 != 76 || y2 != 91 || g.Height() != 158 {
		t.Errorf("inverted row 1 is %g to %g of %g, want 76 to 91 of 158", y1, y2, g.Height())
	}
}

func TestTenths(t *testing.T) {
	for px, want := range map[float64]int64{0: 0, 0.04: 0, 0.06: 1, 10: 100, 0.25: 2, 0.75: 8, 0.35: 3 /* below 0.35 in binary */, -1.26: -13, 12345.67: 123457,
		math.NaN(): 0, math.Inf(1): 0} {
		if got := Tenths(px); got != want {
			t.Errorf("Tenths(%g) = %d, want %d", px, got, want)
		}
	}
}

func BenchmarkLayout(b *testing.B) {
	p := randomProfile(b, 1, 425_000, 0, 9)
	for _, bench := range []struct {
		name string
		o    LayoutOptions
	}{{"pruned", LayoutOptions{MinWeight: MinPixels(0.1, 1200)}}, {"whole", LayoutOptions{}}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				NewLayout(p, bench.o)
			}
			b.ReportMetric(float64(p.Len())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mnodes/s")
		})
	}
}
