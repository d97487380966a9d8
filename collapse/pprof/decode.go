package pprof

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"flame/collapse"

	"github.com/google/pprof/profile"
)

// Options change how a profile is decoded. The zero Options is what go tool
// pprof does, within safe limits.
type Options struct {
	Limits collapse.Limits

	// Ordered keeps the samples in the order of the input, for a flame chart
	// (see [collapse.Profile]).
	Ordered bool

	// AllFrames keeps the frames that the profile's own drop_frames and
	// keep_frames say are of no interest (allocator internals and the like).
	AllFrames bool

	// Detail is how much of a frame is read and tells it from others, for filters
	// and granularity (see [collapse.Profile.Detailed]).
	Detail collapse.Detail

	// Labels keeps the labels of the samples (see [collapse.Label]).
	Labels bool

	// Inlined gives the frames of inlined calls the kind [collapse.Inlined], so
	// that a function is one frame where it was called and another where it was
	// inlined. For reports that tell the two; in a flame graph they are one.
	Inlined bool

	converted bool // it is one of the older formats no more
}

// Decode reads one profile, gzipped or not, in profile.proto or one of the older
// formats of pprof. It keeps all sample types, expands inlined calls into frames
// of their own and ignores labels, unless Labels asks for them.
//
// What is no profile, or a broken one, is an error: a [SyntaxError] for broken
// profile.proto, a [collapse.LimitError] for too large an input. A profile
// without samples is no error; see [collapse.Profile.Total].
func Decode(r io.Reader, o Options) (*collapse.Profile, error) {
	o.Limits = o.Limits.WithDefaults()
	d := decoders.Get().(*decoder)
	defer d.release()
	return d.decode(r, o)
}

// decoders holds decoders that have done their work, for the memory they have.
var decoders = sync.Pool{New: func() any { return newDecoder() }}

func (d *decoder) decode(r io.Reader, o Options) (*collapse.Profile, error) {
	d.reset(o)
	d.in.reset(r)
	d.plain.r = &d.in
	src := source(&d.plain)
	if d.in.isGzip() {
		if err := d.inflate.Reset(&d.in); err == gzip.ErrHeader {
			return nil, fmt.Errorf("inflate profile: %w", err)
		} else if err != nil {
			return nil, inflateError(err)
		}
		src = &d.inflate
	}
	s := &d.stream
	s.reset(src, o.Limits.Bytes)
	s.need(sniffLen)
	if err := s.err; err != nil && err != io.EOF {
		return nil, inflateError(err)
	}
	head := s.buf[s.pos:]
	if len(head) == 0 {
		return nil, errors.New("the profile is empty: it has no bytes")
	}
	if !Sniff(head) && !o.converted {
		return decodeLegacy(s, o)
	}
	err := d.run(s)
	if _, broken := errors.AsType[*SyntaxError](err); broken && s.off == 0 && !o.converted {
		// It broke so early that all of it is at hand still: perhaps a text
		// with a control character in it.
		s.pos = 0
		if p, err := decodeLegacy(s, o); err == nil {
			return p, nil
		}
	}
	if err != nil {
		return nil, inflateError(err)
	}
	return d.profile()
}

// inflateError says of an error of the gzip stream what it means.
func inflateError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("inflate profile: the gzip data end too early, so part of the profile is missing: %w", err)
	case errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("inflate profile: something that is no gzip data follows the profile: %w", err)
	case errors.Is(err, gzip.ErrChecksum):
		return fmt.Errorf("inflate profile: the data were damaged on their way: %w", err)
	}
	return err
}

const sniffLen = 64

// Sniff reports whether head, the first bytes of an input that is not
// compressed, can be the start of a profile.proto message. The older formats
// are text, or start with a zero byte.
func Sniff(head []byte) bool {
	if len(head) == 0 {
		return false
	}
	tag, n := varint(head)
	if n == 0 || tag>>3 == 0 || tag>>3 > 15 {
		return false
	}
	if w := tag & 7; w != wireVarint && w != wireBytes {
		return false
	}
	// A message holds lengths and small ids, text does not.
	for _, c := range head[:min(len(head), sniffLen)] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return true
		}
	}
	return false
}

// decodeLegacy reads the rest of the stream and has google/pprof parse it.
func decodeLegacy(s *stream, o Options) (*collapse.Profile, error) {
	s.need(math.MaxInt)
	if s.err != io.EOF {
		return nil, inflateError(s.err)
	}
	p, err := profile.ParseData(s.buf[s.pos:])
	if err != nil {
		return nil, fmt.Errorf("not a pprof profile, nor one of pprof's older formats: %w", err)
	}
	if !o.AllFrames {
		if err := p.RemoveUninteresting(); err != nil {
			return nil, fmt.Errorf("drop frames: %w", err)
		}
	}
	var buf bytes.Buffer
	if err := p.WriteUncompressed(&buf); err != nil {
		return nil, fmt.Errorf("convert an older profile: %w", err)
	}
	o.AllFrames, o.converted = true, true
	return Decode(&buf, o)
}
