package collapse

import (
	"fmt"
	"strings"
)

// ShowFrom returns p with every stack cut off above its outermost frame for which
// match is true, as pprof's -show_from does, and without the stacks that have
// none. A matching module shows a location whole, inlined callers included; to
// tell the two apart, match is asked for names and files, module for the binary.
//
// As in pprof a location that matches also loses the callers that it was inlined
// into where it is not the outermost one that matches.
func ShowFrom(p *Profile, match, module func(Frame) bool) (*Profile, error) {
	e := newEditor(p, p.Detailed)
	named, within := p.matched(match), p.matched(module)
	var out []FrameID
	p.stacks(func(n NodeID, frames []FrameID, labels FrameID) {
		out = out[:0]
		p.locations(frames, func(loc []FrameID) {
			switch first := indexOf(loc, named); {
			case within[loc[0]]:
			case first >= 0:
				out = append(out, e.promote(loc[first]))
				loc = loc[first+1:]
			case len(out) == 0:
				return
			}
			out = append(out, loc...)
		})
		if len(out) > 0 {
			e.put(n, withLabels(out, labels))
		}
	})
	q, err := e.profile()
	if err != nil {
		return nil, fmt.Errorf("show stacks from a frame on: %w", err)
	}
	return q, nil
}

// PruneFrom returns p with every stack cut off below its innermost frame for which
// match is true, as pprof's -prune_from does: what that frame calls counts as its
// own. Other stacks stay as they are.
//
// As in pprof a location that matches also loses what was inlined into the match
// where it is not the innermost one that matches.
func PruneFrom(p *Profile, match func(Frame) bool) (*Profile, error) {
	e := newEditor(p, p.Detailed)
	matched := p.matched(match)
	var out []FrameID
	p.stacks(func(n NodeID, frames []FrameID, labels FrameID) {
		out = out[:0]
		end := -1
		p.locations(frames, func(loc []FrameID) {
			last := lastIndexOf(loc, matched)
			if last < 0 {
				out = append(out, loc...)
				return
			}
			out = append(out, loc[:last+1]...)
			end = len(out)
		})
		if end >= 0 {
			out = out[:end]
		}
		e.put(n, withLabels(out, labels))
	})
	q, err := e.profile()
	if err != nil {
		return nil, fmt.Errorf("prune stacks from a frame on: %w", err)
	}
	return q, nil
}

// locations cuts a stack into its locations, root first: a frame each, with those
// that were inlined into it.
func (p *Profile) locations(frames []FrameID, do func(loc []FrameID)) {
	for start := 0; start < len(frames); {
		end := start + 1
		for end < len(frames) && p.frames[frames[end]].IsInlined() {
			end++
		}
		do(frames[start:end])
		start = end
	}
}

func indexOf(frames []FrameID, is []bool) int {
	for i, f := range frames {
		if is[f] {
			return i
		}
	}
	return -1
}

func lastIndexOf(frames []FrameID, is []bool) int {
	for i := len(frames) - 1; i >= 0; i-- {
		if is[frames[i]] {
			return i
		}
	}
	return -1
}

// withLabels returns a stack with the labels that stacks gave with it.
func withLabels(frames []FrameID, labels FrameID) []FrameID {
	if labels == RootFrame {
		return frames
	}
	return append(frames, labels)
}

// CutArguments cuts the arguments off a function's name, as the expressions of
// pprof's -prune_from and of a profile's drop_frames expect it: at the first
// opening parenthesis that is not part of C++'s anonymous namespace or call
// operator.
func CutArguments(name string) string {
	name = strings.TrimPrefix(name, ".") // PowerPC's ELF v1 ABI
	for at := 0; ; {
		i := strings.IndexByte(name[at:], '(')
		if i < 0 {
			return name
		}
		i += at
		switch {
		case strings.HasPrefix(name[i:], "(anonymous namespace)"):
			at = i + len("(anonymous namespace)")
		case strings.HasPrefix(name[i:], "()") && strings.HasSuffix(name[:i], "operator"):
			at = i + len("()")
		default:
			return name[:i]
		}
	}
}
