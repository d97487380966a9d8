package pprof

import (
	"encoding/binary"

	"flame/collapse"
)

// A wireLabel is a label before its strings are known.
type wireLabel struct{ key, text, number, unit int64 }

// A labelTable holds the unique sets of labels of samples. A set is named by a
// number that goes in front of a stack's location ids in the table of stacks, so
// that stacks with other labels are others: 0 for no labels, or one more than its
// index.
type labelTable struct {
	sets  [][]wireLabel
	index map[string]uint64
	at    []wireLabel // those of the sample at hand
	key   []byte
	raw   []byte
}

func newLabelTable() *labelTable { return &labelTable{index: map[string]uint64{}} }

// add adds a label to those of the sample at hand.
func (t *labelTable) add(l wireLabel) {
	if l.text != 0 || l.number != 0 || l.unit != 0 { // without any of them google/pprof drops it too
		t.at = append(t.at, l)
	}
}

// mark returns the ids of a sample's stack with the number of its labels in
// front, until the next call.
func (t *labelTable) mark(raw []byte) []byte {
	set := uint64(0)
	if len(t.at) > 0 {
		t.key = t.key[:0]
		for _, l := range t.at {
			for _, v := range [...]int64{l.key, l.text, l.number, l.unit} {
				t.key = binary.AppendUvarint(t.key, uint64(v))
			}
		}
		if set = t.index[string(t.key)]; set == 0 {
			t.sets = append(t.sets, append([]wireLabel(nil), t.at...))
			set = uint64(len(t.sets))
			t.index[string(t.key)] = set
		}
		t.at = t.at[:0]
	}
	t.raw = append(binary.AppendUvarint(t.raw[:0], set), raw...)
	return t.raw
}

// cut takes apart what mark has put together.
func (t *labelTable) cut(raw []byte) (set uint64, ids []byte) {
	set, n := varint(raw)
	return set, raw[n:]
}

// internLabels interns a frame for each set of labels.
func (r *resolver) internLabels() {
	text := r.d.strings.own
	for _, set := range r.d.labels.sets {
		labels := make([]collapse.Label, len(set))
		for i, l := range set {
			labels[i] = collapse.Label{Key: text(l.key), Value: text(l.text)}
			if l.text == 0 {
				labels[i].Numeric, labels[i].Number, labels[i].Unit = true, l.number, text(l.unit)
			}
		}
		r.byLabels = append(r.byLabels, r.out.Frame(collapse.LabelsFrame(labels)))
	}
}
