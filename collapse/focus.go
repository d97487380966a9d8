package collapse

// Focus returns the stacks of p that have a frame for which match is true, and
// drops the others, as pprof's -focus does. Match is asked once for each frame of
// the profile. What is left may be nothing but the root.
func Focus(p *Profile, match func(Frame) bool) *Profile {
	matched := p.matched(match)
	// A stack is kept from its first match on; its callers are kept with it.
	take := make([]bool, p.Len())
	for n := 1; n < p.Len(); n++ {
		take[n] = take[p.parent[n]] || matched[p.frame[n]]
	}
	return subset(p, take)
}

// Ignore returns the stacks of p that have no frame for which match is true, as
// pprof's -ignore does. Like there, samples without a stack are dropped too.
func Ignore(p *Profile, match func(Frame) bool) *Profile {
	matched := p.matched(match)
	take := make([]bool, p.Len())
	gone := make([]bool, p.Len())
	for n := 1; n < p.Len(); n++ {
		gone[n] = gone[p.parent[n]] || matched[p.frame[n]]
		take[n] = !gone[n] && !p.emptyStack(NodeID(n))
	}
	return subset(p, take)
}

// matched asks match once for each frame, but not for labels.
func (p *Profile) matched(match func(Frame) bool) []bool {
	matched := make([]bool, len(p.frames))
	for i, f := range p.frames {
		matched[i] = f.Kind != Labels && match(f)
	}
	return matched
}

// emptyStack reports whether a node is the end of a sample without any frame: the
// root, or labels right under it.
func (p *Profile) emptyStack(n NodeID) bool {
	return n == Root || p.parent[n] == Root && p.frames[p.frame[n]].Kind == Labels
}
