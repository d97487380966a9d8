package pprof

import (
	"fmt"
	"strconv"
	"strings"

	"flame/collapse"
)

// What flame knows of a profile and the format has no field for, and how Encode
// writes it so that Decode finds it.

// notePrefix starts a comment that is one of Meta.Notes.
const notePrefix = "flame: "

// signature is the comment by which Decode knows what Encode wrote.
const signature = notePrefix + "written by flame"

// unknownName is what a function without any name is called.
const unknownName = "[unknown]"

// kindMarks end the system name of a function whose kind is not Normal: the
// annotations of folded text, and two more of their sort.
var kindMarks = [...]string{
	collapse.Inlined:    collapse.Inlined.Annotation(),
	collapse.Kernel:     collapse.Kernel.Annotation(),
	collapse.JIT:        collapse.JIT.Annotation(),
	collapse.Waker:      collapse.Waker.Annotation(),
	collapse.Unresolved: "_[u]",
	collapse.Truncated:  "_[t]",
	collapse.Labels:     "",
}

// systemName is the name of the frame, and the mark of its kind.
func systemName(f collapse.Frame) string { return f.Name + kindMarks[f.Kind] }

// kindOf reads what systemName wrote. Any other system name, as that of a C++
// function, is of a normal one.
func kindOf(name, system string) collapse.Kind {
	mark, ok := strings.CutPrefix(system, name)
	if !ok || mark == "" || name == "" {
		return collapse.Normal
	}
	for k, m := range kindMarks {
		if m == mark {
			return collapse.Kind(k)
		}
	}
	return collapse.Normal
}

// addressName names an address that has no function by the binary it is in.
func addressName(base string, address uint64) string {
	if base == "" {
		return fmt.Sprintf("%#x", address)
	}
	return fmt.Sprintf("[%s] %#x", base, address)
}

// scaledUnit is the unit with the scale in it, if there is one.
func scaledUnit(t collapse.ValueType) string {
	if t.Div() == 1 {
		return t.Unit
	}
	return "1/" + strconv.FormatInt(t.Div(), 10) + " " + t.Unit
}

// cutScale reads what scaledUnit wrote; the scale is 0 if there is none.
func cutScale(unit string) (string, int64) {
	digits, rest, ok := strings.Cut(strings.TrimPrefix(unit, "1/"), " ")
	if !ok || !strings.HasPrefix(unit, "1/") {
		return unit, 0
	}
	scale, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || scale < 2 {
		return unit, 0
	}
	return rest, scale
}
