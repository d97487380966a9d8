package collapse

import (
	"bytes"
	"hash/maphash"
	"strings"
)

// A FrameID names an interned frame: an index in [Profile.Frames].
type FrameID uint32

// RootFrame is the frame of the root node, which has none: it is no index in
// [Profile.Frames].
const RootFrame = ^FrameID(0)

// A Kind says what sort of code a frame is, or that it is none and flame put it
// there. Synthetic frames are told from real ones by their kind, never by their
// name: a program may well have a function called "other".
type Kind uint8

// The kinds of frames. Inlined, Kernel, JIT and Waker are those that folded text
// marks with an annotation at the end of the name.
const (
	Normal     Kind = iota // a function of the program
	Inlined                // inlined into its caller; "_[i]" in folded text
	Kernel                 // runs in the operating system's kernel; "_[k]"
	JIT                    // compiled while the program ran; "_[j]"
	Waker                  // stack of the thread that woke this one; "_[w]"
	Unresolved             // an address without a symbol; the name holds the address
	Truncated              // synthetic: callers that the profiler cut off
	Labels                 // synthetic: the end of a stack, with its samples' labels; see [Label]
	numKinds
)

// annotations are the endings that mark a kind in folded text (FlameGraph's
// stackcollapse-*.pl and inferno write them, flamegraph.pl colours by them).
var annotations = [numKinds]string{Inlined: "_[i]", Kernel: "_[k]", JIT: "_[j]", Waker: "_[w]"}

// Annotation returns the ending that marks k in folded text, "" for a kind that
// folded text does not mark.
func (k Kind) Annotation() string {
	if k < numKinds {
		return annotations[k]
	}
	return ""
}

// Valid reports whether k is one of the kinds above.
func (k Kind) Valid() bool { return k < numKinds }

// CutAnnotation splits a function's name as folded text has it into the plain
// name and the kind that its ending marks.
func CutAnnotation(name string) (string, Kind) {
	n, k := cutAnnotation([]byte(name))
	return name[:len(n)], k
}

func cutAnnotation(name []byte) ([]byte, Kind) {
	if len(name) < 4 || name[len(name)-1] != ']' {
		return name, Normal
	}
	for _, k := range [...]Kind{Inlined, Kernel, JIT, Waker} {
		if plain, ok := bytes.CutSuffix(name, []byte(annotations[k])); ok {
			return plain, k
		}
	}
	return name, Normal
}

// A Frame is one function in a stack.
//
// Name, Kind and Line are its identity: two frames that agree in them are one.
// The rest is what is known besides; the first one seen for a frame stays. In a
// detailed profile (see [Profile.Detailed]) all fields but StartLine are the
// identity, and there may be more of them.
type Frame struct {
	Name string // the function, without annotation; any bytes, UTF-8 or not
	File string // source file of the function, "" if not known
	Line int64  // line of the call, where lines were asked for; else 0
	Kind Kind

	// Inline says that the function was inlined into the one that calls it. Unlike
	// the kind Inlined it is only known in a detailed profile.
	Inline    bool
	Module    string // the binary or library that the code is in, "" if not known
	Address   uint64 // of the instruction, where addresses were asked for, or are all there is
	Column    int64  // of the call in its line, where addresses were asked for; else 0
	StartLine int64  // where the function begins, where lines were asked for; else 0
}

// IsInlined reports whether the frame is known to be inlined into its caller.
func (f *Frame) IsInlined() bool { return f.Inline || f.Kind == Inlined }

// Annotated returns the name as folded text has it, with the annotation of the
// frame's kind.
func (f Frame) Annotated() string { return f.Name + f.Kind.Annotation() }

// compareFrames orders frames by name, and equal names by kind and line, then
// (which matters in a detailed profile only) by the rest.
func compareFrames(a, b *Frame) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	if a.Kind != b.Kind {
		return int(a.Kind) - int(b.Kind)
	}
	switch {
	case a.Line < b.Line:
		return -1
	case a.Line > b.Line:
		return 1
	}
	return compareDetails(a, b)
}

