package collapse

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Stacks collects whole stacks and makes a profile of them by sorting. It is
// what a decoder of samples wants: sorted stacks differ from their neighbour in
// one suffix, so their tree comes out in canonical form in one pass, with no
// look-up of a child, and no array of it ever grows. Compared with a [Builder],
// which finds the place of each node as it comes, that is several times less
// work; the price is that every stack is held until the end, at one to three bytes
// for each frame. Give it unique stacks where you can.
//
// Its use has two parts: first all frames are given and ranked, then the stacks
// are added. A Stacks is for one goroutine. The first limit that is exceeded stays:
// later calls do nothing, and Profile returns the error.
type Stacks struct {
	// Ordered builds a flame chart: nothing is sorted, and a stack shares nodes
	// only with the one that was added just before it (see [Profile.Ordered]).
	Ordered bool
	// Detailed tells frames apart by all their fields (see [Profile.Detailed]). To
	// be set before the first frame.
	Detailed bool

	limits  Limits
	err     error
	frames  []Frame   // as they were given
	rank    []FrameID // by place in frames
	ranked  []Frame
	packed  *packing
	words   []uint64 // all stacks, packed, one behind the other
	stacks  []keyed  // by stack: its first word, the place of that, and its row
	columns int
	values  []int64 // row by row, columns each
	order   []keyed // scratch of Rank
	fetched uint64  // what prefetch has read, so that the compiler does not leave it out
}

// NewStacks returns a collector of stacks with the given number of sample types.
func NewStacks(columns int, limits Limits) *Stacks {
	s := &Stacks{}
	s.Reset(columns, limits)
	return s
}

// Reset makes s as new, but for the memory it has, so that a program which
// decodes many profiles need not ask for it each time. It may be called when
// Profile has returned; the profile shares nothing with s.
func (s *Stacks) Reset(columns int, limits Limits) {
	clear(s.frames) // so that it holds on to no strings
	*s = Stacks{
		limits: limits.WithDefaults(), columns: columns,
		frames: s.frames[:0], rank: s.rank[:0], order: s.order[:0],
		words: s.words[:0], stacks: s.stacks[:0], values: s.values[:0],
	}
}

// Frame adds a frame, and returns its number. Frames that are equal become one
// when they are ranked, so it is well to give each once, but need not be.
func (s *Stacks) Frame(f Frame) FrameID {
	s.frames = append(s.frames, f)
	return FrameID(len(s.frames) - 1)
}

// GrowFrames makes room for so many frames more. Frames are large, and a slice of
// them that grows step by step touches several times its memory.
func (s *Stacks) GrowFrames(n int) { s.frames = slices.Grow(s.frames, n) }

// Rank ends the giving of frames: it returns, by the number that Frame gave, the id
// that Add takes and the profile will have, which ascends with the names. The
// slice is good until Reset. There may be more frames than stacks use. The names are
// copied, so they need not outlive the call; files are not, as many frames share one.
func (s *Stacks) Rank() []FrameID {
	order := slices.Grow(s.order[:0], len(s.frames))[:len(s.frames)]
	for i := range order {
		order[i] = keyed{at: uint32(i)}
	}
	sortFrames(s.frames, order, 0)
	s.order = order
	s.rank = slices.Grow(s.rank[:0], len(order))[:len(order)]
	s.ranked = make([]Frame, 0, len(order))
	bytes, first := 0, uint32(0)
	for _, o := range order {
		f := &s.frames[o.at]
		if last := len(s.ranked) - 1; last < 0 || !s.same(&s.ranked[last], f) {
			s.ranked = append(s.ranked, *f)
			bytes += len(f.Name)
			first = o.at
		} else if f.File != "" && (o.at < first || s.ranked[last].File == "") {
			s.ranked[last] = *f // the first one with a file stays
			first = o.at
		}
		s.rank[o.at] = FrameID(len(s.ranked) - 1)
	}
	if int64(bytes) > s.limits.StringBytes && s.err == nil {
		s.err = &LimitError{What: "bytes of function names", Limit: s.limits.StringBytes}
	}
	copyNames(s.ranked, bytes)
	s.packed = newPacking(len(s.ranked))
	return s.rank
}

// same reports whether two frames are one.
func (s *Stacks) same(a, b *Frame) bool {
	return sameFrame(a, b) && (!s.Detailed || compareDetails(a, b) == 0)
}

// copyNames gives the frames names of their own, which have so many bytes.
func copyNames(frames []Frame, bytes int) {
	var b strings.Builder
	b.Grow(bytes)
	for i := range frames {
		b.WriteString(frames[i].Name)
	}
	names := b.String()
	for i := range frames {
		n := len(frames[i].Name)
		frames[i].Name, names = names[:n], names[n:]
	}
}

// Grow makes room for so many stacks, with so many frames in all of them together.
// Rank must have been called.
func (s *Stacks) Grow(stacks, frames int) {
	s.words = slices.Grow(s.words, frames/s.packed.perWord+stacks)
	s.stacks = slices.Grow(s.stacks, stacks)
	s.values = slices.Grow(s.values, stacks*s.columns)
}

