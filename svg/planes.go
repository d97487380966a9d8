package svg

// planes are a list of numbers as payloads hold it: first the lowest seven bits of
// all of them, a byte each whose high bit says that there is more, then the next
// seven bits of those that have more, and so on. These are the bytes of uvarints
// in another order, one in which bits that vary by chance do not stand between
// bits that hardly do: it takes a seventh off 425,052 nodes.
type planes [5][]byte

func (p *planes) add(v uint32) {
	i := 0
	for ; v >= 0x80; i++ {
		p[i] = append(p[i], byte(v)|0x80)
		v >>= 7
	}
	p[i] = append(p[i], byte(v))
}

// len returns the bytes that the list takes.
func (p *planes) len() (n int) {
	for _, plane := range p {
		n += len(plane)
	}
	return n
}

// appendPlanes appends one list of several parts.
func appendPlanes(b []byte, parts ...*planes) []byte {
	for i := range len(planes{}) {
		for _, p := range parts {
			b = append(b, p[i]...)
		}
	}
	return b
}

// appendList appends numbers as planes.
func appendList[T int | uint32](b []byte, list []T) []byte {
	var p planes
	p[0] = make([]byte, 0, len(list))
	for _, v := range list {
		p.add(uint32(v))
	}
	return appendPlanes(b, &p)
}

// list decodes n numbers that are less than limit. They take a byte each, so not
// more are made than the payload is long.
func (d *decoder) list(n int, limit uint64) []uint32 {
	if n > len(d.b) {
		d.fail("it ends too early")
	}
	if d.err != nil {
		return nil
	}
	out := make([]uint32, n)
	var more []uint32 // the numbers that the next plane goes on with
	for i, c := range d.bytes(n) {
		out[i] = uint32(c & 0x7f)
		if c >= 0x80 {
			more = append(more, uint32(i))
		}
	}
	for shift := 7; len(more) > 0; shift += 7 {
		plane, left := d.bytes(len(more)), more[:0]
		for k, c := range plane {
			if shift == 28 && c > 0x0f {
				d.fail("a number is out of range")
				return nil
			}
			out[more[k]] |= uint32(c&0x7f) << shift
			if c >= 0x80 {
				left = append(left, more[k])
			}
		}
		more = left
	}
	for _, v := range out {
		if uint64(v) >= limit {
			d.fail("number %d where only less than %d has a meaning", v, limit)
			return nil
		}
	}
	if d.err != nil {
		return nil
	}
	return out
}
