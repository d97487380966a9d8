package collapse

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// WriteFolded writes the values of one sample type as folded stacks (see
// [ReadFolded] for the grammar): a line for each stack that has a value, the
// frames annotated with their kinds. A differential profile gets two counts on
// each line, the base first. Counts have fractions where the type has a Scale.
//
// The lines are sorted by the bytes of their stacks; those of an ordered profile
// keep their order. What was written reads back as an equal profile, but for what
// folded text cannot say: nodes without a value, files, line numbers, the kinds
// without an annotation, and a few bytes in names. Where a name would break its line it is changed, the
// same in every stack, and stacks that become equal so become one:
//
//   - ";" becomes ":", as in FlameGraph; LF, CR, VT and FF become a space.
//   - The space before a number at the end becomes "_", or the number would pass
//     for a count. So does the space after a "#" at the start, or the line would
//     pass for a comment; a lone "#" gets a "_" too. A leading byte order mark is
//     left out.
//   - "" becomes "[unknown]".
//
// A negative value, as a profile of changes has, is written with its sign. Readers
// of folded stacks, ReadFolded among them, take no such line. Nothing is buffered
// but a few kB.
func WriteFolded(w io.Writer, p *Profile, typ int) error {
	if typ < 0 || typ >= len(p.Types) {
		return fmt.Errorf("write folded stacks: no sample type %d of %d", typ, len(p.Types))
	}
	f := &foldedWriter{w: bufio.NewWriterSize(w, 64<<10), p: p, self: p.Self(typ), base: p.Base(typ), scale: p.Types[typ].Div()}
	f.names = make([][]byte, len(p.frames))
	for i, frame := range p.frames {
		f.names[i] = foldedName(frame)
	}
	f.counts(f.self[Root], f.at(f.base, Root))
	if p.Ordered {
		f.inOrder()
	} else {
		f.children([]NodeID{Root})
	}
	if f.err == nil {
		f.err = f.w.Flush()
	}
	if f.err != nil {
		return fmt.Errorf("write folded stacks: %w", f.err)
	}
	return nil
}

// foldedName returns the text of a frame, so that it neither ends the frame or
// line nor looks like a count or comment.
func foldedName(f Frame) []byte {
	name := []byte(f.Annotated())
	for i, c := range name {
		switch c {
		case ';':
			name[i] = ':'
		case '\n', '\r', '\v', '\f':
			name[i] = ' '
		}
	}
	for bytes.HasPrefix(name, []byte(byteOrderMark)) {
		name = name[len(byteOrderMark):]
	}
	if before, _, err := cutCount(name); err != errNoCount {
		name[countSpace(name, before)] = '_'
	}
	switch {
	case len(name) == 0:
		return []byte("[unknown]")
	case len(name) == 1 && name[0] == '#':
		return []byte("#_")
	case name[0] == '#' && (name[1] == ' ' || name[1] == '\t'):
		name[1] = '_'
	}
	return name
}

// countSpace returns where the space is that cutCount found before a count.
func countSpace(name, before []byte) int {
	if len(before) < len(name) {
		return len(before)
	}
	return bytes.LastIndexAny(name, " \t") // the count is too large to parse
}

type foldedWriter struct {
	w          *bufio.Writer
	p          *Profile
	self, base []int64
	scale      int64
	names      [][]byte // of the frames
	stack      []byte   // text of the node at hand
	err        error
}

func (f *foldedWriter) at(column []int64, n NodeID) int64 {
	if column == nil {
		return 0
	}
	return column[n]
}

// counts writes the line of the stack at hand.
func (f *foldedWriter) counts(self, base int64) {
	if f.err != nil || (self == 0 && base == 0) {
		return
	}
	f.w.Write(f.stack)
	line := f.w.AvailableBuffer()
	if f.base != nil {
		line = appendCount(append(line, ' '), base, f.scale)
	}
	line = appendCount(append(line, ' '), self, f.scale)
	_, f.err = f.w.Write(append(line, '\n')) // a bufio.Writer's error stays
}

