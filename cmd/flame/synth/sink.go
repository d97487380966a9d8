package main

import (
	"encoding/binary"
	"io"
	"strconv"
)

// A sink writes a profile one stack at a time.
type sink interface {
	// stack takes the functions of one stack, the root first, and its count.
	stack(functions []uint32, count int64) error
	close() error
}

// A foldedSink writes folded stacks.
type foldedSink struct {
	w     io.Writer
	names []string
	line  []byte
}

func (s *foldedSink) stack(functions []uint32, count int64) error {
	s.line = s.line[:0]
	for i, f := range functions {
		if i > 0 {
			s.line = append(s.line, ';')
		}
		s.line = append(s.line, s.names[f]...)
	}
	s.line = append(s.line, ' ')
	s.line = strconv.AppendInt(s.line, count, 10)
	s.line = append(s.line, '\n')
	_, err := s.w.Write(s.line)
	return err
}

func (s *foldedSink) close() error { return nil }

// Fields of profile.proto (github.com/google/pprof/proto/profile.proto) and the
// wire's types of them.
const (
	profileSampleType     = 1<<3 | bytesType
	profileSample         = 2<<3 | bytesType
	profileLocation       = 4<<3 | bytesType
	profileFunction       = 5<<3 | bytesType
	profileString         = 6<<3 | bytesType
	profileDuration       = 10<<3 | varintType
	profilePeriodType     = 11<<3 | bytesType
	profilePeriod         = 12<<3 | varintType
	valueTypeType         = 1<<3 | varintType
	valueTypeUnit         = 2<<3 | varintType
	sampleLocations       = 1<<3 | bytesType
	sampleValues          = 2<<3 | bytesType
	locationID            = 1<<3 | varintType
	locationLine          = 4<<3 | bytesType
	lineFunction          = 1<<3 | varintType
	functionID            = 1<<3 | varintType
	functionNameOf        = 2<<3 | varintType
	varintType, bytesType = 0, 2
)

// period is the time between two samples of a Go CPU profile, in nanoseconds.
const period = 10_000_000

// A pprofSink writes a profile.proto. Its messages may stand in any order, so
// the samples come first and the tables they refer to last. A function's id, its
// location's and its name's place among the strings follow from its number.
type pprofSink struct {
	w         io.Writer
	names     []string
	out, body []byte
	scratch   []byte
	total     int64
}

// strings before the names.
var fixedStrings = []string{"", "samples", "count", "cpu", "nanoseconds"}

func (s *pprofSink) stack(functions []uint32, count int64) error {
	s.total += count
	ids := s.scratch[:0]
	for i := len(functions) - 1; i >= 0; i-- { // the leaf first
		ids = binary.AppendUvarint(ids, uint64(functions[i])+1)
	}
	s.scratch = ids
	s.body = appendBytes(s.body[:0], sampleLocations, ids)
	values := binary.AppendUvarint(nil, uint64(count))
	values = binary.AppendUvarint(values, uint64(count*period))
	s.body = appendBytes(s.body, sampleValues, values)
	s.out = appendBytes(s.out[:0], profileSample, s.body)
	_, err := s.w.Write(s.out)
	return err
}

func (s *pprofSink) close() error {
	valueType := func(name, unit uint64) []byte {
		return appendUint(appendUint(nil, valueTypeType, name), valueTypeUnit, unit)
	}
	out := appendBytes(nil, profileSampleType, valueType(1, 2))
	out = appendBytes(out, profileSampleType, valueType(3, 4))
	for f := range uint64(len(s.names)) {
		line := appendUint(nil, lineFunction, f+1)
		out = appendBytes(out, profileLocation, appendBytes(appendUint(nil, locationID, f+1), locationLine, line))
		function := appendUint(appendUint(nil, functionID, f+1), functionNameOf, f+uint64(len(fixedStrings)))
		out = appendBytes(out, profileFunction, function)
	}
	for _, text := range fixedStrings {
		out = appendBytes(out, profileString, []byte(text))
	}
	for _, name := range s.names {
		out = appendBytes(out, profileString, []byte(name))
	}
	out = appendUint(out, profileDuration, uint64(s.total*period))
	out = appendBytes(out, profilePeriodType, valueType(3, 4))
	out = appendUint(out, profilePeriod, period)
	_, err := s.w.Write(out)
	return err
}

func appendUint(b []byte, tag byte, v uint64) []byte {
	return binary.AppendUvarint(append(b, tag), v)
}

func appendBytes(b []byte, tag byte, content []byte) []byte {
	return append(binary.AppendUvarint(append(b, tag), uint64(len(content))), content...)
}
