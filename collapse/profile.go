package collapse

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A NodeID names a node of a profile's tree: an index in its columns.
type NodeID uint32

// Root is the root of every tree.
const Root NodeID = 0

// A ValueType says what one column of values measures, in pprof's terms: the
// type "cpu" in the unit "nanoseconds", "inuse_space" in "bytes".
type ValueType struct {
	Type string
	Unit string
	// Scale is how many stored units make one Unit; 0 means 1. Folded text with
	// fractions ("main 1.25") is stored in hundredths, so with Scale 100: every
	// value stays an exact integer.
	Scale int64
}

// Div returns the Scale as a divisor: never 0.
func (t ValueType) Div() int64 {
	if t.Scale > 1 {
		return t.Scale
	}
	return 1
}

// Meta is what is known of how a profile was taken. A zero field is not known.
type Meta struct {
	Source     string        // where it came from: a redacted URL, a file; safe to show
	Time       time.Time     // when the capture began
	Duration   time.Duration // how long it took; for merged profiles the sum, as in pprof
	Period     int64         // one sample for every Period of PeriodType
	PeriodType ValueType
	Comments   []string // as the profile holds them
	Notes      []string // what flame has to say about the profile: dropped, truncated, averaged
	// Gross is by sample type the sum of the samples' absolute values, if one was
	// negative. In the tree samples of one stack have cancelled each other out,
	// and pprof's percentages are of their sum before that. A merge drops it.
	Gross []int64
}

// A Profile is a call tree with one column of self values for each sample type,
// in the canonical form that the package comment describes. It is not changed
// once made: slices that its methods return are the profile's own, to be read
// only. Concurrent use is safe.
type Profile struct {
	Types   []ValueType // at least one
	Default int         // index in Types of the type to show when none is asked for
	Meta    Meta

	// Ordered says that siblings stand in the order they came in, and that a
	// function may stand under its parent more than once: a flame chart.
	Ordered bool

	// Detailed says that frames are told apart by all their fields: one function
	// may be several frames, by file, binary, line or address, or by being inlined
	// here and not there. Filters need that to be exact; [Aggregate] ends it.
	Detailed bool

	// Whole is by type what percentages are of, where that is not the profile's own
	// total: that from before a filter, or the base's of a comparison. It is nil
	// otherwise. See [Profile.WholeOf].
	Whole []int64

	frames []Frame
	parent []NodeID
	frame  []FrameID
	end    []NodeID
	self   [][]int64 // by type, then node
	base   [][]int64 // like self, nil if the profile is no difference
}

// alloc makes the arrays of a tree of n nodes. All integers of one width share
// an allocation.
func (p *Profile) alloc(n, columns int, differential bool) {
	ids := make([]NodeID, 2*n)
	p.parent, p.end = ids[:n:n], ids[n:]
	p.frame = make([]FrameID, n)
	p.self = makeColumns(n, columns)
	if differential {
		p.base = makeColumns(n, columns)
	}
}

func makeColumns(n, columns int) [][]int64 {
	cells := make([]int64, n*columns)
	out := make([][]int64, columns)
	for i := range out {
		out[i] = cells[i*n : (i+1)*n : (i+1)*n]
	}
	return out
}

// Len returns the number of nodes, the root included.
func (p *Profile) Len() int { return len(p.parent) }

// Frames returns the interned frames, indexed by [FrameID].
func (p *Profile) Frames() []Frame { return p.frames }

// Parents returns each node's parent; the root is its own.
func (p *Profile) Parents() []NodeID { return p.parent }

// NodeFrames returns each node's frame; the root's is [RootFrame].
func (p *Profile) NodeFrames() []FrameID { return p.frame }

// Ends returns for each node the id after the last of its subtree.
func (p *Profile) Ends() []NodeID { return p.end }

// Self returns the self values of one sample type by node, in stored units
// (see [ValueType.Scale]). They may be negative in a profile that is a
// difference.
func (p *Profile) Self(typ int) []int64 { return p.self[typ] }

// WithSelf returns a profile that differs from p in the self values of one sample
// type. There must be one for each node; the slice is then the profile's.
func (p *Profile) WithSelf(typ int, self []int64) *Profile {
	if len(self) != p.Len() {
		panic(fmt.Sprintf("collapse: %d values for %d nodes", len(self), p.Len()))
	}
	q := *p
	q.self = slices.Clone(p.self)
	q.self[typ] = self
	return &q
}

// Base returns the values that Self is compared with, by node, or nil if the
// profile is not differential. A two-count folded file has them: its first count
// is the base, its second the self value.
func (p *Profile) Base(typ int) []int64 {
	if p.base == nil {
		return nil
	}
	return p.base[typ]
}

// Differential reports whether the profile has base values.
func (p *Profile) Differential() bool { return p.base != nil }

