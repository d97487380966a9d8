package svg

import (
	"encoding/binary"
	"fmt"

	"flame/collapse"
)

// A decoder takes a payload apart. Its first error stays; after it every method
// returns nothing.
type decoder struct {
	b      []byte
	limits collapse.Limits
	err    error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("the profile in it is damaged, write the file again: "+format, args...)
	}
	d.b = nil
}

func (d *decoder) bytes(n int) []byte {
	if d.err != nil || n > len(d.b) {
		d.fail("it ends too early")
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail("it ends within a number")
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail("it ends within a number")
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count decodes how many things of at least size bytes follow.
func (d *decoder) count(size int) int {
	v := d.uvarint()
	if v > uint64(len(d.b)/size) {
		d.fail("it tells of %d things and ends too early for them", v)
		return 0
	}
	return int(v)
}

const anyLength = 1 << 32

func (d *decoder) frames() []collapse.Frame {
	n := d.count(3)
	shared := d.list(n, anyLength)
	lengths := d.list(n, anyLength)
	if d.err != nil {
		return nil
	}
	frames := make([]collapse.Frame, n)
	prev, total := "", int64(0)
	for i := range frames {
		if int(shared[i]) > len(prev) {
			d.fail("name %d shares more than its predecessor has", i)
			return nil
		}
		// Shared beginnings could make gigabytes of names from few bytes.
		if total += int64(shared[i]) + int64(lengths[i]); total > d.limits.StringBytes {
			d.err = &collapse.LimitError{What: "bytes of function names", Limit: d.limits.StringBytes}
			d.b = nil
			return nil
		}
		prev = prev[:shared[i]] + string(d.bytes(int(lengths[i])))
		frames[i].Name = prev
	}
	for i, k := range d.bytes(n) {
		frames[i].Kind = collapse.Kind(k)
		if !frames[i].Kind.Valid() {
			d.fail("frame %d is of no known kind", i)
		}
	}
	if d.err != nil {
		return nil
	}
	return frames
}

// colors decodes the colours and forgets them: a profile has none.
func (d *decoder) colors(frames int) {
	n := d.count(3)
	d.bytes(3 * n)
	d.list(frames, uint64(n))
}

// checkCells bounds what the columns take: one that is all zero or a multiple of
// another is a few bytes in the payload, whatever the number of nodes.
func (d *decoder) checkCells(nodes int, meta *metaProfile) error {
	columns := int64(len(meta.Types))
	if meta.Differential {
		columns *= 2
	}
	if columns*8 > d.limits.Bytes/int64(nodes) {
		return &collapse.LimitError{What: "bytes of values", Limit: d.limits.Bytes}
	}
	return nil
}

func (d *decoder) columns(slot []uint32, meta *metaProfile) [][]int64 {
	n := len(meta.Types)
	if meta.Differential {
		n *= 2
	}
	var columns [][]int64
	for i := 0; i < n && d.err == nil; i++ {
		columns = append(columns, d.column(slot, columns))
	}
	return columns
}

func (d *decoder) column(slot []uint32, earlier [][]int64) []int64 {
	form := d.bytes(1)
	if d.err != nil {
		return nil
	}
	c := make([]int64, len(slot))
	switch form[0] {
	case columnZero:
	case columnValues:
		if len(slot) > len(d.b) {
			d.fail("it ends within a column")
			return nil
		}
		values := make([]int64, len(slot))
		for i := range values {
			values[i] = d.varint()
		}
		for n := range c {
			c[n] = values[slot[n]]
		}
	case columnMultiple:
		of, factor := d.uvarint(), d.varint()
		if of >= uint64(len(earlier)) {
			d.fail("column %d is a multiple of one that is not before it", len(earlier))
			return nil
		}
		for i, v := range earlier[of] {
			product, ok := mulExact(v, factor)
			if !ok {
				d.fail("a value is out of range")
				return nil
			}
			c[i] = product
		}
	default:
		d.fail("column %d is of no known form", len(earlier))
	}
	return c
}

// sources decodes the frames' lines and files.
func (d *decoder) sources(frames []collapse.Frame) {
	for i := range frames {
		frames[i].Line = d.varint()
	}
	n := d.count(1)
	lengths := d.list(n, anyLength)
	paths := make([]string, len(lengths)+1)
	for i, length := range lengths {
		paths[i+1] = string(d.bytes(int(length)))
	}
	for i, path := range d.list(len(frames), uint64(len(paths))) {
		frames[i].File = paths[path]
	}
	if len(d.b) > 0 {
		d.fail("%d bytes follow its end", len(d.b))
	}
}
