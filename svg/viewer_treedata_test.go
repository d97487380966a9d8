package svg_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"flame/collapse"
)

// A tree is a Tree of the viewer (svg/viewer/tree.ts).
type tree struct {
	frame, parent, end []int32
	columns            [][]float64 // self by type, then base by type
	types              int
	ordered            bool
	origin             []int32 // empty if there is none
	folded             []byte  // empty if nothing is left out
}

// wireTree is a tree on its way to or from the browser: little-endian arrays in base64.
type wireTree struct {
	Frame, Parent, End, Origin, Folded string
	Columns                            []string
	Types                              int
	Ordered                            bool
}

const treeHarness = `
var trees = views;
function unwire(s) { return Uint8Array.from(atob(s), c => c.charCodeAt(0)).buffer; }
function wire(a) {
	if (!a) return "";
	const bytes = new Uint8Array(a.buffer, a.byteOffset, a.byteLength), parts = [];
	for (let i = 0; i < bytes.length; i += 8192) parts.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
	return btoa(parts.join(""));
}
function load(w) {
	const columns = w.Columns.map(c => new Float64Array(unwire(c)));
	return {
		frame: new Int32Array(unwire(w.Frame)), parent: new Int32Array(unwire(w.Parent)), end: new Int32Array(unwire(w.End)),
		self: columns.slice(0, w.Types), base: columns.slice(w.Types), ordered: w.Ordered || undefined,
	};
}
function dump(t) {
	return {
		Frame: wire(t.frame), Parent: wire(t.parent), End: wire(t.end), Origin: wire(t.origin), Folded: wire(t.rest && t.rest.folded),
		Columns: [...t.self, ...t.base].map(wire), Types: t.self.length, Ordered: !!t.ordered,
	};
}
function weights(t) { return trees.magnitudes(t.self[0]); }
function marks(frames, list) { const m = new Uint8Array(frames); for (const f of list) m[f] = 1; return m; }
function time(run) { const from = performance.now(); const v = run(); return [performance.now() - from, v]; }
true`

// treeTab opens a tab with the viewer's functions on trees as "trees".
func treeTab(t testing.TB) *tab {
	t.Helper()
	result := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{
			Contents:   `export * from "./tree"; export * from "./treeviews"; export * from "./treecallers";`,
			ResolveDir: "viewer", Loader: api.LoaderTS,
		},
		Bundle: true, Format: api.FormatIIFE, GlobalName: "views", Target: api.ES2020, LogLevel: api.LogLevelSilent,
	})
	for _, m := range result.Errors {
		t.Fatalf("bundle the viewer's trees: %s: %+v", m.Text, m.Location)
	}
	tb := newTab(t)
	eval[bool](tb, string(result.OutputFiles[0].Contents)+treeHarness)
	return tb
}

func encodeArray[T int32 | float64](a []T) string {
	b, err := binary.Append(nil, binary.LittleEndian, a)
	if err != nil {
		panic(err) // all sizes are fixed
	}
	return base64.StdEncoding.EncodeToString(b)
}

func decodeArray[T int32 | float64 | byte](t testing.TB, s string) []T {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	var zero T
	a := make([]T, len(b)/binary.Size(zero))
	if _, err := binary.Decode(b, binary.LittleEndian, a); err != nil {
		t.Fatal(err)
	}
	return a
}

// treeOf returns the profile's tree as the viewer has it.
func treeOf(p *collapse.Profile) *tree {
	n := p.Len()
	v := &tree{frame: make([]int32, n), parent: make([]int32, n), end: make([]int32, n), types: len(p.Types), ordered: p.Ordered}
	for i := range n {
		v.frame[i], v.parent[i], v.end[i] = int32(p.NodeFrames()[i]), int32(p.Parents()[i]), int32(p.Ends()[i])
	}
	v.frame[0] = -1
	column := func(ints []int64) {
		c := make([]float64, n)
		for i, x := range ints {
			c[i] = float64(x)
		}
		v.columns = append(v.columns, c)
	}
	for typ := range p.Types {
		column(p.Self(typ))
	}
	for typ := range p.Types {
		if p.Differential() {
			column(p.Base(typ))
		}
	}
	return v
}

// setTree makes a tree the variable of that name in the page.
func (tb *tab) setTree(name string, v *tree) {
	tb.Helper()
	w := wireTree{Frame: encodeArray(v.frame), Parent: encodeArray(v.parent), End: encodeArray(v.end), Types: v.types, Ordered: v.ordered}
	for _, c := range v.columns {
		w.Columns = append(w.Columns, encodeArray(c))
	}
	text, err := json.Marshal(w)
	if err != nil {
		tb.Fatal(err)
	}
	eval[bool](tb, fmt.Sprintf("var %s = load(%s); true", name, text))
}

// getTree returns the value of an expression, a tree in canonical form but for
// the order of siblings.
func (tb *tab) getTree(js string) *tree {
	tb.Helper()
	w := eval[wireTree](tb, "dump("+js+")")
	v := &tree{
		frame: decodeArray[int32](tb, w.Frame), parent: decodeArray[int32](tb, w.Parent), end: decodeArray[int32](tb, w.End),
		origin: decodeArray[int32](tb, w.Origin), folded: decodeArray[byte](tb, w.Folded), types: w.Types, ordered: w.Ordered,
	}
	for _, c := range w.Columns {
		v.columns = append(v.columns, decodeArray[float64](tb, c))
	}
	if err := v.check(); err != nil {
		tb.Fatalf("%s: %v", js, err)
	}
	return v
}

