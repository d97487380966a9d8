package pprof

import (
	"fmt"

	"flame/collapse"
)

// sample adds one sample to the tree of paths.
func (d *decoder) sample(b []byte) error {
	d.stack, d.values = d.stack[:0], d.values[:0]
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return err
		}
		b = rest
		switch f.num {
		case sampleLocation:
			err = d.sampleLocations(f)
		case sampleValue:
			err = d.sampleValues(f)
		case sampleLabel:
			err = d.label(f)
		}
		if err != nil {
			return err
		}
	}
	if d.samples == 0 {
		d.paths.columns = len(d.values)
		d.paths.reset()
	}
	d.samples++
	if len(d.values) != d.paths.columns {
		return fmt.Errorf("a sample has %d values where another has %d", len(d.values), d.paths.columns)
	}
	if err := d.limit.CheckDepth(len(d.stack)); err != nil {
		return err
	}
	if len(d.stack) >= d.deepest {
		if len(d.stack) > d.deepest {
			d.deepest, d.deepN = len(d.stack), 0
		}
		d.deepN++
	}
	d.paths.add(d.stack, d.values)
	if d.paths.tree.Len() > d.limit.Nodes {
		return &collapse.LimitError{What: "nodes of the call tree", Limit: int64(d.limit.Nodes)}
	}
	return nil
}

func (d *decoder) sampleLocations(f field) error {
	if f.wire == wireVarint {
		d.stack = append(d.stack, d.locationIndex(f.u))
		return nil
	}
	for b := f.data; len(b) > 0; {
		var id uint64
		if b[0] < 0x80 { // most ids have one byte or two
			id, b = uint64(b[0]), b[1:]
		} else if len(b) > 1 && b[1] < 0x80 {
			id, b = uint64(b[0]&0x7f)|uint64(b[1])<<7, b[2:]
		} else {
			v, n := varint(b)
			if n == 0 {
				return errVarint
			}
			id, b = v, b[n:]
		}
		d.stack = append(d.stack, d.locationIndex(id))
	}
	return nil
}

func (d *decoder) sampleValues(f field) error {
	if f.wire == wireVarint {
		d.values = append(d.values, int64(f.u))
		return nil
	}
	for b := f.data; len(b) > 0; {
		v, n := varint(b)
		if n == 0 {
			return errVarint
		}
		d.values = append(d.values, int64(v))
		b = b[n:]
	}
	return nil
}

// label checks a label. Labels do not change the tree; whatever they hold, only
// a broken one is an error.
func (d *decoder) label(f field) error {
	if f.wire != wireBytes {
		return fmt.Errorf("a label is no message")
	}
	for b := f.data; len(b) > 0; {
		g, rest, err := nextField(b)
		if err != nil {
			return err
		}
		b = rest
		switch g.num {
		case 1, 2, 4: // key, str, num_unit
			err = d.unusedString(g)
		case 3: // num
			_, err = g.number()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A pathTree holds the unique stacks of locations, root first, and the values of
// the samples that end in each node.
type pathTree struct {
	tree    collapse.Tree
	columns int
	values  []int64 // node by node, columns values each
	ordered bool

	// The stack before, root first: most samples share a prefix with their
	// neighbour, and what is shared needs no look-up.
	last  []uint32
	nodes []collapse.NodeID // of last
}

// reset makes the tree ready for nodes of p.columns values.
func (p *pathTree) reset() {
	p.tree.Grow(1024)
	p.values = make([]int64, p.columns, 1024*(p.columns+1))
}

// add adds a stack given leaf first. It keeps neither slice.
func (p *pathTree) add(stack []uint32, values []int64) {
	shared := 0
	for limit := min(len(stack), len(p.last)); shared < limit && stack[len(stack)-1-shared] == p.last[shared]; {
		shared++
	}
	p.last, p.nodes = p.last[:shared], p.nodes[:shared]
	node := collapse.Root
	if shared > 0 {
		node = p.nodes[shared-1]
	}
	for i := len(stack) - 1 - shared; i >= 0; i-- {
		node = p.child(node, stack[i])
		p.last = append(p.last, stack[i])
		p.nodes = append(p.nodes, node)
	}
	at := p.values[int(node)*p.columns:][:p.columns]
	for i, v := range values {
		at[i] = collapse.AddSaturating(at[i], v)
	}
}

func (p *pathTree) child(parent collapse.NodeID, key uint32) collapse.NodeID {
	var n collapse.NodeID
	added := true
	if p.ordered {
		n = p.tree.Append(parent, key)
	} else {
		n, added = p.tree.Child(parent, key)
	}
	if added {
		for range p.columns {
			p.values = append(p.values, 0)
		}
	}
	return n
}
