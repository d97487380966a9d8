package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/format"
	"flame/flame/report"

	"github.com/google/pprof/driver"
	"github.com/google/pprof/profile"
)

// pprof runs google/pprof's own driver on a file, in this process, and returns
// what it prints.
func pprof(file string, args ...string) (string, error) {
	flags := flag.NewFlagSet("pprof", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	out := &result{}
	err := driver.PProf(&driver.Options{
		Flagset: &pprofFlags{flags, append(args, "-output=out", "-symbolize=none", file)},
		Writer:  out, UI: silent{}, Sym: unchanged{},
	})
	// A tab in a name is one of the control characters that flame shows.
	text := strings.ReplaceAll(out.String(), "\t", `\x09`)
	return strings.Replace(text, `context \x09 \x09 `, "context \t \t ", 1), err
}

type result struct{ bytes.Buffer }

func (r *result) Open(string) (io.WriteCloser, error) { return r, nil }
func (r *result) Close() error                        { return nil }

type unchanged struct{}

func (unchanged) Symbolize(string, driver.MappingSources, *profile.Profile) error { return nil }

type pprofFlags struct {
	*flag.FlagSet
	args []string
}

func (f *pprofFlags) ExtraUsage() string     { return "" }
func (f *pprofFlags) AddExtraUsage(s string) {}
func (f *pprofFlags) StringList(name, def, usage string) *[]*string {
	return &[]*string{f.String(name, def, usage)}
}
func (f *pprofFlags) Parse(usage func()) []string {
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

// corpus are the shared profiles that google/pprof can read. Short runs get the
// tiny ones only: pprof takes minutes to print all.
func corpus(t testing.TB) []string {
	t.Helper()
	var files []string
	dirs := []string{"tiny", "typical", "large", "legacy"}
	if testing.Short() {
		dirs = dirs[:1]
	}
	for _, dir := range dirs {
		m, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "pprof", dir, "*"))
		for _, f := range m {
			if !strings.HasSuffix(f, ".string") {
				files = append(files, f)
			}
		}
	}
	if len(files) == 0 {
		t.Skip("the shared profiles (../shared/data) are not here: the comparison with google/pprof on real profiles is skipped")
	}
	return files
}

func decode(t testing.TB, file string) *collapse.Profile {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := format.Decode(f, format.Options{Inlined: true})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return p
}

// A combination is a set of flags of pprof, and the same as Options.
type combination struct {
	flags   []string
	options func(o *report.Options, p *collapse.Profile)
}

var combinations = []combination{
	{nil, func(*report.Options, *collapse.Profile) {}},
	{[]string{"-cum"}, func(o *report.Options, _ *collapse.Profile) { o.Cum = true }},
	{[]string{"-nodecount=10"}, func(o *report.Options, _ *collapse.Profile) { o.NodeCount = 10 }},
	{[]string{"-nodefraction=0.05"}, func(o *report.Options, _ *collapse.Profile) { o.NodeFraction = 0.05 }},
	{[]string{"-nodefraction=0", "-edgefraction=0"}, func(o *report.Options, _ *collapse.Profile) {
		o.NodeFraction, o.EdgeFraction = 0, 0
	}},
	{[]string{"-edgefraction=0.1"}, func(o *report.Options, _ *collapse.Profile) { o.EdgeFraction = 0.1 }},
	{[]string{"-sample_index=0"}, func(o *report.Options, _ *collapse.Profile) { o.Type = 0 }},
	{[]string{"-sample_index=0", "-cum", "-nodecount=7"}, func(o *report.Options, _ *collapse.Profile) {
		o.Type, o.Cum, o.NodeCount = 0, true, 7
	}},
	{[]string{"-unit=us"}, func(o *report.Options, _ *collapse.Profile) { o.Unit = "us" }},
	{[]string{"-unit=MB", "-drop_negative"}, func(o *report.Options, _ *collapse.Profile) {
		o.Unit, o.DropNegative = "MB", true
	}},
	{[]string{"-cum", "-nodecount=20", "-nodefraction=0.01", "-edgefraction=0.02"}, func(o *report.Options, _ *collapse.Profile) {
		o.Cum, o.NodeCount, o.NodeFraction, o.EdgeFraction = true, 20, 0.01, 0.02
	}},
	{[]string{"-mean", "-nodecount=40"}, func(o *report.Options, _ *collapse.Profile) { o.Mean, o.NodeCount = true, 40 }},
}

// args are all flags, for the driver keeps those of the run before.
func (c combination) args(p *collapse.Profile, command string) []string {
	return append([]string{command, "-flat=" + strconv.FormatBool(!slices.Contains(c.flags, "-cum")), "-nodecount=-1", "-nodefraction=0.005",
		"-edgefraction=0.001", "-unit=minimum", "-mean=false", "-drop_negative=false", "-functions",
		"-sample_index=" + strconv.Itoa(p.Default)}, c.flags...)
}

// head are the lines that say which binary was profiled, which flame does not know.
var head = regexp.MustCompile(`(?m)^(File|Build ID|Doc): .*\n`)

func compare(t *testing.T, what, got, want string) {
	t.Helper()
	want = head.ReplaceAllString(want, "")
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	shown := 0
	for i := 0; i < max(len(g), len(w)) && shown < 4; i++ {
		var gl, wl string
		if i < len(g) {
			gl = g[i]
		}
		if i < len(w) {
			wl = w[i]
		}
		if gl != wl {
			t.Errorf("%s: line %d\n flame %q\n pprof %q", what, i+1, gl, wl)
			shown++
		}
	}
}

