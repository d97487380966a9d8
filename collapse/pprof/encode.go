package pprof

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"sync"

	"flame/collapse"

	"github.com/klauspost/compress/gzip"
)

// Encode writes p as gzipped profile.proto, which go tool pprof opens: one
// sample for every node with a value, one location for every frame. Equal
// profiles give equal bytes.
//
// What the format has no place for goes where other readers do not trip over it
// and [Decode] finds it again:
//
//   - the kind of a frame, in the function's system name (see systemName); an
//     address without a symbol becomes a location without a line;
//   - the scale of a sample type, in its unit: "1/100 samples";
//   - Meta.Notes, as comments that start with "flame: "; one of these is always
//     there and says that flame wrote the profile.
//
// So Decode gives an equal tree, types, default and times, with three exceptions:
// a frame without a name comes back as [unknown], the line of a frame only where
// lines are asked for, and the nodes of an ordered profile only with
// Options.Ordered. Meta.Source is not written.
//
// The base values of a differential profile become samples of their own, negated
// and labelled pprof::base, as go tool pprof's -diff_base makes them.
func Encode(w io.Writer, p *collapse.Profile) error {
	zw := deflaters.Get().(*gzip.Writer)
	defer deflaters.Put(zw)
	zw.Reset(w)
	if err := EncodeUncompressed(zw, p); err != nil {
		return err
	}
	if err := zw.Close(); err != nil {
		return fmt.Errorf("write pprof profile: %w", err)
	}
	return nil
}

// deflaters holds gzip writers, whose tables of some 800 kB are not worth making
// for one small profile.
var deflaters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// EncodeUncompressed is [Encode] without gzip.
func EncodeUncompressed(w io.Writer, p *collapse.Profile) error {
	e := &encoder{w: bufio.NewWriterSize(w, 32<<10), index: map[string]uint64{"": 0}, strings: []string{""}}
	e.profile(p)
	if err := e.w.Flush(); err != nil { // the first error of any write
		return fmt.Errorf("write pprof profile: %w", err)
	}
	return nil
}

// An encoder writes the messages of one profile. Strings get their index when
// they are first used, and are written after all else that uses them.
type encoder struct {
	w       *bufio.Writer
	index   map[string]uint64
	strings []string
	msg     message // the message at hand
	sub     message // one within it
	head    message // the tag and length before it
}

func (e *encoder) profile(p *collapse.Profile) {
	for _, t := range p.Types {
		e.write(profileSampleType, e.valueType(t))
	}
	e.samples(p)
	e.frames(p.Frames())
	m := p.Meta
	if !m.Time.IsZero() {
		e.number(profileTime, uint64(m.Time.UnixNano()))
	}
	e.number(profileDuration, uint64(m.Duration))
	if m.PeriodType != (collapse.ValueType{}) {
		e.write(profilePeriodType, e.valueType(m.PeriodType))
	}
	e.number(profilePeriod, uint64(m.Period))
	for _, c := range m.Comments {
		e.number(profileComment, e.string(c))
	}
	e.number(profileComment, e.string(signature))
	for _, n := range m.Notes {
		e.number(profileComment, e.string(notePrefix+n))
	}
	if p.Default != len(p.Types)-1 { // the last is the default where none is named
		e.number(profileDefaultType, e.string(p.Types[p.Default].Type))
	}
	for _, s := range e.strings {
		e.head = e.head[:0].length(profileString, len(s))
		e.w.Write(e.head)
		e.w.WriteString(s)
	}
}

// samples writes one sample for each node that has a value, and for each leaf,
// which would be lost without.
func (e *encoder) samples(p *collapse.Profile) {
	parents, frames, ends := p.Parents(), p.NodeFrames(), p.Ends()
	base := message{}.num(1, e.baseKey(p)).num(2, e.baseValue(p))
	for n := range parents {
		self, before := false, false
		for c := range p.Types {
			self = self || p.Self(c)[n] != 0
			before = before || p.Differential() && p.Base(c)[n] != 0
		}
		if leaf := int(ends[n]) == n+1 && n > 0; !self && !before && !leaf {
			continue
		}
		e.sub = e.sub[:0]
		for at := collapse.NodeID(n); at != collapse.Root; at = parents[at] {
			e.sub = message(binary.AppendUvarint(e.sub, uint64(frames[at])+1))
		}
		stack := len(e.sub)
		if self || !before {
			e.values(p, n, false)
			e.write(profileSample, e.msg[:0].bytes(sampleLocation, e.sub[:stack]).bytes(sampleValue, e.sub[stack:]))
		}
		if before {
			e.sub = e.sub[:stack]
			e.values(p, n, true)
			e.write(profileSample, e.msg[:0].bytes(sampleLocation, e.sub[:stack]).bytes(sampleValue, e.sub[stack:]).bytes(sampleLabel, base))
		}
	}
}