// Totals returns for each node the sum of the column over its subtree. The
// column is one that Self or Base returned, or any other with a value for each
// node. A sum that leaves the range of int64 stays at its end.
func (p *Profile) Totals(column []int64) []int64 {
	total := make([]int64, len(column))
	copy(total, column)
	for n := len(total) - 1; n > 0; n-- {
		up := &total[p.parent[n]]
		*up = AddSaturating(*up, total[n])
	}
	return total
}

// Total returns the sum of all self values of one sample type, in stored units.
func (p *Profile) Total(typ int) int64 {
	var sum int64
	for _, v := range p.self[typ] {
		sum = AddSaturating(sum, v)
	}
	return sum
}

// Depth returns the number of frames in the deepest stack.
func (p *Profile) Depth() int {
	deepest := 0
	depth := make([]int32, len(p.parent))
	for n := 1; n < len(depth); n++ {
		depth[n] = depth[p.parent[n]] + 1
		deepest = max(deepest, int(depth[n]))
	}
	return deepest
}

// TypeIndex returns the index of the sample type that name means: "" the
// default type, a decimal number that index, else the type of that name. As in
// pprof "inuse_space" also finds a type called "space". The error names the
// types there are.
func (p *Profile) TypeIndex(name string) (int, error) {
	if name == "" {
		return p.Default, nil
	}
	for i, t := range p.Types {
		if t.Type == name {
			return i, nil
		}
	}
	short := strings.TrimPrefix(name, "inuse_")
	for i, t := range p.Types {
		if t.Type == short {
			return i, nil
		}
	}
	var n int
	if _, err := fmt.Sscanf(name+"\n", "%d\n", &n); err == nil && n >= 0 && n < len(p.Types) {
		return n, nil
	}
	names := make([]string, len(p.Types))
	for i, t := range p.Types {
		names[i] = t.Type
	}
	return 0, fmt.Errorf("the profile has no sample type %q; it has %s", name, strings.Join(names, ", "))
}

// CheckValid returns an error that names the first broken rule of the canonical
// form, nil if all hold. Decoders of untrusted data need not call it: a
// [Builder] can make no other profile.
func (p *Profile) CheckValid() error {
	if len(p.Types) == 0 || p.Default < 0 || p.Default >= len(p.Types) {
		return fmt.Errorf("default type %d of %d", p.Default, len(p.Types))
	}
	n := len(p.parent)
	if n == 0 || p.parent[0] != 0 || p.frame[0] != RootFrame || int(p.end[0]) != n {
		return errors.New("node 0 is not a root over all nodes")
	}
	for _, columns := range [][][]int64{p.self, p.base} {
		for _, c := range columns {
			if len(c) != n || len(columns) != len(p.Types) {
				return fmt.Errorf("%d columns for %d types, %d values for %d nodes", len(columns), len(p.Types), len(c), n)
			}
		}
	}
	return p.checkTree()
}

func (p *Profile) checkTree() error {
	used := make([]bool, len(p.frames))
	for i := 1; i < len(p.parent); i++ {
		up := p.parent[i]
		if int(up) >= i || p.end[i] <= NodeID(i) || p.end[i] > p.end[up] {
			return fmt.Errorf("node %d under %d is not in preorder", i, up)
		}
		if int(p.frame[i]) >= len(p.frames) {
			return fmt.Errorf("node %d has frame %d of %d", i, p.frame[i], len(p.frames))
		}
		used[p.frame[i]] = true
		if next := p.end[i]; !p.Ordered && next < p.end[up] && p.frame[next] <= p.frame[i] {
			return fmt.Errorf("nodes %d and %d are siblings out of order", i, next)
		}
	}
	for i := range p.frames {
		if !used[i] {
			return fmt.Errorf("frame %d is unused", i)
		}
		if i > 0 && compareFrames(&p.frames[i-1], &p.frames[i]) >= 0 {
			return fmt.Errorf("frames %d and %d are out of order", i-1, i)
		}
		if i > 0 && !p.Detailed && sameFrame(&p.frames[i-1], &p.frames[i]) {
			return fmt.Errorf("frames %d and %d are one", i-1, i)
		}
	}
	return nil
}

// AddSaturating adds and stays at the end of the range where the sum would leave it:
// a merge of very many profiles must not turn a large value into a negative one.
func AddSaturating(a, b int64) int64 {
	c := a + b
	if (a^c)&(b^c) < 0 {
		if a < 0 {
			return math.MinInt64
		}
		return math.MaxInt64
	}
	return c
}

// mulSat is AddSaturating for a product.
func mulSat(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	c := a * b
	if c/b != a || (a == -1 && b == math.MinInt64) || (b == -1 && a == math.MinInt64) {
		if (a < 0) != (b < 0) {
			return math.MinInt64
		}
		return math.MaxInt64
	}
	return c
}
