package collapse

import "fmt"

// A location of pprof is a function with all that was inlined into it there. In
// a profile that is a frame and the inlined frames that follow it (see
// [Frame.IsInlined]); the first frame of a stack begins one in any case. When the
// first frame of a location goes, the next one takes its place: it is not inlined
// into anything any more.

// promoted returns the frame as the first of a location.
func promoted(f Frame) Frame {
	f.Inline = false
	if f.Kind == Inlined {
		f.Kind = Normal
	}
	return f
}

// Hide returns p without the frames for which match is true, as pprof's -hide
// does: what they call is then called by their callers. Match is asked once for
// each frame of the profile. A stack of which nothing is left is dropped, and so
// are samples without a stack.
func Hide(p *Profile, match func(Frame) bool) (*Profile, error) {
	q, err := hide(p, p.matched(match), true)
	if err != nil {
		return nil, fmt.Errorf("hide frames: %w", err)
	}
	return q, nil
}

// Show is [Hide] for the frames for which match is false, pprof's -show.
func Show(p *Profile, match func(Frame) bool) (*Profile, error) {
	return Hide(p, func(f Frame) bool { return !match(f) })
}

// NoInlines returns p without the frames that are inlined, as far as that is
// known: each call of pprof's -noinlines is one frame.
func NoInlines(p *Profile) (*Profile, error) {
	hidden := make([]bool, len(p.frames))
	for i := range p.frames {
		hidden[i] = p.frames[i].IsInlined()
	}
	q, err := hide(p, hidden, false)
	if err != nil {
		return nil, fmt.Errorf("drop inlined frames: %w", err)
	}
	return q, nil
}

// hide leaves out the hidden frames. It drops stacks without frames if strict;
// else the first frame of a stack stays even if it is hidden.
func hide(p *Profile, hidden []bool, strict bool) (*Profile, error) {
	e := newEditor(p, p.Detailed)
	to := make([]NodeID, p.Len())
	// begun says of a node that its location has a frame which is not hidden.
	begun := make([]bool, p.Len())
	for n := 1; n < p.Len() && e.b.err == nil; n++ {
		up, f := p.parent[n], p.frame[n]
		inside := p.frames[f].IsInlined() && up != Root
		begun[n] = inside && begun[up]
		switch {
		case hidden[f] && (strict || up != Root):
			to[n] = to[up]
			continue
		case !begun[n] && p.frames[f].IsInlined():
			f = e.promote(f)
		}
		begun[n] = true
		to[n] = e.b.Child(to[up], e.frame(f))
	}
	for n := range p.Len() {
		if strict && (to[n] == Root || p.emptyStack(NodeID(n))) {
			continue
		}
		if strict && p.isLabels(NodeID(n)) && to[p.parent[n]] == Root {
			continue
		}
		e.move(NodeID(n), to[n])
	}
	return e.profile()
}

// isLabels reports whether a node is the labels of its parent's samples.
func (p *Profile) isLabels(n NodeID) bool {
	return n != Root && p.frames[p.frame[n]].Kind == Labels
}
