package collapse

import (
	"fmt"
	"regexp"
	"strings"
)

// TagFocus returns the samples of p whose labels meet the condition, as pprof's
// -tagfocus does.
func TagFocus(p *Profile, m *TagMatch) *Profile { return tagSubset(p, m, true) }

// TagIgnore returns the samples of p whose labels do not meet the condition, as
// pprof's -tagignore does.
func TagIgnore(p *Profile, m *TagMatch) *Profile { return tagSubset(p, m, false) }

func tagSubset(p *Profile, m *TagMatch, keep bool) *Profile {
	units := p.LabelUnits()
	unlabelled := m.Match(nil, units) == keep
	byFrame := make([]bool, len(p.frames))
	for i := range p.frames {
		if p.frames[i].Kind == Labels {
			byFrame[i] = m.Match(p.frames[i].Labels(), units) == keep
		}
	}
	take := make([]bool, p.Len())
	for n := range take {
		take[n] = unlabelled
		if p.isLabels(NodeID(n)) {
			take[n] = byFrame[p.frame[n]]
		}
	}
	return subset(p, take)
}

// TagFrames returns p with frames for labels, as pprof's -tagroot and -tagleaf
// make them: for each key of root one frame before the stack, the first key
// outermost, and for each key of leaf one behind it, the last key innermost. Such
// a frame has the values of the key for a name, joined by commas, numbers in the
// given unit or else their own, and the key for a file. A sample without the key
// gets a frame without a name.
func TagFrames(p *Profile, root, leaf []string, unit string) (*Profile, error) {
	e := newEditor(p, p.Detailed)
	byLabels := map[FrameID][2][]FrameID{}
	interned := map[Frame]FrameID{}
	frames := func(labels []Label, keys []string) []FrameID {
		var out []FrameID
		for _, key := range keys {
			f := tagFrame(labels, key, unit)
			id, ok := interned[f]
			if !ok {
				id = e.add(f)
				interned[f] = id
			}
			out = append(out, id)
		}
		return out
	}
	var out []FrameID
	p.stacks(func(n NodeID, stack []FrameID, labels FrameID) {
		around, ok := byLabels[labels]
		if !ok {
			var set []Label
			if labels != RootFrame {
				set = p.frames[labels].Labels()
			}
			around = [2][]FrameID{frames(set, root), frames(set, leaf)}
			byLabels[labels] = around
		}
		out = append(append(append(out[:0], around[0]...), stack...), around[1]...)
		e.put(n, withLabels(out, labels))
	})
	q, err := e.profile()
	if err != nil {
		return nil, fmt.Errorf("add frames for labels: %w", err)
	}
	return q, nil
}

func tagFrame(labels []Label, key, unit string) Frame {
	var values, numbers []string
	for _, l := range labels {
		switch {
		case l.Key != key:
		case l.Numeric:
			numbers = append(numbers, l.Text(unit))
		default:
			values = append(values, l.Value)
		}
	}
	values = append(values, numbers...)
	if len(values) == 0 {
		return Frame{Name: "[no " + key + "]", File: key, Kind: Unresolved}
	}
	return Frame{Name: strings.Join(values, ","), File: key}
}

// TagNames returns p with those labels whose key matches show, if it is not nil,
// and does not match hide, if that is not nil, as pprof's -tagshow and -taghide.
// What is left without labels differs no longer.
func TagNames(p *Profile, show, hide *regexp.Regexp) (*Profile, error) {
	e := newEditor(p, p.Detailed)
	left := map[FrameID]FrameID{RootFrame: RootFrame}
	p.stacks(func(n NodeID, frames []FrameID, labels FrameID) {
		id, ok := left[labels]
		if !ok {
			id = RootFrame
			var kept []Label
			for _, l := range p.frames[labels].Labels() {
				if (show == nil || show.MatchString(l.Key)) && (hide == nil || !hide.MatchString(l.Key)) {
					kept = append(kept, l)
				}
			}
			if len(kept) > 0 {
				id = e.add(LabelsFrame(kept))
			}
			left[labels] = id
		}
		e.put(n, withLabels(frames, id))
	})
	q, err := e.profile()
	if err != nil {
		return nil, fmt.Errorf("choose labels: %w", err)
	}
	return q, nil
}
