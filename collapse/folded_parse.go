package collapse

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
)

// A foldedBlock is what is in some lines of a folded file.
type foldedBlock struct {
	// parser is which one parsed it, and frames are those that this parser had
	// not seen before. Stacks refer to frames in the order in which their parser
	// saw them.
	parser int
	frames []Frame

	// stacks has for each sample, one behind the other: how many frames it shares
	// with the sample before, how many follow, and those; then its counts, as
	// appendCount of a decimal writes them, with a byte before that says how many.
	// All numbers are uvarints.
	stacks []byte
	plain  bool // all samples have one count, which is a whole number

	lines, samples int
	depths         int    // frames of all samples
	bad, firstBad  int    // lines that are no samples; the number of the first, from 1
	badText        string // the beginning of that
	badErr         error
	err            error // a limit that was exceeded
}

// A foldedParser makes blocks. Neighbouring lines mostly begin alike; what a line
// has in common with the one before is not looked at again.
type foldedParser struct {
	limits Limits
	number int
	frames *frameTable
	out    *foldedBlock
	before []byte // the stack of the last sample
	ends   []int  // where its frames end
}

func newFoldedParser(number int, limits Limits) *foldedParser {
	return &foldedParser{number: number, limits: limits, frames: newFrameTable()}
}

// parse parses whole lines. The text is the caller's again when it returns.
func (p *foldedParser) parse(text []byte) *foldedBlock {
	known := len(p.frames.frames)
	p.out = &foldedBlock{parser: p.number, plain: true, stacks: make([]byte, 0, len(text)/64)}
	p.before, p.ends = nil, p.ends[:0]
	for len(text) > 0 && p.out.err == nil {
		same := commonBytes(text, p.before) // has no LF in it, for a stack has none
		line := text
		if end := bytes.IndexByte(text[same:], '\n'); end >= 0 {
			line, text = text[:same+end], text[same+end+1:]
		} else {
			text = nil
		}
		p.out.err = p.line(line, same)
	}
	p.out.frames = p.frames.frames[known:]
	return p.out
}

// line takes one line, without its LF, and how much of it is as in the stack before.
func (p *foldedParser) line(line []byte, same int) error {
	p.out.lines++
	line = trimSpace(line)
	if len(line) == 0 || isComment(line) {
		return nil
	}
	stack, self, err := cutCount(line)
	if err != nil {
		p.badLine(line, err)
		return nil
	}
	stack, base, err := cutCount(stack)
	if err == errHugeCount {
		p.badLine(line, err)
		return nil
	}
	if err := p.stack(bytes.TrimRight(stack, ";"), same); err != nil {
		return err
	}
	p.out.samples++
	p.out.plain = p.out.plain && err != nil && self.whole()
	if err != nil {
		p.out.stacks = self.appendTo(append(p.out.stacks, 1))
	} else {
		p.out.stacks = base.appendTo(self.appendTo(append(p.out.stacks, 2)))
	}
	return nil
}

// stack appends a stack, the text before the counts.
func (p *foldedParser) stack(stack []byte, same int) error {
	if len(stack) >= p.limits.Depth {
		if err := p.limits.CheckDepth(bytes.Count(stack, []byte(";")) + 1); err != nil {
			return err
		}
	}
	kept := p.shared(stack, min(same, len(stack)))
	p.ends = p.ends[:kept]
	out := appendUint(p.out.stacks, uint64(kept))
	start := 0
	if kept > 0 {
		start = p.ends[kept-1] + 1
	}
	// How many frames follow goes before them, and is known after them. It mostly
	// takes one byte.
	at := len(out)
	out = append(out, 0)
	for start <= len(stack) && len(stack) > 0 {
		end := bytes.IndexByte(stack[start:], ';') + start
		if end < start {
			end = len(stack)
		}
		name, kind := cutAnnotation(stack[start:end])
		id, _ := p.frames.intern(name, kind, 0)
		out = appendUint(out, uint64(id))
		p.ends = append(p.ends, end)
		start = end + 1
	}
	if n := len(p.ends) - kept; n < 0x80 {
		out[at] = byte(n)
	} else {
		ids := bytes.Clone(out[at+1:])
		out = append(appendUint(out[:at], uint64(n)), ids...)
	}
	p.out.stacks, p.before = out, stack
	p.out.depths += len(p.ends)
	if p.frames.bytes > p.limits.StringBytes {
		return &LimitError{What: "bytes of function names", Limit: p.limits.StringBytes}
	}
	return nil
}

// shared returns how many of its first frames a stack has in common with the
// stack before, when it has so many bytes.
func (p *foldedParser) shared(stack []byte, same int) int {
	kept := len(p.ends)
	for kept > 0 && p.ends[kept-1] > same {
		kept--
	}
	// A frame that ends where the two begin to differ is shared only if it
	// ends there in both.
	if kept > 0 && p.ends[kept-1] == same && same < len(stack) && stack[same] != ';' {
		kept--
	}
	return kept
}

// commonBytes returns the length of the longest common prefix.
func commonBytes(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if differ := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); differ != 0 {
			return i + bits.TrailingZeros64(differ)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

func (p *foldedParser) badLine(line []byte, err error) {
	b := p.out
	b.bad++
	if b.bad == 1 {
		b.firstBad, b.badErr = b.lines, err
		b.badText = strconv.QuoteToASCII(string(line[:min(len(line), 60)]))
		if len(line) > 60 {
			b.badText += "…"
		}
	}
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

// appendUint is binary.AppendUvarint, quick for what most numbers are.
func appendUint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return binary.AppendUvarint(b, v)
}

// foldedStacks reads what foldedBlock.stacks holds.
type foldedStacks struct{ b []byte }

func (s *foldedStacks) more() bool { return len(s.b) > 0 }

func (s *foldedStacks) uint() uint64 {
	if v := s.b[0]; v < 0x80 {
		s.b = s.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(s.b)
	s.b = s.b[n:]
	return v
}

// counts returns the counts of a sample. With one it is both.
func (s *foldedStacks) counts() (self, base decimal, two bool) {
	two = s.uint() == 2
	self = s.decimal()
	if two {
		return self, s.decimal(), true
	}
	return self, self, false
}

// decimal reads what decimal.appendTo wrote.
func (s *foldedStacks) decimal() (d decimal) {
	d.units = int64(s.uint())
	form := s.uint()
	if form == 0 {
		return d
	}
	d.decimals, d.rounded = int(form>>1), form&1 == 1
	d.fraction = int64(s.uint())
	return d
}

// appendTo appends the count as a few numbers.
func (d decimal) appendTo(b []byte) []byte {
	b = appendUint(b, uint64(d.units))
	if d.whole() {
		return append(b, 0)
	}
	form := uint64(d.decimals) << 1
	if d.rounded {
		form |= 1
	}
	return appendUint(appendUint(b, form), uint64(d.fraction))
}

// whole reports whether the count has no fraction and never had one.
func (d decimal) whole() bool { return d.decimals == 0 && !d.rounded }
