package format

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// maxGzip is how many layers of gzip are taken off: a file that was compressed on
// disk and again on its way has two.
const maxGzip = 2

func isGzip(head []byte) bool { return len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b }

// preview returns the first bytes of an input below its gzip layers, up to size, and
// how many layers there are. Head is the start of the input, and nothing is read.
func preview(head []byte, size int64) (below []byte, layers int, err error) {
	for isGzip(head) {
		if layers == maxGzip {
			return nil, layers, &Error{What: "this is gzip in gzip in gzip", Hint: "inflate it first"}
		}
		layers++
		compressed := len(head)
		if head, err = inflateHead(head, size); len(head) == 0 && err != nil {
			return nil, layers, inflateErrorOf(err, int64(compressed))
		}
	}
	return head, layers, nil
}

// inflateHead inflates what can be of the start of a gzip stream.
func inflateHead(head []byte, size int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, size))
}

// An inflater is a gzip.Reader whose errors say what happened.
type inflater struct {
	z   *gzip.Reader
	src *countingReader // the input itself
}

// peel takes one layer of gzip off r, which reads from src.
func peel(r io.Reader, src *countingReader) (io.Reader, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, inflateErrorOf(err, src.n)
	}
	return bufio.NewReaderSize(&inflater{z, src}, headSize), nil
}

// Read implements io.Reader.
func (f *inflater) Read(p []byte) (int, error) {
	n, err := f.z.Read(p)
	if err != nil && err != io.EOF {
		err = inflateErrorOf(err, f.src.n)
	}
	return n, err
}

// An inflateError is one sentence about a broken gzip stream.
type inflateError struct {
	what string
	err  error
}

// Error implements error.
func (e *inflateError) Error() string { return e.what }

// Unwrap returns what package gzip said.
func (e *inflateError) Unwrap() error { return e.err }

// inflateErrorOf returns an *inflateError if err is about a gzip stream of which
// n bytes were there, else err.
func inflateErrorOf(err error, n int64) error {
	var corrupt flate.CorruptInputError
	what := ""
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF:
		what = fmt.Sprintf("the gzip data break off after %d bytes, so part of the profile is missing; fetch or copy it again", n)
	case errors.Is(err, gzip.ErrHeader):
		what = "something that is no gzip data stands in front of the profile or behind it; give the profile alone"
	case errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt):
		what = "the gzip data are damaged; fetch or copy the profile again, as binary data"
	default:
		return err
	}
	return &inflateError{what, err}
}

type countingReader struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
