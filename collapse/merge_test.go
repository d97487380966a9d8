package collapse_test

import (
	"reflect"
	"runtime"
	"slices"
	"strconv"
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

// TestMergerOrder: a flame graph among flame charts makes the sum a flame graph,
// wherever it comes.
func TestMergerOrder(t *testing.T) {
	chart := readFoldedOptions(t, "b;x 1\na 2\nb;x 4\n", collapse.FoldedOptions{Ordered: true})
	graph := readFolded(t, "a 8\nb;x 16\n")
	for _, test := range []struct {
		profiles []*collapse.Profile
		want     string
	}{
		{[]*collapse.Profile{chart, chart}, "b;x 1\na 2\nb;x 5\na 2\nb;x 4\n"},
		{[]*collapse.Profile{chart, graph}, "a 10\nb;x 21\n"},
		{[]*collapse.Profile{graph, chart}, "a 10\nb;x 21\n"},
		{[]*collapse.Profile{chart, chart, graph, chart}, "a 14\nb;x 31\n"},
	} {
		p, err := collapse.Merge(test.profiles, collapse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		checkValid(t, p)
		if got := writeFolded(t, p, 0); got != test.want {
			t.Errorf("merged is\n%swant\n%s", got, test.want)
		}
	}
}

// TestMergerRefuses: what does not fit leaves the sum as it was.
func TestMergerRefuses(t *testing.T) {
	m := collapse.NewMerger(collapse.Limits{})
	bytes := readFoldedOptions(t, "a 1\n", collapse.FoldedOptions{Type: collapse.ValueType{Type: "space", Unit: "bytes"}})
	for range 3 {
		if err := m.Add(readFolded(t, "a 1\n")); err != nil {
			t.Fatal(err)
		}
		if m.Add(bytes) == nil {
			t.Error("bytes are added to samples")
		}
	}
	p, err := m.Profile()
	if err != nil {
		t.Fatal(err)
	}
	if got := writeFolded(t, p, 0); got != "a 3\n" {
		t.Errorf("merged is %q", got)
	}
}

// TestMergerMemory: the memory is in proportion to the stacks that differ. Nothing
// stays of the profiles, not even if each brings a new name, which lies among all
// its other strings.
func TestMergerMemory(t *testing.T) {
	const profiles, rest = 500, 64 << 10
	m := collapse.NewMerger(collapse.Limits{})
	before := heap()
	for i := range profiles {
		all := strings.Repeat("x", rest) + "known" + strconv.Itoa(i)
		b := collapse.NewBuilder(1, collapse.Limits{})
		for range 100 {
			b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: all[rest:][:5], File: all[:5]})}, 1)
		}
		b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: all[rest:], File: all[:5]})}, 1)
		p, err := b.Profile([]collapse.ValueType{{Type: "x"}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		p.Meta.Notes = []string{all[rest:]}
		if err := m.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap() - before; grown > profiles*rest/8 {
		t.Errorf("%d profiles of one new stack each take %d bytes", profiles, grown)
	}
	p, err := m.Profile()
	if err != nil || p.Len() != profiles+2 || p.Total(0) != 101*profiles {
		t.Errorf("merged are %d nodes of %d, error %v", p.Len(), p.Total(0), err)
	}
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
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
