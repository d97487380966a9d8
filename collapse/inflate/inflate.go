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
