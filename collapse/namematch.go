package collapse

import (
	"regexp"
	"strings"
	"sync"
)

// A NameMatch says which functions of two profiles are one although their names
// differ, as those that a compiler makes up do from version to version.
type NameMatch struct {
	// Closures takes off the names of Go functions what differs between versions
	// of the compiler and between edits of a function:
	//
	//   - type arguments: "Map[go.shape.int]" becomes "Map[...]";
	//   - method values: "(*T).Close-fm" becomes "(*T).Close";
	//   - the numbers of closures and wrappers: "run.func1", "run.func2",
	//     "run.gowrap1", "run.deferwrap2" and "run-range3" become "run.func",
	//     "run.func", "run.gowrap", "run.deferwrap" and "run-range"; those in a
	//     closure "run.func.func", written "run.func1.2" or "run.func1.func2";
	//   - the functions that a closure's own was inlined into:
	//     "main.outer.inner.func1" and "main.inner.func1" become
	//     "main.inner.func". With that goes the type of a method that takes its
	//     receiver by value, since both look alike: "main.T.run.func1" becomes
	//     "main.run.func".
	//
	// So all closures of one function are one.
	Closures bool
}

// Apply returns p with its functions named so that they match.
func (m NameMatch) Apply(p *Profile) (*Profile, error) {
	if !m.Closures {
		return p, nil
	}
	return MapFrames(p, p.Detailed, func(f Frame) Frame {
		if f.Kind != Unresolved && f.Kind != Truncated {
			f.Name = MatchClosures(f.Name)
		}
		return f
	})
}

// madeUp is the last part of a name that the compiler made up: closureName in
// cmd/compile/internal/ir.
var madeUp = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(func|gowrap|deferwrap)[0-9]+(-range[0-9]+)*$`)
})

var digits = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9]+`)
})

// MatchClosures returns the name of a Go function as [NameMatch] has it.
func MatchClosures(name string) string {
	name = strings.TrimSuffix(cutTypeArguments(name), "-fm")
	slash := strings.LastIndexByte(name, '/') + 1
	parts := splitName(name[slash:])
	first := -1 // the first part that is made up
	for i, part := range parts {
		switch {
		case i > 0 && madeUp().MatchString(part), first >= 0 && digits().FindString(part) == part:
			if first < 0 {
				first = i
			}
			if part = digits().ReplaceAllString(part, ""); part == "" {
				part = "func"
			}
		case i > 0:
			part = rangeNumber().ReplaceAllString(part, "-range")
		}
		parts[i] = part
	}
	if first > 2 { // a package and more than one function before the closure
		from := first - 1
		if strings.HasPrefix(parts[from-1], "(") && from > 1 { // with its receiver
			from--
		}
		parts = append(parts[:1:1], parts[from:]...)
	}
	return name[:slash] + strings.Join(parts, ".")
}

var rangeNumber = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`-range[0-9]+`)
})

// splitName cuts a name at its dots outside of brackets.
func splitName(name string) []string {
	var parts []string
	start, depth := 0, 0
	for i := range len(name) {
		switch name[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '.':
			if depth == 0 {
				parts = append(parts, name[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, name[start:])
}

// cutTypeArguments puts "..." in the place of what is in brackets.
func cutTypeArguments(name string) string {
	if !strings.Contains(name, "[") || strings.HasPrefix(name, "[") {
		return name
	}
	var b strings.Builder
	depth := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '[':
			if depth == 0 {
				b.WriteString("[...")
			}
			depth++
		case c == ']' && depth > 0:
			depth--
			if depth == 0 {
				b.WriteByte(c)
			}
		case depth == 0:
			b.WriteByte(c)
		}
	}
	if depth != 0 { // no name of Go's
		return name
	}
	return b.String()
}
