package collapse_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"flame/collapse"

	"pgregory.net/rapid"
)

// TestMerge: merging profiles is the same as collecting all their samples in one.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		differential := rapid.Bool().Draw(t, "differential")
		ordered := rapid.Bool().Draw(t, "ordered")
		var all []sample
		var profiles []*collapse.Profile
		for range rapid.IntRange(1, 4).Draw(t, "profiles") {
			samples := drawSamples(t, 2, differential)
			if ordered { // a merge adds each profile's nodes, so its stacks have to be in that order
				slices.SortFunc(samples, func(a, b sample) int { return len(a.stack) - len(b.stack) })
				samples = samples[:1]
			}
			all = append(all, samples...)
			profiles = append(profiles, build(t, samples, 2, ordered))
		}
		got, err := collapse.Merge(profiles, collapse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		checkValid(t, got)
		if want := build(t, all, 2, ordered); !reflect.DeepEqual(got, want) {
			t.Fatalf("merged is\n%+v, want\n%+v", got, want)
		}
	})
}

func TestMergeTypesAndScales(t *testing.T) {
	b := collapse.NewBuilder(2, collapse.Limits{})
	b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: "a"})}, 7, 15)
	p, err := b.Profile([]collapse.ValueType{{Type: "cpu", Unit: "ns"}, {Type: "n", Unit: "count", Scale: 10}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	b = collapse.NewBuilder(2, collapse.Limits{})
	b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: "a"})}, 225, 1)
	q, err := b.Profile([]collapse.ValueType{{Type: "n", Unit: "count", Scale: 100}, {Type: "cpu", Unit: "ns"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := collapse.Merge([]*collapse.Profile{p, q}, collapse.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []collapse.ValueType{{Type: "cpu", Unit: "ns"}, {Type: "n", Unit: "count", Scale: 100}}; !reflect.DeepEqual(got.Types, want) || got.Default != 1 {
		t.Errorf("types are %v, default %d, want %v, 1", got.Types, got.Default, want)
	}
	if got.Total(0) != 8 || got.Total(1) != 375 {
		t.Errorf("totals are %d and %d, want 8 and 375 (3.75)", got.Total(0), got.Total(1))
	}
}

func TestMergeMeta(t *testing.T) {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	with := func(m collapse.Meta) *collapse.Profile {
		p := *readFolded(t, "a 1\n")
		p.Meta = m
		return &p
	}
	cpu := collapse.ValueType{Type: "cpu", Unit: "nanoseconds"}
	got, err := collapse.Merge([]*collapse.Profile{
		with(collapse.Meta{Source: "h1", Time: day.Add(time.Hour), Duration: time.Second, Period: 5, PeriodType: cpu, Comments: []string{"c", "d"}, Notes: []string{"n"}}),
		with(collapse.Meta{Source: "h2", Duration: time.Second, Period: 10, PeriodType: cpu, Comments: []string{"d", "e"}, Notes: []string{"n"}}),
		with(collapse.Meta{Source: "h1", Time: day, Duration: time.Second, Period: 5, PeriodType: cpu}),
	}, collapse.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := collapse.Meta{Source: "h1, h2", Time: day, Duration: 3 * time.Second, Period: 10, PeriodType: cpu, Comments: []string{"c", "d", "e"}, Notes: []string{"n"}}
	if !reflect.DeepEqual(got.Meta, want) {
		t.Errorf("meta is\n%+v, want\n%+v", got.Meta, want)
	}
	var many []*collapse.Profile
	for _, s := range strings.Split("a b c d e f", " ") {
		many = append(many, with(collapse.Meta{Source: s, PeriodType: collapse.ValueType{Type: s}, Period: 1}))
	}
	if got, err = collapse.Merge(many, collapse.Limits{}); err != nil {
		t.Fatal(err)
	}
	if want := (collapse.Meta{Source: "a, b, c and 3 more"}); !reflect.DeepEqual(got.Meta, want) {
		t.Errorf("meta is %+v, want %+v", got.Meta, want)
	}
}

func TestMergeErrors(t *testing.T) {
	plain, diff := readFolded(t, "a 1\n"), readFolded(t, "a 1 2\n")
	bytes := readFoldedOptions(t, "a 1\n", collapse.FoldedOptions{Type: collapse.ValueType{Type: "space", Unit: "bytes"}})
	for _, test := range []struct {
		profiles []*collapse.Profile
		limits   collapse.Limits
		want     string
	}{
		{nil, collapse.Limits{}, "merge profiles: there are none"},
		{[]*collapse.Profile{plain, bytes}, collapse.Limits{}, "merge profiles: they measure different things, samples/count and space/bytes; merge those of one kind"},
		{[]*collapse.Profile{plain, diff}, collapse.Limits{}, "merge profiles: some are differences and some are not; merge first, compare then"},
		{[]*collapse.Profile{plain, readFolded(t, "b 1\n")}, collapse.Limits{Nodes: 2}, "merge profiles: " + (&collapse.LimitError{What: "nodes of the call tree", Limit: 2}).Error()},
	} {
		if _, err := collapse.Merge(test.profiles, test.limits); err == nil || err.Error() != test.want {
			t.Errorf("error is %v, want %s", err, test.want)
		}
	}
}

func TestReverse(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
		ordered          bool
	}{
		{"plain", "a;b;c 1\nx;c 2\na 4\n 8\n", " 8\na 4\nc;b;a 1\nc;x 2\n", false},
		{"recursion", "a;a;b 1\na 2\n", "a 2\nb;a;a 1\n", false},
		{"differential", "a;b 5 0\na;c 0 7\n", "b;a 5 0\nc;a 0 7\n", false},
		{"ordered", "z;b 1\na;c 2\ny;b 4\nx;b 8\n", "b;z 1\nc;a 2\nb;y 4\nb;x 8\n", true},
		{"nothing left", "a;b 0\nc 3\n", "c 3\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := readFoldedOptions(t, test.text, collapse.FoldedOptions{Ordered: test.ordered})
			before := writeFolded(t, p, 0)
			got, err := collapse.Reverse(p)
			if err != nil {
				t.Fatal(err)
			}
			checkValid(t, got)
			if text := writeFolded(t, got, 0); text != test.want {
				t.Errorf("reversed is %q, want %q", text, test.want)
			}
			if writeFolded(t, p, 0) != before {
				t.Error("the profile itself was changed")
			}
		})
	}
}

func TestReverseTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := build(t, drawSamples(t, 2, rapid.Bool().Draw(t, "differential")), 2, false)
		once, err := collapse.Reverse(p)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := collapse.Reverse(once)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(twice, p) {
			t.Fatal("reversed twice it is another profile")
		}
	})
}

func BenchmarkMerge(b *testing.B) {
	p := readFolded(b, string(readFile(b, shared(b, "folded/synth100k.folded.gz"))))
	profiles := []*collapse.Profile{p, p, p, p}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := collapse.Merge(profiles, collapse.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(profiles)*p.Len())*float64(b.N)/b.Elapsed().Seconds(), "nodes/s")
}
