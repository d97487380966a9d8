package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"

	"flame/collapse"
)

// An index says what is in one object of profiles: a segment, a pack, or the
// profiles of a roll-up. It is all that searches and timelines read.
type index struct {
	// holds names the objects whose profiles these are: for a pack the segments
	// or packs that it was made of, for a roll-up the packs.
	holds []string
	// dropped are, in a roll-up, the labels that were merged away.
	dropped []string
	series  []series
	entries []entry // by time
}

// A series is what many profiles have in common.
type series struct {
	labels Labels
	typ    string
	types  []collapse.ValueType
	def    int // index in types of the default
}

// An entry is one profile, or one file of a roll-up.
type entry struct {
	series uint32
	id     uint64 // random; of a roll-up's file the hash in its name
	time   int64  // unix nanoseconds
	dur    int64  // nanoseconds
	off    int64  // of the .pb.gz in the object
	size   int64
	crc    uint32 // CRC-32C of the .pb.gz
	count  int64  // profiles in it, 1 but for roll-ups
	totals []int64
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// The binary form is made for reading a week of them in some ten milliseconds:
// numbers are varints, strings have their length before them, times are
// differences to the entry before, and a CRC-32C of it all is at the end.
const indexMagic = "flame index 1\n"

func (x *index) encode() []byte {
	b := []byte(indexMagic)
	b = appendStrings(b, x.holds)
	b = appendStrings(b, x.dropped)
	b = binary.AppendUvarint(b, uint64(len(x.series)))
	for _, s := range x.series {
		b = binary.AppendUvarint(b, uint64(len(s.labels)))
		for _, name := range slices.Sorted(maps.Keys(s.labels)) {
			b = appendString(appendString(b, name), s.labels[name])
		}
		b = appendString(b, s.typ)
		b = binary.AppendUvarint(b, uint64(len(s.types)))
		for _, t := range s.types {
			b = appendString(appendString(b, t.Type), t.Unit)
			b = binary.AppendVarint(b, t.Scale)
		}
		b = binary.AppendUvarint(b, uint64(s.def))
	}
	b = binary.AppendUvarint(b, uint64(len(x.entries)))
	before := int64(0)
	for i := range x.entries {
		e := &x.entries[i]
		b = binary.AppendUvarint(b, uint64(e.series))
		b = binary.LittleEndian.AppendUint64(b, e.id)
		b = binary.AppendVarint(b, e.time-before)
		b = binary.AppendVarint(b, e.dur)
		b = binary.AppendVarint(b, e.off)
		b = binary.AppendVarint(b, e.size)
		b = binary.LittleEndian.AppendUint32(b, e.crc)
		b = binary.AppendVarint(b, e.count)
		for _, v := range e.totals {
			b = binary.AppendVarint(b, v)
		}
		before = e.time
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendStrings(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendString(b, s)
	}
	return b
}

// decodeIndex reads what encode wrote. It keeps nothing of b.
func decodeIndex(b []byte) (*index, error) {
	body, ok := strings.CutPrefix(string(b[:max(0, len(b)-4)]), indexMagic)
	if !ok {
		return nil, errors.New("it is no index of a store, or one of a later flame")
	}
	if crc32.Checksum(b[:len(b)-4], castagnoli) != binary.LittleEndian.Uint32(b[len(b)-4:]) {
		return nil, errors.New("it is damaged: its checksum does not fit")
	}
	r := indexReader{b: body}
	x := &index{holds: r.strings(), dropped: r.strings()}
	for range r.count(2) {
		x.series = append(x.series, r.series())
	}
	n := r.count(16)
	x.entries = make([]entry, n)
	columns := 0
	for _, s := range x.series {
		columns = max(columns, len(s.types))
	}
	var totals []int64 // for many entries at once
	before := int64(0)
	for i := range x.entries {
		e := &x.entries[i]
		e.series = uint32(r.uvarint())
		if int(e.series) >= len(x.series) {
			return nil, errors.New("it is damaged: an entry is of no series")
		}
		e.id = r.uint64()
		e.time = before + r.varint()
		before = e.time
		e.dur, e.off, e.size = r.varint(), r.varint(), r.varint()
		e.crc = r.uint32()
		e.count = r.varint()
		k := len(x.series[e.series].types)
		if len(totals) < k {
			totals = make([]int64, min(n-i, 1024)*columns)
		}
		e.totals, totals = totals[:k:k], totals[k:]
		for j := range e.totals {
			e.totals[j] = r.varint()
		}
	}
	if r.bad || len(r.b) > 0 {
		return nil, errors.New("it is damaged: it does not end where it should")
	}
	return x, nil
}

// An indexReader reads the parts of an index. After the first that is not there
// all are zero.
type indexReader struct {
	b   string
	bad bool
}

func (r *indexReader) series() (s series) {
	n := r.count(2)
	s.labels = make(Labels, n)
	for range n {
		name := r.string()
		s.labels[name] = r.string()
	}
	s.typ = r.string()
	for range r.count(3) {
		s.types = append(s.types, collapse.ValueType{Type: r.string(), Unit: r.string(), Scale: r.varint()})
	}
	if s.def = int(r.uvarint()); s.def >= len(s.types) {
		r.bad = true
	}
	return s
}

// count reads a number of things that take some bytes each at least.
func (r *indexReader) count(bytes int) int {
	n := r.uvarint()
	if n > uint64(len(r.b)/bytes) {
		r.bad, r.b = true, ""
		return 0
	}
	return int(n)
}

func (r *indexReader) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(r.b) && i < binary.MaxVarintLen64; i++ {
		c := r.b[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.b = r.b[i+1:]
			return v
		}
	}
	r.bad, r.b = true, ""
	return 0
}

func (r *indexReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *indexReader) take(n uint64) string {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, ""
		return ""
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

func (r *indexReader) string() string { return strings.Clone(r.take(r.uvarint())) }

func (r *indexReader) strings() (list []string) {
	for range r.count(1) {
		list = append(list, r.string())
	}
	return list
}

func (r *indexReader) uint64() (v uint64) {
	for i, c := range []byte(r.take(8)) {
		v |= uint64(c) << (8 * i)
	}
	return v
}

func (r *indexReader) uint32() (v uint32) {
	for i, c := range []byte(r.take(4)) {
		v |= uint32(c) << (8 * i)
	}
	return v
}

// memory is about how many bytes the index takes.
func (x *index) memory() int {
	n := 200
	for _, s := range x.series {
		n += 400 + 100*len(s.labels) + 60*len(s.types)
	}
	for i := range x.entries {
		n += 96 + 8*len(x.entries[i].totals)
	}
	return n
}

// An indexBuilder collects entries, and gives each series once.
type indexBuilder struct {
	index
	known map[string]uint32
}

// add adds an entry of a series; e.series is set here.
func (b *indexBuilder) add(s series, e entry) {
	key := s.key()
	i, ok := b.known[key]
	if !ok {
		if b.known == nil {
			b.known = map[string]uint32{}
		}
		i = uint32(len(b.series))
		b.known[key] = i
		b.index.series = append(b.index.series, s)
	}
	e.series = i
	b.entries = append(b.entries, e)
}

// key is equal for equal series only.
func (s series) key() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.labels)) {
		fmt.Fprintf(&b, "%q=%q,", name, s.labels[name])
	}
	fmt.Fprintf(&b, "%q %d", s.typ, s.def)
	for _, t := range s.types {
		fmt.Fprintf(&b, ",%q %q %d", t.Type, t.Unit, t.Scale)
	}
	return b.String()
}
