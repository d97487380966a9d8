package format

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync"

	"flame/collapse/inflate"
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
	z := inflaters.Get().(*inflate.Reader)
	defer inflaters.Put(z)
	if err := z.Reset(bytes.NewReader(head)); err != nil {
		return nil, err
	}
	below := make([]byte, size+inflate.MinRoom)
	n := 0
	for n < int(size) {
		m, err := z.Fill(below, n)
		n += m
		if err == io.EOF {
			break
		}
		if err != nil {
			return below[:n], err
		}
	}
	return below[:min(n, int(size))], nil
}

// inflaters holds readers that have looked at a head, for the memory they have.
var inflaters = sync.Pool{New: func() any { return new(inflate.Reader) }}

// An inflater is a reader of gzip whose errors say what happened.
type inflater struct {
	z   inflate.Reader
	src *countingReader // the input itself
}

// peel takes one layer of gzip off r, which reads from src.
func peel(r io.Reader, src *countingReader) (io.Reader, error) {
	f := &inflater{src: src}
	if err := f.z.Reset(r); err != nil {
		return nil, inflateErrorOf(err, src.n)
	}
	return f, nil
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
