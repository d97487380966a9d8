package collapse_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"flame/collapse"

	"pgregory.net/rapid"
)

// TestBuilder holds the tree against a map of stacks, which is the same data in
// the plainest form.
func TestBuilder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 3).Draw(t, "columns")
		differential := rapid.Bool().Draw(t, "differential")
		samples := drawSamples(t, columns, differential)
		p := build(t, samples, columns, rapid.Bool().Draw(t, "ordered"))
		for typ := range columns {
			want := map[string]value{}
			var total int64
			for _, s := range samples {
				var names []string
				for _, f := range s.stack {
					names = append(names, f.Annotated())
				}
				key := strings.Join(names, "|")
				v := want[key]
				v.self += s.values[typ]
				if differential {
					v.base += s.base[typ]
				}
				want[key] = v
				total += s.values[typ]
			}
			if got := stacks(p, typ); !reflect.DeepEqual(got, want) {
				t.Fatalf("type %d has %v, want %v", typ, got, want)
			}
			if p.Total(typ) != total || p.Totals(p.Self(typ))[collapse.Root] != total {
				t.Fatalf("total is %d and %d, want %d", p.Total(typ), p.Totals(p.Self(typ))[0], total)
			}
		}
	})
}

// TestCanonical: the same stacks in any order, or collected by sorting instead,
// give the same profile.
func TestCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		differential := rapid.Bool().Draw(t, "differential")
		samples := drawSamples(t, 2, differential)
		p := build(t, samples, 2, false)
		if got := build(t, rapid.Permutation(samples).Draw(t, "permuted"), 2, false); !reflect.DeepEqual(got, p) {
			t.Fatal("the order of the samples shows")
		}
		if differential { // Stacks has no bases
			return
		}
		if got := collect(t, samples, 2, false); !reflect.DeepEqual(got, p) {
			t.Fatal("Stacks and Builder do not agree")
		}
		// With a last frame that is nowhere else no stack is the start of another.
		for i := range samples {
			samples[i].stack = append(samples[i].stack, collapse.Frame{Name: "leaf"})
		}
		if got, want := collect(t, samples, 2, true), build(t, samples, 2, true); !reflect.DeepEqual(got, want) {
			t.Fatalf("Stacks and Builder do not agree on a flame chart:\n%+v\n%+v", got, want)
		}
	})
}

func collect(t interface{ Fatal(...any) }, samples []sample, columns int, ordered bool) *collapse.Profile {
	s := collapse.NewStacks(columns, collapse.Limits{})
	s.Ordered = ordered
	s.Frame(collapse.Frame{Name: "in no stack"})
	var frames []collapse.FrameID
	for _, sample := range samples {
		for _, f := range sample.stack {
			frames = append(frames, s.Frame(f))
		}
	}
	rank := s.Rank()
	for _, sample := range samples {
		var stack []collapse.FrameID
		for range sample.stack {
			stack = append(stack, rank[frames[0]])
			frames = frames[1:]
		}
		s.Add(stack, sample.values)
	}
	p, err := s.Profile(types(columns), 0)
	if err != nil {
		t.Fatal(err)
	}
	checkValid(t, p)
	return p
}

// TestPreorder: ends and parents describe one tree, and totals add up in it.
func TestPreorder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := build(t, drawSamples(t, 1, false), 1, rapid.Bool().Draw(t, "ordered"))
		total := p.Totals(p.Self(0))
		deepest := 0
		for n := range p.Len() {
			var sum int64
			for m := n; m < int(p.Ends()[n]); m++ {
				sum += p.Self(0)[m]
			}
			if total[n] != sum {
				t.Fatalf("total of node %d is %d, its subtree's values are %d", n, total[n], sum)
			}
			depth := 0
			for m := n; m != 0; m = int(p.Parents()[m]) {
				depth++
			}
			deepest = max(deepest, depth)
		}
		if p.Depth() != deepest {
			t.Fatalf("depth is %d, want %d", p.Depth(), deepest)
		}
	})
}