func text(t *testing.T, r interface{ WriteText(io.Writer) error }) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every line of top, tree and peek is google/pprof's, for 12 combinations of flags.
func TestEqualsPprof(t *testing.T) {
	for _, file := range corpus(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			p := decode(t, file)
			for i, c := range combinations {
				if testing.Short() && i%4 != 0 {
					continue
				}
				o := report.Defaults()
				o.Type = p.Default
				c.options(&o, p)
				name := fmt.Sprint(c.flags)

				want, err := pprof(file, c.args(p, "-top")...)
				if err != nil {
					t.Logf("top %s: pprof cannot print it: %v", name, err)
					continue
				}
				top := report.MakeTop(p, o)
				compare(t, "top "+name, text(t, top), want)

				want, err = pprof(file, c.args(p, "-tree")...)
				if err != nil {
					t.Fatal(err)
				}
				to := o
				if to.NodeCount == 0 {
					to.NodeCount = 80 // pprof's default for all but top
				}
				compare(t, "tree "+name, text(t, report.MakeTree(p, to)), want)

				match := regexp.MustCompile(`(?i)main|alloc|^runtime\.[m-p]`)
				want, wantErr := pprof(file, c.args(p, "-peek="+match.String())...)
				peek, err := report.MakePeek(p, o, match)
				if (err != nil) != (wantErr != nil) {
					t.Errorf("peek %s: %v, pprof: %v", name, err, wantErr)
				} else if err == nil {
					compare(t, "peek "+name, text(t, peek), want)
				}
			}
		})
	}
}

// Every stack of traces is one of google/pprof's, with the sum of the values of
// its samples.
func TestTracesEqualPprof(t *testing.T) {
	for _, file := range corpus(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			p := decode(t, file)
			for typ := range p.Types {
				c := combination{flags: []string{"-sample_index=" + strconv.Itoa(typ), "-unit=" + p.Types[typ].Unit}}
				out, err := pprof(file, c.args(p, "-traces")...)
				if err != nil {
					t.Skipf("pprof cannot print it: %v", err)
				}
				want := sums(t, out)
				got := sums(t, text(t, report.MakeTraces(p, report.Options{Type: typ, Unit: p.Types[typ].Unit})))
				for stack, v := range want {
					if got[stack] != v {
						t.Errorf("type %d: flame has %v, pprof %v for\n%s", typ, got[stack], v, stack)
					}
					delete(got, stack)
				}
				for stack, v := range got {
					t.Errorf("type %d: flame has %v, pprof nothing for\n%s", typ, v, stack)
				}
			}
		})
	}
}

// traceValue is the first line of a stack: its value and its leaf.
var traceValue = regexp.MustCompile(`^ *(-?[0-9.]+)\S*   ([^ ].*\n)$`)

// sums reads the output of traces: the sum for each stack that has one.
func sums(t *testing.T, out string) map[string]float64 {
	t.Helper()
	sums := map[string]float64{}
	blocks := strings.Split(out, "-----------+-------------------------------------------------------\n")
	for _, block := range blocks[1:] {
		var stack strings.Builder
		value := 0.0
		for line := range strings.Lines(block) {
			if m := traceValue.FindStringSubmatch(line); m != nil {
				f, err := strconv.ParseFloat(m[1], 64)
				if err != nil {
					t.Fatalf("value of %q: %v", line, err)
				}
				value = f
				stack.WriteString(m[2])
			} else if rest, ok := strings.CutPrefix(line, "             "); ok {
				stack.WriteString(rest)
			} // else a label
		}
		if stack.Len() > 0 {
			if sums[stack.String()] += value; sums[stack.String()] == 0 {
				delete(sums, stack.String())
			}
		}
	}
	return sums
}

// Tags are google/pprof's, of text and of numbers.
func TestTagsEqualPprof(t *testing.T) {
	labelled := 0
	for _, file := range corpus(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			p, err := format.Decode(f, format.Options{Labels: true})
			if err != nil {
				t.Fatal(err)
			}
			if !p.HasLabels() {
				return
			}
			labelled++
			for typ := range p.Types {
				c := combination{flags: []string{"-sample_index=" + strconv.Itoa(typ)}}
				want, err := pprof(file, c.args(p, "-tags")...)
				if err != nil {
					t.Fatal(err)
				}
				// pprof leaves the order of 5 and -5 open.
				compare(t, fmt.Sprint("tags ", typ), sorted(text(t, report.MakeTags(p, report.Options{Type: typ}))), sorted(want))
			}
		})
	}
	if !testing.Short() && labelled < 3 {
		t.Errorf("only %d profiles have labels", labelled)
	}
}

func sorted(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// The functions of list, their files and their sums are google/pprof's.
func TestListEqualsPprof(t *testing.T) {
	match := regexp.MustCompile("main|alloc|[A-M]ead")
	for _, file := range corpus(t) {
		if strings.Contains(file, "synth100k") {
			continue // it has functions in two binaries, whose lines pprof counts twice where they call each other
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			p, err := format.Decode(f, format.Options{Detail: collapse.LineDetail, Inlined: true})
			if err != nil {
				t.Fatal(err)
			}
			if p, err = collapse.Aggregate(p, collapse.Lines); err != nil {
				t.Fatal(err)
			}
			want, wantErr := pprof(file, combination{}.args(p, "-list="+match.String())...)
			list, err := report.MakeList(p, report.Options{Type: p.Default}, match, nil)
			if (err != nil) != (wantErr != nil) {
				t.Fatalf("%v, pprof: %v", err, wantErr)
			}
			if err != nil {
				return
			}
			compare(t, "list", headers(text(t, list)), headers(want))
		})
	}
}

// headers are the lines of a list that are about functions.
func headers(list string) string {
	var out strings.Builder
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "ROUTINE") || strings.Contains(line, "(flat, cum)") || strings.HasPrefix(line, "No source") || strings.HasPrefix(line, "Total") {
			out.WriteString(line)
		}
	}
	return out.String()
}
