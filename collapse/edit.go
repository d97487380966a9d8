package collapse

import "slices"

// An editor makes a profile from another one, stack by stack.
type editor struct {
	p      *Profile
	b      *Builder
	frames []Frame   // those of p, then promoted ones
	ids    []FrameID // of the builder by index in frames, plus one; 0 is not interned yet
	first  []FrameID // index of a frame's promoted self, 0 if there is none yet
}

// newEditor returns an editor whose profile is to be detailed or not.
func newEditor(p *Profile, detailed bool) *editor {
	e := &editor{p: p, b: NewBuilder(len(p.Types), Limits{}), frames: p.frames[:len(p.frames):len(p.frames)]}
	e.b.Ordered, e.b.Detailed = p.Ordered, detailed
	e.ids = make([]FrameID, len(p.frames))
	e.first = make([]FrameID, len(p.frames))
	if p.Differential() {
		e.b.AddBase(Root, 0, 0) // also where no base is left
	}
	return e
}

// frame returns the builder's id for a frame by its index.
func (e *editor) frame(f FrameID) FrameID {
	if e.ids[f] == 0 {
		e.ids[f] = e.b.Frame(e.frames[f]) + 1
	}
	return e.ids[f] - 1
}

// add makes a frame that p does not have, and returns its index.
func (e *editor) add(f Frame) FrameID {
	e.frames = append(e.frames, f)
	e.ids = append(e.ids, 0)
	return FrameID(len(e.frames) - 1)
}

// promote returns the index of a frame of p as the first of its location.
func (e *editor) promote(f FrameID) FrameID {
	if !e.frames[f].IsInlined() {
		return f
	}
	if e.first[f] == 0 {
		e.first[f] = e.add(promoted(e.frames[f]))
	}
	return e.first[f]
}

// move adds the values of a node of p to one of the builder.
func (e *editor) move(from, to NodeID) {
	if !e.p.hasValue(from) || e.b.err != nil {
		return
	}
	for t := range e.p.self {
		e.b.Add(to, t, e.p.self[t][from])
	}
	for t := range e.p.base {
		e.b.AddBase(to, t, e.p.base[t][from])
	}
}

// put moves the values of a node to the end of another stack, root first.
func (e *editor) put(from NodeID, stack []FrameID) {
	to := Root
	for _, f := range stack {
		to = e.b.Child(to, e.frame(f))
	}
	e.move(from, to)
}

// profile returns the profile that was made, without nodes that have no value in
// or below them.
func (e *editor) profile() (*Profile, error) {
	q, err := e.b.Profile(e.p.Types, e.p.Default)
	if err != nil {
		return nil, err
	}
	q.Meta, q.Whole = e.p.Meta, e.p.Whole
	return withoutEmpty(q), nil
}

// withoutEmpty returns p without nodes that have no value in or below them.
func withoutEmpty(p *Profile) *Profile {
	return subset(p, slices.Repeat([]bool{true}, p.Len()))
}

// stacks calls do for each node with a value, in their order, with the frames of
// its stack, root first. The labels that may end a stack are not among them but
// given as well, or else RootFrame. The slice is good until do returns.
func (p *Profile) stacks(do func(n NodeID, frames []FrameID, labels FrameID)) {
	var path []FrameID
	var open []NodeID // the ends of the nodes on the path
	for n := range NodeID(p.Len()) {
		for len(open) > 0 && open[len(open)-1] <= n {
			open, path = open[:len(open)-1], path[:len(path)-1]
		}
		if n != Root {
			open, path = append(open, p.end[n]), append(path, p.frame[n])
		}
		if !p.hasValue(n) {
			continue
		}
		if p.isLabels(n) {
			do(n, path[:len(path)-1], p.frame[n])
		} else {
			do(n, path, RootFrame)
		}
	}
}
