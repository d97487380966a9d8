package collapse

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// A keyed is something that is being sorted, by a few bits of it at a time.
type keyed struct {
	key uint64
	at  uint32 // where the whole of it is
	row uint32
}

// fewKeys are sorted by insertion.
const fewKeys = 12

// sortByKey sorts by the keys; those that are equal come in any order.
func sortByKey(list []keyed) {
	for i := 1; i < len(list); i++ {
		if list[i].key < list[i-1].key {
			quicksort(list, bits.Len(uint(len(list))))
			return
		}
	}
}

// quicksort parts without a branch on the keys, which no processor could foresee.
// Once it has split more than budget times in vain, which only contrived input makes
// it do, it leaves the rest to the library's, whose worst case is no worse than
// n log n.
func quicksort(list []keyed, budget int) {
	for len(list) > fewKeys {
		if budget == 0 {
			slices.SortFunc(list, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
			return
		}
		pivot := median(list[0].key, list[len(list)/2].key, list[len(list)-1].key)
		n := split(list, pivot)
		if n == 0 { // it is the least; few keys repeat a lot, and all of these are in their place
			if pivot == math.MaxUint64 {
				return
			}
			list = list[split(list, pivot+1):]
			continue
		}
		if min(n, len(list)-n) < len(list)/8 {
			budget--
		}
		// The smaller part by a call: so the depth of calls stays logarithmic.
		if n < len(list)-n {
			quicksort(list[:n], budget)
			list = list[n:]
		} else {
			quicksort(list[n:], budget)
			list = list[:n]
		}
	}
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && list[j].key < list[j-1].key; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

// split moves those with keys below the pivot to the front, and returns how many
// there are.
func split(list []keyed, pivot uint64) int {
	n := 0
	for i := range list {
		k := list[i]
		list[i] = list[n]
		list[n] = k
		below := 0
		if k.key < pivot {
			below = 1
		}
		n += below
	}
	return n
}

func median(a, b, c uint64) uint64 { return max(min(a, b), min(max(a, b), c)) }

// sameKey returns how many from the first on have its key.
func sameKey(list []keyed) int {
	n := 1
	for n < len(list) && list[n].key == list[0].key {
		n++
	}
	return n
}

// sortFrames sorts frames by name, equal names as compareFrames does, and equal
// frames by their place. The names agree in their first depth bytes. It compares 8 bytes at a time, and each 8 bytes
// of a name only once: the names of a program's functions share long prefixes.
func sortFrames(frames []Frame, list []keyed, depth int) {
	for {
		more := false
		for i := range list {
			name := frames[list[i].at].Name
			list[i].key = nameKey(name, depth)
			more = more || len(name) > depth
		}
		if !more || len(list) <= fewKeys {
			slices.SortFunc(list, func(a, b keyed) int {
				if a.key != b.key {
					return cmp.Compare(a.key, b.key)
				}
				if c := compareFrames(&frames[a.at], &frames[b.at]); c != 0 {
					return c
				}
				return cmp.Compare(a.at, b.at)
			})
			return
		}
		sortByKey(list)
		depth += 8
		n := sameKey(list)
		for ; n < len(list); n = sameKey(list) {
			if n > 1 {
				sortFrames(frames, list[:n], depth)
			}
			list = list[n:]
		}
		if n == 1 {
			return
		}
	}
}

// nameKey returns the 8 bytes of a name from depth on, as a number that orders as
// they do.
func nameKey(name string, depth int) (key uint64) {
	if len(name) >= depth+8 {
		b := name[depth : depth+8]
		return uint64(b[0])<<56 | uint64(b[1])<<48 | uint64(b[2])<<40 | uint64(b[3])<<32 |
			uint64(b[4])<<24 | uint64(b[5])<<16 | uint64(b[6])<<8 | uint64(b[7])
	}
	for shift := 56; depth < len(name); shift -= 8 {
		key |= uint64(name[depth]) << shift
		depth++
	}
	return key
}
