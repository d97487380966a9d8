package collapse

import "fmt"

// Focus returns the stacks of p that have a frame for which match is true, and
// drops the others, as pprof's -focus does. Match is asked once for each frame of
// the profile. What is left may be nothing but the root.
func Focus(p *Profile, match func(Frame) bool) (*Profile, error) {
	matched := make([]bool, len(p.frames))
	for i, f := range p.frames {
		matched[i] = match(f)
	}
	// A stack is kept from its first match on; its callers are kept with it.
	inside := make([]bool, p.Len())
	for n := 1; n < p.Len(); n++ {
		inside[n] = inside[p.parent[n]] || matched[p.frame[n]]
	}
	kept := make([]bool, p.Len())
	for n := p.Len() - 1; n > 0; n-- {
		kept[n] = kept[n] || inside[n] && p.hasValue(NodeID(n))
		kept[p.parent[n]] = kept[p.parent[n]] || kept[n]
	}

	b := NewBuilder(len(p.Types), Limits{})
	b.Ordered = p.Ordered
	if p.Differential() {
		b.AddBase(Root, 0, 0) // also where no base is left
	}
	to := make([]NodeID, p.Len())
	for n := 1; n < p.Len(); n++ {
		if !kept[n] {
			continue
		}
		to[n] = b.Child(to[p.parent[n]], b.Frame(p.frames[p.frame[n]]))
		if !inside[n] {
			continue
		}
		for t := range p.self {
			b.Add(to[n], t, p.self[t][n])
		}
		for t := range p.base {
			b.AddBase(to[n], t, p.base[t][n])
		}
	}
	focused, err := b.Profile(p.Types, p.Default)
	if err != nil {
		return nil, fmt.Errorf("focus profile: %w", err)
	}
	focused.Meta = p.Meta
	return focused, nil
}
