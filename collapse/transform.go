package collapse

import "fmt"

// Reverse returns the profile with every stack turned round: the leaves are the
// children of the root, their callers are below them, so that all the ways into
// a function are in one place. The values of a stack, in all types and with the
// base, go to its new end. An ordered profile stays in order. Nodes without a
// value in or below them are dropped.
//
// The work is in proportion to the sum of the depths of all stacks.
func Reverse(p *Profile) (*Profile, error) {
	b := NewBuilder(len(p.Types), Limits{})
	b.Ordered = p.Ordered
	frames := make([]FrameID, len(p.frames))
	for i, f := range p.frames {
		frames[i] = b.Frame(f)
	}
	for n := 0; n < p.Len() && b.err == nil; n++ {
		if !p.hasValue(NodeID(n)) {
			continue
		}
		to := Root
		for m := NodeID(n); m != Root; m = p.parent[m] {
			to = b.Child(to, frames[p.frame[m]])
		}
		for t := range p.self {
			b.Add(to, t, p.self[t][n])
		}
		for t := range p.base {
			b.AddBase(to, t, p.base[t][n])
		}
	}
	if p.Differential() {
		b.AddBase(Root, 0, 0) // also where no base is left
	}
	reversed, err := b.Profile(p.Types, p.Default)
	if err != nil {
		return nil, fmt.Errorf("reverse stacks: %w", err)
	}
	reversed.Meta = p.Meta
	return reversed, nil
}

// hasValue reports whether the node itself has a value of any type.
func (p *Profile) hasValue(n NodeID) bool {
	for _, columns := range [][][]int64{p.self, p.base} {
		for _, column := range columns {
			if column[n] != 0 {
				return true
			}
		}
	}
	return false
}
