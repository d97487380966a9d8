package pprof_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/pprof"

	"github.com/google/pprof/driver"
	"github.com/google/pprof/profile"
)

// drive runs google/pprof's own driver on a file, with all its filters at their
// defaults but those given, for it keeps the flags of one run for the next. It
// returns the profile that the driver made, which -proto leaves at addresses.
func drive(t testing.TB, file string, args ...string) *profile.Profile {
	t.Helper()
	flags := flag.NewFlagSet("pprof", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	all := []string{"-proto", "-symbolize=none", "-output=out"}
	for _, name := range []string{"focus", "ignore", "hide", "show", "show_from", "prune_from", "tagfocus", "tagignore", "tagroot", "tagleaf", "tagshow", "taghide", "sample_index"} {
		all = append(all, "-"+name+"=")
	}
	out := &driverResult{}
	err := driver.PProf(&driver.Options{
		Flagset: &driverFlags{flags, append(append(all, args...), file)},
		Writer:  out, UI: silent{}, Sym: unchanged{},
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.ParseData(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

type driverResult struct{ bytes.Buffer }

func (r *driverResult) Open(string) (io.WriteCloser, error) { return r, nil }
func (r *driverResult) Close() error                        { return nil }

type unchanged struct{}

func (unchanged) Symbolize(string, driver.MappingSources, *profile.Profile) error { return nil }

type driverFlags struct {
	*flag.FlagSet
	args []string
}

func (f *driverFlags) ExtraUsage() string   { return "" }
func (f *driverFlags) AddExtraUsage(string) {}
func (f *driverFlags) StringList(name, def, usage string) *[]*string {
	return &[]*string{f.String(name, def, usage)}
}
func (f *driverFlags) Parse(func()) []string {
	if err := f.FlagSet.Parse(f.args); err != nil {
		return nil
	}
	return f.Args()
}

type silent struct{}

func (silent) ReadLine(string) (string, error)     { return "", io.EOF }
func (silent) Print(...any)                        {}
func (silent) PrintErr(...any)                     {}
func (silent) IsTerminal() bool                    { return false }
func (silent) WantBrowser() bool                   { return false }
func (silent) SetAutoComplete(func(string) string) {}

// tagFilters are filters on labels out of a profile's own, as pprof's flags.
func tagFilters(p *profile.Profile) [][]string {
	texts, numbers := map[string][]string{}, map[string][]int64{}
	for _, s := range p.Sample {
		for k, v := range s.Label {
			texts[k] = append(texts[k], v...)
		}
		for k, v := range s.NumLabel {
			numbers[k] = append(numbers[k], v...)
		}
	}
	units, _ := p.NumLabelUnits()
	var all [][]string
	for _, k := range slices.Sorted(maps.Keys(texts)) {
		v := texts[k]
		slices.Sort(v)
		one, other := regexp.QuoteMeta(v[len(v)/3]), regexp.QuoteMeta(v[len(v)-1])
		if strings.ContainsAny(one+other, ",=") {
			continue
		}
		all = append(all,
			[]string{"-tagfocus=" + k + "=" + one}, []string{"-tagfocus=" + k + "=" + one + "," + other},
			[]string{"-tagfocus=" + one}, []string{"-tagfocus=" + one + "," + k}, []string{"-tagignore=" + k + ":" + other},
			[]string{"-tagignore=" + k + "=" + one}, []string{"-tagroot=" + k}, []string{"-tagleaf=" + k},
			[]string{"-tagroot=" + k, "-focus=" + one}, []string{"-tagleaf=" + k, "-show_from=runtime|http"},
			[]string{"-tagroot=" + k, "-prune_from=main|http", "-tagignore=" + other})
	}
	for _, k := range slices.Sorted(maps.Keys(numbers)) {
		v := numbers[k]
		slices.Sort(v)
		low, high := v[len(v)/3], v[2*len(v)/3]
		unit := units[k]
		if regexp.MustCompile(`[^A-Za-z]`).MatchString(unit) {
			unit = ""
		}
		all = append(all,
			[]string{fmt.Sprintf("-tagfocus=%s=%d%s", k, low, unit)}, []string{fmt.Sprintf("-tagfocus=%d%s:", low, unit)},
			[]string{fmt.Sprintf("-tagfocus=%s=:%d%s", k, high, unit)}, []string{fmt.Sprintf("-tagignore=%d%s:%d%s", low, unit, high, unit)},
			[]string{fmt.Sprintf("-tagignore=%s=%d", k, low)}, []string{"-tagroot=" + k}, []string{"-tagleaf=" + k},
			[]string{"-tagfocus=:1kb"}, []string{"-tagfocus=1kb:1mb"}, []string{"-tagignore=64kb:"})
	}
	if len(texts)+len(numbers) > 1 {
		keys := append(slices.Sorted(maps.Keys(texts)), slices.Sorted(maps.Keys(numbers))...)
		all = append(all, []string{"-tagroot=" + strings.Join(keys, ",")}, []string{"-tagleaf=" + strings.Join(keys, ","), "-tagroot=" + keys[0]})
	}
	return all
}

// parseFilter makes a filter of pprof's flags.
func parseFilter(t *testing.T, flags []string) collapse.Filter {
	t.Helper()
	var f collapse.Filter
	for _, text := range flags {
		name, value, _ := strings.Cut(text, "=")
		var err error
		switch name {
		case "-tagfocus":
			f.TagFocus, err = collapse.ParseTagMatch(value)
		case "-tagignore":
			f.TagIgnore, err = collapse.ParseTagMatch(value)
		case "-tagroot":
			f.TagRoot = strings.Split(value, ",")
		case "-tagleaf":
			f.TagLeaf = strings.Split(value, ",")
		case "-focus":
			f.Focus = regexp.MustCompile(value)
		case "-show_from":
			f.ShowFrom = regexp.MustCompile(value)
		case "-prune_from":
			f.PruneFrom = regexp.MustCompile(value)
		default:
			t.Fatal(name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// TestTagFiltersAgainstDriver holds the filters on labels against google/pprof's
// driver, on every profile that has labels.
func TestTagFiltersAgainstDriver(t *testing.T) {
	ran := 0
	for _, file := range corpus(t, "pprof/tiny/*", "pprof/typical/*", "pprof/legacy/*") {
		data := read(t, file)
		for _, flags := range tagFilters(parseInteresting(t, data)) {
			ran++
			t.Run(filepath.Base(file)+strings.Join(flags, ""), func(t *testing.T) {
				want := drive(t, file, flags...)
				for _, fn := range want.Function { // a pseudo frame for a key that the sample lacks
					if fn.Name == "" && fn.SystemName == "" && fn.Filename != "" && len(flags[0]) > 4 && strings.HasPrefix(flags[0], "-tag") {
						fn.Name = "[no " + fn.Filename + "]"
					}
				}
				tree := oracleTree(want, "")
				p, err := pprof.Decode(bytes.NewReader(data), pprof.Options{Detail: collapse.SourceDetail, Labels: true})
				if err != nil {
					t.Fatal(err)
				}
				f := parseFilter(t, flags)
				got, err := f.Apply(p)
				if err != nil {
					if len(tree.children) > 0 {
						t.Errorf("%v, but google/pprof has something left", err)
					}
					return
				}
				checkSameTree(t, got, tree)
			})
		}
	}
	if !testing.Short() && ran < 100 {
		t.Errorf("only %d filters were compared", ran)
	}
}

// TestBaseAgainstDriver holds subtraction and comparison against google/pprof's
// -base and -diff_base, by functions: its merge moves addresses without a symbol.
func TestBaseAgainstDriver(t *testing.T) {
	files := corpus(t, "pprof/typical/*", "pprof/tiny/server*")
	if testing.Short() {
		t.Skip("google/pprof takes its time for these profiles")
	}
	dir := filepath.Dir(files[0])
	for _, pair := range [][2]string{
		{"server.heap.pb.gz", "server.allocs.pb.gz"}, {"server.allocs.pb.gz", "server.heap.pb.gz"},
		{"nethttp.block.pb.gz", "pprofutils-avg.block.pb"}, {"server.mutex.pb.gz", "nethttp.block.pb.gz"},
		{"server.cpu.labels.pb.gz", "pprofutils-anon.cpu.pb"}, {"parca-alloc_objects.pb.gz", "parca-alloc_objects.pb.gz"},
		{"pprof-report-sample.cpu.pb.gz", "parca-profile-with-labels.pb.gz"},
	} {
		t.Run(pair[0]+" "+pair[1], func(t *testing.T) {
			file, base := filepath.Join(dir, pair[0]), filepath.Join(dir, pair[1])
			after, before := decodeDetailed(t, file), decodeDetailed(t, base)

			minus, err := collapse.Subtract(after, before, collapse.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := drive(t, file, "-base="+base)
			var gross int64
			for _, s := range want.Sample {
				gross += abs(s.Value[len(s.Value)-1])
			}
			if got := minus.WholeOf(len(minus.Types) - 1); len(want.Sample) > 0 && float64(abs(got-gross)) > 1e-3*float64(gross) {
				t.Errorf("percentages are of %d, google/pprof's of %d", got, gross)
			}
			if minus, err = collapse.Aggregate(minus, collapse.Functions); err != nil {
				t.Fatal(err)
			}
			oracleFilter(t, want, &collapse.Filter{Granularity: collapse.Functions})
			checkSameTree(t, minus, oracleTree(want, collapse.Functions))

			both, err := collapse.Compare(after, before, collapse.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if both, err = collapse.Aggregate(both, collapse.Functions); err != nil {
				t.Fatal(err)
			}
			checkSides(t, both, drive(t, file, "-diff_base="+base))
		})
	}
}

func abs(v int64) int64 { return max(v, -v) }

func decodeDetailed(t *testing.T, file string) *collapse.Profile {
	t.Helper()
	p, err := pprof.Decode(bytes.NewReader(read(t, file)), pprof.Options{Detail: collapse.AddressDetail})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkSides compares a difference with the samples of pprof's -diff_base, of
// which those of the base are labelled and negative.
func checkSides(t *testing.T, got *collapse.Profile, want *profile.Profile) {
	t.Helper()
	var base, rest []*profile.Sample
	for _, s := range want.Sample {
		if s.DiffBaseSample() {
			for i := range s.Value {
				s.Value[i] = -s.Value[i]
			}
			base = append(base, s)
		} else {
			rest = append(rest, s)
		}
	}
	oracleFilter(t, want, &collapse.Filter{Granularity: collapse.Functions})
	want.Sample = rest
	after := oracleTree(want, collapse.Functions)
	want.Sample = base
	before := oracleTree(want, collapse.Functions)
	for typ := range got.Types {
		if a, b := sideOf(got, got.Self(typ)), foldedTree(after, typ); a != b {
			t.Errorf("type %d after differs", typ)
		}
		if a, b := sideOf(got, got.Base(typ)), foldedTree(before, typ); a != b {
			t.Errorf("type %d before differs", typ)
		}
	}
}

// sideOf returns the stacks with a value in the column, sorted.
func sideOf(p *collapse.Profile, column []int64) string {
	var lines []string
	for n, v := range column {
		if v == 0 {
			continue
		}
		var names []string
		for at := collapse.NodeID(n); at != collapse.Root; at = p.Parents()[at] {
			names = append(names, p.Frames()[p.NodeFrames()[at]].Name)
		}
		slices.Reverse(names)
		lines = append(lines, fmt.Sprintf("%s %d", strings.Join(names, ";"), v))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func foldedTree(n *mapNode, typ int) string {
	var lines []string
	var walk func(n *mapNode, stack []string)
	walk = func(n *mapNode, stack []string) {
		if n.self[typ] != 0 {
			lines = append(lines, fmt.Sprintf("%s %d", strings.Join(stack, ";"), n.self[typ]))
		}
		for name, child := range n.children {
			walk(child, append(stack[:len(stack):len(stack)], name))
		}
	}
	walk(n, nil)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
