package collapse

import "slices"

// head returns a profile with everything of p but its tree.
func (p *Profile) head() *Profile {
	return &Profile{Types: p.Types, Default: p.Default, Meta: p.Meta, Ordered: p.Ordered, Detailed: p.Detailed, Whole: p.Whole}
}

// subset returns the profile with the values of those nodes for which take is
// true, and only the nodes that have a value in or below them.
func subset(p *Profile, take []bool) *Profile {
	kept := make([]bool, p.Len())
	kept[Root] = true
	n := 1
	for i := p.Len() - 1; i > 0; i-- {
		if kept[i] || take[i] && p.hasValue(NodeID(i)) {
			kept[i], kept[p.parent[i]] = true, true
			n++
		}
	}
	if n == p.Len() && !slices.Contains(take, false) {
		return p
	}
	if p.Ordered {
		return orderedSubset(p, take, kept)
	}
	// A part of a canonical tree is canonical: it is one copy of the arrays.
	q := p.head()
	q.alloc(n, len(p.Types), p.Differential())
	q.frame[Root] = RootFrame
	to := make([]NodeID, p.Len())
	open := make([]NodeID, 0, 64) // of p: those whose subtree has not ended
	next := NodeID(0)
	for i := range p.Len() {
		for len(open) > 0 && p.end[open[len(open)-1]] <= NodeID(i) {
			q.end[to[open[len(open)-1]]] = next
			open = open[:len(open)-1]
		}
		if !kept[i] {
			continue
		}
		to[i] = next
		if i > 0 {
			q.parent[next] = to[p.parent[i]]
			q.frame[next] = p.frame[i]
		}
		if take[i] {
			for t := range p.self {
				q.self[t][next] = p.self[t][i]
			}
			for t := range p.base {
				q.base[t][next] = p.base[t][i]
			}
		}
		open = append(open, NodeID(i))
		next++
	}
	for _, i := range open {
		q.end[to[i]] = next
	}
	q.frames = slices.Clone(p.frames)
	dropUnused(q)
	return q
}

// orderedSubset is subset for a flame chart: what is no longer parted by another
// call is one.
func orderedSubset(p *Profile, take, kept []bool) *Profile {
	e := newEditor(p, p.Detailed)
	to := make([]NodeID, p.Len())
	for n := range p.Len() {
		if kept[n] && n > 0 {
			to[n] = e.b.Child(to[p.parent[n]], e.frame(p.frame[n]))
		}
		if take[n] {
			e.move(NodeID(n), to[n])
		}
	}
	q := p.head()
	e.b.canonical(q) // there are no more nodes than there were, so no limit was met
	return q
}
