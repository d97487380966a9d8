package collapse

import (
	"cmp"
	"hash/maphash"
	"strings"
)

// WholeOf returns what percentages of one sample type are of, in stored units:
// [Profile.Whole] if there is one, else the sum of all samples of the profile, each
// without its sign.
func (p *Profile) WholeOf(typ int) int64 {
	if p.Whole != nil {
		return p.Whole[typ]
	}
	if p.Meta.Gross != nil {
		return p.Meta.Gross[typ]
	}
	return sumAbs(p.self[typ])
}

// Kept returns which part of the whole the values of the default type are, and
// whether a filter has taken any off.
func (p *Profile) Kept() (part float64, ok bool) {
	if p.Whole == nil || p.Whole[p.Default] == 0 || p.Meta.Gross != nil { // the net is less without a filter
		return 1, false
	}
	part = float64(sumAbs(p.self[p.Default])) / float64(p.Whole[p.Default])
	return part, part != 1
}

func sumAbs(column []int64) int64 {
	var sum int64
	for _, v := range column {
		if v < 0 {
			v = mulSat(v, -1)
		}
		sum = AddSaturating(sum, v)
	}
	return sum
}

// sameFrame reports whether two frames are one where details do not count.
func sameFrame(a, b *Frame) bool { return a.Name == b.Name && a.Kind == b.Kind && a.Line == b.Line }

// compareDetails orders frames of one name, kind and line.
func compareDetails(a, b *Frame) int {
	if c := cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Module, b.Module),
		cmp.Compare(a.Address, b.Address), cmp.Compare(a.Column, b.Column)); c != 0 {
		return c
	}
	switch {
	case a.Inline == b.Inline:
		return 0
	case b.Inline:
		return -1
	}
	return 1
}

// internDetailed is internFrame for frames that all their fields tell apart.
func (t *frameTable) internDetailed(f Frame) (id FrameID, added bool) {
	h := t.hash(maphash.String(t.seed, f.Name), f.Kind, f.Line)
	h = t.hash(uint64(h)^maphash.String(t.seed, f.File), 0, f.Column)
	h = t.hash(uint64(h)^maphash.String(t.seed, f.Module), 0, int64(f.Address))
	if f.Inline {
		h = ^h
	}
	mask := uint32(len(t.slots) - 1)
	slot := h & mask
	for ; t.slots[slot] != 0; slot = (slot + 1) & mask {
		i := t.slots[slot] - 1
		if t.hashes[i] == h && compareFrames(&t.frames[i], &f) == 0 {
			return FrameID(i), false
		}
	}
	return t.add(slot, h, f), true
}
