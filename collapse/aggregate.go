package collapse

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A Granularity says what of a frame counts: frames that differ in nothing else
// are one. The zero Granularity is flame's own: functions, with addresses that
// have no symbol told apart.
type Granularity string

// The granularities of pprof, by its names. By [Functions] all addresses of a
// binary that have no symbol are one frame.
const (
	Functions     Granularity = "functions"
	FileFunctions Granularity = "filefunctions"
	Files         Granularity = "files"
	Lines         Granularity = "lines"
	Addresses     Granularity = "addresses"
)

// Granularities lists the granularities, from coarse to fine.
func Granularities() []string {
	return []string{string(Functions), string(FileFunctions), string(Files), string(Lines), string(Addresses)}
}

// MapFrames returns p with each frame in the place of another one; what becomes
// one function under one parent is one node. Change is asked once for each frame,
// though not for labels. The result is detailed (see [Profile.Detailed]) or not.
func MapFrames(p *Profile, detailed bool, change func(Frame) Frame) (*Profile, error) {
	e := newEditor(p, detailed)
	for i, f := range e.frames {
		if f.Kind != Labels {
			f = change(f)
		}
		e.ids[i] = e.b.Frame(f) + 1
	}
	to := make([]NodeID, p.Len())
	for n := 1; n < p.Len() && e.b.err == nil; n++ {
		to[n] = e.b.Child(to[p.parent[n]], e.frame(p.frame[n]))
	}
	for n := range p.Len() {
		e.move(NodeID(n), to[n])
	}
	q, err := e.profile()
	if err != nil {
		return nil, fmt.Errorf("change frames: %w", err)
	}
	return q, nil
}

// Valid reports whether g is one of the granularities above.
func (g Granularity) Valid() bool {
	return g == "" || slices.Contains(Granularities(), string(g))
}

// Detailed reports whether more than the name of a function counts.
func (g Granularity) Detailed() bool { return g == FileFunctions || g == Lines || g == Addresses }

// Reduce takes off a frame what does not count. A frame that then has no name
// gets that of its binary in brackets, if it has no file that counts.
func (g Granularity) Reduce(f Frame) Frame {
	if g == Files {
		f.Name, f.Kind = cleanFile(f.File), Normal
		if f.Name == "" {
			f.Kind = Unresolved
		}
	}
	f.Inline = false
	if g != Addresses && !(g == "" && f.Kind == Unresolved) {
		f.Address, f.Column = 0, 0
	}
	if g != Addresses && g != Lines {
		f.Line, f.StartLine = 0, 0
	}
	if g.Detailed() {
		f.File = cleanFile(f.File)
		if f.Kind != Unresolved { // as in pprof binaries are told apart only where there is nothing else
			f.Module = ""
		}
	}
	if g != "" && f.Kind == Unresolved && (f.Address == 0 || f.File != "") {
		f.Name = g.unnamed(f)
	}
	return f
}

// unnamed returns the name of a function that has none: nothing if it has a file
// that counts, else its binary.
func (g Granularity) unnamed(f Frame) string {
	switch {
	case g.Detailed() && f.File != "":
		return ""
	case f.Module != "":
		return "[" + path.Base(f.Module) + "]"
	}
	// Without details the name of an address holds the binary: "[libc.so.6] 0x29d90".
	if binary, _, ok := strings.Cut(f.Name, "] 0x"); ok && strings.HasPrefix(binary, "[") {
		return binary + "]"
	}
	return "<unknown>"
}

// Aggregate returns p at a granularity, of which it must know enough: it has to
// be detailed, if it is to have more than functions. See [Flatten] for the way to
// show a result that is detailed.
func Aggregate(p *Profile, g Granularity) (*Profile, error) {
	switch {
	case !g.Valid():
		return nil, fmt.Errorf("there is no granularity %q; choose one of %s", g, strings.Join(Granularities(), ", "))
	case g == "" && !p.Detailed:
		return p, nil
	}
	return MapFrames(p, g.Detailed(), g.Reduce)
}

func cleanFile(file string) string {
	if file == "" {
		return ""
	}
	return path.Clean(file)
}

// Flatten returns p with all that its frames are told apart by in their names, as
// pprof prints it: "0000000000401000 main.work /src/main.go:12". The result is not
// detailed, so that a picture and folded text can hold it. A profile that is not
// detailed is returned as it is.
func Flatten(p *Profile) (*Profile, error) {
	if !p.Detailed {
		return p, nil
	}
	return MapFrames(p, false, func(f Frame) Frame {
		f.Name = f.Printable()
		f.Address, f.Column, f.Inline = 0, 0, false
		return f
	})
}

// Printable returns the name of a frame of a detailed profile as pprof prints it:
// address, function, and file with line and column, as far as they are there.
func (f *Frame) Printable() string {
	var parts []string
	if f.Address != 0 && (f.Kind != Unresolved || f.Name == "") {
		parts = append(parts, fmt.Sprintf("%016x", f.Address))
	}
	if f.Name != "" {
		parts = append(parts, f.Name)
	}
	place := f.File
	if f.Line != 0 {
		place += ":" + strconv.FormatInt(f.Line, 10)
		if f.Column != 0 {
			place += ":" + strconv.FormatInt(f.Column, 10)
		}
	}
	if place != "" {
		parts = append(parts, place)
	}
	return cmp.Or(strings.Join(parts, " "), "<unknown>")
}

// TrimPath returns p with prefixes cut off the names of its files: those of a list
// that is separated by colons, as pprof's -trim_path, and like there always
// "/proc/self/cwd/". What differs in them only becomes one frame where files
// count.
func TrimPath(p *Profile, prefixes string) (*Profile, error) {
	list := append(strings.Split(prefixes, ":"), "/proc/self/cwd/./", "/proc/self/cwd/")
	for i, prefix := range list {
		if prefix != "" && !strings.HasSuffix(prefix, "/") {
			list[i] += "/"
		}
	}
	return MapFrames(p, p.Detailed, func(f Frame) Frame {
		for _, prefix := range list {
			if rest, ok := strings.CutPrefix(f.File, prefix); ok && prefix != "" {
				f.File = rest
				break
			}
		}
		return f
	})
}
