package collapse

import "math/bits"

// A packing puts the frames of stacks into 64-bit words, as many into each as fit,
// the root into the highest bits. So comparing two words compares all of their
// frames at once, and what two stacks have in common is seen in the exclusive or
// of their words. A frame is its id plus one, and a place without a frame is 0: a
// stack has ended in the word whose last place is empty, and sorts before those it
// is a prefix of.
type packing struct {
	width   uint      // bits of a frame
	perWord int       // frames in a word
	last    uint64    // mask of the last place of a word
	placeOf [65]uint8 // the place that a bit is in, counted from the highest
}

// newPacking returns the packing for the ids below n.
func newPacking(n int) *packing {
	width := max(bits.Len(uint(n)), 1)
	p := &packing{width: uint(width), perWord: 64 / width}
	p.last = (1<<width - 1) << (64 - width*p.perWord)
	for bit := range p.placeOf {
		p.placeOf[bit] = uint8(bit / width)
	}
	return p
}

// wordsOf returns how many words a stack of n frames takes.
func (p *packing) wordsOf(n int) int { return n/p.perWord + 1 }

// put writes a stack to words, which has as many as it takes.
func (p *packing) put(words []uint64, stack []FrameID) {
	at, word, left := 0, uint64(0), uint(64)
	for _, f := range stack {
		left -= p.width
		word |= (uint64(f) + 1) << (left & 63)
		if left < p.width {
			words[at] = word
			at, word, left = at+1, 0, 64
		}
	}
	words[at] = word
}

// full reports whether the stack goes on behind the word.
func (p *packing) full(word uint64) bool { return word&p.last != 0 }

// first returns the first frame of a word that is not 0.
func (p *packing) first(word uint64) FrameID { return FrameID(word>>((64-p.width)&63)) - 1 }

// skip returns the word without its first n frames, of which it has more than n.
func (p *packing) skip(word uint64, n int) uint64 { return word << (uint(n) * p.width & 63) }

// frames returns how many frames are in a word.
func (p *packing) frames(word uint64) int {
	return int(p.placeOf[64-bits.TrailingZeros64(word)+int(p.width)-1])
}

// common returns how many frames two words have in common, from the first on.
func (p *packing) common(a, b uint64) int {
	if a == b {
		return p.frames(a)
	}
	return int(p.placeOf[bits.LeadingZeros64(a^b)])
}

// sort sorts stacks by their words from a depth on; those before it are equal, and
// the keys are the words at it. It goes from word to word, each run of equal ones
// on its own: so a word is fetched once for each stack, not once for each comparison
// (as in Bentley and Sedgewick, "Fast algorithms for sorting and searching
// strings", 1997).
func (p *packing) sort(words []uint64, list []keyed, depth uint32) {
	for len(list) > fewKeys {
		sortByKey(list)
		depth++
		for {
			n := sameKey(list)
			run := list[:n]
			list = list[n:]
			if n > 1 && p.full(run[0].key) {
				for i := range run {
					run[i].key = words[run[i].at+depth]
				}
				if len(list) == 0 { // the last run without a call
					list = run
					break
				}
				p.sort(words, run, depth)
			}
			if len(list) == 0 {
				return
			}
		}
	}
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && p.less(words, &list[j], &list[j-1], depth); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

func (p *packing) less(words []uint64, a, b *keyed, depth uint32) bool {
	x, y := a.key, b.key
	for x == y && p.full(x) {
		depth++
		x, y = words[a.at+depth], words[b.at+depth]
	}
	return x < y
}
