package collapse

import (
	"fmt"
	"math"
	"slices"
)

// Stacks collects whole stacks and makes a profile of them by sorting. It is
// what a decoder of samples wants: sorted stacks differ from their neighbour in
// one suffix, so their tree comes out in canonical form in one pass, with no
// look-up of a child, and no array of it ever grows. Compared with a [Builder],
// which finds the place of each node as it comes, that is several times less
// work; the price is that every stack is held until the end, at 4 bytes for each
// frame. Give it unique stacks where you can.
//
// A Stacks is for one goroutine. The first limit that is exceeded stays: later
// calls do nothing, and Profile returns the error.
type Stacks struct {
	// Ordered builds a flame chart: nothing is sorted, and a stack shares nodes
	// only with the one that was added just before it (see [Profile.Ordered]).
	Ordered bool

	limits  Limits
	err     error
	frames  *frameTable
	path    []FrameID // all stacks, root first, one behind the other
	stacks  []stack
	columns int
	values  []int64  // stack by stack, columns each
	bases   []int64  // like values; nil if no stack has a base
	shared  []uint32 // by stack: frames in common with the one before
}

// A stack is the place of one stack in Stacks.path, and which it is.
type stack struct {
	start, end uint32
	row        uint32
}

// NewStacks returns a collector of stacks with the given number of sample types.
func NewStacks(columns int, limits Limits) *Stacks {
	s := &Stacks{frames: newFrameTable()}
	s.Reset(columns, limits)
	return s
}

// Reset makes s as new, but for the memory it has, so that a program which
// decodes many profiles need not ask for it each time. It may be called when
// Profile has returned; the profile shares nothing with s.
func (s *Stacks) Reset(columns int, limits Limits) {
	s.frames.reset()
	*s = Stacks{
		limits: limits.WithDefaults(), frames: s.frames, columns: columns,
		path: s.path[:0], stacks: s.stacks[:0], values: s.values[:0], shared: s.shared[:0],
	}
}

// Grow makes room for so many stacks, and frames in all of them together.
func (s *Stacks) Grow(stacks, frames int) {
	s.path = slices.Grow(s.path, frames)
	s.stacks = slices.Grow(s.stacks, stacks)
	s.values = slices.Grow(s.values, stacks*s.columns)
}

// GrowFrames makes room for so many different frames.
func (s *Stacks) GrowFrames(n int) { s.frames.reserve(n) }

// Frame interns a frame.
func (s *Stacks) Frame(f Frame) FrameID {
	id, _ := s.frames.internFrame(f)
	s.checkStrings()
	return id
}

// FrameText interns the frame that folded text calls name: its annotation, if it
// has one, becomes the kind. The bytes stay the caller's.
func (s *Stacks) FrameText(name []byte) FrameID {
	plain, kind := cutAnnotation(name)
	id, _ := s.frames.intern(plain, kind, 0)
	s.checkStrings()
	return id
}

func (s *Stacks) checkStrings() {
	if s.frames.bytes > s.limits.StringBytes && s.err == nil {
		s.err = &LimitError{What: "bytes of function names", Limit: s.limits.StringBytes}
	}
}

// Push adds frames to the stack that is being put together, each called by the
// one before.
func (s *Stacks) Push(frames ...FrameID) { s.path = append(s.path, frames...) }

// End ends the stack that was pushed, with one value for each sample type. The
// slice stays the caller's.
func (s *Stacks) End(values []int64) {
	start := uint32(0)
	if n := len(s.stacks); n > 0 {
		start = s.stacks[n-1].end
	}
	if s.err == nil {
		s.err = s.limits.CheckDepth(len(s.path) - int(start))
	}
	if s.err == nil && len(s.path) > math.MaxUint32 {
		s.err = &LimitError{What: "frames of all stacks", Limit: math.MaxUint32}
	}
	if s.err != nil {
		s.path = s.path[:start]
		return
	}
	s.stacks = append(s.stacks, stack{start, uint32(len(s.path)), uint32(len(s.stacks))})
	s.values = append(s.values, values...)
	if s.bases != nil {
		s.bases = append(s.bases, make([]int64, s.columns)...)
	}
}

// Base sets the values that those of the stack ended last are compared with. One
// call makes the profile differential.
func (s *Stacks) Base(values []int64) {
	if s.err != nil {
		return
	}
	if s.bases == nil {
		s.bases = make([]int64, len(s.values))
	}
	copy(s.bases[len(s.bases)-s.columns:], values)
}

// Rescale multiplies all values of one sample type, for a reader that meets the
// first fraction after whole numbers.
func (s *Stacks) Rescale(typ int, factor int64) {
	for _, values := range [][]int64{s.values, s.bases} {
		for i := typ; i < len(values); i += s.columns {
			values[i] = mulSat(values[i], factor)
		}
	}
}

// Err returns the limit that was exceeded, nil if none was.
func (s *Stacks) Err() error { return s.err }

