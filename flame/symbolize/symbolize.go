package symbolize

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
	"github.com/ianlancetaylor/demangle"
)

// A Result says what came of a program's tables.
type Result struct {
	Found   int // addresses that have a function now
	Missing int // addresses that still have none
	// Notes are sentences that the user should know, such as that the program is
	// another build than the profile's.
	Notes []string
}

// Data is [Profile] for the bytes of a profile, compressed or not. What is no pprof
// profile comes back as it is.
func Data(data []byte, path string) ([]byte, Result, error) {
	p, err := profile.ParseData(data)
	if err != nil {
		return data, Result{}, nil
	}
	result, err := Profile(p, path)
	if err != nil || result.Found == 0 {
		return data, result, err
	}
	var b bytes.Buffer
	if err := p.WriteUncompressed(&b); err != nil {
		return data, result, fmt.Errorf("symbolize with %s: %w", path, err)
	}
	return b.Bytes(), result, nil
}

// Profile gives the addresses in p that have no function those of the program at
// path. Addresses of other programs and libraries stay as they are. A program that
// cannot be read is an error only if there is something to be found in it.
func Profile(p *profile.Profile, path string) (Result, error) {
	var result Result
	bare := slices.DeleteFunc(slices.Clone(p.Location), func(l *profile.Location) bool { return len(l.Line) > 0 })
	if len(bare) == 0 {
		return result, nil
	}
	prog, err := open(path)
	if err != nil {
		return result, fmt.Errorf("symbolize with %s: %w", path, err)
	}
	s := &symbolizer{p: p, prog: prog, functions: map[frame]*profile.Function{}}
	for _, f := range p.Function {
		s.last = max(s.last, f.ID)
	}
	matches := map[*profile.Mapping]bool{}
	for i, m := range p.Mapping {
		ok, note := prog.matches(m, path, i == 0)
		if matches[m] = ok; ok {
			m.HasFunctions, m.HasFilenames, m.HasLineNumbers, m.HasInlineFrames = true, true, true, true
		}
		if note != "" {
			result.Notes = append(result.Notes, note)
		}
	}
	matches[nil] = len(p.Mapping) == 0 // older profiles have only addresses
	for _, l := range bare {
		if matches[l.Mapping] && s.location(l) {
			result.Found++
		} else {
			result.Missing++
		}
	}
	return result, nil
}

// matches reports whether a mapping is of the program: by its build id, else by
// its name, else because it is the first, which is the main program.
func (p *program) matches(m *profile.Mapping, path string, first bool) (ok bool, note string) {
	if slices.Contains(p.ids, m.BuildID) {
		return true, ""
	}
	named := filepath.Base(m.File) == filepath.Base(path)
	if !named && !first {
		return false, ""
	}
	if m.BuildID != "" && len(p.ids) > 0 {
		return false, fmt.Sprintf("%s is not the program of the profile: its build id is %s, the profile's %s; give the very file that ran", path, p.ids[0], m.BuildID)
	}
	return true, ""
}

// A symbolizer makes functions for locations.
type symbolizer struct {
	p         *profile.Profile
	prog      *program
	functions map[frame]*profile.Function // by name and file
	last      uint64                      // the largest id of a function
}

// location gives a location its lines. It reports whether it has any.
func (s *symbolizer) location(l *profile.Location) bool {
	address := l.Address
	if m := l.Mapping; m != nil && m.Limit > 0 {
		at, err := s.prog.place(l.Address, m.Start, m.Offset)
		if err != nil {
			return false
		}
		address = at
	}
	for _, f := range s.prog.frames(address) {
		l.Line = append(l.Line, profile.Line{Function: s.function(f), Line: f.line})
	}
	return len(l.Line) > 0
}

func (s *symbolizer) function(f frame) *profile.Function {
	key := frame{name: f.name, file: f.file}
	if known := s.functions[key]; known != nil {
		return known
	}
	s.last++
	fn := &profile.Function{ID: s.last, Name: readable(f.name), SystemName: f.name, Filename: f.file}
	s.functions[key] = fn
	s.p.Function = append(s.p.Function, fn)
	return fn
}

// readable is the name as people write it: that of a C++ or Rust function without
// its parameters, as pprof shows it.
func readable(name string) string {
	if !strings.HasPrefix(name, "_Z") && !strings.HasPrefix(name, "_R") && !strings.HasPrefix(name, "__Z") {
		return name
	}
	return demangle.Filter(name, demangle.NoParams, demangle.NoEnclosingParams, demangle.NoTemplateParams)
}
