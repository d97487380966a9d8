package collapse

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// A Label is what a sample was marked with while it was taken: a text, or a
// number with a unit, under a key (pprof calls it a tag).
//
// In a profile whose labels were asked for, a labelled stack ends in one more
// frame, of the kind [Labels], that stands for the labels of its samples. It is
// the way of labels through merges and filters, and no function: filters by name
// pass it by, and [DropLabels] takes it off again.
type Label struct {
	Key     string
	Value   string // if not Numeric
	Numeric bool
	Number  int64
	Unit    string // of Number; "" if the profile has none
}

// Text returns the value as pprof prints it, a number in the given unit, or if
// that is "" in the one that fits.
func (l *Label) Text(unit string) string {
	if !l.Numeric {
		return l.Value
	}
	if l.Unit == "" {
		return UnitLabel(l.Number, "", "")
	}
	return UnitLabel(l.Number, l.Unit, cmp.Or(unit, "auto"))
}

// LabelsFrame returns the frame that stands for labels. The same labels, in any
// order of their keys, give the same frame.
func LabelsFrame(labels []Label) Frame {
	sorted := slices.Clone(labels)
	slices.SortStableFunc(sorted, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	var b []byte
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for _, l := range sorted {
		text(l.Key)
		if l.Numeric {
			b = append(b, 1)
			b = binary.AppendVarint(b, l.Number)
			text(l.Unit)
		} else {
			b = append(b, 0)
			text(l.Value)
		}
	}
	return Frame{Name: string(b), Kind: Labels}
}

// Labels returns the labels that a frame of the kind [Labels] stands for, by key,
// those of one key in the order of the profile; nil for any other frame.
func (f *Frame) Labels() []Label {
	if f.Kind != Labels {
		return nil
	}
	r := labelReader{rest: f.Name}
	var labels []Label
	for len(r.rest) > 0 && !r.broken {
		l := Label{Key: r.text()}
		if l.Numeric = r.byte() == 1; l.Numeric {
			l.Number, l.Unit = r.varint(), r.text()
		} else {
			l.Value = r.text()
		}
		labels = append(labels, l)
	}
	if r.broken { // a frame that LabelsFrame did not make
		return nil
	}
	return labels
}

// A labelReader reads what LabelsFrame wrote.
type labelReader struct {
	rest   string
	broken bool
}

func (r *labelReader) byte() byte {
	if r.rest == "" {
		r.broken = true
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *labelReader) uvarint() (v uint64) {
	for shift := 0; shift < 64; shift += 7 {
		c := r.byte()
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.broken = true
	return 0
}

func (r *labelReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1) // zigzag, as package binary writes it
}

func (r *labelReader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.broken, n = true, uint64(len(r.rest))
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// HasLabels reports whether any stack of p ends in labels.
func (p *Profile) HasLabels() bool {
	return slices.ContainsFunc(p.frames, func(f Frame) bool { return f.Kind == Labels })
}

// Samples calls do for each node with a value of its own, with the last function
// of the stack, Root if there is none, and the labels. The values are those of
// the node; it is the function itself where there are no labels.
func (p *Profile) Samples(do func(node, function NodeID, labels []Label)) {
	labels := make([][]Label, len(p.frames))
	for i := range p.frames {
		labels[i] = p.frames[i].Labels()
	}
	for n := range NodeID(p.Len()) {
		switch {
		case !p.hasValue(n):
		case p.isLabels(n):
			do(n, p.parent[n], labels[p.frame[n]])
		default:
			do(n, n, nil)
		}
	}
}

// DropLabels returns p without its labels: what they told apart is one stack.
func DropLabels(p *Profile) (*Profile, error) {
	if !p.HasLabels() {
		return p, nil
	}
	e := newEditor(p, p.Detailed)
	p.stacks(func(n NodeID, frames []FrameID, _ FrameID) { e.put(n, frames) })
	return e.profile()
}
