package pprof

import (
	"fmt"
	"io"

	"flame/collapse"
	"flame/collapse/inflate"
)

// A source writes what comes next behind the first have bytes of buf, to which it
// has written before, as [inflate.Reader] does.
type source interface {
	Fill(buf []byte, have int) (n int, err error)
}

// A plain source is an input that is not compressed.
type plain struct{ r io.Reader }

// Fill implements source.
func (p *plain) Fill(buf []byte, have int) (int, error) { return p.r.Read(buf[have:]) }

// A peeker tells the first two bytes of an input before it is read.
type peeker struct {
	r    io.Reader
	head [2]byte
	left int   // bytes of head that were not read yet
	err  error // of the input, behind head
}

func (p *peeker) reset(r io.Reader) {
	p.r = r
	if p.left, p.err = io.ReadFull(r, p.head[:]); p.err == io.ErrUnexpectedEOF {
		p.head[1], p.err = p.head[0], io.EOF
	}
}

func (p *peeker) isGzip() bool { return p.left == 2 && p.head == [2]byte{0x1f, 0x8b} }

// Read implements io.Reader.
func (p *peeker) Read(b []byte) (int, error) {
	if p.left > 0 {
		n := copy(b, p.head[len(p.head)-p.left:])
		p.left -= n
		return n, nil
	}
	if p.err != nil {
		return 0, p.err
	}
	return p.r.Read(b)
}

// streamBuffer is the room for the inflated input, which should stay in a
// processor's own cache while it is decoded.
const streamBuffer = 256 << 10

// A stream cuts the top level of a message that arrives from a reader into its
// fields. It holds one field at a time: the slice it returned is good until the
// next call.
type stream struct {
	src   source
	buf   []byte
	pos   int // next unread byte of buf
	off   int64
	limit int64
	err   error // sticky, io.EOF at the end
}

func (s *stream) reset(src source, limit int64) {
	*s = stream{src: src, buf: s.buf[:0], limit: limit}
	if s.buf == nil {
		s.buf = make([]byte, 0, streamBuffer)
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
	// What was read goes, but for what matches may still reach back to.
	if drop := min(s.pos, len(s.buf)-inflate.Window); drop > 0 && 2*len(s.buf) > cap(s.buf) {
		s.off += int64(drop)
		s.buf = s.buf[:copy(s.buf, s.buf[drop:])]
		s.pos -= drop
	}
	if cap(s.buf)-len(s.buf) < inflate.MinRoom || 2*len(s.buf) > cap(s.buf) && n > cap(s.buf)-s.pos {
		// Grown by doubling as bytes arrive, so that a length nobody sent
		// cannot make us allocate it.
		grown := make([]byte, len(s.buf), 2*cap(s.buf))
		copy(grown, s.buf)
		s.buf = grown
	}
	m, err := s.src.Fill(s.buf[:cap(s.buf)], len(s.buf))
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
