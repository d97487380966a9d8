package pprof_test

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/pprof"

	"github.com/google/pprof/profile"
)

// oracleFilter applies a filter with google/pprof's own functions, in the order of
// its driver (internal/driver/driver_focus.go), and aggregates as it does.
func oracleFilter(t testing.TB, p *profile.Profile, f *collapse.Filter) {
	t.Helper()
	p.FilterSamplesByName(f.Focus, f.Ignore, f.Hide, f.Show)
	if f.ShowFrom != nil {
		p.ShowFrom(f.ShowFrom)
	}
	if f.PruneFrom != nil {
		p.PruneFrom(f.PruneFrom)
	}
	var function, file, line, address bool
	switch f.Granularity {
	case "", collapse.Functions:
		function = true
	case collapse.FileFunctions:
		function, file = true, true
	case collapse.Files:
		file = true
	case collapse.Lines:
		function, file, line = true, true, true
	case collapse.Addresses:
		if !f.NoInlines {
			return // the driver leaves the profile as it is
		}
		function, file, line, address = true, true, true, true
	}
	if f.Granularity == "" {
		address = true // flame tells addresses without a symbol apart
	}
	if err := p.Aggregate(!f.NoInlines, function, file, line, false, address); err != nil {
		t.Fatal(err)
	}
}

// oracleTree is the call tree of an aggregated profile with the names that flame
// gives to frames of a granularity, without what has no value.
func oracleTree(p *profile.Profile, g collapse.Granularity) *mapNode {
	root := newMapNode(len(p.SampleType))
	for _, s := range p.Sample {
		n := root
		for i := len(s.Location) - 1; i >= 0; i-- {
			l := s.Location[i]
			binary := "<unknown>"
			if l.Mapping != nil && l.Mapping.File != "" {
				binary = "[" + path.Base(l.Mapping.File) + "]"
			}
			if len(l.Line) == 0 {
				n = n.child(addressName(l, binary, g))
			}
			for j := len(l.Line) - 1; j >= 0; j-- {
				n = n.child(lineName(l, l.Line[j], binary, g))
			}
		}
		for c, v := range s.Value {
			n.self[c] = collapse.AddSaturating(n.self[c], v)
		}
	}
	root.prune()
	return root
}

func addressName(l *profile.Location, binary string, g collapse.Granularity) string {
	switch {
	case g != "" && g != collapse.Addresses, g == collapse.Addresses && l.Address == 0:
		return binary
	case binary == "<unknown>":
		return fmt.Sprintf("%#x", l.Address)
	}
	return fmt.Sprintf("%s %#x", binary, l.Address)
}

func lineName(l *profile.Location, line profile.Line, binary string, g collapse.Granularity) string {
	name, file := line.Function.Name, line.Function.Filename
	if name == "" && g != collapse.Files {
		name = line.Function.SystemName
	}
	if file != "" {
		file = path.Clean(file)
	}
	if g == "" {
		if name == "" {
			return "[unknown]"
		}
		return name
	}
	var parts []string
	if l.Address != 0 && g == collapse.Addresses {
		parts = append(parts, fmt.Sprintf("%016x", l.Address))
	}
	if name != "" {
		parts = append(parts, name)
	}
	switch {
	case line.Line != 0 && line.Column != 0:
		parts = append(parts, fmt.Sprintf("%s:%d:%d", file, line.Line, line.Column))
	case line.Line != 0:
		parts = append(parts, fmt.Sprintf("%s:%d", file, line.Line))
	case file != "":
		parts = append(parts, file)
	case name == "":
		return addressName(l, binary, g)
	}
	return strings.Join(parts, " ")
}

func (n *mapNode) child(name string) *mapNode {
	c := n.children[name]
	if c == nil {
		c = newMapNode(len(n.self))
		n.children[name] = c
	}
	return c
}

// prune takes out the nodes without a value in or below them, and reports whether
// n is one.
func (n *mapNode) prune() bool {
	empty := !slices.ContainsFunc(n.self, func(v int64) bool { return v != 0 })
	for name, c := range n.children {
		if c.prune() {
			delete(n.children, name)
		} else {
			empty = false
		}
	}
	return empty
}

// expressions are regular expressions out of a profile's own names: of functions
// that have inlined ones in them, of inlined ones, of others, of a file and a
// binary, and one that matches many.
func expressions(p *profile.Profile, each int) []*regexp.Regexp {
	var outer, inlined, plain, files, binaries []string
	for _, l := range p.Location {
		for i, line := range l.Line {
			name := line.Function.Name
			switch {
			case name == "":
			case len(l.Line) == 1:
				plain = append(plain, name)
			case i == len(l.Line)-1:
				outer = append(outer, name)
			default:
				inlined = append(inlined, name)
			}
			files = append(files, path.Base(line.Function.Filename))
		}
		if l.Mapping != nil {
			binaries = append(binaries, path.Base(l.Mapping.File))
		}
	}
	var out []*regexp.Regexp
	for _, list := range [][]string{outer, inlined, plain, files, binaries} {
		slices.Sort(list)
		list = slices.Compact(list)
		list = slices.DeleteFunc(list, func(s string) bool { return s == "" || s == "." })
		for i := range min(each, len(list)) {
			out = append(out, regexp.MustCompile(regexp.QuoteMeta(list[(2*i+1)*len(list)/(2*each)])))
		}
	}
	return append(out, regexp.MustCompile(`^(runtime|main)\.|alloc`))
}

