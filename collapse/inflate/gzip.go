package inflate

import (
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// Flags of a member's header.
const (
	hasChecksum = 1 << 1
	hasExtra    = 1 << 2
	hasName     = 1 << 3
	hasComment  = 1 << 4
)

// header reads the header of a member. The error is io.EOF if the input has ended.
func (z *Reader) header() error {
	z.bits, z.nbits, z.size, z.crc, z.state = 0, 0, 0, 0, atEnd
	if !z.load(1) {
		return z.err
	}
	if !z.load(10) {
		return z.cut()
	}
	h := z.in[z.pos : z.pos+10]
	if h[0] != 0x1f || h[1] != 0x8b || h[2] != 8 {
		return gzip.ErrHeader
	}
	flags := h[3]
	crc := crc32.ChecksumIEEE(h)
	z.pos += 10
	err := error(nil)
	if flags&hasExtra != 0 {
		var n uint16
		if n, err = z.uint16(); err == nil {
			crc = crc32.Update(crc, crc32.IEEETable, []byte{byte(n), byte(n >> 8)})
			crc, err = z.skip(crc, int(n), false)
		}
	}
	for _, text := range [...]byte{hasName, hasComment} {
		if flags&text != 0 && err == nil {
			crc, err = z.skip(crc, maxText, true)
		}
	}
	if flags&hasChecksum != 0 && err == nil {
		var sum uint16
		if sum, err = z.uint16(); err == nil && sum != uint16(crc) {
			err = gzip.ErrHeader
		}
	}
	if err == nil {
		z.state = inMember
	}
	return err
}

// maxText is how long a name or a comment may be. compress/gzip takes half a
// kilobyte.
const maxText = 1 << 20

func (z *Reader) uint16() (uint16, error) {
	if !z.load(2) {
		return 0, z.cut()
	}
	z.pos += 2
	return binary.LittleEndian.Uint16(z.in[z.pos-2:]), nil
}

// skip passes over n bytes, or over a text that a zero byte ends within n bytes, and
// returns the checksum with them.
func (z *Reader) skip(crc uint32, n int, text bool) (uint32, error) {
	for ; n > 0; n-- {
		if !z.load(1) {
			return crc, z.cut()
		}
		b := z.in[z.pos : z.pos+1]
		z.pos++
		crc = crc32.Update(crc, crc32.IEEETable, b)
		if text && b[0] == 0 {
			return crc, nil
		}
	}
	if text {
		return crc, gzip.ErrHeader
	}
	return crc, nil
}

// trailer checks the end of a member, and begins the next one.
func (z *Reader) trailer() error {
	z.align()
	if !z.load(trailerSize) {
		return z.cut()
	}
	sum, size := binary.LittleEndian.Uint32(z.in[z.pos:]), binary.LittleEndian.Uint32(z.in[z.pos+4:])
	z.pos += trailerSize
	if sum != z.crc || size != uint32(z.size) {
		return gzip.ErrChecksum
	}
	if err := z.header(); err != io.EOF {
		return err
	}
	return nil
}
