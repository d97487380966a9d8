package inflate

import "encoding/binary"

// codes inflates a block of codes until it ends or buf is nearly full.
func (z *Reader) codes(buf []byte, at, low int) (int, error) {
	full := len(buf) - maxMatch - overshoot - 3
	for at <= full && z.state == inCodes {
		last := z.end + giveBack // there are zeros
		if z.load(maxCodes) {
			last = z.end - maxCodes
		}
		before := at
		var ok bool
		at, ok = z.run(buf, at, low, full, last)
		switch {
		case z.overrun(): // what was inflated since is in part of zeros
			return before, z.cut()
		case !ok && z.err != nil && z.end-z.pos+int(z.nbits>>3) < trailerSize: // it may be the zeros that are wrong
			return at, z.cut()
		case !ok:
			return at, z.corrupt()
		}
	}
	return at, nil
}

// run inflates codes while at is at most full and the input's position at most last.
// No match may reach below low. It is one long loop over variables that stay in
// registers: this is where nearly all the time goes, and a call for each code would
// cost as much as the code.
func (z *Reader) run(buf []byte, at, low, full, last int) (int, bool) {
	in, pos := z.in, z.pos
	bits, nbits := z.bits, z.nbits
	literals, distances := &z.literals, &z.distances
	ok := true
	for at <= full && pos <= last {
		bits |= binary.LittleEndian.Uint64(in[pos:]) << (nbits & 63)
		pos += int(63-nbits) >> 3
		nbits |= 56
		e := literals[bits&(1<<literalBits-1)]
		if e&isLiteral != 0 {
			bits >>= e & takenMask
			nbits -= uint(e & takenMask)
			buf[at] = byte(e >> baseShift)
			at++
			e = literals[bits&(1<<literalBits-1)]
			if e&isLiteral != 0 {
				bits >>= e & takenMask
				nbits -= uint(e & takenMask)
				buf[at] = byte(e >> baseShift)
				at++
				e = literals[bits&(1<<literalBits-1)]
				if e&isLiteral != 0 {
					bits >>= e & takenMask
					nbits -= uint(e & takenMask)
					buf[at] = byte(e >> baseShift)
					at++
					continue
				}
			}
		}
		if e&isException != 0 {
			if e&isSubtable != 0 {
				e = literals[int(e>>baseShift)+int(bits>>literalBits)&(1<<(e>>codeShift&codeMask)-1)]
				if e&isLiteral != 0 {
					bits >>= e & takenMask
					nbits -= uint(e & takenMask)
					buf[at] = byte(e >> baseShift)
					at++
					continue
				}
			}
			if e&isException != 0 {
				if ok = e&isEnd != 0; ok {
					bits >>= e & takenMask
					nbits -= uint(e & takenMask)
					z.endBlock()
				}
				break
			}
		}
		length := int(e>>baseShift) + int(bits&(1<<(e&takenMask)-1)>>(e>>codeShift&codeMask))
		bits >>= e & takenMask
		nbits -= uint(e & takenMask)

		if nbits < 30 {
			bits |= binary.LittleEndian.Uint64(in[pos:]) << (nbits & 63)
			pos += int(63-nbits) >> 3
			nbits |= 56
		}
		e = distances[bits&(1<<distanceBits-1)]
		if e&isException != 0 {
			if e&isSubtable != 0 {
				e = distances[int(e>>baseShift)+int(bits>>distanceBits)&(1<<(e>>codeShift&codeMask)-1)]
			}
			if e&isException != 0 {
				ok = false
				break
			}
		}
		distance := int(e>>baseShift) + int(bits&(1<<(e&takenMask)-1)>>(e>>codeShift&codeMask))
		bits >>= e & takenMask
		nbits -= uint(e & takenMask)
		from := at - distance
		if from < low {
			ok = false
			break
		}
		end := at + length
		if distance >= 8 {
			for at < end {
				binary.LittleEndian.PutUint64(buf[at:], binary.LittleEndian.Uint64(buf[from:]))
				at += 8
				from += 8
			}
		} else {
			for ; at < end; at++ {
				buf[at] = buf[from]
				from++
			}
		}
		at = end
	}
	z.pos, z.bits, z.nbits = pos, bits, nbits
	return at, ok
}
