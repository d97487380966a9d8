package collapse

import (
	"errors"
	"fmt"
	"io"
)

// FoldedOptions change how folded stacks are read. The zero FoldedOptions is
// ready for use.
type FoldedOptions struct {
	Limits  Limits
	Ordered bool      // keep the order of the lines, for a flame chart (see [Profile])
	Type    ValueType // what the counts measure; default {samples, count}. Its Scale is not used.
}

// ReadFolded reads folded stacks, the text format of FlameGraph's
// stackcollapse-*.pl and flamegraph.pl. There is no specification; the grammar is
// what flamegraph.pl takes, and where that loses data what people's files need.
//
// # Grammar
//
//	file    = [ BOM ] { line LF } [ line ]
//	line    = blank | comment | sample
//	blank   = { space }
//	comment = "#" ( " " | TAB ) { any } | "#"
//	sample  = stack space count { space }
//	        | stack space count space count { space }     differential
//	stack   = [ frame { ";" frame } ]                      root first
//	frame   = { any byte but ";" and LF }
//	count   = digit { digit } [ "." { digit } ]
//	space   = one of TAB, VT, FF, CR, " "
//
// The last space before the counts separates them from the stack: frames may hold
// spaces, and of two spaces the first belongs to the leaf. Frames are bytes, not
// characters: NUL and invalid UTF-8 survive. A frame that ends in "_[k]", "_[i]",
// "_[j]" or "_[w]" is of the [Kind] so marked.
//
// Empty frames at the end of a stack are dropped, others are frames with the name
// "", both as flamegraph.pl does it. A stack without frames is the root's own
// value.
//
// A line with two counts, which difffolded.pl writes, gives a base value and a
// self value, and makes the whole profile differential; in such a file a line
// with one count did not change, so that is both. (As in flamegraph.pl, a leaf
// whose name ends in a space and a number is taken for the first count.)
//
// Counts with fractions are kept exactly, as integers of a decimal fraction of
// the unit (see [ValueType.Scale]): up to nine decimals, and as many as let the
// sum of all values stay within int64; what is beyond that is rounded.
//
// # Errors
//
// A line that is none of these is left out, and a note in the profile's Meta says
// how many there were and where the first is. An input without any sample is an
// error, as is one over the limits (a [LimitError]).
func ReadFolded(r io.Reader, o FoldedOptions) (*Profile, error) {
	o.Limits = o.Limits.WithDefaults()
	if o.Type.Type == "" {
		o.Type = ValueType{Type: "samples", Unit: "count"}
	}
	f := &folded{limits: o.Limits, ordered: o.Ordered, scale: 1}
	if err := parseFolded(r, o.Limits, f.take); err != nil {
		return nil, fmt.Errorf("read folded stacks: %w", err)
	}
	if f.samples == 0 {
		return nil, fmt.Errorf("read folded stacks: %w", f.nothing())
	}
	p, err := f.profile(o.Type)
	if err != nil {
		return nil, fmt.Errorf("read folded stacks: %w", err)
	}
	p.Meta.Notes = f.notes()
	return p, nil
}

// folded puts the blocks of a file together.
//
// There are two ways. Blocks are kept until the end, and all stacks sorted at once
// (see [Stacks]): quick, but every sample is held, at some 10 bytes. Or each block
// goes into a [Builder], which holds nothing but the tree: so it is with a very
// long file, which may have many samples of few stacks, and with what only a
// builder can do: fractions, two counts, order.
type folded struct {
	limits  Limits
	ordered bool

	kept      []*foldedBlock
	keptBytes int
	b         *Builder
	ids       frameIDs // the builder's
	nodes     []NodeID // of the last stack's frames

	scale   int64 // stored units in one count
	sum     int64 // of all values stored, so none of their sums is larger
	rounded bool

	lines, samples, single int
	bad, firstBad          int
	badText                string
	badErr                 error
}

// keepBytes is how much of blocks is kept, some millions of samples.
const keepBytes = 48 << 20

// take takes the next block.
func (f *folded) take(b *foldedBlock) error {
	if f.bad == 0 && b.bad > 0 {
		f.firstBad, f.badText, f.badErr = f.lines+b.firstBad, b.badText, b.badErr
	}
	f.lines += b.lines
	f.bad += b.bad
	f.samples += b.samples
	if b.err != nil {
		return b.err
	}
	if f.keptBytes += len(b.stacks); f.b == nil && b.plain && !f.ordered && f.keptBytes <= keepBytes {
		f.kept = append(f.kept, b)
		return nil
	}
	if f.b == nil {
		f.b = NewBuilder(1, f.limits)
		f.b.Ordered = f.ordered
		for _, earlier := range f.kept {
			if err := f.build(earlier); err != nil {
				return err
			}
		}
		f.kept = nil
	}
	return f.build(b)
}

