package pprof

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"

	"flame/collapse"
)

// sample adds one sample to the table of stacks.
func (d *decoder) sample(b []byte) error {
	d.raw, d.values = d.raw[:0], d.values[:0]
	var raw []byte // the ids as they stand in the message
	err := each(b, &d.outer, func(f *field) (err error) {
		switch f.num {
		case sampleLocation:
			raw, err = d.sampleLocations(f, raw)
		case sampleValue:
			err = d.sampleValues(f)
		case sampleLabel:
			err = d.label(f)
		}
		return err
	})
	if err != nil {
		return err
	}
	if d.samples == 0 {
		d.stacks.columns = len(d.values)
	}
	d.samples++
	d.addGross()
	if len(d.values) != d.stacks.columns {
		return fmt.Errorf("a sample has %d values where another has %d", len(d.values), d.stacks.columns)
	}
	if d.labels != nil {
		raw = d.labels.mark(raw)
	}
	return d.stacks.add(raw, d.values)
}

// addGross adds the values of a sample to the sums of the absolute values. A
// sample of another number of values ends the decoding.
func (d *decoder) addGross() {
	if d.gross == nil {
		d.gross = make([]int64, len(d.values))
	}
	for i, v := range d.values[:min(len(d.values), len(d.gross))] {
		if v < 0 {
			d.negative, v = true, -v
		}
		d.gross[i] = collapse.AddSaturating(d.gross[i], v)
	}
}

// sampleLocations returns the location ids of a sample so far, as varints one
// behind the other. In the usual case, one packed field, that is the field.
func (d *decoder) sampleLocations(f *field, raw []byte) ([]byte, error) {
	if f.wire == wireBytes {
		if n := len(f.data); n > 0 && f.data[n-1] >= 0x80 {
			return nil, errVarint
		}
		if len(raw) == 0 {
			return f.data, nil
		}
	}
	if len(d.raw) == 0 {
		d.raw = append(d.raw, raw...)
	}
	if f.wire == wireBytes {
		d.raw = append(d.raw, f.data...)
	} else {
		id, err := f.number()
		if err != nil {
			return nil, err
		}
		d.raw = appendVarint(d.raw, id)
	}
	return d.raw, nil
}

func appendVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func (d *decoder) sampleValues(f *field) error {
	return eachNumber(f, func(v uint64) error {
		d.values = append(d.values, int64(v))
		return nil
	})
}

// label checks a label. Unless labels are asked for they do not change the tree;
// whatever they hold, only a broken one is an error.
func (d *decoder) label(f *field) error {
	if f.wire != wireBytes {
		return errors.New("a label is no message")
	}
	if d.labels != nil {
		if err := d.labels.read(f.data, &d.inner); err != nil {
			return err
		}
	}
	return each(f.data, &d.inner, func(f *field) error {
		switch f.num {
		case 1, 2, 4: // key, str, num_unit
			return d.unusedString(f)
		case 3: // num
			_, err := f.number()
			return err
		}
		return nil
	})
}

// A stackTable holds the unique stacks of location ids, in the bytes they have on
// the wire, and the sums of the samples' values. Samples of one stack that differ
// only in their labels, which is most samples of a busy service, meet here.
type stackTable struct {
	columns int
	ordered bool // keep every stack, in order

	raw    []byte // all stacks one behind the other
	ends   []uint32
	hashes []uint32
	values []int64  // stack by stack, columns each
	slots  []uint32 // stack+1, 0 is free; the length is a power of two
	seed   maphash.Seed
}

func (t *stackTable) reset(ordered bool) {
	t.columns, t.ordered = 0, ordered
	t.raw, t.ends, t.hashes, t.values = t.raw[:0], t.ends[:0], t.hashes[:0], t.values[:0]
	if t.slots == nil {
		t.slots = make([]uint32, 512)
		t.seed = maphash.MakeSeed()
	}
	clear(t.slots)
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
func (t *stackTable) add(raw []byte, values []int64) error {
	if t.ordered {
		return t.append(raw, values, 0)
	}
	h := uint32(maphash.Bytes(t.seed, raw) >> 32)
	mask := uint32(len(t.slots) - 1)
	slot := h & mask
	for ; t.slots[slot] != 0; slot = (slot + 1) & mask {
		i := int(t.slots[slot] - 1)
		if t.hashes[i] == h && bytes.Equal(t.stack(i), raw) {
			at := t.values[i*t.columns:][:t.columns]
			for c, v := range values {
				at[c] = collapse.AddSaturating(at[c], v)
			}
			return nil
		}
	}
	t.slots[slot] = uint32(t.len() + 1)
	if err := t.append(raw, values, h); err != nil {
		return err
	}
	if 2*t.len() > len(t.slots) {
		t.grow()
	}
	return nil
}

func (t *stackTable) append(raw []byte, values []int64, hash uint32) error {
	if int64(len(t.raw)+len(raw)) > math.MaxUint32 {
		return &collapse.LimitError{What: "bytes of stacks", Limit: math.MaxUint32}
	}
	t.raw = append(growBy(t.raw, len(raw)), raw...)
	t.ends = append(grow(t.ends), uint32(len(t.raw)))
	t.hashes = append(grow(t.hashes), hash)
	t.values = append(growBy(t.values, len(values)), values...)
	return nil
}

func (t *stackTable) grow() {
	t.slots = make([]uint32, 4*len(t.slots))
	mask := uint32(len(t.slots) - 1)
	for i, h := range t.hashes {
		slot := h & mask
		for t.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = uint32(i + 1)
	}
}
