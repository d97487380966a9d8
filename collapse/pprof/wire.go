package pprof

import (
	"errors"
	"fmt"
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

// broken is the tag that cut returns for what is no field.
const broken = ^uint64(0)

// cut cuts one field off a message: it begins at b[i] and ends before b[next]. For
// wire type varint v is its value, for wire type bytes the length of its content,
// with which it ends. For what is no whole field the tag is broken; see cutError.
//
// A tag is 8 times the number of a field plus its wire type. Those of all fields of
// profile.proto are one byte, and so are most numbers.
func cut(b []byte, i int) (tag, v uint64, next int) {
	if i+1 >= len(b) || b[i] >= 0x80 {
		return cutLong(b, i)
	}
	tag, v, next = uint64(b[i]), uint64(b[i+1]), i+2
	if v >= 0x80 {
		if next >= len(b) || b[next] >= 0x80 {
			return cutLong(b, i)
		}
		v, next = v&0x7f|uint64(b[next])<<7, next+1
	}
	switch {
	case tag&7 == wireVarint:
		return tag, v, next
	case tag&7 == wireBytes && v <= uint64(len(b)-next):
		return tag, v, next + int(v)
	}
	return cutLong(b, i)
}

// cutLong is cut for any field.
func cutLong(b []byte, i int) (tag, v uint64, next int) {
	tag, n := varint(b[i:])
	if n == 0 {
		return broken, 0, 0
	}
	next = i + n
	switch wire := tag & 7; wire {
	case wireVarint, wireBytes:
		if v, n = varint(b[next:]); n == 0 {
			return broken, 0, 0
		}
		if next += n; wire == wireVarint {
			return tag, v, next
		}
		if v > uint64(len(b)-next) {
			return broken, 0, 0
		}
		return tag, v, next + int(v)
	case wireFixed64, wireFixed32:
		if next += fixedSize(int(wire)); next <= len(b) {
			return tag, 0, next
		}
	}
	return broken, 0, 0
}

// cutError says what is wrong with b[i:], which cut found to be no field.
func cutError(b []byte, i int) error {
	tag, n := varint(b[i:])
	if n == 0 {
		return errVarint
	}
	switch wire := int(tag & 7); wire {
	case wireVarint, wireBytes:
		if _, m := varint(b[i+n:]); m == 0 {
			return errVarint
		}
	case wireFixed64, wireFixed32:
	default:
		return fmt.Errorf("wire type %d is unknown", wire)
	}
	return errTruncated
}

// skip is for a field whose tag is none of those that its message takes: it is
// broken, or it is of a later version, or it has the wrong wire type, as its number is
// in the set of those that the message knows.
func skip(b []byte, i int, tag uint64, known uint64) error {
	if tag == broken {
		return cutError(b, i)
	}
	if num := tag >> 3; num < 64 && known>>num&1 != 0 {
		if tag&7 == wireVarint {
			return fmt.Errorf("field %d is no message", num)
		}
		return fmt.Errorf("field %d is no number", num)
	}
	return nil
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

// A field is one top-level field: a number for wire type varint, the content for
// wire type bytes, nothing for others.
type field struct {
	num  int
	wire int
	u    uint64
	data []byte
}

// number returns the value of a field that must be a varint.
func (f *field) number() (uint64, error) {
	if f.wire != wireVarint {
		return 0, fmt.Errorf("field %d is no number", f.num)
	}
	return f.u, nil
}
