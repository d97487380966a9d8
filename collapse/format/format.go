// Package format knows the formats that profiles come in: it tells by content
// what an input is, inflates it, and has it decoded.
//
// It is the one table of formats; the command line, the service and the handler
// all ask it. An input that is no profile is recognised too where people really
// hand it over by mistake, an HTML page or an execution trace for instance, and
// the [Error] says what it is and what to do.
package format

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"

	"flame/collapse"
	"flame/collapse/pprof"
	"flame/svg"
)

// Options change how profiles are decoded, in whatever format they come. The
// zero Options is ready for use.
type Options struct {
	Limits collapse.Limits

	// Ordered keeps the order of the input, for a flame chart (see
	// [collapse.Profile]). A flame SVG stays as it was made.
	Ordered bool

	// AllFrames keeps the frames that a pprof profile itself says are of no
	// interest.
	AllFrames bool

	// Detail and Labels say what of a pprof profile is read besides functions (see
	// [pprof.Options]). Formats that do not have it take no notice.
	Detail collapse.Detail
	Labels bool

	// Inlined tells calls that the compiler inlined from others by the frames'
	// kind, in a pprof profile.
	Inlined bool
}

// A Format is one that profiles can be read from.
type Format struct {
	Name        string // short, as in messages: "pprof", "folded", "svg"
	Description string // one line for a help text

	sniff    func(head []byte) bool
	glance   func(head []byte) bool // by the first kB alone it is surely this one; nil if that never is
	decode   func(io.Reader, Options) (*collapse.Profile, error)
	inflates bool // decode takes gzip off itself
}

var formats = []Format{
	{
		Name:        "svg",
		Description: "a flame graph that flame wrote, with the whole profile in it",
		sniff:       svg.Sniff,
		decode: func(r io.Reader, o Options) (*collapse.Profile, error) {
			return svg.Read(r, o.Limits)
		},
	},
	{
		Name:        "pprof",
		Description: "profile.proto, as Go's net/http/pprof and many others write it, and pprof's older formats",
		sniff:       isPprof,
		glance:      func(head []byte) bool { return isProto(head) && !isText(head) },
		inflates:    true,
		decode: func(r io.Reader, o Options) (*collapse.Profile, error) {
			return pprof.Decode(r, pprof.Options{Limits: o.Limits, Ordered: o.Ordered, AllFrames: o.AllFrames, Detail: o.Detail, Labels: o.Labels, Inlined: o.Inlined})
		},
	},
	{
		// The last, for it takes any text and has the best words for one that
		// is none.
		Name:        "folded",
		Description: "folded stacks, \"main;work 5\" on each line, as FlameGraph's stackcollapse-*.pl and inferno-collapse-* write them",
		sniff:       isText,
		decode: func(r io.Reader, o Options) (*collapse.Profile, error) {
			return collapse.ReadFolded(r, collapse.FoldedOptions{Limits: o.Limits, Ordered: o.Ordered})
		},
	},
}

// Formats returns all formats, in the order in which they are tried.
func Formats() []Format { return append([]Format(nil), formats...) }

// An Error says that the input is something else than a profile.
type Error struct {
	What string // what it is: "this is an HTML page, not a profile"
	Hint string // what to do: "check the URL"; may be empty

	Empty bool // it is nothing: 0 bytes, once inflated
}

// Error implements error: one sentence.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.What
	}
	return e.What + "; " + e.Hint
}

// headSize is how much of an input is looked at. The text profiles of Go tell by
// the comments under their first stack what they are, and stacks are long.
const headSize = 64 << 10

// Decode reads one profile in any of the [Formats], and in gzip, once or twice,
// of any number of members. What is something else is an [*Error], an input over
// the limits a [*collapse.LimitError]; no error names the input, which the caller
// knows. A profile without samples is no error.
func Decode(r io.Reader, o Options) (*collapse.Profile, error) {
	o.Limits = o.Limits.WithDefaults()
	counted := &countingReader{r: r}
	in := readers.Get().(*bufio.Reader)
	in.Reset(counted)
	defer func() {
		in.Reset(nil)
		readers.Put(in)
	}()
	head, err := in.Peek(headSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	f, layers, err := detect(head)
	if err != nil {
		return nil, err
	}
	src := io.Reader(in)
	if f.inflates && layers > 0 {
		layers--
	}
	for range layers {
		if src, err = peel(src, counted); err != nil {
			return nil, err
		}
	}
	p, err := f.decode(src, o)
	if f.inflates && err != nil {
		err = inflateErrorOf(err, counted.n)
	}
	if broken := (*inflateError)(nil); errors.As(err, &broken) {
		return nil, broken // not what the decoder made of it
	}
	return p, err
}

// readers holds readers of inputs, for the memory they have.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, headSize) }}

// glanceSize is enough to know most inputs by.
const glanceSize = 1 << 10

// detect returns the format of an input that begins with head, and how many layers
// of gzip are around it.
func detect(head []byte) (f Format, layers int, err error) {
	first, layers, err := preview(head, glanceSize)
	first = first[:min(len(first), glanceSize)]
	for _, f := range formats {
		if err == nil && len(first) == glanceSize && f.glance != nil && f.glance(first) {
			return f, layers, nil
		}
	}
	if head, layers, err = preview(head, headSize); err != nil {
		return f, layers, err
	}
	f, err = Detect(head)
	return f, layers, err
}

// Detect returns the format that an input has, by its first bytes (64 kB tell
// all there is to tell) after inflating. The error is an [*Error].
func Detect(head []byte) (Format, error) {
	if len(head) == 0 {
		return Format{}, &Error{What: "it is empty, 0 bytes long", Hint: "take the profile again", Empty: true}
	}
	if err := foreign(head); err != nil {
		return Format{}, err
	}
	for _, f := range formats {
		if f.sniff(head) {
			return f, nil
		}
	}
	return Format{}, &Error{
		What: fmt.Sprintf("this is binary data in no format that flame reads, starting with %s", quoteHead(head)),
		Hint: "give it a pprof profile, folded stacks or an SVG file of flame",
	}
}
