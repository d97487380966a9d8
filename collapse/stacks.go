package collapse

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
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
// Its use has two parts: first all frames are interned and ranked, then the stacks
// are added. A Stacks is for one goroutine. The first limit that is exceeded stays: later
// calls do nothing, and Profile returns the error.
type Stacks struct {
	// Ordered builds a flame chart: nothing is sorted, and a stack shares nodes
	// only with the one that was added just before it (see [Profile.Ordered]).
	Ordered bool
	// Detailed tells frames apart by all their fields (see [Profile.Detailed]). To
	// be set before the first frame.
	Detailed bool

	limits  Limits
	err     error
	frames  *frameTable
	ranked  []Frame   // by rank
	path    []FrameID // all stacks, root first, one behind the other
	stacks  []stack
	columns int
	values  []int64  // stack by stack, columns each
	shared  []uint32 // by stack: frames in common with the one before
}

// A stack is the place of one stack in Stacks.path, and which it is.
type stack struct {
	start, end uint32
	row        uint32
	key        uint32 // for sortStacks
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

// Grow makes room for so many stacks, frames in all of them together, and
// different frames.
func (s *Stacks) Grow(stacks, frames, different int) {
	s.path = slices.Grow(s.path, frames)
	s.stacks = slices.Grow(s.stacks, stacks)
	s.values = slices.Grow(s.values, stacks*s.columns)
	s.frames.reserve(different)
}

// Frame interns a frame.
func (s *Stacks) Frame(f Frame) FrameID {
	s.frames.detailed = s.Detailed
	id, _ := s.frames.internFrame(f)
	if s.frames.bytes > s.limits.StringBytes && s.err == nil {
		s.err = &LimitError{What: "bytes of function names", Limit: s.limits.StringBytes}
	}
	return id
}

// Rank ends the interning of frames: it returns, by the id that Frame gave, the id
// that Add takes and the profile will have, which ascends with the names. The
// slice is good until Reset. There may be more frames than stacks use.
func (s *Stacks) Rank() []FrameID {
	for i := range s.frames.rankOf {
		s.frames.rankOf[i] = 1
	}
	frames, rank := s.frames.rank()
	s.ranked = frames
	return rank
}

// Add adds a stack, root first, with one value for each sample type. The slices
// stay the caller's. Rank must have been called.
func (s *Stacks) Add(frames []FrameID, values []int64) {
	start := len(s.path)
	if s.err == nil {
		s.err = s.limits.CheckDepth(len(frames))
	}
	if s.err == nil && start+len(frames) > math.MaxUint32 {
		s.err = &LimitError{What: "frames of all stacks", Limit: math.MaxUint32}
	}
	if s.err != nil {
		return
	}
	s.path = append(s.path, frames...)
	s.stacks = append(s.stacks, stack{start: uint32(start), end: uint32(len(s.path)), row: uint32(len(s.stacks))})
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
		sortStacks(s.path, s.stacks, 0)
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
	p.frames = slices.Clone(kept)
	for n := range p.frame[1:] {
		p.frame[n+1] = id[p.frame[n+1]]
	}
}

// build makes the nodes of the stacks, which are in their final order.
func (s *Stacks) build(p *Profile) error {
	s.shared = slices.Grow(s.shared[:0], len(s.stacks))[:len(s.stacks)]
	nodes, deepest := 1, 0
	var before []FrameID
	for i := range s.stacks {
		path := s.stackPath(i)
		shared := commonPrefix(before, path)
		s.shared[i] = uint32(shared)
		nodes += len(path) - shared
		deepest = max(deepest, len(path))
		before = path
	}
	if nodes > s.limits.Nodes {
		return &LimitError{What: "nodes of the call tree", Limit: int64(s.limits.Nodes)}
	}
	p.alloc(nodes, s.columns, false)
	p.frame[0] = RootFrame
	open := make([]NodeID, 1, deepest+1) // the nodes of the stack at hand
	next := NodeID(1)
	for i := range s.stacks {
		shared := s.shared[i]
		for _, n := range open[shared+1:] {
			p.end[n] = next
		}
		open = open[:shared+1]
		parent := open[shared]
		for _, f := range s.stackPath(i)[shared:] {
			p.parent[next] = parent
			p.frame[next] = f
			parent = next
			open = append(open, next)
			next++
		}
		row := int(s.stacks[i].row) * s.columns
		for c := range p.self {
			p.self[c][parent] = AddSaturating(p.self[c][parent], s.values[row+c])
		}
	}
	for _, n := range open {
		p.end[n] = next
	}
	return nil
}

func (s *Stacks) stackPath(i int) []FrameID { return s.path[s.stacks[i].start:s.stacks[i].end] }

// commonPrefix returns in how many frames from the first on a and b agree.
func commonPrefix(a, b []FrameID) int {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	for i, f := range a {
		if b[i] != f {
			return i
		}
	}
	return n
}

// sortStacks sorts stacks that agree in their first depth frames, a stack before
// those it is a prefix of. It sorts by one depth after the other, each run of
// equal frames by the next: so a shared prefix is looked at once for each stack,
// not once for each comparison (as in Bentley and Sedgewick, "Fast algorithms for
// sorting and searching strings", 1997). The frames of one depth are fetched into
// the stacks first, since each lies in another cache line.
func sortStacks(path []FrameID, s []stack, depth uint32) {
	for len(s) > 12 {
		sorted := fetchKeys(path, s, depth)
		if sorted && s[0].key == s[len(s)-1].key { // all the same
			if s[0].key == 0 {
				return
			}
			depth++
			continue
		}
		if !sorted {
			sortByKey(s, bits.Len(uint(len(s))))
		}
		depth++
		// Go on with each run of one key, the last of them without a call.
		for {
			n := 1
			for n < len(s) && s[n].key == s[0].key {
				n++
			}
			if n == len(s) {
				break
			}
			if n > 1 && s[0].key != 0 {
				sortStacks(path, s[:n], depth)
			}
			s = s[n:]
		}
	}
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && s[j].less(path, s[j-1], depth); j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
}

// fetchKeys sets the stacks' keys to their frame at a depth, plus one; 0 where
// the stack has ended. It reports whether they ascend.
func fetchKeys(path []FrameID, s []stack, depth uint32) (sorted bool) {
	sorted = true
	before := uint32(0)
	for i := range s {
		t := &s[i]
		t.key = 0
		if at := t.start + depth; at < t.end {
			t.key = uint32(path[at]) + 1
		}
		sorted = sorted && before <= t.key
		before = t.key
	}
	return sorted
}

// sortByKey is quicksort with three parts, as few keys repeat a lot. Once it has
// split more than budget times in vain, which only contrived input makes it do,
// it leaves the rest to the library's, whose worst case is no worse than n log n.
func sortByKey(s []stack, budget int) {
	for len(s) > 12 {
		if budget == 0 {
			slices.SortFunc(s, func(a, b stack) int { return cmp.Compare(a.key, b.key) })
			return
		}
		pivot := median(s[0].key, s[len(s)/2].key, s[len(s)-1].key)
		lt, i, gt := 0, 0, len(s)
		for i < gt {
			switch k := s[i].key; {
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
		if max(lt, len(s)-gt) > len(s)/8*7 {
			budget--
		}
		// The smaller part by a call: so the depth of calls stays logarithmic.
		if lt < len(s)-gt {
			sortByKey(s[:lt], budget)
			s = s[gt:]
		} else {
			sortByKey(s[gt:], budget)
			s = s[:lt]
		}
	}
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && s[j].key < s[j-1].key; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
}

func median(a, b, c uint32) uint32 { return max(min(a, b), min(max(a, b), c)) }

func (s *stack) less(path []FrameID, o stack, depth uint32) bool {
	a, b := path[min(s.start+depth, s.end):s.end], path[min(o.start+depth, o.end):o.end]
	n := commonPrefix(a, b)
	if n == len(a) || n == len(b) {
		return len(a) < len(b)
	}
	return a[n] < b[n]
}
