package pprof

import (
	"errors"
	"fmt"
	"path"
	"time"

	"flame/collapse"
)

// profile resolves what was collected into a profile.
func (d *decoder) profile() (*collapse.Profile, error) {
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("malformed pprof profile: %w", err)
	}
	if d.paths.columns == 0 {
		d.paths.columns = len(d.types)
		d.paths.reset()
	}
	drop, err := d.dropper()
	if err != nil {
		return nil, err
	}
	b := collapse.NewBuilder(len(d.types), d.limit)
	b.Ordered = d.o.Ordered
	r := resolver{d: d, b: b, drop: drop}
	r.run()
	types := make([]collapse.ValueType, len(d.types))
	for i, t := range d.types {
		types[i] = d.typeOf(t)
	}
	p, err := b.Profile(types, d.defaultIndex(types))
	if err != nil {
		return nil, err
	}
	p.Meta = d.meta()
	return p, nil
}

// check verifies every reference, now that all tables are complete.
func (d *decoder) check() error {
	if len(d.types) == 0 {
		if d.samples > 0 {
			return errors.New("it says nothing of what its samples are")
		}
		return errors.New("it has neither sample types nor samples")
	}
	if d.samples > 0 && len(d.types) != d.paths.columns {
		return fmt.Errorf("its samples have %d values for %d sample types", d.paths.columns, len(d.types))
	}
	refs := []int64{d.maxString, d.drop, d.keep, d.defaultType, d.docURL, d.periodType.typ, d.periodType.unit}
	refs = append(refs, d.comments...)
	for _, t := range d.types {
		refs = append(refs, t.typ, t.unit)
	}
	for _, m := range d.mappings {
		refs = append(refs, m.file)
	}
	for _, i := range refs {
		if !d.strings.ok(i) {
			return d.noString(i)
		}
	}
	return d.checkTables()
}

func (d *decoder) checkTables() error {
	for i := range d.locations {
		if !d.locations[i].defined {
			return errors.New("a sample refers to a location that is not there")
		}
	}
	for i := range d.functions {
		f := &d.functions[i]
		if !f.defined {
			return errors.New("a location refers to a function that is not there")
		}
		for _, s := range [...]int64{f.name, f.system, f.file} {
			if !d.strings.ok(s) {
				return d.noString(s)
			}
		}
	}
	seen := make(map[uint64]bool, len(d.mappings))
	for _, m := range d.mappings {
		if seen[m.id] {
			return fmt.Errorf("two mappings have the id %d", m.id)
		}
		seen[m.id] = true
	}
	d.strings.freeze()
	return nil
}

func (d *decoder) noString(i int64) error {
	return fmt.Errorf("it refers to string %d of %d", i, len(d.strings.ends))
}

func (d *decoder) typeOf(t valueType) collapse.ValueType {
	return collapse.ValueType{Type: d.strings.get(t.typ), Unit: d.strings.get(t.unit)}
}

// defaultIndex finds the type that the profile calls its default; without one,
// or with one it does not have, it is the last.
func (d *decoder) defaultIndex(types []collapse.ValueType) int {
	if name := d.strings.get(d.defaultType); name != "" {
		for i, t := range types {
			if t.Type == name {
				return i
			}
		}
	}
	return len(types) - 1
}

func (d *decoder) meta() collapse.Meta {
	m := collapse.Meta{
		Duration:   time.Duration(d.duration),
		Period:     d.period,
		PeriodType: d.typeOf(d.periodType),
	}
	if d.time != 0 {
		m.Time = time.Unix(0, d.time).UTC()
	}
	for _, c := range d.comments {
		m.Comments = append(m.Comments, d.strings.get(c))
	}
	switch d.deepest {
	case 32, 64, 128: // what Go's profilers record at most, by version and kind
		if d.deepN > 1 {
			m.Notes = append(m.Notes, fmt.Sprintf("%d samples have exactly %d locations, the most a Go profiler keeps: their outermost callers are probably cut off", d.deepN, d.deepest))
		}
	}
	return m
}

// A resolver turns paths of locations into paths of frames.
type resolver struct {
	d    *decoder
	b    *collapse.Builder
	drop *dropper // nil if no frame is to be dropped

	frames  []collapse.FrameID // by function index, once known
	known   []bool
	address map[uint32]collapse.FrameID // by location index, of those without function
	bases   map[uint64]string           // basename by mapping id
}

func (r *resolver) run() {
	d := r.d
	n := d.paths.tree.Len()
	r.frames = make([]collapse.FrameID, len(d.functions))
	r.known = make([]bool, len(d.functions))
	node := make([]collapse.NodeID, n)
	var state []dropState
	if r.drop != nil {
		state = make([]dropState, n)
	}
	for i := range n {
		if i > 0 {
			parent := d.paths.tree.Parent(collapse.NodeID(i))
			loc := d.paths.tree.Key(collapse.NodeID(i))
			first, last := uint32(0), d.locations[loc].lineCount
			if r.drop != nil {
				first, last, state[i] = r.drop.lines(loc, state[parent])
			}
			node[i] = r.add(node[parent], loc, first, last)
		}
		for c, v := range d.paths.values[i*d.paths.columns:][:d.paths.columns] {
			if v != 0 {
				r.b.Add(node[i], c, v)
			}
		}
	}
}

// add adds the frames of a location below a node: its lines [first, last), the
// caller before what is inlined into it; if it has none at all its address.
func (r *resolver) add(n collapse.NodeID, loc, first, last uint32) collapse.NodeID {
	l := &r.d.locations[loc]
	if l.lineCount == 0 && last == 0 && first == 0 {
		return r.b.Child(n, r.addressFrame(loc))
	}
	for i := last; i > first; i-- {
		n = r.b.Child(n, r.frame(r.d.lines[l.lineFirst+i-1].function))
	}
	return n
}

// frame returns the frame of a function. Functions of the same name are one
// frame.
func (r *resolver) frame(fn uint32) collapse.FrameID {
	if r.known[fn] {
		return r.frames[fn]
	}
	f := &r.d.functions[fn]
	name := r.d.strings.get(f.name)
	if name == "" {
		name = r.d.strings.get(f.system)
	}
	frame := collapse.Frame{Name: name, File: r.d.strings.get(f.file)}
	if name == "" {
		frame.Name, frame.Kind = "[unknown]", collapse.Unresolved
	}
	r.frames[fn], r.known[fn] = r.b.Frame(frame), true
	return r.frames[fn]
}

// addressFrame names a location that has no function by its address and the
// binary it is in.
func (r *resolver) addressFrame(loc uint32) collapse.FrameID {
	if id, ok := r.address[loc]; ok {
		return id
	}
	if r.address == nil {
		r.address = map[uint32]collapse.FrameID{}
		r.bases = map[uint64]string{}
		for _, m := range r.d.mappings {
			if file := r.d.strings.get(m.file); file != "" {
				r.bases[m.id] = path.Base(file)
			}
		}
	}
	l := &r.d.locations[loc]
	name := fmt.Sprintf("%#x", l.address)
	if base := r.bases[l.mapping]; base != "" {
		name = "[" + base + "] " + name
	}
	id := r.b.Frame(collapse.Frame{Name: name, Kind: collapse.Unresolved})
	r.address[loc] = id
	return id
}
