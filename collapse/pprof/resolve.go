package pprof

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"flame/collapse"
)

// profile resolves what was collected into a profile.
func (d *decoder) profile() (*collapse.Profile, error) {
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("malformed pprof profile: %w", err)
	}
	r := &d.resolver
	r.reset(d)
	if err := r.run(); err != nil {
		return nil, err
	}
	if d.isLarge() {
		// The tree is about as large as what it is made of: where that fills the
		// memory, the tree shall go where the stacks have been.
		d.stacks = stackTable{}
		runtime.GC()
	}
	types := make([]collapse.ValueType, len(d.types))
	for i, t := range d.types {
		types[i] = d.typeOf(t)
	}
	p, err := r.out.Profile(types, d.defaultIndex(types))
	if err != nil {
		return nil, err
	}
	p.Meta = d.meta()
	if !d.ours() {
		p.Meta.Notes = append(p.Meta.Notes, r.notes()...)
		if d.negative {
			p.Meta.Gross = d.gross
		}
	}
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
	if d.samples > 0 && len(d.types) != d.stacks.columns {
		return fmt.Errorf("its samples have %d values for %d sample types", d.stacks.columns, len(d.types))
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
	return nil
}

func (d *decoder) noString(i int64) error {
	return fmt.Errorf("it refers to string %d of %d", i, len(d.strings.ends))
}

func (d *decoder) typeOf(t valueType) collapse.ValueType {
	unit, scale := cutScale(d.strings.own(t.unit))
	return collapse.ValueType{Type: d.strings.own(t.typ), Unit: unit, Scale: scale}
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
		comment := d.strings.own(c)
		note, ok := strings.CutPrefix(comment, notePrefix)
		switch {
		case !ok:
			m.Comments = append(m.Comments, comment)
		case comment != signature:
			m.Notes = append(m.Notes, note)
		}
	}
	return m
}

// ours reports whether Encode wrote the profile. Then each location is one frame,
// so that their number says nothing of the profiler, and the notes are there.
func (d *decoder) ours() bool {
	return slices.ContainsFunc(d.comments, func(c int64) bool { return d.strings.get(c) == signature })
}

// A resolver turns stacks of location ids, leaf first, into stacks of frames,
// root first.
type resolver struct {
	d    *decoder
	out  *collapse.Stacks
	drop *dropper // nil if no frame is to be dropped

	modules  map[uint64]string  // file by mapping; nil until one is asked for
	byLabels []collapse.FrameID // by set of labels, where they are asked for

	byFunction []collapse.FrameID
	byInlined  []collapse.FrameID // plus one; 0 for those that were not asked for
	frames     []collapse.FrameID // of all locations, the outermost caller first
	spans      []span             // by location, in frames
	direct     []collapse.FrameID // by small id of a location with one frame, that plus one; 0 for others

	stack   []collapse.FrameID // the stack at hand
	deepest int                // locations in the deepest stack
	deepN   int                // stacks that have so many
}

// A span is the stretch [first, end) of an array.
type span struct{ first, end uint32 }

func (r *resolver) reset(d *decoder) {
	*r = resolver{d: d, out: r.out, byFunction: r.byFunction[:0], frames: r.frames[:0], spans: r.spans[:0], direct: r.direct[:0], stack: r.stack[:0]}
	r.out.Reset(len(d.types), d.limit)
	r.out.Ordered, r.out.Detailed = d.o.Ordered, d.o.Detail != collapse.NoDetail
}

func (r *resolver) run() error {
	if err := r.resolveLocations(); err != nil {
		return err
	}
	table := &r.d.stacks
	frames := table.locations()
	if n := len(r.spans); n > 0 { // as many to a location as on the average
		frames = int(float64(frames) * float64(len(r.frames)) / float64(n))
	}
	r.out.Grow(table.len(), frames)
	stack := r.stack[:0]
	for i := range table.len() {
		raw, labels := table.stack(i), uint64(0)
		if r.d.labels != nil {
			labels, raw = r.d.labels.cut(raw)
		}
		var err error
		if stack, err = r.resolve(raw, stack[:0]); err != nil {
			return err
		}
		if labels > 0 {
			stack = append(stack, r.byLabels[labels-1])
		}
		r.out.Add(stack, table.values[i*table.columns:][:table.columns])
	}
	r.stack = stack
	return r.out.Err()
}

// resolve appends the frames of a stack of location ids. The ids are read from the
// last byte to the first, so that the root comes first.
func (r *resolver) resolve(raw []byte, stack []collapse.FrameID) ([]collapse.FrameID, error) {
	direct := r.direct
	depth, state := 0, noUser
	for end := len(raw); end > 0; depth++ {
		// The byte before end is the last of an id, those before it with the
		// high bit set belong to it too.
		start := end - 1
		id := uint64(raw[start])
		for start > 0 && raw[start-1] >= 0x80 {
			start--
			id = id<<7 | uint64(raw[start]&0x7f)
		}
		if end-start > 10 {
			return nil, fmt.Errorf("malformed pprof profile: %w", errVarint)
		}
		end = start
		if id < uint64(len(direct)) && direct[id] != 0 { // nearly always
			stack = append(stack, direct[id]-1)
			continue
		}
		loc, ok := r.d.locIDs.lookup(id)
		if !ok {
			return nil, fmt.Errorf("malformed pprof profile: a sample refers to location %d, which is not there", id)
		}
		frames := r.frames[r.spans[loc].first:r.spans[loc].end]
		if r.drop != nil && state < last { // once cut off, the ids are still to be checked
			frames, state = r.drop.cut(loc, frames, state)
		} else if r.drop != nil {
			continue
		}
		stack = append(stack, frames...)
	}
	if depth >= r.deepest {
		if depth > r.deepest {
			r.deepest, r.deepN = depth, 0
		}
		r.deepN++
	}
	return stack, nil
}