// values appends the values of a node to e.sub, one for each type.
func (e *encoder) values(p *collapse.Profile, n int, base bool) {
	for c := range p.Types {
		v := p.Self(c)[n]
		if base {
			v = -p.Base(c)[n]
		}
		e.sub = message(binary.AppendUvarint(e.sub, uint64(v)))
	}
}

func (e *encoder) baseKey(p *collapse.Profile) uint64 {
	if !p.Differential() {
		return 0
	}
	return e.string("pprof::base")
}

func (e *encoder) baseValue(p *collapse.Profile) uint64 {
	if !p.Differential() {
		return 0
	}
	return e.string("true")
}

// frames writes mappings, locations and functions, in that order.
func (e *encoder) frames(frames []collapse.Frame) {
	mappings := map[string]uint64{}
	for _, f := range frames {
		base, _, ok := cutAddress(f)
		if ok && base != "" && mappings[base] == 0 {
			id := uint64(len(mappings) + 1)
			mappings[base] = id
			e.write(profileMapping, e.msg[:0].num(1, id).num(5, e.string(base)))
		}
	}
	for i, f := range frames {
		id := uint64(i) + 1
		e.msg = e.msg[:0].num(1, id)
		if base, address, ok := cutAddress(f); ok {
			e.msg = e.msg.num(2, mappings[base]).num(3, address)
		} else {
			e.sub = e.sub[:0].num(1, id).num(2, uint64(f.Line))
			e.msg = e.msg.bytes(4, e.sub)
		}
		e.write(profileLocation, e.msg)
	}
	for i, f := range frames {
		if _, _, ok := cutAddress(f); ok {
			continue
		}
		e.msg = e.msg[:0].num(1, uint64(i)+1)
		if f.Name != unknownName || f.Kind != collapse.Unresolved {
			e.msg = e.msg.num(2, e.string(f.Name)).num(3, e.string(systemName(f)))
		}
		e.write(profileFunction, e.msg.num(4, e.string(f.File)))
	}
}

// cutAddress takes the name that a [resolver] gives to an address apart again.
func cutAddress(f collapse.Frame) (base string, address uint64, ok bool) {
	if f.Kind != collapse.Unresolved || f.File != "" || f.Line != 0 {
		return "", 0, false
	}
	digits := f.Name
	if strings.HasPrefix(digits, "[") {
		if base, digits, ok = strings.Cut(digits[1:], "] "); !ok || base == "" || path.Base(base) != base {
			return "", 0, false
		}
	}
	address, err := strconv.ParseUint(strings.TrimPrefix(digits, "0x"), 16, 64)
	return base, address, err == nil && addressName(base, address) == f.Name
}

// write writes a message as one field of the profile. It is then free for the
// next.
func (e *encoder) write(field int, m message) {
	e.msg = m
	e.head = e.head[:0].length(field, len(m))
	e.w.Write(e.head)
	e.w.Write(m)
}

// number writes a number as one field of the profile, unless it is 0.
func (e *encoder) number(field int, v uint64) {
	e.msg = e.msg[:0].num(field, v)
	e.w.Write(e.msg)
}

func (e *encoder) valueType(t collapse.ValueType) message {
	return e.msg[:0].num(1, e.string(t.Type)).num(2, e.string(scaledUnit(t)))
}

// string returns the index of s in the string table.
func (e *encoder) string(s string) uint64 {
	i, ok := e.index[s]
	if !ok {
		i = uint64(len(e.strings))
		e.index[s] = i
		e.strings = append(e.strings, s)
	}
	return i
}

// A message is the bytes of one message of profile.proto.
type message []byte

// num appends a number, unless it is 0, which is what a missing one means.
func (m message) num(field int, v uint64) message {
	if v == 0 {
		return m
	}
	return binary.AppendUvarint(append(m, byte(field<<3|wireVarint)), v)
}

func (m message) bytes(field int, b []byte) message {
	if len(b) == 0 {
		return m
	}
	return append(m.length(field, len(b)), b...)
}

func (m message) length(field, n int) message {
	return binary.AppendUvarint(append(m, byte(field<<3|wireBytes)), uint64(n))
}
