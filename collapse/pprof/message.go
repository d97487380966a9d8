package pprof

import (
	"errors"
	"fmt"
	"io"

	"flame/collapse"
	"flame/collapse/inflate"
)

// Field numbers of profile.proto's messages.
const (
	profileSampleType  = 1
	profileSample      = 2
	profileMapping     = 3
	profileLocation    = 4
	profileFunction    = 5
	profileString      = 6
	profileDropFrames  = 7
	profileKeepFrames  = 8
	profileTime        = 9
	profileDuration    = 10
	profilePeriodType  = 11
	profilePeriod      = 12
	profileComment     = 13
	profileDefaultType = 14
	profileDocURL      = 15

	sampleLocation = 1
	sampleValue    = 2
	sampleLabel    = 3
)

// valueType is a ValueType before its strings are known.
type valueType struct{ typ, unit int64 }

// A decoder holds what one pass over the input collects.
type decoder struct {
	in      peeker
	plain   plain
	inflate inflate.Reader
	stream  stream

	o     Options
	limit collapse.Limits
	header

	strings   stringTable
	locIDs    ids
	locations []location
	lines     []uint32 // function indexes
	places    []place  // by line, where the Detail asks for lines
	funcIDs   ids
	functions []function
	mappings  []mapping

	stacks  stackTable
	labels  *labelTable // nil unless labels are asked for
	raw     []byte      // location ids of the sample at hand, where it has several fields of them
	values  []int64
	samples int

	gross    []int64 // the sums of the absolute values
	negative bool    // one of them was not absolute

	resolver resolver
}

// A header is what a profile says once; strings by index.
type header struct {
	types                   []valueType
	periodType              valueType
	drop, keep, defaultType int64
	time, duration, period  int64
	comments                []int64
	docURL                  int64
	maxString               int64 // largest index of a string that flame does not use
}

func newDecoder() *decoder {
	d := &decoder{}
	d.resolver.out = collapse.NewStacks(1, collapse.Limits{})
	return d
}

// reset makes d ready for another input. All tables keep their memory.
func (d *decoder) reset(o Options) {
	d.o, d.limit, d.header = o, o.Limits, header{}
	d.strings.reset()
	d.locIDs.reset()
	d.funcIDs.reset()
	d.locations, d.lines, d.functions, d.mappings = d.locations[:0], d.lines[:0], d.functions[:0], d.mappings[:0]
	d.stacks.reset(o.Ordered)
	d.places = d.places[:0]
	d.labels = nil
	if o.Labels {
		d.labels = newLabelTable()
	}
	d.samples, d.gross, d.negative = 0, nil, false
}

// keepBytes is how large an input a decoder may have seen that is kept for the
// next: a single huge profile must not hold its memory for ever.
const keepBytes = 64 << 20

// release gives d back for reuse.
func (d *decoder) release() {
	d.in.r = nil
	if !d.isLarge() {
		decoders.Put(d)
	}
}

func (d *decoder) isLarge() bool { return d.stream.offset() > keepBytes }

// run reads all top-level fields.
func (d *decoder) run(s *stream) error {
	for {
		if err := d.messages(s); err != nil {
			return err
		}
		var f field
		at := s.offset()
		switch err := s.next(&f); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
		if err := d.field(&f); err != nil {
			return syntaxError(err, at)
		}
	}
}

// messages reads messages and strings as long as they are wholly in the buffer of s:
// nearly all there are. It leaves other fields, and what is broken, to others.
func (d *decoder) messages(s *stream) error {
	for b := s.buf; s.pos < len(b); {
		tag, v, next := cut(b, s.pos)
		if tag == broken || !isMessage(tag) {
			return nil
		}
		if err := d.message(tag>>3, b[next-int(v):next]); err != nil {
			return syntaxError(err, s.offset())
		}
		s.pos = next
	}
	return nil
}

// syntaxError says where in the input err is, unless it is a limit.
func syntaxError(err error, at int64) error {
	if _, ok := errors.AsType[*collapse.LimitError](err); ok {
		return err
	}
	return &SyntaxError{Offset: at, Msg: err.Error()}
}

// isMessage reports whether a tag is that of a message or a string.
func isMessage(tag uint64) bool {
	const fields = 1<<profileSampleType | 1<<profileSample | 1<<profileMapping | 1<<profileLocation |
		1<<profileFunction | 1<<profileString | 1<<profilePeriodType
	return tag&7 == wireBytes && fields>>(tag>>3)&1 != 0
}

func (d *decoder) field(f *field) error {
	switch f.num {
	case profileSampleType, profileSample, profileMapping, profileLocation, profileFunction, profileString, profilePeriodType:
		if f.wire != wireBytes {
			return fmt.Errorf("field %d is no message", f.num)
		}
		return d.message(uint64(f.num), f.data)
	case profileComment:
		return d.comment(f)
	case profileTime:
		if d.time != 0 {
			return errors.New("it has two times, so it is several profiles one after the other; give them to flame as several files")
		}
		return setInt(&d.time, f)
	case profileDropFrames:
		return setInt(&d.drop, f)
	case profileKeepFrames:
		return setInt(&d.keep, f)
	case profileDuration:
		return setInt(&d.duration, f)
	case profilePeriod:
		return setInt(&d.period, f)
	case profileDefaultType:
		return setInt(&d.defaultType, f)
	case profileDocURL:
		return setInt(&d.docURL, f)
	}
	return nil // a field of a later version
}

func (d *decoder) comment(f *field) error {
	if f.wire != wireBytes {
		v, err := f.number()
		d.comments = append(d.comments, int64(v))
		return err
	}
	for b := f.data; len(b) > 0; {
		v, n := varint(b)
		if n == 0 {
			return errVarint
		}
		d.comments = append(d.comments, int64(v))
		b = b[n:]
	}
	return nil
}

func (d *decoder) message(num uint64, data []byte) error {
	switch num {
	case profileSample:
		return d.sample(data)
	case profileLocation:
		return d.location(data)
	case profileFunction:
		return d.function(data)
	case profileString:
		return d.string(data)
	case profileMapping:
		return d.mapping(data)
	case profilePeriodType:
		return d.valueType(data, &d.periodType)
	}
	var t valueType
	err := d.valueType(data, &t)
	d.types = append(d.types, t)
	return err
}

func (d *decoder) valueType(b []byte, t *valueType) error {
	for i := 0; i < len(b); {
		tag, v, next := cut(b, i)
		switch tag {
		case 1 << 3:
			t.typ = int64(v)
		case 2 << 3:
			t.unit = int64(v)
		default:
			if err := skip(b, i, tag, 1<<1|1<<2); err != nil {
				return err
			}
		}
		i = next
	}
	return nil
}

func (d *decoder) string(b []byte) error {
	if len(d.strings.ends) == 0 && len(b) > 0 {
		return errors.New("the string table does not start with the empty string")
	}
	if int64(len(d.strings.arena)+len(b)) > min(d.limit.StringBytes, 1<<32-1) {
		return &collapse.LimitError{What: "bytes of strings", Limit: min(d.limit.StringBytes, 1<<32-1)}
	}
	d.strings.add(b)
	return nil
}

// unusedString checks a reference to a string that flame has no use for.
func (d *decoder) unusedString(v uint64) error {
	if int64(v) < 0 {
		return errors.New("a string index is negative")
	}
	d.maxString = max(d.maxString, int64(v))
	return nil
}

func setInt(v *int64, f *field) error {
	u, err := f.number()
	*v = int64(u)
	return err
}