// appendCount appends v/scale, in decimals where scale is a power of ten as
// ReadFolded makes it.
func appendCount(b []byte, v, scale int64) []byte {
	if scale <= 1 {
		return strconv.AppendInt(b, v, 10)
	}
	decimals := 0
	for s := int64(1); s < scale && decimals < maxDecimals; s *= 10 {
		decimals++
	}
	if scale != powersOf10[decimals] {
		return strconv.AppendFloat(b, float64(v)/float64(scale), 'f', maxDecimals, 64)
	}
	if v < 0 {
		b = append(b, '-')
	}
	whole, fraction := v/scale, v%scale
	whole, fraction = max(whole, -whole), max(fraction, -fraction)
	b = strconv.AppendInt(b, whole, 10)
	if fraction == 0 {
		return b
	}
	digits := strconv.AppendInt(nil, fraction+scale, 10) // a 1 before the leading zeros
	return append(append(b, '.'), bytes.TrimRight(digits[1:], "0")...)
}

// inOrder writes all stacks as the nodes stand.
func (f *foldedWriter) inOrder() {
	ends := make([]int, f.p.Len()) // of each node's stack in the text
	for n := 1; n < f.p.Len() && f.err == nil; n++ {
		f.stack = f.stack[:ends[f.p.parent[n]]]
		f.push(f.names[f.p.frame[n]])
		ends[n] = len(f.stack)
		f.counts(f.self[n], f.at(f.base, NodeID(n)))
	}
}

func (f *foldedWriter) push(name []byte) {
	if len(f.stack) > 0 {
		f.stack = append(f.stack, ';')
	}
	f.stack = append(f.stack, name...)
}

// children writes the stacks below nodes that have one text between them, in the
// order of their bytes. A node's own line and those below it need not be
// neighbours: "main.init" comes after "main" and before "main;work". As no name
// holds a ";", a node is two entries in that order, its name for its own line and
// its name with a ";" for all that is below it.
func (f *foldedWriter) children(parents []NodeID) {
	entries := f.entries(parents)
	mark := len(f.stack)
	for len(entries) > 0 && f.err == nil {
		same := 1
		for same < len(entries) && entries[same].below == entries[0].below && bytes.Equal(entries[same].name, entries[0].name) {
			same++
		}
		f.push(entries[0].name)
		if entries[0].below {
			nodes := make([]NodeID, same)
			for i, e := range entries[:same] {
				nodes[i] = e.node
			}
			f.children(nodes)
		} else {
			f.merged(entries[:same])
		}
		f.stack = f.stack[:mark]
		entries = entries[same:]
	}
}

// merged writes the line that nodes with one text share.
func (f *foldedWriter) merged(entries []foldedEntry) {
	var self, base int64
	for _, e := range entries {
		self = AddSaturating(self, f.self[e.node])
		base = AddSaturating(base, f.at(f.base, e.node))
	}
	f.counts(self, base)
}

type foldedEntry struct {
	node  NodeID
	name  []byte
	below bool // the node's subtree, not the node
}

func (f *foldedWriter) entries(parents []NodeID) []foldedEntry {
	var entries []foldedEntry
	for _, parent := range parents {
		for n := parent + 1; n < f.p.end[parent]; n = f.p.end[n] {
			name := f.names[f.p.frame[n]]
			if f.self[n] != 0 || f.at(f.base, n) != 0 {
				entries = append(entries, foldedEntry{n, name, false})
			}
			if f.p.end[n] > n+1 {
				entries = append(entries, foldedEntry{n, name, true})
			}
		}
	}
	slices.SortFunc(entries, compareEntries)
	return entries
}

// compareEntries compares names, with a ";" behind those of subtrees.
func compareEntries(a, b foldedEntry) int {
	n := min(len(a.name), len(b.name))
	if c := bytes.Compare(a.name[:n], b.name[:n]); c != 0 {
		return c
	}
	return a.next(n) - b.next(n)
}

// next returns what an entry's text has at an offset up to the name's length, -1
// for its end.
func (e foldedEntry) next(i int) int {
	switch {
	case i < len(e.name):
		return int(e.name[i])
	case e.below:
		return ';'
	}
	return -1
}
