package symbolize

import (
	"cmp"
	"debug/dwarf"
	"slices"
)

// units are the compilation units of a program, read when an address falls into
// them.
type units struct {
	data   *dwarf.Data
	ranges []unitRange // by their low end
	names  map[dwarf.Offset]string
}

type unitRange struct {
	low, high uint64
	unit      *unit
}

type unit struct {
	entry     *dwarf.Entry
	read      bool
	functions []function
	lines     []lineRange // by their low end
	files     []*dwarf.LineFile
}

// A lineRange is the code of one line.
type lineRange struct {
	low, high uint64
	file      string
	line      int64
}

// A function is a subprogram, or one that was inlined, at depth in others.
type function struct {
	low, high uint64
	depth     int
	name      string
	callFile  int64 // of an inlined one: where it is called
	callLine  int64
}

// newUnits returns nil if there are none.
func newUnits(data *dwarf.Data) *units {
	u := &units{data: data, names: map[dwarf.Offset]string{}}
	for r := data.Reader(); ; r.SkipChildren() {
		entry, err := r.Next()
		if err != nil || entry == nil {
			break
		}
		if entry.Tag != dwarf.TagCompileUnit {
			continue
		}
		ranges, err := data.Ranges(entry)
		if err != nil {
			continue
		}
		of := &unit{entry: entry}
		for _, at := range ranges {
			u.ranges = append(u.ranges, unitRange{at[0], at[1], of})
		}
	}
	slices.SortFunc(u.ranges, func(a, b unitRange) int { return cmp.Compare(a.low, b.low) })
	if len(u.ranges) == 0 {
		return nil
	}
	return u
}

// frames are the functions at an address, the innermost first; nil if DWARF knows
// of none.
func (u *units) frames(address uint64) []frame {
	i, found := slices.BinarySearchFunc(u.ranges, address, func(r unitRange, a uint64) int { return cmp.Compare(r.low, a) })
	if !found {
		i--
	}
	if i < 0 || address >= u.ranges[i].high {
		return nil
	}
	of := u.ranges[i].unit
	if !of.read {
		of.read = true
		u.readUnit(of)
	}
	var at []function
	for _, f := range of.functions {
		if f.low <= address && address < f.high {
			at = append(at, f)
		}
	}
	if len(at) == 0 {
		return nil
	}
	slices.SortStableFunc(at, func(a, b function) int { return b.depth - a.depth }) // the innermost first
	file, line := of.line(address)
	var frames []frame
	for _, f := range at {
		frames = append(frames, frame{f.name, file, line})
		file, line = of.fileName(f.callFile), f.callLine
	}
	return frames
}

// line is the place of an address in the line table.
func (of *unit) line(address uint64) (string, int64) {
	i, found := slices.BinarySearchFunc(of.lines, address, func(l lineRange, a uint64) int { return cmp.Compare(l.low, a) })
	if !found {
		i--
	}
	if i < 0 || address >= of.lines[i].high {
		return "", 0
	}
	return of.lines[i].file, of.lines[i].line
}

// readLines reads the line table of a unit.
func (of *unit) readLines(r *dwarf.LineReader) {
	var before, e dwarf.LineEntry
	for begun := false; r.Next(&e) == nil; before, begun = e, !e.EndSequence {
		if begun && before.File != nil && before.Address < e.Address {
			of.lines = append(of.lines, lineRange{before.Address, e.Address, before.File.Name, int64(before.Line)})
		}
	}
	of.files = r.Files()
	slices.SortStableFunc(of.lines, func(a, b lineRange) int { return cmp.Compare(a.low, b.low) })
}

func (of *unit) fileName(i int64) string {
	if i < 0 || i >= int64(len(of.files)) || of.files[i] == nil {
		return ""
	}
	return of.files[i].Name
}

// readUnit reads the functions of a unit and its line table.
func (u *units) readUnit(of *unit) {
	if lines, err := u.data.LineReader(of.entry); err == nil && lines != nil {
		of.readLines(lines)
	}
	r := u.data.Reader()
	r.Seek(of.entry.Offset)
	if _, err := r.Next(); err != nil {
		return
	}
	depth := 0 // of the functions around the entry at hand
	var around []bool
	for {
		e, err := r.Next()
		if err != nil || e == nil {
			return
		}
		if e.Tag == 0 { // the end of an entry's children
			if len(around) == 0 {
				return
			}
			if around[len(around)-1] {
				depth--
			}
			around = around[:len(around)-1]
			continue
		}
		is := e.Tag == dwarf.TagSubprogram || e.Tag == dwarf.TagInlinedSubroutine
		if is {
			u.addFunction(of, e, depth)
		}
		if e.Children {
			around = append(around, is)
			if is {
				depth++
			}
		}
	}
}

func (u *units) addFunction(of *unit, e *dwarf.Entry, depth int) {
	ranges, err := u.data.Ranges(e)
	if err != nil || len(ranges) == 0 {
		return
	}
	f := function{depth: depth, name: u.name(e, 0)}
	if f.name == "" {
		return
	}
	f.callFile, _ = e.Val(dwarf.AttrCallFile).(int64)
	f.callLine, _ = e.Val(dwarf.AttrCallLine).(int64)
	for _, at := range ranges {
		f.low, f.high = at[0], at[1]
		of.functions = append(of.functions, f)
	}
}

// name is that of a function, or of what it is an instance of.
func (u *units) name(e *dwarf.Entry, links int) string {
	if name, ok := e.Val(dwarf.AttrLinkageName).(string); ok {
		return name
	}
	name, _ := e.Val(dwarf.AttrName).(string)
	const most = 8 // a chain of references is short, unless it is a circle
	for _, attr := range []dwarf.Attr{dwarf.AttrAbstractOrigin, dwarf.AttrSpecification} {
		at, ok := e.Val(attr).(dwarf.Offset)
		if !ok || links > most {
			continue
		}
		of, known := u.names[at]
		if !known {
			r := u.data.Reader()
			r.Seek(at)
			if target, err := r.Next(); err == nil && target != nil {
				of = u.name(target, links+1)
			}
			u.names[at] = of
		}
		if of != "" {
			return of
		}
	}
	return name
}
