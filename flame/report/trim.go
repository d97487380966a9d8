package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"flame/collapse"
)

// MakeGraph makes the call graph of a profile as pprof draws it: the functions
// that say most about it, by the entropy of their edges, with the edges that can
// be told from others taken away.
func MakeGraph(p *collapse.Profile, o Options) *Graph {
	return weigh(p, o).graph(true)
}

// graph chooses the functions and edges to show. For a picture the choice and
// the order are by what a function says about the graph, else by weight.
func (w *weighing) graph(picture bool) *Graph {
	g := &Graph{Total: w.total, head: headOf(w)}
	all, sum := w.shown()
	nodeCut, edgeCut := cutoff(sum, w.o.NodeFraction), cutoff(sum, w.o.EdgeFraction)
	for _, l := range all {
		if magnitude(w.weight[l].cum) >= nodeCut {
			g.Nodes = append(g.Nodes, w.node(l))
		}
	}
	var kept []bool // by label, nil for all
	if g.DroppedNodes = len(all) - len(g.Nodes); g.DroppedNodes > 0 {
		kept = w.only(g.Nodes)
	}
	g.Known = len(g.Nodes)
	w.link(kept)
	w.sort(g.Nodes, picture)
	if n := w.o.NodeCount; n > 0 {
		cutEdges(g.Nodes, edgeCut)
		if picture {
			w.sort(g.Nodes, true)
		}
		if n < len(g.Nodes) {
			g.Nodes = g.Nodes[:n]
			w.link(w.only(g.Nodes))
			w.sort(g.Nodes, picture)
		}
	}
	g.DroppedEdges = cutEdges(g.Nodes, edgeCut)
	if picture {
		cutRedundant(g.Nodes)
	}
	g.scale = w.scaleOf(g.Nodes)
	return g
}

// shown are the functions that weigh anything, and the sum of their flat values.
func (w *weighing) shown() (labels []uint32, sum int64) {
	for l, v := range w.weight {
		if v.cum == 0 && v.flat == 0 || w.o.DropNegative && (v.flat < 0 || v.flat == 0 && v.cum < 0) {
			continue
		}
		labels = append(labels, uint32(l))
		sum = collapse.AddSaturating(sum, v.flat)
	}
	return labels, sum
}

func cutoff(sum int64, fraction float64) int64 {
	return magnitude(int64(float64(sum) * fraction))
}

// only marks the labels of some nodes.
func (w *weighing) only(nodes []*Node) []bool {
	kept := make([]bool, len(w.names))
	for _, n := range nodes {
		kept[n.label] = true
	}
	return kept
}

// cutEdges takes edges below the cutoff away and counts them.
func cutEdges(nodes []*Node, cut int64) (dropped int) {
	for _, n := range nodes {
		for _, e := range slices.Clone(n.In) {
			if magnitude(e.Weight) < cut {
				e.remove()
				dropped++
			}
		}
	}
	return dropped
}

func (e *Edge) remove() {
	e.From.Out = without(e.From.Out, e)
	e.To.In = without(e.To.In, e)
}

func without(edges []*Edge, e *Edge) []*Edge {
	return slices.DeleteFunc(edges, func(o *Edge) bool { return o == e })
}

// cutRedundant takes residual edges away whose ends are connected otherwise, the
// lightest first, so that the picture is not cluttered.
func cutRedundant(nodes []*Node) {
	for _, n := range slices.Backward(nodes) {
		for _, e := range slices.Backward(slices.Clone(n.In)) {
			if !e.Residual {
				break // it is heavier than those before it, and no residual edge
			}
			if e.redundant() {
				e.remove()
			}
		}
	}
}

// redundant reports whether there is another way from e.From to e.To.
func (e *Edge) redundant() bool {
	seen := map[*Node]bool{e.To: true}
	for queue := []*Node{e.To}; len(queue) > 0; queue = queue[1:] {
		for _, in := range queue[0].In {
			switch {
			case in == e || seen[in.From]:
				continue
			case in.From == e.From:
				return true
			}
			seen[in.From] = true
			queue = append(queue, in.From)
		}
	}
	return false
}

// sort orders nodes by flat, by cum, or for a picture by how much they tell; the
// names decide where that is equal.
func (w *weighing) sort(nodes []*Node, picture bool) {
	for _, n := range nodes {
		switch {
		case picture:
			n.score = n.entropy()
		case w.o.Cum:
			n.score = n.cum
		default:
			n.score = n.flat
		}
	}
	slices.SortFunc(nodes, func(a, b *Node) int {
		return cmp.Or(cmp.Compare(magnitude(b.score), magnitude(a.score)), strings.Compare(a.Name, b.Name))
	})
}

// entropy is pprof's measure of how much a node tells: those that only pass on
// what comes in tell little, those whose edges are of many weights more.
func (n *Node) entropy() int64 {
	score := 0.0
	for _, side := range []struct {
		edges []*Edge
		self  int64
	}{{n.In, 0}, {n.Out, n.flat}} {
		if len(side.edges) == 0 {
			score++ // an entry or a leaf
			continue
		}
		score += edgeEntropy(side.edges, side.self)
	}
	return int64(score*float64(n.cum)) + n.flat
}

func edgeEntropy(edges []*Edge, self int64) (score float64) {
	total := self
	for _, e := range edges {
		total += max(e.Weight, 0)
	}
	if total == 0 {
		return 0
	}
	part := func(v int64) float64 {
		if v == 0 {
			return 0
		}
		f := float64(magnitude(v)) / float64(total)
		return -f * math.Log2(f)
	}
	for _, e := range edges {
		score += part(e.Weight)
	}
	if self > 0 {
		score += part(self)
	}
	return score
}

// scaleOf chooses the unit for a report: one in which the smallest value is not
// 0, or in which it is at least a hundredth.
func (w *weighing) scaleOf(nodes []*Node) scale {
	s := scale{typ: w.p.Types[w.o.Type], unit: w.o.Unit}
	if s.unit == "" {
		s.unit = minimum
	}
	if s.unit != minimum || len(nodes) == 0 {
		return s
	}
	smallest := int64(0)
	for _, n := range nodes {
		v := magnitude(n.Flat)
		if v == 0 {
			v = magnitude(n.Cum)
		}
		if v > 0 && (smallest == 0 || v < smallest) {
			smallest = v
		}
	}
	largest := w.total
	if smallest == 0 {
		smallest = largest
	}
	_, small := collapse.ScaleUnit(smallest, s.typ.Unit, minimum)
	_, large := collapse.ScaleUnit(largest, s.typ.Unit, minimum)
	if small != large && 100*float64(smallest) < float64(largest) {
		_, small = collapse.ScaleUnit(100*smallest, s.typ.Unit, minimum)
	}
	if s.unit = small; small == "" {
		s.unit = s.typ.Unit
	}
	return s
}
