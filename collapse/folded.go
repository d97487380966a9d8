package collapse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
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
	f := &folded{b: NewBuilder(1, o.Limits), limits: o.Limits, scale: 1}
	f.b.Ordered = o.Ordered
	if err := eachLine(r, o.Limits, f.line); err != nil {
		return nil, fmt.Errorf("read folded stacks: %w", err)
	}
	if f.samples == 0 {
		return nil, fmt.Errorf("read folded stacks: %w", f.nothing())
	}
	if f.scale > 1 {
		o.Type.Scale = f.scale
	} else {
		o.Type.Scale = 0
	}
	p, err := f.b.Profile([]ValueType{o.Type}, 0)
	if err != nil {
		return nil, fmt.Errorf("read folded stacks: %w", err)
	}
	p.Meta.Notes = f.notes()
	return p, nil
}

// folded is the state of ReadFolded between lines.
type folded struct {
	b      *Builder
	limits Limits

	// The stack of the last sample, and for each of its frames where the frame
	// ends in the text and its node. The next line mostly begins like it.
	stack []byte
	ends  []int
	nodes []NodeID

	scale   int64 // stored units in one count
	sum     int64 // of all values stored, so none of their sums is larger
	rounded bool

	lines, samples, single int
	bad, firstBad          int
	badText                string
	badErr                 error
}

// line takes one line, without its LF. The bytes are valid during the call only.
func (f *folded) line(line []byte) error {
	f.lines++
	line = trimSpace(line)
	if len(line) == 0 || isComment(line) {
		return nil
	}
	stack, self, err := cutCount(line)
	if err != nil {
		f.badLine(line, err)
		return nil
	}
	stack, base, err := cutCount(stack)
	differential := err == nil
	if err == errHugeCount {
		f.badLine(line, err)
		return nil
	}
	if err := f.add(stack, self, base, differential); err != nil {
		return err
	}
	f.samples++
	return f.b.Err()
}

func (f *folded) add(stack []byte, self, base decimal, differential bool) error {
	n, err := f.node(stack)
	if err != nil {
		return err
	}
	if !differential && f.b.base == nil {
		f.single++
		f.b.Add(n, 0, f.value(self))
		return nil
	}
	if f.b.base == nil { // all lines so far have one count, which is both
		f.b.AddBase(Root, 0, 0)
		copy(f.b.base[0], f.b.self[0])
		f.sum = AddSaturating(f.sum, f.sum)
	}
	if !differential {
		f.single++
		base = self
	}
	f.b.Add(n, 0, f.value(self))
	f.b.AddBase(n, 0, f.value(base))
	return nil
}

// node returns the node of a stack, the text before the counts.
func (f *folded) node(stack []byte) (NodeID, error) {
	stack = bytes.TrimRight(stack, ";")
	if len(stack) == 0 {
		return Root, nil
	}
	if len(stack) >= f.limits.Depth {
		if err := f.limits.CheckDepth(bytes.Count(stack, []byte(";")) + 1); err != nil {
			return Root, err
		}
	}
	kept := f.shared(stack)
	f.ends, f.nodes = f.ends[:kept], f.nodes[:kept]
	n, start := Root, 0
	if kept > 0 {
		n, start = f.nodes[kept-1], f.ends[kept-1]+1
	}
	f.stack = append(f.stack[:0], stack...)
	for start <= len(stack) {
		end := bytes.IndexByte(stack[start:], ';') + start
		if end < start {
			end = len(stack)
		}
		n = f.b.Child(n, f.b.FrameText(stack[start:end]))
		f.ends = append(f.ends, end)
		f.nodes = append(f.nodes, n)
		start = end + 1
	}
	return n, nil
}

// shared returns how many of its first frames a stack has in common with the
// stack before.
func (f *folded) shared(stack []byte) int {
	same := commonBytes(stack, f.stack)
	kept := len(f.ends)
	for kept > 0 && f.ends[kept-1] > same {
		kept--
	}
	// A frame that ends where the two begin to differ is shared only if it
	// ends there in both.
	if kept > 0 && f.ends[kept-1] == same && same < len(stack) && stack[same] != ';' {
		kept--
	}
	return kept
}

// commonBytes returns the length of the longest common prefix.
func commonBytes(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for i+16 <= n && string(a[i:i+16]) == string(b[i:i+16]) {
		i += 16
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

func (f *folded) badLine(line []byte, err error) {
	f.bad++
	if f.bad == 1 {
		f.firstBad, f.badErr = f.lines, err
		f.badText = strconv.QuoteToASCII(string(line[:min(len(line), 60)]))
		if len(line) > 60 {
			f.badText += "…"
		}
	}
}

// nothing says why there is no sample.
func (f *folded) nothing() error {
	if f.bad > 0 {
		return fmt.Errorf("no line is a stack and a count, such as \"main;work 5\"; line %d is %s: %w", f.firstBad, f.badText, f.badErr)
	}
	if f.lines == 0 {
		return errors.New("the input is empty: it has no bytes")
	}
	return fmt.Errorf("the input has no stacks, its %d lines are blank or comments", f.lines)
}

func (f *folded) notes() []string {
	var notes []string
	if f.bad > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d lines were not folded stacks and were left out (first: line %d)", f.bad, f.lines, f.firstBad))
	}
	if f.b.base != nil && f.single > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d stacks have one count in a file with two: they are taken as unchanged", f.single, f.samples))
	}
	if f.rounded {
		notes = append(notes, fmt.Sprintf("counts were rounded to 1/%d", f.scale))
	}
	return notes
}

// isComment reports whether a line is one; it has no space at its end.
func isComment(line []byte) bool {
	return line[0] == '#' && (len(line) == 1 || line[1] == ' ' || line[1] == '\t')
}

func trimSpace(line []byte) []byte {
	for len(line) > 0 && isSpace(line[len(line)-1]) {
		line = line[:len(line)-1]
	}
	return line
}
