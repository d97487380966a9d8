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
func ClassOf(f collapse.Frame) Class { return classify(f).class }

// A frameClass is the class of a frame and its package, where the class depends on
// it.
type frameClass struct {
	class Class
	pkg   string
}

// classifyAll returns the classes of frames by [collapse.FrameID].
func classifyAll(frames []collapse.Frame) []frameClass {
	const each = 2048
	classes := make([]frameClass, len(frames))
	onAllCores((len(frames)+each-1)/each, func(next func() (int, bool)) {
		for i, ok := next(); ok; i, ok = next() {
			for f := i * each; f < min((i+1)*each, len(frames)); f++ {
				classes[f] = classify(frames[f])
			}
		}
	})
	return classes
}

func classify(f collapse.Frame) frameClass {
	switch {
	case f.Kind == collapse.Kernel, strings.HasPrefix(f.Name, "[kernel"), strings.HasPrefix(f.Name, "[vmlinux"):
		return frameClass{ClassKernel, ""}
	case f.Kind == collapse.Unresolved, f.Kind == collapse.Truncated:
		return frameClass{ClassUnknown, ""}
	}
	if _, ok := separator(f.Name); ok && f.Kind == collapse.Normal {
		return frameClass{ClassUnknown, ""}
	}
	pkg := PackageOf(f.Name)
	switch {
	case collectsGarbage(f.Name, pkg):
		return frameClass{ClassGC, pkg}
	case isRuntime(f.Name, pkg):
		return frameClass{ClassRuntime, pkg}
	case pkg == "" && f.Kind == collapse.JIT:
		return frameClass{ClassJIT, pkg}
	case pkg == "" && (strings.HasPrefix(f.Name, "0x") || f.Name == "[unknown]" || f.Name == ""):
		return frameClass{ClassUnknown, pkg}
	case isStd(pkg):
		return frameClass{ClassStd, pkg}
	}
	return frameClass{ClassProgram, pkg}
}

// classRuns returns the classes of frames as runs: class, number of frames, class,
// and so on. Frames are in the order of their names, and what belongs together
// has names that begin alike.
func classRuns(classes []frameClass) []int {
	var runs []int
	for _, c := range classes {
		class := int(c.class)
		if n := len(runs); n > 0 && runs[n-2] == class {
			runs[n-1]++
			continue
		}
		runs = append(runs, class, 1)
	}
	return runs
}
