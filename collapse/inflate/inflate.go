// Package inflate reads gzip, at about twice the speed of compress/gzip, into the
// buffer in which the data are then looked at.
//
// A profile is small, and inflating it is a third of reading it. What makes this
// faster than a general reader is what Eric Biggers' libdeflate does: bits are
// fetched eight bytes at a time, one look-up tells all about a code, and nothing is
// asked for each byte, as there is always room for one more match and input for one
// more code. The formats are RFC 1951 and 1952.
package inflate

import (
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// Window is how far back a match may reach, in bytes.
const Window = 32 << 10

// MinRoom is how much room Fill needs to make progress.
const MinRoom = 1 << 10

const (
	inputSize   = 64 << 10
	padding     = 32      // zeros behind the end of the input
	maxMatch    = 258     // bytes of a match
	overshoot   = 8       // bytes that copying a match may write beyond it
	maxHeader   = 1 << 10 // more than the largest header of a block takes
	giveBack    = 8       // bytes that were fetched and may not be needed
	trailerSize = 8       // of a member
	maxCodes    = 24      // more than a literal or length, and a distance, take of the input
)

// A Reader inflates gzip of any number of members. The zero Reader is ready for
// Reset.
type Reader struct {
	src  io.Reader
	in   []byte // in[pos:end] is unread, behind end are zeros
	pos  int
	end  int
	err  error // of src, sticky
	base int64 // bytes of the input before in

	bits  uint64 // unread bits, the next one lowest
	nbits uint   // how many of them count

	state  state
	final  bool // the block at hand is the last of its member
	stored int  // bytes left of a stored block
	size   int64
	crc    uint32

	literals  [literalSize]uint32
	distances [distanceSize]uint32
	lengths   [288 + 32]uint8
	window    []byte // of Read: what was inflated
	unread    int    // where in window Read goes on
	failed    error  // of Fill, for Read
}

type state uint8

const (
	inMember state = iota // a header of a block is next
	inCodes
	inStored
	atTrailer
	atEnd
)

// Reset makes z read from r, of which it may read more than it needs, and reads the
// first header: io.EOF if there is nothing, [gzip.ErrHeader] if it is no gzip.
func (z *Reader) Reset(r io.Reader) error {
	z.src, z.pos, z.end, z.err, z.base = r, 0, 0, nil, 0
	if z.in == nil {
		z.in = make([]byte, inputSize+padding)
	}
	z.window, z.unread, z.failed = z.window[:0], 0, nil
	return z.header()
}

// Fill inflates into buf behind its first have bytes, and returns how many it wrote.
// It stops where buf has little room left; it needs [MinRoom]. The bytes before have
// must be those that Fill wrote before, at least the last [Window] of them, and buf
// belongs to Fill up to its end. At the end of the input the error is io.EOF, with n
// 0; [io.ErrUnexpectedEOF] where it breaks off, a [flate.CorruptInputError] or
// [gzip.ErrChecksum] where it is damaged, and [gzip.ErrHeader] where something else
// than gzip follows.
func (z *Reader) Fill(buf []byte, have int) (n int, err error) {
	at := have
	for len(buf)-at >= MinRoom/2 && z.state != atEnd {
		from := at
		low := int(max(0, int64(at)-z.size)) // where the member begins, or what is left of it
		switch z.state {
		case inMember:
			err = z.block()
		case inCodes:
			at, err = z.codes(buf, at, low)
		case inStored:
			at, err = z.copyStored(buf, at)
		}
		z.crc = crc32.Update(z.crc, crc32.IEEETable, buf[from:at])
		z.size += int64(at - from)
		if err == nil && z.state == atTrailer {
			err = z.trailer()
		}
		if err != nil {
			return at - have, err
		}
	}
	if at == have && z.state == atEnd {
		return 0, io.EOF
	}
	return at - have, nil
}

// Read implements io.Reader.
func (z *Reader) Read(p []byte) (int, error) {
	if z.window == nil {
		z.window = make([]byte, 0, 3*Window)
	}
	for z.unread == len(z.window) {
		if z.failed != nil {
			return 0, z.failed
		}
		if len(z.window) > 2*Window {
			z.unread = copy(z.window, z.window[len(z.window)-Window:])
			z.window = z.window[:z.unread]
		}
		n, err := z.Fill(z.window[:cap(z.window)], len(z.window))
		z.window, z.failed = z.window[:len(z.window)+n], err
	}
	n := copy(p, z.window[z.unread:])
	z.unread += n
	return n, nil
}

// load reads on, and reports whether n bytes of input are there. At the end there
// are fewer; what is behind it reads as zeros.
func (z *Reader) load(n int) bool {
	for empty := 0; z.end-z.pos < n && z.err == nil; {
		if drop := z.pos - giveBack; drop > 0 {
			z.base += int64(drop)
			z.end = copy(z.in, z.in[drop:z.end])
			z.pos = giveBack
		}
		m, err := z.src.Read(z.in[z.end:inputSize])
		z.end += m
		if empty++; m > 0 {
			empty = 0
		}
		if err == nil && empty == 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			z.err = err
			clear(z.in[z.end : z.end+padding])
		}
	}
	return z.end-z.pos >= n
}

// cut returns the error of an input that ends too early.
func (z *Reader) cut() error {
	if z.err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return z.err
}

func (z *Reader) corrupt() error { return flate.CorruptInputError(z.base + int64(z.pos)) }

// refill makes at least 56 bits available.
func (z *Reader) refill() {
	z.bits |= binary.LittleEndian.Uint64(z.in[z.pos:]) << (z.nbits & 63)
	z.pos += int(63-z.nbits) >> 3
	z.nbits |= 56
}

func (z *Reader) take(n uint) uint64 {
	v := z.bits & (1<<n - 1)
	z.bits >>= n
	z.nbits -= n
	return v
}

// overrun reports whether more bits were taken than the input has.
func (z *Reader) overrun() bool { return z.pos-int(z.nbits>>3) > z.end }

// align gives whole bytes that were fetched back, and drops the rest of a byte.
func (z *Reader) align() {
	z.pos -= int(z.nbits >> 3)
	z.bits, z.nbits = 0, 0
}

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

func (z *Reader) copyStored(buf []byte, at int) (int, error) {
	for z.stored > 0 && at < len(buf) {
		if !z.load(1) {
			return at, z.cut()
		}
		n := copy(buf[at:], z.in[z.pos:min(z.end, z.pos+z.stored)])
		at += n
		z.pos += n
		z.stored -= n
	}
	if z.stored == 0 {
		z.endBlock()
	}
	return at, nil
}

func (z *Reader) endBlock() {
	z.state = inMember
	if z.final {
		z.state = atTrailer
	}
}

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
// No match may reach below low.
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
