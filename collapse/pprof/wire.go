package pprof

import (
	"errors"
	"fmt"
	"io"

	"flame/collapse"
)

// A SyntaxError says where the input breaks the format.
type SyntaxError struct {
	Offset int64 // bytes of the inflated input before the broken field
	Msg    string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("malformed pprof profile at byte %d: %s", e.Offset, e.Msg)
}

// Wire types of the protocol buffer encoding. Groups (3 and 4) were never part
// of profile.proto.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

var (
	errVarint    = errors.New("a number is longer than 10 bytes or cut off")
	errTruncated = errors.New("a field is longer than what holds it")
)

// varint decodes a base-128 number at the start of b and returns it with its
// length; the length is 0 if b does not hold a whole one.
func varint(b []byte) (v uint64, n int) {
	for i := 0; i < len(b) && i < 10; i++ {
		c := b[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// A field is one field of a message: a number for wire type varint, the content
// for wire type bytes. Fixed-size fields are skipped and never returned.
type field struct {
	num  int
	wire int
	u    uint64
	data []byte
}

// next cuts the first field off a message, into f, and returns the rest. One byte
// holds the tag of every field of profile.proto, and most numbers.
func (f *field) next(b []byte) (rest []byte, err error) {
	if len(b) == 0 {
		return nil, errVarint
	}
	tag, n := uint64(b[0]), 1
	if tag >= 0x80 {
		if tag, n = varint(b); n == 0 {
			return nil, errVarint
		}
	}
	b = b[n:]
	f.num, f.wire = int(tag>>3), int(tag&7)
	if f.wire != wireVarint && f.wire != wireBytes {
		return f.skip(b)
	}
	if len(b) > 0 && b[0] < 0x80 {
		f.u, b = uint64(b[0]), b[1:]
	} else {
		if f.u, n = varint(b); n == 0 {
			return nil, errVarint
		}
		b = b[n:]
	}
	if f.wire == wireVarint {
		return b, nil
	}
	if f.u > uint64(len(b)) {
		return nil, errTruncated
	}
	f.data = b[:f.u]
	return b[f.u:], nil
}

// skip passes over a field of fixed size, whose tag has been read.
func (f *field) skip(b []byte) (rest []byte, err error) {
	size := fixedSize(f.wire)
	if size == 0 {
		return nil, fmt.Errorf("wire type %d is unknown", f.wire)
	}
	if size > len(b) {
		return nil, errTruncated
	}
	return b[size:], nil
}

func fixedSize(wire int) int {
	switch wire {
	case wireFixed64:
		return 8
	case wireFixed32:
		return 4
	}
	return 0
}

// number returns the value of a field that must be a varint.
func (f *field) number() (uint64, error) {
	if f.wire != wireVarint {
		return 0, fmt.Errorf("field %d is no number", f.num)
	}
	return f.u, nil
}

// A stream cuts the top level of a message that arrives from a reader into its
// fields. It holds one field at a time: the slice it returned is good until the
// next call.
type stream struct {
	r     io.Reader
	buf   []byte
	pos   int // next unread byte of buf
	off   int64
	limit int64
	err   error // sticky, io.EOF at the end
}

func (s *stream) reset(r io.Reader, limit int64) {
	*s = stream{r: r, buf: s.buf[:0], limit: limit}
	if s.buf == nil {
		s.buf = make([]byte, 0, 128<<10)
	}
}

// offset returns how many bytes came before the next field.
func (s *stream) offset() int64 { return s.off + int64(s.pos) }

// need makes n bytes available from pos on, and reports whether that many
// arrived.
func (s *stream) need(n int) bool {
	for len(s.buf)-s.pos < n && s.err == nil {
		s.fill(n)
	}
	return len(s.buf)-s.pos >= n
}

func (s *stream) fill(n int) {
	if s.pos > 0 {
		s.off += int64(s.pos)
		s.buf = s.buf[:copy(s.buf, s.buf[s.pos:])]
		s.pos = 0
	}
	if n > cap(s.buf) {
		// Grown by doubling as bytes arrive, so that a length nobody sent
		// cannot make us allocate it.
		grown := make([]byte, len(s.buf), min(max(2*cap(s.buf), 64<<10), n))
		copy(grown, s.buf)
		s.buf = grown
	}
	if len(s.buf) == cap(s.buf) {
		grown := make([]byte, len(s.buf), 2*cap(s.buf))
		copy(grown, s.buf)
		s.buf = grown
	}
	m, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
	s.buf = s.buf[:len(s.buf)+m]
	s.err = err
	if s.off+int64(len(s.buf)) > s.limit {
		s.err = &collapse.LimitError{What: "bytes of decompressed input", Limit: s.limit}
		s.buf = s.buf[:s.pos]
	}
}

// next reads the next field into f. At the end of the input the error is io.EOF; an
// error of the reader or a limit is returned as it is, a broken field as a
// *SyntaxError.
func (s *stream) next(f *field) error {
	if rest, err := f.next(s.buf[s.pos:]); err == nil { // all of it is here
		s.pos = len(s.buf) - len(rest)
		return nil
	}
	at := s.offset()
	if !s.need(1) {
		return s.err
	}
	tag, err := s.varint()
	if err != nil {
		return s.broken(at, err)
	}
	f.num, f.wire = int(tag>>3), int(tag&7)
	if f.wire == wireVarint {
		if f.u, err = s.varint(); err != nil {
			return s.broken(at, err)
		}
		return nil
	}
	size := uint64(fixedSize(f.wire))
	if f.wire == wireBytes {
		if size, err = s.varint(); err != nil {
			return s.broken(at, err)
		}
	} else if size == 0 {
		return s.broken(at, fmt.Errorf("wire type %d is unknown", f.wire))
	}
	// A length beyond the limit is read up to it: what then ends first, the
	// input or the limit, is the error.
	n := int(min(size, uint64(s.limit)+1))
	if !s.need(n) {
		return s.broken(at, errTruncated)
	}
	f.data = s.buf[s.pos : s.pos+n]
	s.pos += n
	return nil
}

func (s *stream) varint() (uint64, error) {
	s.need(10)
	v, n := varint(s.buf[s.pos:])
	if n == 0 {
		return 0, errVarint
	}
	s.pos += n
	return v, nil
}

// broken prefers what the reader said: a field that is cut off because the
// connection or the gzip stream broke is not the format's fault.
func (s *stream) broken(at int64, err error) error {
	if s.err != nil && s.err != io.EOF {
		return s.err
	}
	return &SyntaxError{Offset: at, Msg: err.Error()}
}