// profile returns the profile of all blocks.
func (f *folded) profile(t ValueType) (*Profile, error) {
	if t.Scale = 0; f.scale > 1 {
		t.Scale = f.scale
	}
	if f.b != nil {
		return f.b.Profile([]ValueType{t}, 0)
	}
	s := NewStacks(1, f.limits)
	var ids frameIDs
	depths := 0
	for _, b := range f.kept {
		depths += b.depths
		for _, frame := range b.frames {
			ids.add(b.parser, s.Frame(frame))
		}
	}
	rank := s.Rank()
	s.Grow(f.samples, depths)
	for _, list := range ids {
		for i, id := range list {
			list[i] = rank[id]
		}
	}
	var path []FrameID
	for i, b := range f.kept {
		frames := ids.of(b.parser)
		for stacks := (foldedStacks{b.stacks}); stacks.more(); {
			path = path[:stacks.uint()]
			for range stacks.uint() {
				path = append(path, frames[stacks.uint()])
			}
			self, _, _ := stacks.counts()
			s.Add(path, []int64{self.units})
		}
		f.kept[i] = nil
	}
	return s.Profile([]ValueType{t}, 0)
}

// frameIDs are the ids that parsers' frames have elsewhere, by parser and by the
// parser's own number of the frame.
type frameIDs [][]FrameID

func (ids *frameIDs) add(parser int, id FrameID) {
	for len(*ids) <= parser {
		*ids = append(*ids, nil)
	}
	(*ids)[parser] = append((*ids)[parser], id)
}

func (ids frameIDs) of(parser int) []FrameID {
	if parser < len(ids) {
		return ids[parser]
	}
	return nil // it has seen none
}

// build adds a block to the builder.
func (f *folded) build(b *foldedBlock) error {
	for _, frame := range b.frames {
		f.ids.add(b.parser, f.b.Frame(frame))
	}
	frames := f.ids.of(b.parser)
	for stacks := (foldedStacks{b.stacks}); stacks.more(); {
		f.nodes = f.nodes[:stacks.uint()]
		n := Root
		if len(f.nodes) > 0 {
			n = f.nodes[len(f.nodes)-1]
		}
		for range stacks.uint() {
			n = f.b.Child(n, frames[stacks.uint()])
			f.nodes = append(f.nodes, n)
		}
		f.add(n, &stacks)
	}
	return f.b.Err()
}

// add adds the counts of a sample, which come next, to its node.
func (f *folded) add(n NodeID, stacks *foldedStacks) {
	self, base, two := stacks.counts()
	if !two {
		f.single++
	}
	if !two && f.b.base == nil {
		f.b.Add(n, 0, f.value(self))
		return
	}
	if f.b.base == nil { // all samples so far have one count, which is both
		f.b.AddBase(Root, 0, 0)
		copy(f.b.base[0], f.b.self[0])
		f.sum = AddSaturating(f.sum, f.sum)
	}
	f.b.Add(n, 0, f.value(self))
	f.b.AddBase(n, 0, f.value(base))
}

// ErrNotFolded is what errors.Is finds in the error of ReadFolded for a text without
// any folded stack.
var ErrNotFolded = errors.New("no folded stacks")

// A notFolded is a sentence of ours for ErrNotFolded.
type notFolded struct{ error }

// Is reports whether target is ErrNotFolded.
func (notFolded) Is(target error) bool { return target == ErrNotFolded }

// nothing says why there is no sample.
func (f *folded) nothing() error {
	if f.bad > 0 {
		return notFolded{fmt.Errorf("no line is a stack and a count, such as \"main;work 5\"; line %d is %s: %w", f.firstBad, f.badText, f.badErr)}
	}
	if f.lines == 0 {
		return errors.New("the input is empty: it has no bytes")
	}
	return notFolded{fmt.Errorf("the input has no stacks, its %d lines are blank or comments", f.lines)}
}

func (f *folded) notes() []string {
	var notes []string
	if f.bad > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d lines were not folded stacks and were left out (first: line %d)", f.bad, f.lines, f.firstBad))
	}
	if f.b != nil && f.b.base != nil && f.single > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d stacks have one count in a file with two: they are taken as unchanged", f.single, f.samples))
	}
	if f.rounded {
		notes = append(notes, fmt.Sprintf("counts were rounded to 1/%d", f.scale))
	}
	return notes
}
