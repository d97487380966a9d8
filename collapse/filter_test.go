package collapse_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flame/collapse"

	"pgregory.net/rapid"
)

// drawDetailed draws a profile whose frames have files, binaries and inlined
// functions, perhaps with labels.
func drawDetailed(t *rapid.T, labels bool) *collapse.Profile {
	frame := rapid.Custom(func(t *rapid.T) collapse.Frame {
		f := collapse.Frame{
			Name:   rapid.SampledFrom([]string{"a", "b", "main.run", "main.(*T).Close(int)", "c"}).Draw(t, "name"),
			File:   rapid.SampledFrom([]string{"", "/src/a.go", "/src/b.go"}).Draw(t, "file"),
			Module: rapid.SampledFrom([]string{"", "/bin/a", "/lib/c.so"}).Draw(t, "module"),
			Inline: rapid.Bool().Draw(t, "inline"),
			Line:   rapid.Int64Range(0, 2).Draw(t, "line"),
		}
		if rapid.IntRange(0, 9).Draw(t, "unresolved") == 0 {
			f = collapse.Frame{Name: "[c.so] 0x12", Kind: collapse.Unresolved, Module: "/lib/c.so", Address: 0x12}
		}
		return f
	})
	label := rapid.Custom(func(t *rapid.T) collapse.Label {
		l := collapse.Label{Key: rapid.SampledFrom([]string{"user", "size"}).Draw(t, "key"), Value: rapid.SampledFrom([]string{"", "ann", "a:b"}).Draw(t, "value")}
		if l.Key == "size" {
			l = collapse.Label{Key: "size", Numeric: true, Number: rapid.Int64().Draw(t, "number"), Unit: rapid.SampledFrom([]string{"", "bytes"}).Draw(t, "unit")}
		}
		return l
	})
	b := collapse.NewBuilder(2, collapse.Limits{})
	b.Ordered, b.Detailed = rapid.Bool().Draw(t, "ordered"), true
	for range rapid.IntRange(1, 20).Draw(t, "stacks") {
		var stack []collapse.FrameID
		for _, f := range rapid.SliceOfN(frame, 0, 6).Draw(t, "stack") {
			stack = append(stack, b.Frame(f))
		}
		if set := rapid.SliceOfN(label, 0, 3).Draw(t, "labels"); labels && len(set) > 0 {
			stack = append(stack, b.Frame(collapse.LabelsFrame(set)))
		}
		b.AddStack(stack, rapid.Int64Range(1, 100).Draw(t, "count"), rapid.Int64Range(-5, 100).Draw(t, "value"))
	}
	p, err := b.Profile(types(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	checkValid(t, p)
	return p
}

func matchName(re string) func(collapse.Frame) bool {
	return func(f collapse.Frame) bool { return regexp.MustCompile(re).MatchString(f.Name) }
}

// TestTransforms: filters give canonical profiles, do nothing more when applied
// again, and those that only leave frames out of stacks keep the totals of the
// stacks they keep.
func TestTransforms(t *testing.T) {
	run := matchName("run|b")
	transforms := map[string]struct {
		apply func(*collapse.Profile) (*collapse.Profile, error)
		total bool // the same before and after
	}{
		"focus":  {apply: func(p *collapse.Profile) (*collapse.Profile, error) { return collapse.Focus(p, run), nil }},
		"ignore": {apply: func(p *collapse.Profile) (*collapse.Profile, error) { return collapse.Ignore(p, run), nil }},
		"hide":   {apply: func(p *collapse.Profile) (*collapse.Profile, error) { return collapse.Hide(p, run) }},
		"show":   {apply: func(p *collapse.Profile) (*collapse.Profile, error) { return collapse.Show(p, run) }},
		"show_from": {apply: func(p *collapse.Profile) (*collapse.Profile, error) {
			return collapse.ShowFrom(p, run, func(f collapse.Frame) bool { return f.Module == "/bin/a" })
		}},
		"prune_from":  {apply: func(p *collapse.Profile) (*collapse.Profile, error) { return collapse.PruneFrom(p, run) }, total: true},
		"noinlines":   {apply: collapse.NoInlines, total: true},
		"drop labels": {apply: collapse.DropLabels, total: true},
		"trim_path":   {apply: func(p *collapse.Profile) (*collapse.Profile, error) { return collapse.TrimPath(p, "/src") }, total: true},
		"tagshow": {apply: func(p *collapse.Profile) (*collapse.Profile, error) {
			return collapse.TagNames(p, regexp.MustCompile("user"), nil)
		}, total: true},
	}
	for _, g := range collapse.Granularities() {
		transforms[g] = struct {
			apply func(*collapse.Profile) (*collapse.Profile, error)
			total bool
		}{func(p *collapse.Profile) (*collapse.Profile, error) {
			return collapse.Aggregate(p, collapse.Granularity(g))
		}, true}
	}
	for name, tr := range transforms {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := drawDetailed(t, true)
				before := *p
				once, err := tr.apply(p)
				if err != nil {
					t.Fatal(err)
				}
				checkValid(t, once)
				if !reflect.DeepEqual(*p, before) {
					t.Fatal("the profile that was given is changed")
				}
				if tr.total && (once.Total(0) != p.Total(0) || once.Total(1) != p.Total(1)) {
					t.Fatalf("totals %d and %d, were %d and %d", once.Total(0), once.Total(1), p.Total(0), p.Total(1))
				}
				again, err := tr.apply(once)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(stacks(once, 0), stacks(again, 0)) {
					t.Fatalf("once\n%v\ntwice\n%v", stacks(once, 0), stacks(again, 0))
				}
			})
		})
	}
}

