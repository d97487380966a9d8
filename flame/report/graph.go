package report

import (
	"cmp"
	"slices"
	"strings"

	"flame/collapse"
)

// A Graph is a call graph: functions and the calls between them.
type Graph struct {
	// Nodes are the functions shown, in the order of the report.
	Nodes []*Node
	// Total is what percentages are of.
	Total int64
	// Known is how many functions were left before NodeCount took effect,
	// DroppedNodes and DroppedEdges how many were too small.
	Known, DroppedNodes, DroppedEdges int

	head  head
	scale scale
}

// A Node is a function of a [Graph].
type Node struct {
	Name      string // as the report shows it, with file and line where the profile has them
	Flat, Cum int64  // in stored units; with Options.Mean divided already
	In, Out   []*Edge

	weight
	label uint32
	score int64
}

// An Edge is a call of one function by another.
type Edge struct {
	From, To *Node
	Weight   int64 // of the stacks that have the call, in stored units
	// Inline says that the call was inlined wherever it was made.
	Inline bool
	// Residual says that it goes through functions that are left out.
	Residual bool
}

// A weight is what a function costs, as it was added up, with the divisors of a
// mean.
type weight struct{ flat, cum, flatDiv, cumDiv int64 }

// A weighing is what a profile's functions weigh. Graphs with more or fewer of
// them are made of it.
type weighing struct {
	p      *collapse.Profile
	o      Options
	total  int64
	names  []string           // of functions, by label
	first  []collapse.FrameID // the first frame of each label
	weight []weight           // by label
	label  []uint32           // by FrameID
	inline []bool             // by FrameID
	nodes  []*Node            // by label, once it is wanted

	self, selfDiv []int64 // by NodeID; selfDiv is nil without Options.Mean
	sum, sumDiv   []int64 // the same, over the subtrees
	live          []bool  // a stack in the subtree has a value; nil if sum tells
}

func weigh(p *collapse.Profile, o Options) *weighing {
	p = withoutLabels(p)
	w := &weighing{p: p, o: o, total: Total(p, o.Type, o.Mean)}
	w.self = change(p, o.Type)
	w.sum = p.Totals(w.self)
	if o.Mean {
		w.selfDiv = change(p, 0)
		w.sumDiv = p.Totals(w.selfDiv)
	}
	w.findLive()
	w.labels()
	w.functions()
	return w
}

// change is the self values of one type, less the base of a difference.
func change(p *collapse.Profile, typ int) []int64 {
	self, base := p.Self(typ), p.Base(typ)
	if base == nil {
		return self
	}
	out := make([]int64, len(self))
	for i := range out {
		out[i] = self[i] - base[i]
	}
	return out
}

func meanOf(v, divisor int64) int64 {
	if divisor != 0 {
		return v / divisor
	}
	return v
}

// findLive marks the subtrees with a value in them. Where values cannot cancel
// each other out, that is where the sum is not 0.
func (w *weighing) findLive() {
	if !w.o.Mean && slices.Min(w.self) >= 0 {
		return
	}
	w.live = make([]bool, len(w.self))
	parents := w.p.Parents()
	for n := len(w.self) - 1; n >= 0; n-- {
		w.live[n] = w.live[n] || w.self[n] != 0 || w.o.Mean && w.selfDiv[n] != 0
		w.live[parents[n]] = w.live[parents[n]] || w.live[n]
	}
}

func (w *weighing) alive(n collapse.NodeID) bool {
	if w.live == nil {
		return w.sum[n] != 0
	}
	return w.live[n]
}

// labels numbers the functions: frames that differ in nothing that the report
// shows are one. Most are neighbours, as frames are in the order of their names.
func (w *weighing) labels() {
	frames := w.p.Frames()
	w.label, w.inline = make([]uint32, len(frames)), make([]bool, len(frames))
	w.names, w.first = make([]string, 0, len(frames)), make([]collapse.FrameID, 0, len(frames))
	byName := map[string]uint32{}
	for i := range frames {
		f := &frames[i]
		w.inline[i] = f.IsInlined()
		if i > 0 && w.plain(f) && w.plain(&frames[i-1]) && f.Name == frames[i-1].Name {
			w.label[i] = w.label[i-1]
			continue
		}
		name := f.Name
		if !w.plain(f) {
			name = frameName(f, w.p.Detailed)
			if l, ok := byName[name]; ok {
				w.label[i] = l
				continue
			}
			byName[name] = uint32(len(w.names))
		}
		w.label[i] = uint32(len(w.names))
		w.names = append(w.names, name)
		w.first = append(w.first, collapse.FrameID(i))
	}
	w.nodes = make([]*Node, len(w.names))
}

// plain reports whether a frame goes by the name of its function alone.
func (w *weighing) plain(f *collapse.Frame) bool {
	return !w.p.Detailed && (f.Kind == collapse.Normal || f.Kind == collapse.Inlined)
}

// withoutLabels returns p without the frames that stand for labels, which are no
// functions.
func withoutLabels(p *collapse.Profile) *collapse.Profile {
	if !p.HasLabels() {
		return p
	}
	q, err := collapse.DropLabels(p)
	if err != nil { // a profile that is no larger than p
		return p
	}
	return q
}