// filters are what one expression, or two, can be put to.
func filters(a, b *regexp.Regexp) map[string]collapse.Filter {
	return map[string]collapse.Filter{
		"focus":               {Focus: a},
		"ignore":              {Ignore: a},
		"hide":                {Hide: a},
		"show":                {Show: a},
		"show_from":           {ShowFrom: a},
		"prune_from":          {PruneFrom: a},
		"hide noinlines":      {Hide: a, NoInlines: true},
		"show lines":          {Show: a, Granularity: collapse.Lines},
		"show_from noinlines": {ShowFrom: a, NoInlines: true},
		"prune_from files":    {PruneFrom: a, Granularity: collapse.Files},
		"hide prune_from":     {Hide: a, PruneFrom: b},
		"hide show_from":      {Hide: b, ShowFrom: a},
		"all":                 {Focus: a, Ignore: b, Hide: b, ShowFrom: a, PruneFrom: a, Granularity: collapse.FileFunctions},
	}
}

// checkFilter compares a filter's result with google/pprof's.
func checkFilter(t *testing.T, data []byte, parsed *profile.Profile, f collapse.Filter) {
	t.Helper()
	want := parsed.Copy()
	oracleFilter(t, want, &f)
	tree := oracleTree(want, f.Granularity)

	p, err := pprof.Decode(bytes.NewReader(data), pprof.Options{Detail: f.Detail(), Labels: f.NeedsLabels()})
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Apply(p)
	if err != nil {
		if len(tree.children) > 0 {
			t.Errorf("%v, but google/pprof has something left", err)
		}
		return
	}
	checkSameTree(t, got, tree)
}

func checkSameTree(t *testing.T, got *collapse.Profile, want *mapNode) {
	t.Helper()
	if err := got.CheckValid(); err != nil {
		t.Fatal(err)
	}
	flat, err := collapse.Flatten(got)
	if err != nil {
		t.Fatal(err)
	}
	if flat.Len() != want.count() {
		t.Errorf("%d nodes, want %d", flat.Len(), want.count())
	}
	if err := compare(flat, collapse.Root, want, "root"); err != nil {
		t.Error(err)
	}
}

func parseInteresting(t testing.TB, data []byte) *profile.Profile {
	t.Helper()
	p, err := profile.ParseData(data)
	if err == nil {
		err = p.RemoveUninteresting()
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFiltersAgainstOracle holds every filter by name, alone and together, against
// google/pprof's on every profile, with expressions out of its own names. Of large
// profiles each filter meets only some of the expressions, as google/pprof takes
// its time for them.
func TestFiltersAgainstOracle(t *testing.T) {
	for _, file := range corpus(t, "pprof/tiny/*", "pprof/typical/*", "pprof/large/*", "pprof/legacy/*") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data := read(t, file)
			each, every := 2, 1
			switch {
			case len(data) > 300<<10:
				each, every = 1, 12
			case len(data) > 10<<10:
				every = 3
			}
			if testing.Short() {
				every *= 3
			}
			parsed := parseInteresting(t, data)
			all := expressions(parsed, each)
			for i, re := range all {
				of := filters(re, all[(i+1)%len(all)])
				for j, name := range slices.Sorted(maps.Keys(of)) {
					if (i+j)%every == 0 {
						t.Run(name+" "+re.String(), func(t *testing.T) { checkFilter(t, data, parsed, of[name]) })
					}
				}
			}
		})
	}
}

// TestGranularitiesAgainstOracle holds each granularity, with inlined frames and
// without, against google/pprof's Aggregate.
func TestGranularitiesAgainstOracle(t *testing.T) {
	for _, file := range corpus(t, "pprof/tiny/*", "pprof/typical/*", "pprof/large/*", "pprof/legacy/*") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data := read(t, file)
			parsed := parseInteresting(t, data)
			for i, g := range append(collapse.Granularities(), "") {
				for j, noInlines := range []bool{false, true} {
					if len(data) > 300<<10 && (2*i+j)%3 != len(data)%3 {
						continue // google/pprof takes its time; another large profile has its turn
					}
					f := collapse.Filter{Granularity: collapse.Granularity(g), NoInlines: noInlines}
					if f.Detail() == collapse.NoDetail {
						continue // that is TestOracle
					}
					t.Run(fmt.Sprint(g, noInlines), func(t *testing.T) {
						want := parsed.Copy()
						oracleFilter(t, want, &f)
						p, err := pprof.Decode(bytes.NewReader(data), pprof.Options{Detail: f.Detail()})
						if err != nil {
							t.Fatal(err)
						}
						if f.NoInlines {
							if p, err = collapse.NoInlines(p); err != nil {
								t.Fatal(err)
							}
						}
						got, err := collapse.Aggregate(p, f.Granularity)
						if err != nil {
							t.Fatal(err)
						}
						checkSameTree(t, got, oracleTree(want, f.Granularity))
					})
				}
			}
		})
	}
}
