package svg

import (
	"strings"

	"flame/collapse"
)

// A Class is what sort of code a frame is, told by its kind and name. Files hold
// the numbers.
type Class uint8

const (
	ClassProgram Class = iota // the program and its libraries
	ClassStd                  // a standard library
	ClassRuntime              // what runs the program: a language's runtime, threads
	ClassGC                   // the garbage collector
	ClassKernel               // the operating system's kernel
	ClassJIT                  // compiled while the program ran, of no known package
	ClassUnknown              // code without a name, and what is no code
)

// classLabels name the classes in legends.
var classLabels = [...]string{
	ClassProgram: "program, a colour for each package",
	ClassStd:     "standard library",
	ClassRuntime: "runtime",
	ClassGC:      "garbage collector",
	ClassKernel:  "kernel",
	ClassJIT:     "compiled at run time",
	ClassUnknown: "unknown",
}

// ClassOf returns the class of a frame.
func ClassOf(f collapse.Frame) Class {
	class, _ := classify(f)
	return class
}

// classify also returns the frame's package, where the class depends on it.
func classify(f collapse.Frame) (Class, string) {
	switch {
	case f.Kind == collapse.Kernel, strings.HasPrefix(f.Name, "[kernel"), strings.HasPrefix(f.Name, "[vmlinux"):
		return ClassKernel, ""
	case f.Kind == collapse.Unresolved, f.Kind == collapse.Truncated:
		return ClassUnknown, ""
	}
	if _, ok := separator(f.Name); ok && f.Kind == collapse.Normal {
		return ClassUnknown, ""
	}
	pkg := PackageOf(f.Name)
	switch {
	case collectsGarbage(f.Name, pkg):
		return ClassGC, pkg
	case isRuntime(f.Name, pkg):
		return ClassRuntime, pkg
	case pkg == "" && f.Kind == collapse.JIT:
		return ClassJIT, pkg
	case pkg == "" && (strings.HasPrefix(f.Name, "0x") || f.Name == "[unknown]" || f.Name == ""):
		return ClassUnknown, pkg
	case isStd(pkg):
		return ClassStd, pkg
	}
	return ClassProgram, pkg
}

// classRuns returns the classes of frames as runs: class, number of frames, class,
// and so on. Frames are in the order of their names, and what belongs together
// has names that begin alike.
func classRuns(frames []collapse.Frame) []int {
	var runs []int
	for _, f := range frames {
		class := int(ClassOf(f))
		if n := len(runs); n > 0 && runs[n-2] == class {
			runs[n-1]++
			continue
		}
		runs = append(runs, class, 1)
	}
	return runs
}