func (v *tree) check() error {
	n := len(v.frame)
	if n == 0 || len(v.parent) != n || len(v.end) != n || v.frame[0] != -1 || v.parent[0] != 0 || int(v.end[0]) != n {
		return fmt.Errorf("node 0 is not a root over %d nodes", n)
	}
	for _, c := range v.columns {
		if len(c) != n {
			return fmt.Errorf("%d values for %d nodes", len(c), n)
		}
	}
	end := make([]int32, n)
	for i := n - 1; i >= 0; i-- {
		end[i] = max(end[i], int32(i+1))
		end[v.parent[i]] = max(end[v.parent[i]], end[i])
	}
	open := int32(0)
	for i := int32(1); i < int32(n); i++ {
		for open != 0 && i >= v.end[open] {
			open = v.parent[open]
		}
		if v.parent[i] != open || v.end[i] != end[i] {
			return fmt.Errorf("node %d is not in preorder", i)
		}
		open = i
	}
	return nil
}

// checkSorted reports siblings that do not ascend by frame.
func (v *tree) checkSorted() error {
	for i := 1; i < len(v.frame); i++ {
		if next := v.end[i]; next < v.end[v.parent[i]] && v.frame[next] <= v.frame[i] {
			return fmt.Errorf("siblings %d and %d have frames %d and %d", i, next, v.frame[i], v.frame[next])
		}
	}
	return nil
}

// sums are values by stack: a hash of the frames, outermost first.
type sums map[uint64][]float64

// add adds values to a stack; stacks without any are not there.
func (s sums) add(stack []int32, values []float64) {
	if !slices.ContainsFunc(values, func(v float64) bool { return v != 0 }) {
		return
	}
	h := fnv.New64a()
	if err := binary.Write(h, binary.LittleEndian, stack); err != nil {
		panic(err) // a hash takes all
	}
	have, ok := s[h.Sum64()]
	if !ok {
		have = make([]float64, len(values))
		s[h.Sum64()] = have
	}
	for i, v := range values {
		have[i] += v
	}
}

// stacks calls yield with the stack of each node that has a value, and its values.
func (v *tree) stacks(yield func(n int, stack []int32, values []float64)) {
	for n := range v.frame {
		values := make([]float64, len(v.columns))
		for c := range values {
			values[c] = v.columns[c][n]
		}
		if !slices.ContainsFunc(values, func(v float64) bool { return v != 0 }) {
			continue
		}
		var stack []int32
		for m := int32(n); m != 0; m = v.parent[m] {
			stack = append(stack, v.frame[m])
		}
		slices.Reverse(stack)
		yield(n, stack, values)
	}
}

// sums returns the values of the tree's stacks, each changed by change; what that
// gives nil for is dropped.
func (v *tree) sums(change func(stack []int32) []int32) sums {
	s := sums{}
	v.stacks(func(_ int, stack []int32, values []float64) {
		if stack = change(stack); stack != nil {
			s.add(stack, values)
		}
	})
	return s
}

func same(stack []int32) []int32 { return append([]int32{}, stack...) }

// equalSums compares values to a rounding error; it forgets stacks whose values
// cancel out.
func equalSums(got, want sums) error {
	for _, pair := range [][2]sums{{got, want}, {want, got}} {
		for h, values := range pair[0] {
			for i, v := range values {
				var other float64
				if o := pair[1][h]; o != nil {
					other = o[i]
				}
				if math.Abs(v-other) > 1e-9*(math.Abs(v)+math.Abs(other)) {
					return fmt.Errorf("%d stacks, want %d; one has %v, want %v", len(got), len(want), got[h], want[h])
				}
			}
		}
	}
	return nil
}

// randomProfile makes stacks of few frames, so that they recur and merge.
func randomProfile(t testing.TB, seed uint64, ordered bool) *collapse.Profile {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	types, frames, negative := 1+r.IntN(2), 2+r.IntN(30), r.IntN(3) == 0
	differential := r.IntN(3) == 0
	b := collapse.NewBuilder(types, collapse.Limits{})
	b.Ordered = ordered
	for range r.IntN(400) {
		n := collapse.Root
		for range r.IntN(12) {
			n = b.Child(n, b.FrameText(fmt.Appendf(nil, "f%03d", r.IntN(frames))))
		}
		for typ := range types {
			v := r.Int64N(50)
			if negative {
				v -= 20
			}
			b.Add(n, typ, v)
			if differential {
				b.AddBase(n, typ, r.Int64N(50))
			}
		}
	}
	p, err := b.Profile(slices.Repeat([]collapse.ValueType{{Type: "samples", Unit: "count"}}, types), 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// foldedProfile reads folded stacks, separated by spaces: "a;b:1 a:2".
func foldedProfile(t testing.TB, text string, ordered bool) *collapse.Profile {
	t.Helper()
	text = strings.NewReplacer(" ", "\n", ":", " ").Replace(text)
	p, err := collapse.ReadFolded(strings.NewReader(text), collapse.FoldedOptions{Ordered: ordered})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
