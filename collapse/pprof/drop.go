package pprof

import (
	"fmt"
	"regexp"

	"flame/collapse"
)

// dropState is what is known of a stack so far, root first.
type dropState uint8

const (
	noUser dropState = iota // nothing but droppable frames yet
	user                    // a frame to keep has been seen
	last                    // what was cut just now is the end of the stack
	gone                    // the end came before
)

// A dropper applies the profile's drop_frames and keep_frames, to pprof's rules
// (profile.Profile.Prune in google/pprof): from the root down, the first location
// that has a frame to drop after one to keep ends the stack.
type dropper struct {
	// from is by location how many of its lines, counted from the innermost, are
	// dropped, 0 for none.
	from []uint32
}

// dropper returns nil if the profile drops no frames.
func (d *decoder) dropper() (*dropper, error) {
	expr := d.strings.get(d.drop)
	if expr == "" || d.o.AllFrames {
		return nil, nil
	}
	drop, err := regexp.Compile("^(" + expr + ")$")
	if err != nil {
		return nil, fmt.Errorf("malformed pprof profile: drop_frames: %w", err)
	}
	var keep *regexp.Regexp
	if expr := d.strings.get(d.keep); expr != "" {
		if keep, err = regexp.Compile("^(" + expr + ")$"); err != nil {
			return nil, fmt.Errorf("malformed pprof profile: keep_frames: %w", err)
		}
	}
	match := make([]bool, len(d.functions))
	for i := range d.functions {
		name := collapse.CutArguments(d.strings.get(d.functions[i].name))
		match[i] = name != "" && drop.MatchString(name) && (keep == nil || !keep.MatchString(name))
	}
	from := make([]uint32, len(d.locations))
	for i := range d.locations {
		l := &d.locations[i]
		for at := l.lineCount; at > 0; at-- {
			if match[d.lines[l.lineFirst+at-1]] {
				from[i] = at
				break
			}
		}
	}
	return &dropper{from}, nil
}

// cut returns the frames of a location, caller first, that are left of it, and
// the state after it.
func (p *dropper) cut(loc uint32, frames []collapse.FrameID, before dropState) ([]collapse.FrameID, dropState) {
	from, all := int(p.from[loc]), len(frames)
	switch {
	case from == 0:
		return frames, user
	case before == user && from == all:
		return nil, gone
	case before == user:
		return frames[:all-from], last
	case from == all: // drops all, but no user frame came yet
		return frames, noUser
	}
	return frames[:all-from], noUser
}