// TestFocusAndIgnore part a profile in two, but for samples without a stack.
func TestFocusAndIgnore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawDetailed(t, false)
		with, without := collapse.Focus(p, matchName("a")), collapse.Ignore(p, matchName("a"))
		if got, want := with.Total(0)+without.Total(0), p.Total(0)-p.Self(0)[0]; got != want {
			t.Fatalf("together %d of %d", got, want)
		}
	})
}

// TestLabelFrames: labels come back from their frame, by key, and their order does
// not matter.
func TestLabelFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) collapse.Label {
			l := collapse.Label{Key: rapid.String().Draw(t, "key")}
			if l.Numeric = rapid.Bool().Draw(t, "numeric"); l.Numeric {
				l.Number, l.Unit = rapid.Int64().Draw(t, "number"), rapid.String().Draw(t, "unit")
			} else {
				l.Value = rapid.String().Draw(t, "value")
			}
			return l
		}), 1, 5).Draw(t, "labels")
		f := collapse.LabelsFrame(labels)
		sorted := slices.Clone(labels)
		slices.SortStableFunc(sorted, func(a, b collapse.Label) int { return strings.Compare(a.Key, b.Key) })
		if got := f.Labels(); !reflect.DeepEqual(got, sorted) {
			t.Fatalf("%+v, want %+v", got, sorted)
		}
	})
	for _, broken := range []string{"\x05a", "\x01a\x01", "\x01a\x00\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		f := collapse.Frame{Name: broken, Kind: collapse.Labels}
		if got := f.Labels(); got != nil {
			t.Errorf("%q is %v", broken, got)
		}
	}
}

