package pprof_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
)

// msg builds a protocol buffer message by hand, field by field, so that a test
// can say exactly what is on the wire.
type msg []byte

func (m msg) tag(num, wire int) msg { return binary.AppendUvarint(m, uint64(num)<<3|uint64(wire)) }
func (m msg) num(num int, v int64) msg {
	return binary.AppendUvarint(m.tag(num, 0), uint64(v))
}
func (m msg) bytes(num int, b []byte) msg {
	return append(binary.AppendUvarint(m.tag(num, 2), uint64(len(b))), b...)
}
func (m msg) str(num int, s string) msg { return m.bytes(num, []byte(s)) }
func (m msg) packed(num int, vs ...int64) msg {
	var b []byte
	for _, v := range vs {
		b = binary.AppendUvarint(b, uint64(v))
	}
	return m.bytes(num, b)
}
func (m msg) fixed64(num int) msg { return append(m.tag(num, 1), make([]byte, 8)...) }
func (m msg) fixed32(num int) msg { return append(m.tag(num, 5), make([]byte, 4)...) }

func concat(parts ...msg) []byte { return bytes.Join(toBytes(parts), nil) }

func toBytes(parts []msg) [][]byte {
	out := make([][]byte, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}

func gz(data []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, _ = w.Write(data)
	_ = w.Close()
	return buf.Bytes()
}

// The strings of the profiles below, by index.
var words = []string{"", "cpu", "nanoseconds", "main.main", "main.leaf", "main.inlined", "/bin/prog", "runtime.mallocgc", "samples", "count"}

func stringTable(list ...string) msg {
	var m msg
	for _, s := range list {
		m = m.str(6, s)
	}
	return m
}

func sampleType(typ, unit int64) msg { return msg{}.bytes(1, msg{}.num(1, typ).num(2, unit)) }

func function(id, name int64) msg { return msg{}.bytes(5, msg{}.num(1, id).num(2, name)) }

// location gives a location with lines of the functions, innermost first.
func location(id int64, functions ...int64) msg {
	m := msg{}.num(1, id).num(3, 0x1000+id)
	for _, f := range functions {
		m = m.bytes(4, msg{}.num(1, f).num(2, 7))
	}
	return msg{}.bytes(4, m)
}

// sample gives a sample of one value with a stack, leaf first.
func sample(value int64, stack ...int64) msg {
	return msg{}.bytes(2, msg{}.packed(1, stack...).packed(2, value))
}

// simple is a small whole profile: main.main calls main.leaf, 5 ns.
func simple(extra ...msg) []byte {
	parts := []msg{
		sampleType(1, 2), stringTable(words...),
		function(1, 3), function(2, 4), location(1, 1), location(2, 2), sample(5, 2, 1),
	}
	return concat(append(parts, extra...)...)
}
