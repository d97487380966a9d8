package diff_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"flame/collapse"
	"flame/flame/diff"

	"pgregory.net/rapid"
)

// A stack is one with its values on both sides, by type.
type stack struct {
	frames        string // joined by ";"
	before, after []int64
}

var heap = []collapse.ValueType{{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"}}

func makeProfile(t interface{ Fatal(...any) }, types []collapse.ValueType, stacks []stack) *collapse.Profile {
	b := collapse.NewBuilder(len(types), collapse.Limits{})
	b.AddBase(collapse.Root, 0, 0)
	for _, s := range stacks {
		n := collapse.Root
		for _, name := range strings.Split(s.frames, ";") {
			n = b.Child(n, b.Frame(collapse.Frame{Name: name}))
		}
		for c := range types {
			b.Add(n, c, s.after[c])
			b.AddBase(n, c, s.before[c])
		}
	}
	p, err := b.Profile(types, len(types)-1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTable holds the table against a plain count over the stacks.
func TestTable(t *testing.T) {
	types := heap[1:]
	rapid.Check(t, func(t *rapid.T) {
		stacks := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) stack {
			names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 5).Draw(t, "names")
			value := rapid.Int64Range(-1000, 1000)
			return stack{strings.Join(names, ";"), []int64{value.Draw(t, "before")}, []int64{value.Draw(t, "after")}}
		}), 1, 20).Draw(t, "stacks")
		table, err := diff.Make(makeProfile(t, types, stacks), diff.Options{Noise: -1})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]*diff.Row{}
		for _, s := range stacks {
			seen := map[string]bool{}
			names := strings.Split(s.frames, ";")
			for i, name := range names {
				if want[name] == nil {
					want[name] = &diff.Row{Function: name}
				}
				r := want[name]
				if !seen[name] {
					r.Cum.After += s.after[0]
					r.Cum.Before += s.before[0]
				}
				seen[name] = true
				if i == len(names)-1 {
					r.Flat.After += s.after[0]
					r.Flat.Before += s.before[0]
				}
			}
		}
		last := math.Inf(1)
		for _, r := range table.Rows {
			if *want[r.Function] != r {
				t.Fatalf("%+v, want %+v", r, *want[r.Function])
			}
			delete(want, r.Function)
			size := math.Abs(float64(r.Flat.Delta()))
			if size > last {
				t.Fatalf("%s is out of order", r.Function)
			}
			last = size
		}
		for _, r := range want {
			if r.Flat.Delta() != 0 || r.Cum.Delta() != 0 {
				t.Fatalf("%+v is missing", *r)
			}
		}
	})
}

