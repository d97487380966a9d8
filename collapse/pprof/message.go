package pprof

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"flame/collapse"

	"github.com/klauspost/compress/gzip"
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
	in      *bufio.Reader
	inflate gzip.Reader
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

	outer, inner field // of a message at hand, and of one in it
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
	d := &decoder{in: bufio.NewReaderSize(nil, 64<<10)}
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
	d.in.Reset(nil)
	if d.stream.offset() <= keepBytes {
		decoders.Put(d)
	}
}

// run reads all top-level fields.
func (d *decoder) run(s *stream) error {
	var f field
	for {
		at := s.offset()
		err := s.next(&f)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := d.field(&f); err != nil {
			var limit *collapse.LimitError
			if errors.As(err, &limit) {
				return err
			}
			return &SyntaxError{Offset: at, Msg: err.Error()}
		}
	}
}

func (d *decoder) field(f *field) error {
	switch f.num {
	case profileSampleType, profileSample, profileMapping, profileLocation, profileFunction, profileString, profilePeriodType:
		if f.wire != wireBytes {
			return fmt.Errorf("field %d is no message", f.num)
		}
		return d.message(f)
	case profileComment:
		return eachNumber(f, func(v uint64) error { d.comments = append(d.comments, int64(v)); return nil })
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

func (d *decoder) message(f *field) error {
	switch f.num {
	case profileSample:
		return d.sample(f.data)
	case profileLocation:
		return d.location(f.data)
	case profileFunction:
		return d.function(f.data)
	case profileString:
		return d.string(f.data)
	case profileMapping:
		return d.mapping(f.data)
	case profilePeriodType:
		return d.valueType(f.data, &d.periodType)
	}
	var t valueType
	err := d.valueType(f.data, &t)
	d.types = append(d.types, t)
	return err
}

func (d *decoder) valueType(b []byte, t *valueType) error {
	return each(b, &d.outer, func(f *field) error {
		switch f.num {
		case 1:
			return setInt(&t.typ, f)
		case 2:
			return setInt(&t.unit, f)
		}
		return nil
	})
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

func (d *decoder) mapping(b []byte) error {
	var m mapping
	err := each(b, &d.outer, func(f *field) error {
		switch f.num {
		case 1:
			return setUint(&m.id, f)
		case 5:
			return setInt(&m.file, f)
		case 6: // build id
			return d.unusedString(f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if m.id == 0 {
		return errors.New("a mapping has the reserved id 0")
	}
	d.mappings = append(d.mappings, m)
	return nil
}

func (d *decoder) function(b []byte) error {
	var id uint64
	var fn function
	err := each(b, &d.outer, func(f *field) error {
		switch f.num {
		case 1:
			return setUint(&id, f)
		case 2:
			return setInt(&fn.name, f)
		case 3:
			return setInt(&fn.system, f)
		case 4:
			return setInt(&fn.file, f)
		case 5:
			return setInt(&fn.start, f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if id == 0 {
		return errors.New("a function has the reserved id 0")
	}
	at := d.functionIndex(id)
	if d.functions[at].defined {
		return fmt.Errorf("two functions have the id %d", id)
	}
	fn.defined = true
	d.functions[at] = fn
	return nil
}

func (d *decoder) functionIndex(id uint64) uint32 {
	i, known := d.funcIDs.index(id)
	if !known {
		d.functions = append(grow(d.functions), function{})
	}
	return i
}

func (d *decoder) location(b []byte) error {
	var id uint64
	loc := location{lineFirst: uint32(len(d.lines))}
	err := each(b, &d.outer, func(f *field) error {
		switch f.num {
		case 1:
			return setUint(&id, f)
		case 2:
			return setUint(&loc.mapping, f)
		case 3:
			return setUint(&loc.address, f)
		case 4:
			return d.line(f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if id == 0 {
		return errors.New("a location has the reserved id 0")
	}
	loc.lineCount = uint32(len(d.lines)) - loc.lineFirst
	if _, known := d.locIDs.index(id); known {
		return fmt.Errorf("two locations have the id %d", id)
	}
	d.locations = append(grow(d.locations), loc)
	return nil
}

func (d *decoder) line(f *field) error {
	if f.wire != wireBytes {
		return errors.New("a line is no message")
	}
	if d.o.Detail >= collapse.LineDetail {
		if err := d.place(f.data); err != nil {
			return err
		}
	}
	var fn uint64
	err := each(f.data, &d.inner, func(f *field) error {
		if f.num == 1 {
			return setUint(&fn, f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if fn == 0 {
		return errors.New("a line has no function")
	}
	d.lines = append(grow(d.lines), d.functionIndex(fn))
	return nil
}

// unusedString checks a reference to a string that flame has no use for.
func (d *decoder) unusedString(f *field) error {
	v, err := f.number()
	if int64(v) < 0 {
		return errors.New("a string index is negative")
	}
	d.maxString = max(d.maxString, int64(v))
	return err
}

func setInt(v *int64, f *field) error {
	u, err := f.number()
	*v = int64(u)
	return err
}

func setUint(v *uint64, f *field) error {
	u, err := f.number()
	*v = u
	return err
}

// each calls do for every field of a message, which it puts into f. f is given so
// that it need not be allocated for each message.
func each(b []byte, f *field, do func(*field) error) (err error) {
	for len(b) > 0 {
		if b, err = f.next(b); err != nil {
			return err
		}
		if err = do(f); err != nil {
			return err
		}
	}
	return nil
}

// eachNumber calls do for the numbers of a repeated field, packed or not.
func eachNumber(f *field, do func(uint64) error) error {
	if f.wire != wireBytes {
		v, err := f.number()
		if err != nil {
			return err
		}
		return do(v)
	}
	for b := f.data; len(b) > 0; {
		v, n := varint(b)
		if n == 0 {
			return errVarint
		}
		if err := do(v); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
