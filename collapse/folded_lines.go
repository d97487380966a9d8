package collapse

import (
	"bytes"
	"io"
	"slices"
)

// byteOrderMark is what some editors put before UTF-8 text.
const byteOrderMark = "\xef\xbb\xbf"

// maxLine bounds one line, which has to be held whole since its count comes last.
const maxLine = 64 << 20

// eachLine calls f with each line of the input, a leading byte order mark and the
// LF taken off. The line is valid during the call.
func eachLine(r io.Reader, limits Limits, f func([]byte) error) error {
	in := lineReader{r: r, limits: limits, buf: make([]byte, 0, 256<<10)}
	first := true
	for {
		line, err := in.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if first {
			first = false
			if line = bytes.TrimPrefix(line, []byte(byteOrderMark)); len(line) == 0 && in.atEnd() {
				return nil // a byte order mark and nothing else
			}
		}
		if err := f(line); err != nil {
			return err
		}
	}
}

// lineReader cuts an input into lines without copying them out of its buffer.
type lineReader struct {
	r      io.Reader
	limits Limits
	buf    []byte
	pos    int // of the next line in buf
	read   int64
	eof    bool
}

func (l *lineReader) atEnd() bool { return l.eof && l.pos == len(l.buf) }

func (l *lineReader) next() ([]byte, error) {
	scanned, semicolons := 0, 0
	for {
		rest := l.buf[l.pos:]
		if i := bytes.IndexByte(rest[scanned:], '\n'); i >= 0 {
			line := rest[:scanned+i]
			l.pos += len(line) + 1
			return line, nil
		}
		if l.eof {
			l.pos = len(l.buf)
			if len(rest) == 0 {
				return nil, io.EOF
			}
			return rest, nil
		}
		// The line is longer than what is buffered. One far too deep or too
		// long is refused before there is more of it in memory.
		if semicolons += bytes.Count(rest[scanned:], []byte(";")); semicolons > l.limits.Depth {
			return nil, l.limits.CheckDepth(semicolons + 1)
		}
		if scanned = len(rest); scanned > maxLine {
			return nil, &LimitError{What: "bytes in one line", Limit: maxLine}
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads once, behind the part of a line that is buffered.
func (l *lineReader) fill() error {
	l.buf = l.buf[:copy(l.buf[:cap(l.buf)], l.buf[l.pos:])]
	l.pos = 0
	if len(l.buf) > cap(l.buf)/2 {
		l.buf = slices.Grow(l.buf, 2*cap(l.buf)-len(l.buf))
	}
	for range 100 {
		n, err := l.r.Read(l.buf[len(l.buf):cap(l.buf)])
		l.buf = l.buf[:len(l.buf)+n]
		if l.read += int64(n); l.read > l.limits.Bytes {
			return &LimitError{What: "bytes of decompressed input", Limit: l.limits.Bytes}
		}
		if err == io.EOF {
			l.eof = true
			return nil
		}
		if n > 0 || err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}
