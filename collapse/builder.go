package collapse

import (
	"fmt"
	"slices"
	"strings"
)

// Limits bound what a profile may make flame hold in memory. A zero field means
// its default; so the zero Limits is the default, safe for untrusted input on an
// ordinary machine.
type Limits struct {
	Bytes       int64 // input after decompression; default 4 GiB
	Depth       int   // frames in one stack; default 1<<17
	Nodes       int   // nodes of the tree; default 1<<27
	StringBytes int64 // all strings of the input together; default 1 GiB
}

// WithDefaults returns l with the defaults in place of its zero fields.
func (l Limits) WithDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = 4 << 30
	}
	if l.Depth == 0 {
		l.Depth = 1 << 17
	}
	if l.Nodes == 0 {
		l.Nodes = 1 << 27
	}
	if l.StringBytes == 0 {
		l.StringBytes = 1 << 30
	}
	return l
}

// A LimitError says which of the [Limits] the input went over.
type LimitError struct {
	What  string // what there is too much of: "stack depth", "nodes", …
	Limit int64
}

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("input is over the limit of %d for %s: refused so that it cannot fill the memory", e.Limit, e.What)
}

// CheckDepth returns a [LimitError] if a stack of depth frames is too deep.
func (l Limits) CheckDepth(depth int) error {
	if depth > l.Depth {
		return &LimitError{What: "stack depth", Limit: int64(l.Depth)}
	}
	return nil
}

// A Builder collects stacks into one tree. Its methods may be called in any
// order until [Builder.Profile]. The first limit that is exceeded stays: later
// calls do nothing, and Profile returns the error. A Builder is for one
// goroutine.
type Builder struct {
	// Ordered builds a flame chart: a stack shares nodes only with the stack
	// that was added just before it (see [Profile.Ordered]). To be set before
	// the first node.
	Ordered bool
	// Detailed tells frames apart by all their fields (see [Profile.Detailed]). To
	// be set before the first frame.
	Detailed bool

	limits  Limits
	err     error
	frames  *frameTable
	tree    tree
	last    []NodeID // with Ordered: the last child of each node
	columns int
	self    [][]int64
	base    [][]int64
}

// NewBuilder returns a builder of profiles with the given number of sample
// types.
func NewBuilder(columns int, limits Limits) *Builder {
	b := &Builder{limits: limits.WithDefaults(), frames: newFrameTable(), columns: columns}
	b.self = make([][]int64, columns)
	b.tree.Grow(1024)
	b.nodeAdded()
	return b
}

// Frame interns a frame.
func (b *Builder) Frame(f Frame) FrameID {
	b.frames.detailed = b.Detailed
	id, added := b.frames.internFrame(f)
	if added {
		b.checkStrings()
	}
	return id
}

// frameCopy interns a frame and holds on to none of its strings: those of a decoded
// profile are parts of one large one.
func (b *Builder) frameCopy(f Frame) FrameID {
	b.frames.detailed = b.Detailed
	id, added := b.frames.internFrame(f)
	if added {
		own := &b.frames.frames[id]
		own.Name, own.File, own.Module = strings.Clone(f.Name), strings.Clone(f.File), strings.Clone(f.Module)
		b.checkStrings()
	}
	return id
}

// FrameText interns the frame that folded text calls name: its annotation, if
// it has one, becomes the kind. The bytes stay the caller's.
func (b *Builder) FrameText(name []byte) FrameID {
	plain, kind := cutAnnotation(name)
	id, added := b.frames.intern(plain, kind, 0)
	if added {
		b.checkStrings()
	}
	return id
}

func (b *Builder) checkStrings() {
	if b.frames.bytes > b.limits.StringBytes && b.err == nil {
		b.err = &LimitError{What: "bytes of function names", Limit: b.limits.StringBytes}
	}
}