// frameTable interns frames by identity. It is an open-addressing table over the
// frames themselves, so that looking up a name held in a byte slice allocates
// only when the frame is new.
type frameTable struct {
	frames []Frame
	hashes []uint32
	slots  []uint32 // FrameID+1, 0 is free; the length is a power of two
	seed   maphash.Seed
	bytes  int64 // sum of the names' lengths

	rankOf []FrameID // by id, for rank
	order  []keyed

	detailed bool // all fields tell frames apart
}

func newFrameTable() *frameTable {
	return &frameTable{slots: make([]uint32, 256), seed: maphash.MakeSeed()}
}

// intern returns the id of the frame with this identity, adding it if it is new.
func (t *frameTable) intern(name []byte, kind Kind, line int64) (id FrameID, added bool) {
	h := t.hash(maphash.Bytes(t.seed, name), kind, line)
	slot, id, ok := t.find(h, kind, line, func(s string) bool { return s == string(name) })
	if ok {
		return id, false
	}
	return t.add(slot, h, Frame{Name: string(name), Kind: kind, Line: line}), true
}

func (t *frameTable) internFrame(f Frame) (id FrameID, added bool) {
	if t.detailed {
		return t.internDetailed(f)
	}
	h := t.hash(maphash.String(t.seed, f.Name), f.Kind, f.Line)
	slot, id, ok := t.find(h, f.Kind, f.Line, func(s string) bool { return s == f.Name })
	if ok {
		if t.frames[id].File == "" {
			t.frames[id].File = strings.Clone(f.File)
		}
		return id, false
	}
	return t.add(slot, h, f), true
}

func (t *frameTable) hash(name uint64, kind Kind, line int64) uint32 {
	h := (name ^ uint64(kind)<<56 ^ uint64(line)) * 0x9E3779B97F4A7C15
	return uint32(h >> 32)
}

// find returns the frame with the hash and identity given, or the free slot
// where it belongs.
func (t *frameTable) find(h uint32, kind Kind, line int64, same func(string) bool) (slot uint32, id FrameID, ok bool) {
	mask := uint32(len(t.slots) - 1)
	for slot = h & mask; t.slots[slot] != 0; slot = (slot + 1) & mask {
		i := t.slots[slot] - 1
		if f := &t.frames[i]; t.hashes[i] == h && f.Kind == kind && f.Line == line && same(f.Name) {
			return slot, FrameID(i), true
		}
	}
	return slot, 0, false
}

func (t *frameTable) add(slot, h uint32, f Frame) FrameID {
	t.frames = append(t.frames, f)
	t.hashes = append(t.hashes, h)
	t.rankOf = append(t.rankOf, 0)
	t.slots[slot] = uint32(len(t.frames))
	t.bytes += int64(len(f.Name))
	if len(t.frames)*2 > len(t.slots) {
		t.rehash(4 * len(t.slots))
	}
	return FrameID(len(t.frames) - 1)
}

func (t *frameTable) rehash(size int) {
	t.slots = make([]uint32, size)
	mask := uint32(len(t.slots) - 1)
	for i, h := range t.hashes {
		slot := h & mask
		for t.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = uint32(i) + 1
	}
}

// rank returns the frames whose rankOf the caller has set to other than zero, in
// the order of their names, and their new ids by old id. The ids are the table's
// own.
func (t *frameTable) rank() (frames []Frame, rank []FrameID) {
	order := t.order[:0]
	for i, used := range t.rankOf {
		if used != 0 {
			order = append(order, keyed{at: uint32(i)})
		}
	}
	sortFrames(t.frames, order, 0)
	frames = make([]Frame, len(order))
	for r, f := range order {
		frames[r] = t.frames[f.at]
		t.rankOf[f.at] = FrameID(r)
	}
	t.order = order
	return frames, t.rankOf
}