// notes says what the stacks themselves show of how they were taken.
func (r *resolver) notes() []string {
	switch r.deepest {
	case 32, 64, 128: // what Go's profilers keep at most, by version and kind
		if r.deepN > 1 {
			return []string{fmt.Sprintf("%d stacks have exactly %d locations, the most a Go profiler keeps: their outermost callers are probably cut off", r.deepN, r.deepest)}
		}
	}
	return nil
}

// resolveLocations finds the frames of every location, once.
func (r *resolver) resolveLocations() error {
	d := r.d
	r.byFunction = slices.Grow(r.byFunction, len(d.functions))[:len(d.functions)]
	r.out.GrowFrames(len(d.functions))
	for i := range d.functions {
		r.byFunction[i] = r.frame(&d.functions[i])
	}
	reserve(&r.frames, len(d.lines))
	reserve(&r.spans, len(d.locations))
	for i := range d.locations {
		l := &d.locations[i]
		first := uint32(len(r.frames))
		switch {
		case l.lineCount == 0:
			r.frames = append(r.frames, r.addressFrame(l))
		case d.o.Detail != collapse.NoDetail:
			r.detailed(l)
		default:
			for j := l.lineFirst + l.lineCount; j > l.lineFirst; j-- { // the innermost comes first there
				f := r.byFunction[d.lines[j-1]]
				if d.o.Inlined && j < l.lineFirst+l.lineCount {
					f = r.inlined(d.lines[j-1])
				}
				r.frames = append(r.frames, f)
			}
		}
		r.spans = append(r.spans, span{first, uint32(len(r.frames))})
	}
	if d.labels != nil {
		r.internLabels()
	}
	rank := r.out.Rank()
	for i, f := range r.frames {
		r.frames[i] = rank[f]
	}
	for i, f := range r.byLabels {
		r.byLabels[i] = rank[f]
	}
	var err error
	if r.drop, err = d.dropper(); err != nil {
		return err
	}
	r.direct = slices.Grow(r.direct[:0], len(d.locIDs.dense))[:len(d.locIDs.dense)]
	for id, i := range d.locIDs.dense {
		r.direct[id] = 0
		if i != 0 && r.drop == nil && r.spans[i-1].end == r.spans[i-1].first+1 {
			r.direct[id] = r.frames[r.spans[i-1].first] + 1
		}
	}
	return nil
}

// frame returns the frame of a function. Functions of the same name are one
// frame.
func (r *resolver) frame(f *function) collapse.FrameID { return r.out.Frame(r.functionFrame(f)) }

func (r *resolver) functionFrame(f *function) collapse.Frame {
	name := r.d.strings.get(f.name)
	if name == "" {
		name = r.d.strings.get(f.system)
	}
	if name == "" {
		return collapse.Frame{Name: unknownName, File: r.d.strings.own(f.file), Kind: collapse.Unresolved}
	}
	kind := collapse.Normal
	if f.system != f.name {
		kind = kindOf(name, r.d.strings.get(f.system))
	}
	return collapse.Frame{Name: name, File: r.d.strings.own(f.file), Kind: kind}
}

// inlined returns the frame of a function where it was inlined into its caller.
func (r *resolver) inlined(function uint32) collapse.FrameID {
	if r.byInlined == nil {
		r.byInlined = make([]collapse.FrameID, len(r.d.functions))
	}
	if r.byInlined[function] == 0 {
		f := r.functionFrame(&r.d.functions[function])
		if f.Kind == collapse.Normal {
			f.Kind = collapse.Inlined
		}
		r.byInlined[function] = r.out.Frame(f) + 1
	}
	return r.byInlined[function] - 1
}

// addressFrame names a location that has no function by the binary it is in and
// its address.
func (r *resolver) addressFrame(l *location) collapse.FrameID {
	module := r.module(l.mapping)
	f := collapse.Frame{Name: addressName(binaryName(module), l.address), Kind: collapse.Unresolved}
	if r.out.Detailed {
		f.Module, f.Address = module, l.address
	}
	return r.out.Frame(f)
}

// binaryName is how a module is called in the name of an address.
func binaryName(module string) string {
	if module == "" {
		return ""
	}
	return path.Base(module)
}

// module returns the file of the mapping with this id, "" if there is none.
func (r *resolver) module(id uint64) string {
	if r.modules == nil {
		r.modules = make(map[uint64]string, len(r.d.mappings))
		for _, m := range r.d.mappings {
			r.modules[m.id] = r.d.strings.own(m.file)
		}
	}
	return r.modules[id]
}
