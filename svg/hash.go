package svg

import "unicode/utf8"

// The names of functions become numbers in [0, 1] by rules that flamegraph.pl
// set: who has known a program's graph for years finds its colours again.

// drandHash is the first number of the drand48 generator seeded with the sum of
// the name's code points: flamegraph.pl's colours without --hash and --random.
// Names with the same letters get the same number.
func drandHash(name string) float64 {
	var sum uint32
	for i := 0; i < len(name); {
		c, size := codePoint(name[i:])
		sum += uint32(c)
		i += size
	}
	const multiplier, addend, modulus = 0x5DEECE66D, 0xB, 1 << 48
	x := uint64(sum)<<16 | 0x330E
	x = (x*multiplier + addend) % modulus
	return float64(x) / modulus
}

// nameHash weighs the first three characters of the name, the first the most:
// flamegraph.pl --hash. So functions of one module look alike. What dtrace puts
// before the function (module`) does not count.
func nameHash(name []rune) float64 {
	// From one character before the first backquote that has one.
	for i := 1; i < len(name); i++ {
		if name[i] == '`' {
			name = name[i+1:]
			break
		}
	}
	vector, weight, most := 0.0, 1.0, 1.0
	for i, mod := 0, rune(10); i < len(name) && mod <= 12; i, mod = i+1, mod+1 {
		vector += float64(name[i]%mod) / float64(mod-1) * weight
		most += weight
		weight *= 0.70
	}
	return 1 - vector/most
}

// nameHashes returns nameHash of the name and of the name read backwards.
func nameHashes(name string) (forward, backward float64) {
	var buf [256]rune
	runes := buf[:0]
	for i := 0; i < len(name); {
		c, size := codePoint(name[i:])
		runes = append(runes, c)
		i += size
	}
	forward = nameHash(runes)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return forward, nameHash(runes)
}

// codePoint returns the first code point of s and its length. A byte that is no
// UTF-8 stands for itself.
func codePoint(s string) (rune, int) {
	c, size := utf8.DecodeRuneInString(s)
	if c == utf8.RuneError && size == 1 {
		return rune(s[0]), 1
	}
	return c, size
}

// fnv is the 64-bit FNV-1a hash of s.
func fnv(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return h
}

// mix spreads the bits of h over the whole word (the finalizer of MurmurHash3):
// the low bits of FNV of short names are poor.
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// randomHashes returns three numbers that look random and are always the same
// for a name.
func randomHashes(name string) (v1, v2, v3 float64) {
	h := mix(fnv(name))
	const part = 1 << 21
	return float64(h%part) / part, float64(h>>21%part) / part, float64(h>>42%part) / part
}
