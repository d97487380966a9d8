package pprof

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"

	"flame/collapse"
)

// sample adds one sample to the table of stacks.
func (d *decoder) sample(b []byte) error {
	values := d.values[:0]
	var raw []byte // the location ids, as varints one behind the other
	copied := false
	labelled := false
	for i := 0; i < len(b); {
		tag, v, next := cut(b, i)
		switch tag {
		case sampleLocation<<3 | wireBytes:
			ids := b[next-int(v) : next]
			if v > 0 && ids[v-1] >= 0x80 {
				return errVarint
			}
			if raw == nil { // as usual: all are in one packed field
				raw = ids
				break
			}
			raw, copied = d.joined(raw, copied), true
			raw = append(raw, ids...)
		case sampleLocation << 3:
			raw, copied = d.joined(raw, copied), true
			raw = binary.AppendUvarint(raw, v)
		case sampleValue<<3 | wireBytes:
			for at := next - int(v); at < next; {
				v, n := varint(b[at:next])
				if n == 0 {
					return errVarint
				}
				values = append(values, int64(v))
				at += n
			}
		case sampleValue << 3:
			values = append(values, int64(v))
		case sampleLabel<<3 | wireBytes:
			labelled = true
			if err := d.label(b[next-int(v) : next]); err != nil {
				return err
			}
		default:
			if err := skip(b, i, tag, 1<<sampleLocation|1<<sampleValue|1<<sampleLabel); err != nil {
				return err
			}
		}
		i = next
	}
	if cap(values) != cap(d.values) {
		d.values = values
	}
	if copied {
		d.raw = raw
	}
	if d.samples == 0 {
		d.stacks.columns = len(values)
	}
	d.samples++
	d.addGross(values)
	if len(values) != d.stacks.columns {
		return fmt.Errorf("a sample has %d values where another has %d", len(values), d.stacks.columns)
	}
	if d.labels != nil {
		raw = d.labels.mark(raw)
	}
	return d.stacks.add(raw, values, labelled)
}

// addGross adds the values of a sample to the sums of the absolute values. A
// sample of another number of values ends the decoding.
func (d *decoder) addGross(values []int64) {
	if d.gross == nil {
		d.gross = make([]int64, len(values))
	}
	for i, v := range values[:min(len(values), len(d.gross))] {
		if v < 0 {
			d.negative, v = true, -v
		}
		d.gross[i] = collapse.AddSaturating(d.gross[i], v)
	}
}

// joined returns raw where more can be appended to it.
func (d *decoder) joined(raw []byte, copied bool) []byte {
	if copied {
		return raw
	}
	return append(d.raw[:0], raw...)
}

// label reads a label. Unless labels are asked for they do not change the tree;
// whatever they hold, only a broken one is an error.
func (d *decoder) label(b []byte) error {
	var l wireLabel
	for i := 0; i < len(b); {
		tag, v, next := cut(b, i)
		var err error
		switch tag {
		case 1 << 3:
			l.key, err = int64(v), d.unusedString(v)
		case 2 << 3:
			l.text, err = int64(v), d.unusedString(v)
		case 3 << 3:
			l.number = int64(v)
		case 4 << 3:
			l.unit, err = int64(v), d.unusedString(v)
		default:
			err = skip(b, i, tag, 1<<1|1<<2|1<<3|1<<4)
		}
		if err != nil {
			return err
		}
		i = next
	}
	if d.labels != nil {
		d.labels.add(l)
	}
	return nil
}

// A stackTable holds stacks of location ids, in the bytes they have on the wire, and
// the sums of the samples' values. Samples of one stack that differ only in their
// labels, which is most samples of a busy service, meet here; samples without labels
// are not looked for, as every profiler sums them itself. (Should they repeat all the
// same, they meet when the stacks are sorted.)
type stackTable struct {
	columns int
	ordered bool // keep every stack, in order

	raw    []byte // all stacks one behind the other
	ends   []uint32
	values []int64 // stack by stack, columns each

	slots []stackSlot // of stacks with labels; the length is a power of two
	used  int
	seed  maphash.Seed
}

type stackSlot struct {
	hash  uint32
	stack uint32 // its number plus 1, 0 is free
}

func (t *stackTable) reset(ordered bool) {
	t.columns, t.ordered = 0, ordered
	t.raw, t.ends, t.values = t.raw[:0], t.ends[:0], t.values[:0]
	if t.slots == nil {
		t.slots = make([]stackSlot, 512)
		t.seed = maphash.MakeSeed()
	}
	if t.used > 0 {
		clear(t.slots)
		t.used = 0
	}
}

func (t *stackTable) len() int { return len(t.ends) }

// locations returns how many location ids all stacks have.
func (t *stackTable) locations() (n int) {
	const high = 0x8080808080808080 // the last byte of a number has no high bit
	raw := t.raw
	for ; len(raw) >= 8; raw = raw[8:] {
		n += bits.OnesCount64(^binary.LittleEndian.Uint64(raw) & high)
	}
	for _, c := range raw {
		n += int(^c >> 7)
	}
	return n
}

func (t *stackTable) stack(i int) []byte {
	if i == 0 {
		return t.raw[:t.ends[0]]
	}
	return t.raw[t.ends[i-1]:t.ends[i]]
}

// add adds the values of one sample to those of its stack. It keeps neither
// slice.
func (t *stackTable) add(raw []byte, values []int64, labelled bool) error {
	if t.ordered || !labelled {
		return t.append(raw, values)
	}
	h := uint32(maphash.Bytes(t.seed, raw) >> 32)
	mask := uint32(len(t.slots) - 1)
	at := h & mask
	for ; t.slots[at].stack != 0; at = (at + 1) & mask {
		if i := int(t.slots[at].stack - 1); t.slots[at].hash == h && bytes.Equal(t.stack(i), raw) {
			sum := t.values[i*t.columns:][:t.columns]
			for c, v := range values {
				sum[c] = collapse.AddSaturating(sum[c], v)
			}
			return nil
		}
	}
	if err := t.append(raw, values); err != nil {
		return err
	}
	t.slots[at] = stackSlot{h, uint32(t.len())}
	if t.used++; 2*t.used > len(t.slots) {
		t.grow()
	}
	return nil
}

func (t *stackTable) append(raw []byte, values []int64) error {
	if int64(len(t.raw)+len(raw)) > math.MaxUint32 {
		return &collapse.LimitError{What: "bytes of stacks", Limit: math.MaxUint32}
	}
	reserve(&t.raw, len(raw))
	t.raw = append(t.raw, raw...)
	reserve(&t.ends, 1)
	t.ends = append(t.ends, uint32(len(t.raw)))
	reserve(&t.values, len(values))
	t.values = append(t.values, values...)
	return nil
}

func (t *stackTable) grow() {
	old := t.slots
	t.slots = make([]stackSlot, 4*len(old))
	mask := uint32(len(t.slots) - 1)
	for _, s := range old {
		if s.stack == 0 {
			continue
		}
		at := s.hash & mask
		for t.slots[at].stack != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
}