func TestNoiseAndCount(t *testing.T) {
	p := makeProfile(t, heap, []stack{
		{"main;big", []int64{1, 1000}, []int64{1, 1500}},
		{"main;small", []int64{1, 100}, []int64{1, 101}},
		{"main;same", []int64{1, 100}, []int64{1, 100}},
		{"main;tiny", []int64{1, 10}, []int64{1, 12}},
	})
	for _, c := range []struct {
		o       diff.Options
		rows    string
		omitted int
	}{
		{diff.Options{Type: 1}, "big tiny main", 1}, // small is under 0.1% of 1713
		{diff.Options{Type: 1, Noise: -1}, "big tiny small main", 0},
		{diff.Options{Type: 1, Noise: 0.1}, "big main", 2},
		{diff.Options{Type: 1, Cum: true, Count: 1}, "main", 3},
		{diff.Options{Type: 0}, "", 0},
	} {
		table, err := diff.Make(p, c.o)
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for _, r := range table.Rows {
			rows = append(rows, r.Function)
		}
		if got := strings.Join(rows, " "); got != c.rows || table.Omitted != c.omitted {
			t.Errorf("%+v: rows %s, %d omitted; want %s, %d", c.o, got, table.Omitted, c.rows, c.omitted)
		}
	}
	single, err := collapse.ReadFolded(strings.NewReader("main 1\n"), collapse.FoldedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := diff.Make(single, diff.Options{}); err == nil {
		t.Error("a profile that is no difference has a table")
	}
}

func TestLimits(t *testing.T) {
	p := makeProfile(t, heap, []stack{
		{"main;main.Handler", []int64{10, 1000}, []int64{20, 1100}},
		{"main;json.Encode", []int64{10, 2 << 20}, []int64{10, 3 << 20}},
		{"main;fresh", []int64{0, 0}, []int64{5, 1 << 20}},
		{"main;less", []int64{9, 1 << 20}, []int64{1, 1}},
	})
	for limits, want := range map[string]string{
		"inuse_space>30%":                "inuse_space grew by 33.3%",
		"inuse_space>34%":                "",
		"inuse_space>2MB":                "",
		"inuse_space>1000kB":             "inuse_space grew by",
		"inuse_objects>20%":              "inuse_objects grew by 24.1%, from 29 objects to 36 objects: the limit is inuse_objects>20%",
		"json>40%":                       "json.Encode grew by 50.0%, from 2 MiB to 3 MiB: the limit is json>40%",
		"json>60%, inuse_space>30%":      "inuse_space grew",
		"main.Handler>5%":                "", // 100 bytes are noise
		"inuse_objects:main.Handler>50%": "main.Handler grew by 100.0%, from 10 objects to 20 objects",
		"inuse_objects:main.Handler>9":   "main.Handler grew",
		"inuse_objects:main.Handler>10":  "",
		"fresh>200%":                     "fresh is new with 1 MiB: the limit is fresh>200%",
		"fresh>2MB":                      "",
		"less>0%":                        "",
		`(json|xml)\.E>1kB`:              "json.Encode grew",
	} {
		parsed, err := diff.ParseLimits(limits)
		if err != nil {
			t.Errorf("%s: %v", limits, err)
			continue
		}
		over, err := diff.Check(p, 1, 0, parsed)
		if err != nil {
			t.Errorf("%s: %v", limits, err)
		}
		var got []string
		for _, e := range over {
			got = append(got, e.String())
		}
		if text := strings.Join(got, "\n"); (want == "") != (text == "") || !strings.HasPrefix(text, want) {
			t.Errorf("%s: %q, want %q", limits, text, want)
		}
	}
	for limits, want := range map[string]string{
		"inuse_space":         "is no limit; write it as cpu>5%",
		"inuse_space>":        "is no limit",
		"inuse_space>5%,":     "",
		"inuse_space>5% json": "is no limit",
		"a>5%,b":              `"b" is no limit`,
		"inuse_space>5foo":    `"foo" is no unit`,
		"":                    "is no limit",
	} {
		if _, err := diff.ParseLimits(limits); want != "" && (err == nil || !strings.Contains(err.Error(), want)) || want == "" && err != nil {
			t.Errorf("%q: %v, want %q", limits, err, want)
		}
	}
	for limits, want := range map[string]string{
		"jsn.Encode>5%":     "nothing in the profile matches --fail-over jsn.Encode>5%; near it are json.Encode (sample types: inuse_objects, inuse_space)",
		"inuse_space>5ms":   "inuse_space is measured in bytes, not in ms",
		"inuse_objects>5kB": "inuse_objects is measured in count, not in kB",
		"(>5%":              "is neither a sample type nor a regular expression",
	} {
		parsed, err := diff.ParseLimits(limits)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := diff.Check(p, 1, 0, parsed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", limits, err, want)
		}
	}
}

// FuzzLimits: a list of limits that is taken is taken again from its limits.
func FuzzLimits(f *testing.F) {
	for _, s := range []string{"cpu>5%", "cpu>5%,main.Handler>10%", "a{1,2}>3ms, b>1", "x>>1", ">1", "a>1e9", "a>µs"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		limits, err := diff.ParseLimits(text)
		if err != nil {
			return
		}
		var all []string
		for i := range limits {
			all = append(all, limits[i].String())
		}
		again, err := diff.ParseLimits(strings.Join(all, ","))
		if err != nil || len(again) != len(limits) {
			t.Errorf("%q gives %q, which gives %v, %v", text, all, again, err)
		}
	})
}

// Names are data in every format.
func TestHostileNames(t *testing.T) {
	name := "a|b`c\n<script>\x1b[31m"
	p := makeProfile(t, heap, []stack{{"main;" + name, []int64{1, 1}, []int64{2, 2}}})
	table, err := diff.Make(p, diff.Options{Type: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := &diff.Report{Table: table, Before: "x\ny", After: "*z*"}
	for _, format := range diff.Formats {
		var b strings.Builder
		if err := r.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if strings.Contains(text, "\x1b") || format != "json" && strings.Contains(text, "c\n") {
			t.Errorf("%s:\n%s", format, text)
		}
		if format == "markdown" && !strings.Contains(text, "``a\\|b`c") && !strings.Contains(text, "`` a\\|b`c") {
			t.Errorf("the cell is not code:\n%s", text)
		}
		if format == "json" {
			var v struct{ Functions []struct{ Function string } }
			if err := json.Unmarshal([]byte(text), &v); err != nil || v.Functions[0].Function != name {
				t.Errorf("%v: %+v", err, v)
			}
		}
	}
}
