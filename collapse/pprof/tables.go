package pprof

import (
	"slices"
	"unsafe"
)

// ids numbers the ids of one table densely, in the order they are first seen,
// be it in the table or in a reference to it. Small ids, which is what programs
// that count them give, are found in a slice; any others in a map.
type ids struct {
	dense  []uint32 // index+1 by id
	sparse map[uint64]uint32
	n      uint32
}

func (t *ids) reset() {
	clear(t.dense)
	clear(t.sparse)
	t.n = 0
}

// index returns the index of an id. known is false when the id is new.
func (t *ids) index(id uint64) (i uint32, known bool) {
	if id < uint64(len(t.dense)) {
		if i := t.dense[id]; i != 0 {
			return i - 1, true
		}
		t.n++
		t.dense[id] = t.n
		return t.n - 1, false
	}
	return t.indexSlow(id)
}

func (t *ids) indexSlow(id uint64) (i uint32, known bool) {
	// The slice may grow to 8 places for each id seen, so that an address
	// taken for an id cannot make it large.
	if id < 1024+8*uint64(t.n) {
		grown := make([]uint32, max(2*(id+1), 256))
		copy(grown, t.dense)
		for id, i := range t.sparse {
			if id < uint64(len(grown)) {
				grown[id] = i + 1
				delete(t.sparse, id)
			}
		}
		t.dense = grown
		return t.index(id)
	}
	if i, ok := t.sparse[id]; ok {
		return i, true
	}
	if t.sparse == nil {
		t.sparse = map[uint64]uint32{}
	}
	t.n++
	t.sparse[id] = t.n - 1
	return t.n - 1, false
}

// lookup returns the index of an id that was seen.
func (t *ids) lookup(id uint64) (i uint32, ok bool) {
	if id < uint64(len(t.dense)) && t.dense[id] != 0 {
		return t.dense[id] - 1, true
	}
	i, ok = t.sparse[id]
	return i, ok
}

// stringTable keeps the profile's strings one behind the other.
type stringTable struct {
	arena []byte
	ends  []uint32 // by index; a profile's strings are limited to 4 GiB

	owned []string // by index, the strings that own has copied
	chunk []byte   // where the next copy goes
}

func (t *stringTable) reset() {
	clear(t.owned)
	t.arena, t.ends, t.owned, t.chunk = t.arena[:0], t.ends[:0], t.owned[:0], nil
}

// own returns string i, which must be ok, for good: a copy, of which there is one
// only however often it is asked for. All strings must have been added.
func (t *stringTable) own(i int64) string {
	if len(t.owned) < len(t.ends) {
		t.owned = slices.Grow(t.owned, len(t.ends)-len(t.owned))[:len(t.ends)]
	}
	if t.owned[i] == "" {
		s := t.get(i)
		if len(s) > cap(t.chunk)-len(t.chunk) {
			t.chunk = make([]byte, 0, max(len(s), min(32<<10, len(t.arena))))
		}
		at := len(t.chunk)
		t.chunk = append(t.chunk, s...)
		t.owned[i] = unsafe.String(unsafe.SliceData(t.chunk[at:]), len(s))
	}
	return t.owned[i]
}

func (t *stringTable) add(b []byte) {
	reserve(&t.arena, len(b))
	t.arena = append(t.arena, b...)
	reserve(&t.ends, 1)
	t.ends = append(t.ends, uint32(len(t.arena)))
}

func (t *stringTable) ok(i int64) bool { return i >= 0 && i < int64(len(t.ends)) }

// get returns string i, which must be ok. It is good until the next reset.
func (t *stringTable) get(i int64) string {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	b := t.arena[start:t.ends[i]]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// A location is one place in the code: an address, with the lines it was
// inlined from, innermost first.
type location struct {
	address   uint64
	mapping   uint64
	lineFirst uint32 // in decoder.lines
	lineCount uint32
}

type function struct {
	name, system, file int64 // string indexes
	start              int64 // line
	defined            bool
}

type mapping struct {
	id   uint64
	file int64
}

// reserve makes room for n more elements by doubling. Append alone grows large
// slices by a quarter, which copies these tables, whose size nobody knows before
// the end, several times over.
func reserve[T any](s *[]T, n int) {
	if cap(*s)-len(*s) < n {
		*s = slices.Grow(*s, max(n, len(*s), 256))
	}
}