// TestTagMatch has the cases of pprof's own grammar.
func TestTagMatch(t *testing.T) {
	text := func(k, v string) collapse.Label { return collapse.Label{Key: k, Value: v} }
	number := func(k string, n int64, unit string) collapse.Label {
		return collapse.Label{Key: k, Numeric: true, Number: n, Unit: unit}
	}
	for _, c := range []struct {
		match  string
		labels []collapse.Label
		want   bool
	}{
		{"ann", []collapse.Label{text("user", "ann")}, true},
		{"user:a", []collapse.Label{text("user", "ann")}, true},
		{"ann,post", []collapse.Label{text("user", "ann")}, false},
		{"ann,post", []collapse.Label{text("user", "ann"), text("method", "post")}, true},
		{"user=bob,ann", []collapse.Label{text("user", "ann")}, true},
		{"method=ann", []collapse.Label{text("user", "ann")}, false},
		{"64kb", []collapse.Label{number("size", 65536, "bytes")}, true},
		{"64kb", []collapse.Label{number("size", 65537, "bytes")}, false},
		{"64kb:", []collapse.Label{number("size", 65537, "bytes")}, true},
		{":64kb", []collapse.Label{number("size", 64, "kB")}, true},
		{"1kb:64kb", []collapse.Label{number("size", 2048, "bytes")}, true},
		{"size=1kb:64kb", []collapse.Label{number("other", 2048, "bytes")}, false},
		{"512", []collapse.Label{number("size", 512, "bytes")}, false}, // bytes are a unit
		{"-5:5", []collapse.Label{number("n", 0, "")}, true},           // a key for a unit is none
		{"-5n:5n", []collapse.Label{number("n", 0, "")}, true},
		{"100ms:2s", []collapse.Label{number("t", 1, "s")}, true},
		{"100ms:2kb", []collapse.Label{number("t", 1, "s")}, false}, // no range but an expression
		{"64kb", []collapse.Label{text("size", "64kb")}, false},     // a range, so no text matches
		{"", []collapse.Label{text("user", "ann")}, true},
	} {
		m, err := collapse.ParseTagMatch(c.match)
		if err != nil {
			t.Errorf("%q: %v", c.match, err)
			continue
		}
		b := collapse.NewBuilder(1, collapse.Limits{})
		b.AddStack([]collapse.FrameID{b.Frame(collapse.LabelsFrame(c.labels))}, 1)
		p, err := b.Profile(types(1), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Match(c.labels, p.LabelUnits()); got != c.want {
			t.Errorf("%q matches %+v: %v", c.match, c.labels, got)
		}
	}
	for _, wrong := range []string{"(", "user=[", "99999999999999999999", "1:99999999999999999999"} {
		if _, err := collapse.ParseTagMatch(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

// FuzzTagMatch: whatever text is a condition or an error, a range has its ends in
// it, and no condition breaks on any label.
func FuzzTagMatch(f *testing.F) {
	for _, s := range []string{"user=ann,bob", "64kb:1mb", "size=:-5", "10ms:", "+3", "a=b=c", "12kb:64ms", "=", ":", "1:2:3", "µs"} {
		f.Add(s, int64(65536), "bytes")
	}
	f.Fuzz(func(t *testing.T, text string, n int64, unit string) {
		m, err := collapse.ParseTagMatch(text)
		if err != nil {
			return
		}
		if m.String() != text {
			t.Errorf("%q is shown as %q", text, m)
		}
		labels := []collapse.Label{{Key: "size", Numeric: true, Number: n, Unit: unit}, {Key: "user", Value: text}}
		m.Match(labels, map[string]string{"size": unit})
		m.Match(nil, nil)
		// A bare number is in its own range.
		if exact := regexp.MustCompile(`^[+-]?[0-9]{1,15}$`); exact.MatchString(text) {
			v, err := collapse.ParseTagMatch(text + "n:" + text + "n")
			if err != nil {
				t.Fatal(err)
			}
			var want int64
			for _, c := range strings.TrimLeft(text, "+-") {
				want = 10*want + int64(c-'0')
			}
			if text[0] == '-' {
				want = -want
			}
			if !v.Match([]collapse.Label{{Key: "k", Numeric: true, Number: want}}, map[string]string{"k": "n"}) {
				t.Errorf("%s is not in %s", text, v)
			}
		}
	})
}

// TestMatchClosures has names of Go's compilers and what they are matched by.
func TestMatchClosures(t *testing.T) {
	for name, want := range map[string]string{
		"main.run":                               "main.run",
		"main.run.func1":                         "main.run.func",
		"main.run.func12.3":                      "main.run.func.func",
		"main.run.func1.func2":                   "main.run.func.func",
		"main.run.gowrap1":                       "main.run.gowrap",
		"main.run.deferwrap2":                    "main.run.deferwrap",
		"main.run-range1":                        "main.run-range",
		"main.run.func1-range2":                  "main.run.func-range",
		"main.(*T).Close-fm":                     "main.(*T).Close",
		"net/http.(*conn).serve.func1":           "net/http.(*conn).serve.func",
		"main.outer.inner.func1":                 "main.inner.func",
		"main.inner.func1":                       "main.inner.func",
		"main.outer.(*T).run.func1":              "main.(*T).run.func",
		"main.T.run.func1":                       "main.run.func",
		"slices.SortFunc[go.shape.[]int,go.b.c]": "slices.SortFunc[...]",
		"main.Map[go.shape.int].func1":           "main.Map[...].func",
		"main.glob..func1":                       "main..func",
		"github.com/a/b.v2.init.func3":           "github.com/a/b.init.func",
		"std::vector<int>::push_back":            "std::vector<int>::push_back",
		"[kernel]":                               "[kernel]",
		"main.func1":                             "main.func",
		"func1":                                  "func1",
		"operator[](int":                         "operator[...](int",
		"":                                       "",
	} {
		if got := collapse.MatchClosures(name); got != want {
			t.Errorf("%q is matched by %q, want %q", name, got, want)
		}
		if got := collapse.MatchClosures(want); got != want {
			t.Errorf("%q is matched by %q in turn", want, got)
		}
	}
}

// TestScaleUnit has values and labels as pprof gives them.
func TestScaleUnit(t *testing.T) {
	for _, c := range []struct {
		value    int64
		from, to string
		want     string
	}{
		{0, "bytes", "auto", "0"},
		{1536, "bytes", "auto", "1.50kB"},
		{-1536, "bytes", "auto", "-1.50kB"},
		{1536, "bytes", "mb", "0MB"},
		{1 << 30, "bytes", "mb", "1024MB"},
		{1500, "ms", "minimum", "1.50s"},
		{7200, "s", "auto", "2hrs"},
		{5, "ns", "bytes", "0s"},
		{5, "count", "auto", "5"},
		{5, "widgets", "auto", "5"},
		{5, "widgets", "gadgets", "5gadgets"},
	} {
		want := c.want
		if want == "0MB" || want == "0s" {
			want = "0"
		}
		if got := collapse.UnitLabel(c.value, c.from, c.to); got != want {
			t.Errorf("%d %s in %s is %q, want %q", c.value, c.from, c.to, got, want)
		}
	}
}
