package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/format"
	"flame/flame/report"
)

// A filtered combination is flags of pprof, and the same as a Filter.
type filtered struct {
	flags  []string
	filter collapse.Filter
}

func filters(t *testing.T) []filtered {
	re := regexp.MustCompile
	tag, err := collapse.ParseTagMatch("bytes=:64kb")
	if err != nil {
		t.Fatal(err)
	}
	return []filtered{
		{[]string{"-focus=alloc|main"}, collapse.Filter{Focus: re("alloc|main")}},
		{[]string{"-focus=main", "-relative_percentages"}, collapse.Filter{Focus: re("main"), Relative: true}},
		{[]string{"-ignore=alloc", "-hide=^runtime\\.m"}, collapse.Filter{Ignore: re("alloc"), Hide: re("^runtime\\.m")}},
		{[]string{"-show_from=main", "-noinlines"}, collapse.Filter{ShowFrom: re("main"), NoInlines: true}},
		{[]string{"-lines"}, collapse.Filter{Granularity: collapse.Lines}},
		{[]string{"-filefunctions"}, collapse.Filter{Granularity: collapse.FileFunctions}},
		{[]string{"-addresses"}, collapse.Filter{Granularity: collapse.Addresses}},
		{[]string{"-tagfocus=bytes=:64kb"}, collapse.Filter{TagFocus: tag}},
	}
}

// off are the flags of filters that are not given, for the driver keeps those of the
// run before.
func off(given []string) []string {
	all := map[string]string{"-focus": "=", "-ignore": "=", "-hide": "=", "-show_from": "=", "-tagfocus": "=",
		"-relative_percentages": "=false", "-noinlines": "=false", "-functions": ""}
	var flags []string
	for _, f := range given {
		name, _, _ := strings.Cut(f, "=")
		delete(all, name)
		if g := collapse.Granularity(strings.TrimPrefix(name, "-")); g != "" && g.Valid() {
			delete(all, "-functions")
		}
	}
	for name, value := range all {
		flags = append(flags, name+value)
	}
	return append(flags, given...)
}

// Top of what filters leave is google/pprof's: the same rows, shares and head. Not
// so -files, where pprof has a row for each function of a file, and flame one for it.
func TestFilteredEqualsPprof(t *testing.T) {
	compared := 0
	for _, file := range corpus(t) {
		if strings.Contains(file, "large") || strings.Contains(file, "legacy") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, c := range filters(t) {
				f, err := os.Open(file)
				if err != nil {
					t.Fatal(err)
				}
				p, err := format.Decode(f, format.Options{Inlined: true, Detail: max(c.filter.Detail(), collapse.SourceDetail), Labels: c.filter.NeedsLabels()})
				f.Close()
				if err != nil {
					t.Fatal(err)
				}
				o := report.Defaults()
				o.Type = p.Default
				for _, flag := range c.flags {
					if name, _, _ := strings.Cut(flag[1:], "="); strings.Contains("focus ignore hide show_from tagfocus", name) {
						o.Filters = append(o.Filters, flag[1:])
					}
				}
				q, err := c.filter.Apply(p)
				if err != nil {
					continue // it leaves nothing, which pprof prints as an empty list
				}
				args := []string{"-top", "-flat", "-nodecount=-1", "-nodefraction=0.005", "-edgefraction=0.001", "-unit=minimum", "-mean=false",
					"-drop_negative=false", "-sample_index=" + strconv.Itoa(p.Default)}
				want, err := pprof(file, append(args, off(c.flags)...)...)
				if err != nil {
					t.Fatal(err)
				}
				compared++
				compare(t, fmt.Sprint(c.flags), text(t, report.MakeTop(q, o)), want)
			}
		})
	}
	if !testing.Short() && compared < 100 {
		t.Errorf("only %d lists were compared", compared)
	}
}

// Differences are google/pprof's: shares of the base for -diff_base, of all that is
// left for -base.
func TestDifferenceEqualsPprof(t *testing.T) {
	dir := filepath.Join(filepath.Dir(corpus(t)[0]), "..", "typical")
	after, before := filepath.Join(dir, "server.heap.pb.gz"), filepath.Join(dir, "server.allocs.pb.gz")
	for _, flag := range []string{"-diff_base", "-base"} {
		detail := collapse.NoDetail
		compareBy := collapse.Compare
		if flag == "-base" {
			detail, compareBy = collapse.AddressDetail, collapse.Subtract
		}
		sides := make([]*collapse.Profile, 2)
		for i, file := range []string{after, before} {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			sides[i], err = format.Decode(f, format.Options{Inlined: true, Detail: detail})
			f.Close()
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, typ := range []string{"alloc_space", "inuse_objects"} {
			p, err := compareBy(sides[0], sides[1], collapse.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if p, err = collapse.Aggregate(p, ""); err != nil {
				t.Fatal(err)
			}
			o := report.Defaults()
			if o.Type, err = p.TypeIndex(typ); err != nil {
				t.Fatal(err)
			}
			args := []string{"-top", "-flat", "-nodecount=-1", "-nodefraction=0.005", "-edgefraction=0.001", "-unit=minimum", "-mean=false",
				"-drop_negative=false", "-sample_index=" + typ, flag + "=" + before}
			want, err := pprof(after, append(args, off(nil)...)...)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, flag+" "+typ, times.ReplaceAllString(text(t, report.MakeTop(p, o)), ""), times.ReplaceAllString(want, ""))
		}
	}
}

// times is the head's line with when and how long, which for a comparison pprof
// adds up and flame takes from the profile.
var times = regexp.MustCompile(`(?m)^(Time|Duration): .*\n`)
