package inflate

import "math/bits"

// Table entries say in 32 bits all there is to know about a code:
//
//	literal   bit 31, the byte in bits 16 to 23
//	length or distance
//	          its base in bits 16 to 30, the code's own bits in bits 8 to 11
//	exception bit 15 and one of the flags below, in bits 16 to 30 where the
//	          subtable begins
//
// The lowest 6 bits are how many bits to take off the input: of a length or
// distance those of the code and the extra bits behind it, of a subtable none.
const (
	isLiteral   = 1 << 31
	isException = 1 << 15
	isSubtable  = 1 << 14 // bits 8 to 11 are the width of the subtable
	isEnd       = 1 << 13
	isInvalid   = 1 << 12 // no code begins so

	takenMask = 0x3f
	codeMask  = 0xf
	codeShift = 8
	baseShift = 16
)

// Bits that the main tables are indexed with, and the most entries that a table
// can have with its subtables: what zlib's enough.c computes for 288 symbols and 11
// bits, and for 32 and 8, of 15 at most.
const (
	literalBits  = 11
	literalSize  = 2342
	distanceBits = 8
	distanceSize = 402
	precodeBits  = 7
	precodeSize  = 128
	maxCode      = 15
)

// What the symbols mean, without the bits of their codes.
var (
	literalSymbols  [288]uint32
	distanceSymbols [32]uint32
	precodeSymbols  [19]uint32
)

func init() {
	for i := range literalSymbols {
		literalSymbols[i] = isException | isInvalid
		if i < 256 {
			literalSymbols[i] = isLiteral | uint32(i)<<baseShift
		}
	}
	literalSymbols[256] = isException | isEnd
	base := uint32(3)
	for i := range 28 {
		extra := uint32(max(0, i/4-1))
		literalSymbols[257+i] = base<<baseShift | extra
		base += 1 << extra
	}
	literalSymbols[285] = 258 << baseShift
	base = 1
	for i := range distanceSymbols {
		distanceSymbols[i] = isException | isInvalid
		if i < 30 {
			extra := uint32(max(0, i/2-1))
			distanceSymbols[i] = base<<baseShift | extra
			base += 1 << extra
		}
	}
	for i := range precodeSymbols {
		precodeSymbols[i] = uint32(i) << baseShift
	}
}

// buildTable makes the table for codes of the given lengths, by symbol; 0 is no
// code. It reports whether they are a code: every sequence of bits must begin with
// exactly one, but there may be none at all, or a single one, of one bit.
func buildTable(table []uint32, width int, lengths []uint8, symbols []uint32) bool {
	var count, next [maxCode + 1]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	left, longest, used := 1, 0, 0
	for n := 1; n <= maxCode; n++ {
		left = left<<1 - count[n]
		if left < 0 {
			return false
		}
		next[n] = used
		used += count[n]
		if count[n] > 0 {
			longest = n
		}
	}
	if left > 0 && (used > 1 || longest > 1) {
		return false
	}
	var sorted [288]uint16 // symbols, by length of code
	for s, n := range lengths {
		if n != 0 {
			sorted[next[n]] = uint16(s)
			next[n]++
		}
	}

	// The first bit of a code is the lowest of the index. Codes come in the order of
	// their length, and the table doubles with the length: so each is written once
	// and copied to its other places with all those before it.
	table[0], table[1] = isException|isInvalid, isException|isInvalid
	size, code := 1, uint16(0) // code is as it stands on the input, first bit lowest
	if left > 0 {
		size = 2
	}
	at := 0
	for n := 1; n <= min(longest, width); n++ {
		if size < 1<<n {
			copy(table[size:2*size], table[:size])
			size *= 2
		}
		for range count[n] {
			s := sorted[at]
			at++
			table[code] = symbols[s] + uint32(n)<<codeShift + uint32(n)
			code = nextCode(code, n)
		}
	}
	for ; size < 1<<width; size *= 2 {
		copy(table[size:2*size], table[:size])
	}
	if longest > width {
		buildSubtables(table, width, sorted[at:used], count[:longest+1], symbols, code)
	}
	return true
}

// nextCode returns the code after one of n bits, in the order of codes: it adds 1 to
// the bits read from the first, which is the lowest. After the last one it is 0.
func nextCode(code uint16, n int) uint16 {
	run := uint16(1)<<n - 1 ^ code // the zeros
	if run == 0 {
		return 0
	}
	high := uint16(1) << (bits.Len16(run) - 1) // the last zero in reading order becomes 1, what follows it 0
	return code&(high-1) | high
}

// buildSubtables adds the codes that are longer than the table is wide: a subtable
// for each of their beginnings.
func buildSubtables(table []uint32, width int, sorted []uint16, count []int, symbols []uint32, code uint16) {
	end, prefix, start, sub := 1<<width, -1, 0, 0
	n := width + 1
	for _, s := range sorted {
		for count[n] == 0 {
			n++
		}
		if p := int(code) & (1<<width - 1); p != prefix {
			// As wide as it must be for all codes with this beginning.
			prefix, start, sub = p, end, n-width
			room := 1 << sub
			for m := n; ; {
				room -= count[m]
				if room <= 0 || m+1 >= len(count) {
					break
				}
				m++
				sub++
				room <<= 1
			}
			end += 1 << sub
			table[prefix] = isException | isSubtable | uint32(start)<<baseShift | uint32(sub)<<codeShift
		}
		e := symbols[s] + uint32(n)<<codeShift + uint32(n)
		for i := int(code) >> width; i < 1<<sub; i += 1 << (n - width) {
			table[start+i] = e
		}
		count[n]--
		code = nextCode(code, n)
	}
}