// functions adds up what the functions weigh. Ids of a subtree being a range, the
// end of the outermost call of a function tells whether another one is within it.
func (w *weighing) functions() {
	w.weight = make([]weight, len(w.names))
	// What every node of the tree touches is kept small, for the caches' sake.
	cums := make([]struct {
		cum  int64
		open collapse.NodeID
	}, len(w.names))
	ends, frames := w.p.Ends(), w.p.NodeFrames()
	for n := collapse.NodeID(1); int(n) < len(ends); n++ {
		if !w.alive(n) {
			n = ends[n] - 1
			continue
		}
		l := w.label[frames[n]]
		outermost := n >= cums[l].open
		if outermost {
			cums[l].cum = collapse.AddSaturating(cums[l].cum, w.sum[n])
			cums[l].open = ends[n]
		}
		if v := w.self[n]; v != 0 {
			w.weight[l].flat = collapse.AddSaturating(w.weight[l].flat, v)
		}
		if w.o.Mean {
			w.addDivisors(n, &w.weight[l], outermost)
		}
	}
	for l := range cums {
		w.weight[l].cum = cums[l].cum
	}
}

func (w *weighing) addDivisors(n collapse.NodeID, to *weight, outermost bool) {
	to.flatDiv = collapse.AddSaturating(to.flatDiv, w.selfDiv[n])
	if outermost {
		to.cumDiv = collapse.AddSaturating(to.cumDiv, w.sumDiv[n])
	}
}

// node returns the node of a function.
func (w *weighing) node(l uint32) *Node {
	if w.nodes[l] == nil {
		v := w.weight[l]
		w.nodes[l] = &Node{Name: w.names[l], Flat: meanOf(v.flat, v.flatDiv), Cum: meanOf(v.cum, v.cumDiv), weight: v, label: l}
	}
	return w.nodes[l]
}

// A caller is the nearest function above a node of the tree that is kept: its
// label and one, 0 for none. The lowest bit says that others between the two are
// left out.
type caller uint32

// calls adds up the calls between the functions kept, all for nil.
func (w *weighing) calls(kept []bool) []linked {
	edges := newEdgeTable()
	ends, frames, parents := w.p.Ends(), w.p.NodeFrames(), w.p.Parents()
	above := make([]caller, len(ends))
	for n := collapse.NodeID(1); int(n) < len(ends); n++ {
		if !w.alive(n) {
			n = ends[n] - 1
			continue
		}
		l, up := w.label[frames[n]], above[parents[n]]
		if kept != nil && !kept[l] {
			above[n] = up | 1
			continue
		}
		above[n] = caller(l+1) << 1
		if up < 2 || uint32(up>>1)-1 == l {
			continue
		}
		e := edges.find(uint32(up>>1)-1, l)
		if n < e.open { // within the same call already
			continue
		}
		e.open = ends[n]
		e.weight = collapse.AddSaturating(e.weight, w.sum[n])
		e.residual = e.residual || up&1 != 0
		e.called = e.called || !w.inline[frames[n]]
	}
	return edges.edges
}

// link makes the edges between the kept functions, all of them for nil.
func (w *weighing) link(kept []bool) {
	for _, n := range w.nodes {
		if n != nil {
			n.In, n.Out = nil, nil
		}
	}
	calls := w.calls(kept)
	edges := make([]Edge, len(calls))
	for i, l := range calls {
		e := &edges[i]
		*e = Edge{From: w.node(l.from), To: w.node(l.to), Weight: l.weight, Inline: !l.called, Residual: l.residual}
		e.From.Out = append(e.From.Out, e)
		e.To.In = append(e.To.In, e)
	}
	for _, n := range w.nodes {
		if n != nil {
			slices.SortFunc(n.In, compareEdges)
			slices.SortFunc(n.Out, compareEdges)
		}
	}
}

// compareEdges orders edges by weight, the heaviest first, then by names.
func compareEdges(a, b *Edge) int {
	if a.Weight != b.Weight {
		if c := cmp.Compare(magnitude(b.Weight), magnitude(a.Weight)); c != 0 {
			return c
		}
	}
	return cmp.Or(strings.Compare(a.From.Name, b.From.Name), strings.Compare(a.To.Name, b.To.Name))
}

// An edgeTable numbers the edges that a walk meets: an open-addressing index
// over them.
type edgeTable struct {
	edges []linked
	slots []uint32 // edge+1, 0 is free; the length is a power of two
}

type linked struct {
	from, to         uint32
	weight           int64
	open             collapse.NodeID // the end of the outermost call
	residual, called bool
}

func newEdgeTable() *edgeTable { return &edgeTable{slots: make([]uint32, 1024)} }

// find returns the edge between two functions, which is made if need be. It is
// good until the next call.
func (t *edgeTable) find(from, to uint32) *linked {
	mask := uint32(len(t.slots) - 1)
	slot := edgeHash(from, to) & mask
	for t.slots[slot] != 0 {
		if e := &t.edges[t.slots[slot]-1]; e.from == from && e.to == to {
			return e
		}
		slot = (slot + 1) & mask
	}
	t.edges = append(t.edges, linked{from: from, to: to})
	t.slots[slot] = uint32(len(t.edges))
	if 2*len(t.edges) > len(t.slots) {
		t.grow()
	}
	return &t.edges[len(t.edges)-1]
}

func (t *edgeTable) grow() {
	t.slots = make([]uint32, 4*len(t.slots))
	mask := uint32(len(t.slots) - 1)
	for i, e := range t.edges {
		slot := edgeHash(e.from, e.to) & mask
		for t.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = uint32(i + 1)
	}
}

// edgeHash is Fibonacci hashing of the pair.
func edgeHash(from, to uint32) uint32 {
	h := (uint64(from)<<32 | uint64(to)) * 0x9E3779B97F4A7C15
	return uint32(h >> 32)
}

// Format returns a value in the unit of the report.
func (g *Graph) Format(v int64) string { return g.scale.format(v) }

// Percent returns how much of the total a value is.
func (g *Graph) Percent(v int64) string { return trimmed(v, g.Total) }
