package pprof

import (
	"fmt"
	"regexp"
	"strings"
)

// dropState is what is known of a stack so far, root first.
type dropState uint8

const (
	noUser  dropState = iota // nothing but droppable frames yet
	user                     // a frame to keep has been seen
	dropped                  // cut off: nothing below is shown
)

// A dropper applies the profile's drop_frames and keep_frames, to pprof's rules
// (profile.Profile.Prune in google/pprof): from the root down, the first location
// that has a frame to drop after one to keep ends the stack.
type dropper struct {
	d *decoder
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
		name := simplify(d.strings.get(d.functions[i].name))
		match[i] = name != "" && drop.MatchString(name) && (keep == nil || !keep.MatchString(name))
	}
	from := make([]uint32, len(d.locations))
	for i := range d.locations {
		l := &d.locations[i]
		for at := l.lineCount; at > 0; at-- {
			if match[d.lines[l.lineFirst+at-1].function] {
				from[i] = at
				break
			}
		}
	}
	return &dropper{d: d, from: from}, nil
}

// lines returns which lines of a location are shown, and the state below it.
func (p *dropper) lines(loc uint32, above dropState) (first, last uint32, below dropState) {
	count, from := p.d.locations[loc].lineCount, p.from[loc]
	switch {
	case above == dropped:
		return count + 1, count + 1, dropped // beyond the lines: not even an address
	case from == 0:
		return 0, count, user
	case above == user && from == count:
		return count + 1, count + 1, dropped
	case above == user:
		return from, count, dropped
	case from == count: // drops all, but no user frame came yet
		return 0, count, noUser
	}
	return from, count, noUser
}

// simplify cuts the arguments off a function's name, as drop_frames expects it:
// at the first opening parenthesis that is not part of C++'s anonymous namespace
// or call operator.
func simplify(name string) string {
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
