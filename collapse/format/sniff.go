package format

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"sync"
	"unicode/utf8"

	"flame/collapse/pprof"
)

// isPprof reports whether head begins a profile.proto message or one of the older
// formats of pprof, which google/pprof documents in profile/legacy_profile.go.
func isPprof(head []byte) bool {
	return isProto(head) || isCPUProfile(head) || isOldText(head)
}

// lastField is the highest field number of the message Profile, as of 2026.
const lastField = 15

// isProto walks the fields of a message as far as head goes. One whole field is
// proof enough when the rest is cut off or damaged, as long as the input has
// bytes that text has not: saying what is damaged is up to the decoder.
func isProto(head []byte) bool {
	if !pprof.Sniff(head) {
		return false
	}
	for fields, rest := 0, head; ; fields++ {
		if len(rest) == 0 {
			return fields > 0
		}
		tag, n := binary.Uvarint(rest)
		if n <= 0 || !profileField(tag) {
			return fields > 0 && !isText(head)
		}
		v, m := binary.Uvarint(rest[n:])
		if m <= 0 {
			return len(rest) < 2*binary.MaxVarintLen64 || fields > 0
		}
		rest = rest[n+m:]
		if tag&7 != 2 {
			continue
		}
		if v > uint64(len(rest)) { // cut off, or on beyond the head
			return fields > 0 || len(head) == headSize
		}
		rest = rest[v:]
	}
}

// profileField reports whether a tag is one that the message Profile has.
func profileField(tag uint64) bool {
	switch num, wire := tag>>3, tag&7; {
	case num == 0 || wire > 2 || wire == 1:
		return false
	case num > lastField:
		return true // a newer field
	case num < 7 || num == 11:
		return wire == 2
	case num == 13:
		return true
	default:
		return wire == 0
	}
}

// isCPUProfile knows the binary format of gperftools' CPU profiler: words of the
// machine's size and byte order, of which the header is 0, 3, 0, period, 0. Java
// profiles have 0, 3, 1.
func isCPUProfile(head []byte) bool {
	for _, size := range []int{4, 8} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			if len(head) < 5*size {
				continue
			}
			word := func(i int) uint64 {
				if size == 4 {
					return uint64(order.Uint32(head[i*size:]))
				}
				return order.Uint64(head[i*size:])
			}
			if word(0) == 0 && word(1) == 3 && word(2) <= 1 && word(3) > 0 {
				return true
			}
		}
	}
	return false
}

// oldText are the first lines of the older text formats.
var oldText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(heap profile: *\d|[\w./-]+ profile: total \d|--- ?(heapz|contentionz|contention|mutex|threadz|Memory map|CPU)\b)`)
})

func isOldText(head []byte) bool { return oldText().Match(head[:min(len(head), 256)]) }

// isText reports whether head looks like text to a person: hardly any control
// characters, and hardly any bytes that are not UTF-8. A few are nothing unusual
// in the names of functions.
func isText(head []byte) bool {
	head = head[:min(len(head), 4096)]
	odd := 0
	for i := 0; i < len(head); {
		r, size := utf8.DecodeRune(head[i:])
		cut := r == utf8.RuneError && !utf8.FullRune(head[i:]) && len(head) == 4096
		if (r == utf8.RuneError && size == 1 && !cut) || (r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != '\v') {
			odd++
		}
		i += size
	}
	// A short input that has a line "… 5" is text whatever else it has.
	return odd*10 <= len(head) || odd*2 <= len(head) && countedLine().Match(head)
}

var countedLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)[ \t]\d+(\.\d*)?[ \t\r]*$`)
})

// firstLine returns the first line that is not blank, without space around it.
func firstLine(head []byte) []byte {
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, " \t\r\n\v\f"), []byte("\n"))
	return bytes.TrimSpace(line)
}
