package inflate

import "encoding/binary"

// block reads the header of a block.
func (z *Reader) block() error {
	z.load(maxHeader)
	z.refill()
	z.final = z.take(1) == 1
	kind := z.take(2)
	var ok bool
	switch kind {
	case 0:
		z.align()
		if z.end-z.pos < 4 {
			return z.cut()
		}
		n := binary.LittleEndian.Uint16(z.in[z.pos:])
		ok = n == ^binary.LittleEndian.Uint16(z.in[z.pos+2:])
		z.pos += 4
		z.stored, z.state = int(n), inStored
	case 1:
		ok = z.fixedCodes()
		z.state = inCodes
	case 2:
		ok = z.dynamicCodes()
		z.state = inCodes
	}
	if z.overrun() {
		return z.cut()
	}
	if !ok {
		return z.corrupt()
	}
	return nil
}

func (z *Reader) fixedCodes() bool {
	l := &z.lengths
	for i := range 288 {
		switch {
		case i < 144:
			l[i] = 8
		case i < 256:
			l[i] = 9
		case i < 280:
			l[i] = 7
		default:
			l[i] = 8
		}
	}
	for i := range 32 {
		l[288+i] = 5
	}
	return buildTable(z.literals[:], literalBits, l[:288], literalSymbols[:]) &&
		buildTable(z.distances[:], distanceBits, l[288:], distanceSymbols[:])
}

// precodeOrder is the order in which the lengths of the code of the lengths come.
var precodeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicCodes reads the codes of a block. It may read zeros behind the end of the
// input, which the caller finds.
func (z *Reader) dynamicCodes() bool {
	literals, distances, precodes := int(z.take(5))+257, int(z.take(5))+1, int(z.take(4))+4
	if literals > 286 || distances > 30 {
		return false
	}
	var precode [19]uint8
	for _, i := range precodeOrder[:precodes] {
		z.refill()
		precode[i] = uint8(z.take(3))
	}
	var table [precodeSize]uint32
	if !buildTable(table[:], precodeBits, precode[:], precodeSymbols[:]) {
		return false
	}
	l := z.lengths[:literals+distances]
	for i := 0; i < len(l); {
		if z.overrun() {
			return false
		}
		z.refill()
		e := table[z.bits&(1<<precodeBits-1)]
		if e&isException != 0 {
			return false
		}
		z.take(uint(e & takenMask))
		value, n := uint8(0), 1
		switch symbol := e >> baseShift; symbol {
		case 16:
			if i == 0 {
				return false
			}
			value, n = l[i-1], 3+int(z.take(2))
		case 17:
			n = 3 + int(z.take(3))
		case 18:
			n = 11 + int(z.take(7))
		default:
			value = uint8(symbol)
		}
		if n > len(l)-i {
			return false
		}
		for range n {
			l[i] = value
			i++
		}
	}
	return buildTable(z.literals[:], literalBits, l[:literals], literalSymbols[:]) &&
		buildTable(z.distances[:], distanceBits, l[literals:], distanceSymbols[:])
}