func TestOrdered(t *testing.T) {
	frame := func(name string) []collapse.Frame { return []collapse.Frame{{Name: "main"}, {Name: name}} }
	p := build(t, []sample{
		{stack: frame("b"), values: []int64{1}}, {stack: frame("b"), values: []int64{2}},
		{stack: frame("a"), values: []int64{4}}, {stack: frame("b"), values: []int64{8}},
	}, 1, true)
	var got []string
	for n := 1; n < p.Len(); n++ {
		got = append(got, fmt.Sprint(p.Frames()[p.NodeFrames()[n]].Name, p.Self(0)[n]))
	}
	if want := []string{"main0", "b3", "a4", "b8"}; !reflect.DeepEqual(got, want) {
		t.Errorf("nodes are %v, want %v", got, want)
	}
}

func TestBuilderLimits(t *testing.T) {
	for _, test := range []struct {
		what   string
		limits collapse.Limits
		stack  []string
	}{
		{"nodes of the call tree", collapse.Limits{Nodes: 3}, []string{"a", "b", "c"}},
		{"stack depth", collapse.Limits{Depth: 2}, []string{"a", "b", "c"}},
		{"bytes of function names", collapse.Limits{StringBytes: 5}, []string{"abc", "def"}},
	} {
		b := collapse.NewBuilder(1, test.limits)
		var stack []collapse.FrameID
		for _, name := range test.stack {
			stack = append(stack, b.Frame(collapse.Frame{Name: name}))
		}
		b.AddStack(stack, 1)
		b.AddStack(stack[:1], 1) // must do nothing, and not panic
		var limit *collapse.LimitError
		if _, err := b.Profile(types(1), 0); !errors.As(err, &limit) || limit.What != test.what || !errors.Is(b.Err(), limit) {
			t.Errorf("%v: error is %v, want the limit of %s", test.limits, err, test.what)
		}
	}
	var zero collapse.Limits
	if l := zero.WithDefaults(); l.Bytes <= 0 || l.Depth <= 0 || l.Nodes <= 0 || l.StringBytes <= 0 {
		t.Errorf("the zero limits are %+v, want all positive", l)
	}
}

func TestBuilderTypes(t *testing.T) {
	for _, def := range []int{-1, 2} {
		if _, err := collapse.NewBuilder(2, collapse.Limits{}).Profile(types(2), def); err == nil {
			t.Errorf("default type %d of 2 is accepted", def)
		}
	}
	if _, err := collapse.NewBuilder(1, collapse.Limits{}).Profile(types(2), 0); err == nil {
		t.Error("2 types for one column are accepted")
	}
}