// Add adds a stack, root first, with one value for each sample type. The slices
// stay the caller's. Rank must have been called.
func (s *Stacks) Add(frames []FrameID, values []int64) {
	if s.err == nil {
		s.err = s.limits.CheckDepth(len(frames))
	}
	start := len(s.words)
	if s.err == nil && int64(start)+int64(len(frames)) >= math.MaxUint32 {
		s.err = &LimitError{What: "frames of all stacks", Limit: math.MaxUint32}
	}
	if s.err != nil {
		return
	}
	n := start + s.packed.wordsOf(len(frames))
	if n > cap(s.words) {
		s.words = slices.Grow(s.words, max(n-start, start))
	}
	s.words = s.words[:n]
	s.packed.put(s.words[start:], frames)
	s.stacks = append(s.stacks, keyed{key: s.words[start], at: uint32(start), row: uint32(len(s.stacks))})
	s.values = append(s.values, values...)
}

// Err returns the limit that was exceeded, nil if none was.
func (s *Stacks) Err() error { return s.err }

// Profile returns the finished profile with the given types, of which def is the
// default. The Stacks must not be used afterwards, but for Reset.
func (s *Stacks) Profile(types []ValueType, def int) (*Profile, error) {
	if s.err != nil {
		return nil, s.err
	}
	if len(types) != s.columns || def < 0 || def >= len(types) {
		return nil, fmt.Errorf("build profile: default type %d of %d, %d columns", def, len(types), s.columns)
	}
	p := &Profile{Types: slices.Clone(types), Default: def, Ordered: s.Ordered, Detailed: s.Detailed}
	p.frames = s.ranked
	if !s.Ordered {
		s.packed.sort(s.words, s.stacks, 0)
	}
	if err := s.build(p); err != nil {
		return nil, err
	}
	dropUnused(p)
	return p, nil
}

// dropUnused takes the frames that no node has out of p.
func dropUnused(p *Profile) {
	used := make([]bool, len(p.frames))
	for _, f := range p.frame[1:] {
		used[f] = true
	}
	if !slices.Contains(used, false) {
		return
	}
	id := make([]FrameID, len(used))
	kept := p.frames[:0]
	for f, u := range used {
		id[f] = FrameID(len(kept))
		if u {
			kept = append(kept, p.frames[f])
		}
	}
	if len(kept) < len(used)/2 {
		kept = slices.Clone(kept)
	} else {
		clear(p.frames[len(kept):]) // less than a copy would take
	}
	p.frames = kept[:len(kept):len(kept)]
	for n := range p.frame[1:] {
		p.frame[n+1] = id[p.frame[n+1]]
	}
}

// build makes the nodes of the stacks, which are in their final order.
func (s *Stacks) build(p *Profile) error {
	nodes, deepest := s.compareNeighbours()
	if nodes > s.limits.Nodes {
		return &LimitError{What: "nodes of the call tree", Limit: int64(s.limits.Nodes)}
	}
	p.alloc(nodes, s.columns, false)
	p.frame[0] = RootFrame
	open := make([]NodeID, deepest+1) // the nodes of the stack at hand, by depth
	depth := 0
	next := NodeID(1)
	for i := range s.stacks {
		if i%ahead == 0 {
			s.prefetch(i)
		}
		shared, at := int(s.stacks[i].key>>32), uint32(s.stacks[i].key)
		for _, n := range open[shared+1 : max(depth, shared)+1] {
			p.end[n] = next
		}
		depth = shared
		parent := open[shared]
		from := s.stacks[i].at + at
		word := s.packed.skip(s.words[from], shared-int(at)*s.packed.perWord)
		for {
			for ; word != 0; word <<= s.packed.width & 63 {
				p.parent[next] = parent
				p.frame[next] = s.packed.first(word)
				parent = next
				next++
				depth++
				open[depth] = parent
			}
			if !s.packed.full(s.words[from]) {
				break
			}
			from++
			word = s.words[from]
		}
		row := int(s.stacks[i].row) * s.columns
		for c := range p.self {
			p.self[c][parent] = AddSaturating(p.self[c][parent], s.values[row+c])
		}
	}
	for _, n := range open[:depth+1] {
		p.end[n] = next
	}
	return nil
}

// compareNeighbours returns how many nodes the stacks make, and how deep they are.
// It leaves in the stacks' keys what each has in common with the one before: the
// number of frames in the upper half, that of whole words in the lower.
func (s *Stacks) compareNeighbours() (nodes, deepest int) {
	nodes = 1
	before := []uint64{0} // an empty stack
	for i := range s.stacks {
		if i%ahead == 0 {
			s.prefetch(i)
		}
		words := s.words[s.stacks[i].at:]
		j := 0
		for before[j] == words[j] && s.packed.full(words[j]) {
			j++
		}
		shared := j*s.packed.perWord + s.packed.common(before[j], words[j])
		s.stacks[i].key = uint64(shared)<<32 | uint64(j)
		for s.packed.full(words[j]) {
			j++
		}
		depth := j*s.packed.perWord + s.packed.frames(words[j])
		nodes += depth - shared
		deepest = max(deepest, depth)
		before = words
	}
	return nodes, deepest
}

// ahead is how many stacks prefetch reads.
const ahead = 32

// prefetch reads a word and a value of the stacks from i on, which in the order of
// the sorted stacks lie anywhere. All at once they come from memory together, where
// the processor, as each stack takes another way through the loops, would wait for
// every one of them.
func (s *Stacks) prefetch(i int) {
	for _, t := range s.stacks[i:min(i+ahead, len(s.stacks))] {
		s.fetched += s.words[t.at] + uint64(s.values[int(t.row)*s.columns])
	}
}