// Child returns the node of frame f under parent, which is made if need be.
func (b *Builder) Child(parent NodeID, f FrameID) NodeID {
	if b.err != nil {
		return Root
	}
	if b.Ordered {
		return b.orderedChild(parent, f)
	}
	n, added := b.tree.Child(parent, uint32(f))
	if added {
		return b.limitNode(n)
	}
	return n
}

// orderedChild shares a node only with the newest sibling: an older one is
// another stretch of time.
func (b *Builder) orderedChild(parent NodeID, f FrameID) NodeID {
	if b.last == nil {
		b.last = make([]NodeID, 1, 1024) // the root was there before Ordered was set
	}
	if last := b.last[parent]; last != 0 && FrameID(b.tree.Key(last)) == f {
		return last
	}
	n := b.tree.Append(parent, uint32(f))
	b.last[parent] = n
	return b.limitNode(n)
}

// limitNode gives a new node its columns, or takes its place by the root when
// there are too many.
func (b *Builder) limitNode(n NodeID) NodeID {
	if b.tree.Len() > b.limits.Nodes {
		if b.err == nil {
			b.err = &LimitError{What: "nodes of the call tree", Limit: int64(b.limits.Nodes)}
		}
		b.tree.truncate(int(n))
		return Root
	}
	b.nodeAdded()
	return n
}

func (b *Builder) nodeAdded() {
	for i := range b.self {
		b.self[i] = append(b.self[i], 0)
	}
	for i := range b.base {
		b.base[i] = append(b.base[i], 0)
	}
	if b.Ordered {
		b.last = append(b.last, 0)
	}
}

// Add adds v to the self value of a node, in the column of one sample type. A
// sum that leaves the range of int64 stays at its end.
func (b *Builder) Add(n NodeID, typ int, v int64) {
	cell := &b.self[typ][n]
	*cell = AddSaturating(*cell, v)
}

// AddBase adds v to the value that the node's self value is compared with. One
// call makes the profile differential.
func (b *Builder) AddBase(n NodeID, typ int, v int64) {
	if b.base == nil {
		b.base = make([][]int64, b.columns)
		for i := range b.base {
			b.base[i] = make([]int64, b.tree.Len())
		}
	}
	cell := &b.base[typ][n]
	*cell = AddSaturating(*cell, v)
}

// AddStack adds one sample: its stack from the root to the leaf, and one value
// for each sample type.
func (b *Builder) AddStack(stack []FrameID, values ...int64) {
	if err := b.limits.CheckDepth(len(stack)); err != nil && b.err == nil {
		b.err = err
	}
	if b.err != nil {
		return
	}
	n := Root
	for _, f := range stack {
		n = b.Child(n, f)
	}
	for i, v := range values {
		b.Add(n, i, v)
	}
	if b.Ordered && b.last != nil {
		b.last[n] = 0 // what it calls next is called anew
	}
}

// Rescale multiplies every value of one column, for a reader that meets the
// first fraction after whole numbers.
func (b *Builder) Rescale(typ int, factor int64) {
	for _, columns := range [][][]int64{b.self, b.base} {
		if columns == nil {
			continue
		}
		for i, v := range columns[typ] {
			columns[typ][i] = mulSat(v, factor)
		}
	}
}

// Err returns the limit that was exceeded, nil if none was. A reader of a long
// input asks now and then, so as to stop early.
func (b *Builder) Err() error { return b.err }

// Len returns the number of nodes so far, the root included.
func (b *Builder) Len() int { return b.tree.Len() }

// Profile returns the finished profile with the given types, of which def is the
// default. The builder must not be used afterwards.
func (b *Builder) Profile(types []ValueType, def int) (*Profile, error) {
	if b.err != nil {
		return nil, b.err
	}
	if len(types) != b.columns || def < 0 || def >= len(types) {
		return nil, fmt.Errorf("build profile: default type %d of %d, %d columns", def, len(types), b.columns)
	}
	p := &Profile{Types: slices.Clone(types), Default: def, Ordered: b.Ordered, Detailed: b.Detailed}
	b.canonical(p)
	return p, nil
}