// TestFrames: name, kind and line are a frame's identity, the file is not.
func TestFrames(t *testing.T) {
	b := collapse.NewBuilder(1, collapse.Limits{})
	ids := map[collapse.FrameID]int{}
	for i := range 10_000 {
		ids[b.Frame(collapse.Frame{Name: fmt.Sprint("f", i/4), Kind: collapse.Kind(i & 1), Line: int64(i & 2)})]++
	}
	if len(ids) != 10_000 {
		t.Errorf("10,000 frames have %d ids", len(ids))
	}
	f := b.Frame(collapse.Frame{Name: "f", Kind: collapse.Kernel})
	if b.FrameText([]byte("f_[k]")) != f || b.FrameText([]byte("f")) == f {
		t.Error("an annotation in text is not the kind")
	}
	b.Frame(collapse.Frame{Name: "f", Kind: collapse.Kernel, File: "f.c"})
	b.Frame(collapse.Frame{Name: "f", Kind: collapse.Kernel, File: "other.c"})
	b.AddStack([]collapse.FrameID{f}, 1)
	p, err := b.Profile(types(1), 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := []collapse.Frame{{Name: "f", File: "f.c", Kind: collapse.Kernel}}; !reflect.DeepEqual(p.Frames(), want) {
		t.Errorf("frames are %v, want %v: the first file, and none that no stack has", p.Frames(), want)
	}
}

func TestCutAnnotation(t *testing.T) {
	for _, test := range []struct {
		in, name string
		kind     collapse.Kind
	}{
		{"f_[k]", "f", collapse.Kernel}, {"f_[i]", "f", collapse.Inlined}, {"f_[j]", "f", collapse.JIT}, {"f_[w]", "f", collapse.Waker},
		{"f_[0]", "f_[0]", collapse.Normal}, {"f_[k]x", "f_[k]x", collapse.Normal}, {"_[k]", "", collapse.Kernel},
		{"[k]", "[k]", collapse.Normal}, {"", "", collapse.Normal}, {"f_[k]_[i]", "f_[k]", collapse.Inlined},
	} {
		name, kind := collapse.CutAnnotation(test.in)
		if name != test.name || kind != test.kind {
			t.Errorf("%q is cut to %q, %d, want %q, %d", test.in, name, kind, test.name, test.kind)
		}
		if got := (collapse.Frame{Name: name, Kind: kind}).Annotated(); got != test.in {
			t.Errorf("%q is annotated as %q", test.in, got)
		}
	}
}

func TestSaturation(t *testing.T) {
	b := collapse.NewBuilder(1, collapse.Limits{})
	a, c := b.Frame(collapse.Frame{Name: "a"}), b.Frame(collapse.Frame{Name: "c"})
	b.AddStack([]collapse.FrameID{a}, math.MaxInt64)
	b.AddStack([]collapse.FrameID{a}, 1)
	b.AddStack([]collapse.FrameID{c}, 5)
	b.Rescale(0, 10)
	p, err := b.Profile(types(1), 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := (map[string]value{"a": {self: math.MaxInt64}, "c": {self: 50}}); !reflect.DeepEqual(stacks(p, 0), want) {
		t.Errorf("stacks are %v, want %v", stacks(p, 0), want)
	}
	if p.Total(0) != math.MaxInt64 || p.Totals(p.Self(0))[0] != math.MaxInt64 {
		t.Errorf("totals are %d and %d, want the end of the range", p.Total(0), p.Totals(p.Self(0))[0])
	}
}

func TestTypeIndex(t *testing.T) {
	p := build(t, []sample{{values: []int64{1, 1, 1}}}, 3, false)
	for name, want := range map[string]int{"": 0, "cpu": 1, "space": 2, "inuse_space": 2, "1": 1, "samples": 0} {
		if got, err := p.TypeIndex(name); err != nil || got != want {
			t.Errorf("%q is type %d (error %v), want %d", name, got, err, want)
		}
	}
	for _, name := range []string{"3", "-1", "heap", "1x"} {
		_, err := p.TypeIndex(name)
		if err == nil || !strings.Contains(err.Error(), "samples, cpu, space") {
			t.Errorf("%q: error is %v, want one that names the types", name, err)
		}
	}
}

func TestTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type edge struct {
			parent collapse.NodeID
			key    uint32
		}
		var tree collapse.Tree
		want := map[edge]collapse.NodeID{}
		nodes := []collapse.NodeID{collapse.Root}
		for range rapid.IntRange(1, 3000).Draw(t, "steps") {
			// Not drawn: thousands of draws would make the test slow.
			e := edge{nodes[(len(nodes)*7919)%len(nodes)], uint32(len(nodes) % 13)}
			e.parent = nodes[(int(e.key)*31+len(nodes))%len(nodes)]
			n, added := tree.Child(e.parent, e.key)
			old, known := want[e]
			if added == known || (known && n != old) {
				t.Fatalf("child %v is node %d (new %v), was %d (known %v)", e, n, added, old, known)
			}
			if again, added := tree.Child(e.parent, e.key); again != n || added {
				t.Fatalf("child %v is another on the second look", e)
			}
			if want[e] = n; !known {
				nodes = append(nodes, n)
			}
			if tree.Parent(n) != e.parent || tree.Key(n) != e.key || tree.Len() != len(nodes) {
				t.Fatalf("node %d is %d under %d of %d", n, tree.Key(n), tree.Parent(n), tree.Len())
			}
		}
	})
}