// Len returns the number of stacks so far.
func (s *Stacks) Len() int { return len(s.stacks) }

// Profile returns the finished profile with the given types, of which def is the
// default. The Stacks must not be used afterwards, but for Reset.
func (s *Stacks) Profile(types []ValueType, def int) (*Profile, error) {
	if s.err != nil {
		return nil, s.err
	}
	if len(types) != s.columns || def < 0 || def >= len(types) {
		return nil, fmt.Errorf("build profile: default type %d of %d, %d columns", def, len(types), s.columns)
	}
	p := &Profile{Types: slices.Clone(types), Default: def, Ordered: s.Ordered}
	s.rank(p)
	if !s.Ordered {
		sortStacks(s.path, s.stacks, 0)
	}
	return p, s.build(p)
}

// rank gives p its frames and renames those of the stacks to match.
func (s *Stacks) rank(p *Profile) {
	for _, f := range s.path {
		s.frames.rankOf[f] = 1
	}
	rank := s.frames.rank(p)
	for i, f := range s.path {
		s.path[i] = rank[f]
	}
}

// build makes the nodes of the stacks, which are in their final order.
func (s *Stacks) build(p *Profile) error {
	s.shared = slices.Grow(s.shared[:0], len(s.stacks))[:len(s.stacks)]
	shared := s.shared
	nodes, deepest := 1, 0
	for i := range s.stacks {
		shared[i] = 0
		if i > 0 {
			shared[i] = commonPrefix(s.stackPath(i-1), s.stackPath(i))
		}
		depth := int(s.stacks[i].end - s.stacks[i].start)
		nodes += depth - int(shared[i])
		deepest = max(deepest, depth)
	}
	if nodes > s.limits.Nodes {
		return &LimitError{What: "nodes of the call tree", Limit: int64(s.limits.Nodes)}
	}
	p.alloc(nodes, s.columns, s.bases != nil)
	p.frame[0] = RootFrame
	open := make([]NodeID, 1, deepest+1) // the nodes of the stack at hand
	next := NodeID(1)
	for i := range s.stacks {
		for _, n := range open[shared[i]+1:] {
			p.end[n] = next
		}
		open = open[:shared[i]+1]
		for _, f := range s.stackPath(i)[shared[i]:] {
			p.parent[next] = open[len(open)-1]
			p.frame[next] = f
			open = append(open, next)
			next++
		}
		s.addValues(p, open[len(open)-1], int(s.stacks[i].row))
	}
	for _, n := range open {
		p.end[n] = next
	}
	return nil
}

func (s *Stacks) stackPath(i int) []FrameID { return s.path[s.stacks[i].start:s.stacks[i].end] }

func (s *Stacks) addValues(p *Profile, n NodeID, row int) {
	for c := range p.self {
		p.self[c][n] = AddSaturating(p.self[c][n], s.values[row*s.columns+c])
	}
	for c := range p.base {
		p.base[c][n] = AddSaturating(p.base[c][n], s.bases[row*s.columns+c])
	}
}

func commonPrefix(a, b []FrameID) uint32 {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	for i, f := range a {
		if b[i] != f {
			return uint32(i)
		}
	}
	return uint32(n)
}

// sortStacks sorts stacks that agree in their first depth frames, a stack before
// those it is a prefix of. It is multikey quicksort (Bentley and Sedgewick, "Fast
// algorithms for sorting and searching strings", 1997) over frames instead of
// bytes: a shared prefix is looked at once for each stack, not once for each
// comparison.
func sortStacks(path []FrameID, s []stack, depth uint32) {
	for len(s) > 16 {
		pivot := medianFrame(path, s, depth)
		lt, i, gt := 0, 0, len(s)
		for i < gt {
			switch k := s[i].key(path, depth); {
			case k < pivot:
				s[lt], s[i] = s[i], s[lt]
				lt++
				i++
			case k > pivot:
				gt--
				s[gt], s[i] = s[i], s[gt]
			default:
				i++
			}
		}
		sortStacks(path, s[:lt], depth)
		sortStacks(path, s[gt:], depth)
		if pivot == 0 { // all of them end here
			return
		}
		s = s[lt:gt]
		depth++
	}
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && s[j].less(path, s[j-1], depth); j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
}

// key returns the frame at a depth, plus one; 0 where the stack has ended.
func (s stack) key(path []FrameID, depth uint32) uint64 {
	if i := s.start + depth; i < s.end {
		return uint64(path[i]) + 1
	}
	return 0
}

func (s stack) less(path []FrameID, o stack, depth uint32) bool {
	return slices.Compare(path[s.start+depth:s.end], path[o.start+depth:o.end]) < 0
}

func medianFrame(path []FrameID, s []stack, depth uint32) uint64 {
	a, b, c := s[0].key(path, depth), s[len(s)/2].key(path, depth), s[len(s)-1].key(path, depth)
	return max(min(a, b), min(max(a, b), c))
}
