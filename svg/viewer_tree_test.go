package svg_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"flame/collapse"
)

// A treeCase is a profile that the transforms are tested on.
type treeCase struct {
	name string
	p    *collapse.Profile
}

func treeCases(t *testing.T) []treeCase {
	cases := []treeCase{
		{"one", foldedProfile(t, "a:1", false)},
		{"recursion", foldedProfile(t, "a;b;a;b;c:3 a;a;a:5 b;a;b:7 a;a;c;a;a:2 c:1", false)},
		{"same leaves", foldedProfile(t, "a;x:1 b;x:2 c;x:4 x:8 a;b;x:16", false)},
		{"ordered", foldedProfile(t, "a;b:1 a;c:2 a;b:4 d:8 a;b;x:16 a;x;b:32", true)},
	}
	for seed := range uint64(12) {
		cases = append(cases, treeCase{fmt.Sprintf("random %d", seed), randomProfile(t, seed, seed%4 == 3)})
	}
	return cases
}

// onTrees runs a test on all cases and on real profiles, each in the page as "t".
func onTrees(t *testing.T, test func(tb *tab, p *collapse.Profile, v *tree)) {
	tb := treeTab(t)
	run := func(t *testing.T, p *collapse.Profile) {
		sub := &tab{TB: t, ctx: tb.ctx}
		v := treeOf(p)
		sub.setTree("t", v)
		test(sub, p, v)
	}
	for _, c := range treeCases(t) {
		t.Run(c.name, func(t *testing.T) { run(t, c.p) })
	}
	for _, name := range []string{
		"pprof/typical/server.cpu.labels.pb.gz", "pprof/typical/parca-alloc_space_delta.negative.pb.gz", "weird/deep-10000.pb.gz",
		"weird/wide-20000-siblings.pb.gz", "pprof/typical/server.heap.pb.gz",
	} {
		t.Run(name, func(t *testing.T) { run(t, realProfile(t, name)) })
	}
}

// somePicks returns some frames of the tree: first, last and in between.
func somePicks(v *tree) []int32 {
	most := slices.Max(v.frame)
	if most < 0 {
		return nil
	}
	return slices.Compact([]int32{0, most / 3, most / 2, most})
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers only
	}
	return string(b)
}

// isTree fails the test unless the expression is a tree of the wanted stacks, in
// order of frames unless it is a flame chart.
func (tb *tab) isTree(js string, want sums) *tree {
	tb.Helper()
	got := tb.getTree(js)
	if err := equalSums(got.sums(same), want); err != nil {
		tb.Errorf("%s: %v", js, err)
	}
	if !got.ordered {
		if err := got.checkSorted(); err != nil {
			tb.Errorf("%s: %v", js, err)
		}
	}
	return got
}

func TestTreeHide(t *testing.T) {
	onTrees(t, func(tb *tab, p *collapse.Profile, v *tree) {
		picks := somePicks(v)
		for i := 0; i <= len(picks); i++ {
			hidden := picks[:i]
			got := tb.isTree(fmt.Sprintf("trees.hide(t, marks(%d, %s))", len(p.Frames()), jsonOf(append([]int32{}, hidden...))),
				v.sums(func(stack []int32) []int32 {
					return slices.DeleteFunc(same(stack), func(f int32) bool { return slices.Contains(hidden, f) })
				}))
			if i == 0 && (!slices.Equal(got.frame, v.frame) || !slices.Equal(got.parent, v.parent)) {
				tb.Error("hiding nothing changes the tree")
			}
			for m, n := range got.origin {
				if n >= 0 && got.frame[m] != v.frame[n] {
					tb.Fatalf("node %d comes from %d of another frame", m, n)
				}
			}
		}
	})
}

func TestTreeFoldRecursion(t *testing.T) {
	onTrees(t, func(tb *tab, _ *collapse.Profile, v *tree) {
		tb.isTree("trees.foldRecursion(t)", v.sums(func(stack []int32) []int32 { return slices.Compact(same(stack)) }))
	})
}

// Order matters in a flame chart: what is not neighbours stays apart.
func TestTreeHideOrdered(t *testing.T) {
	tb := treeTab(t)
	p := foldedProfile(t, "a;b:1 a;x;b:2 a;c:4 a;x;b:8 a;x;d:16", true)
	tb.setTree("t", treeOf(p))
	x := slices.IndexFunc(p.Frames(), func(f collapse.Frame) bool { return f.Name == "x" })
	got := tb.getTree(fmt.Sprintf("trees.hide(t, marks(%d, [%d]))", len(p.Frames()), x))
	var names []string
	for _, f := range got.frame[1:] {
		names = append(names, p.Frames()[f].Name)
	}
	if want := []string{"a", "b", "c", "b", "d"}; !slices.Equal(names, want) || !slices.Equal(got.columns[0], []float64{0, 0, 3, 4, 8, 16}) {
		t.Errorf("nodes are %q with %v, want %q", names, got.columns[0], want)
	}
}

func TestTreeFocus(t *testing.T) {
	onTrees(t, func(tb *tab, p *collapse.Profile, v *tree) {
		for _, f := range somePicks(v) {
			got := tb.isTree(fmt.Sprintf("trees.focus(t, marks(%d, [%d]))", len(p.Frames()), f), v.sums(func(stack []int32) []int32 {
				if !slices.Contains(stack, f) {
					return nil
				}
				return stack
			}))
			focused := collapse.Focus(p, func(frame collapse.Frame) bool { return frame == p.Frames()[f] })
			if err := equalSums(got.sums(same), treeOf(focused).sums(renamed(focused, p))); err != nil {
				tb.Errorf("collapse.Focus differs: %v", err)
			}
			for m, n := range got.origin {
				if got.frame[m] != v.frame[n] {
					tb.Fatalf("node %d comes from %d of another frame", m, n)
				}
			}
		}
	})
}

// renamed returns a change of stacks of one profile to frame ids of another.
func renamed(from, to *collapse.Profile) func([]int32) []int32 {
	ids := map[collapse.Frame]int32{}
	for i, f := range to.Frames() {
		ids[f] = int32(i)
	}
	return func(stack []int32) []int32 {
		out := make([]int32, len(stack))
		for i, f := range stack {
			out[i] = ids[from.Frames()[f]]
		}
		return out
	}
}

// Both halves of a sandwich are cut from the stacks at the outermost occurrence.
func TestTreeSandwich(t *testing.T) {
	onTrees(t, func(tb *tab, _ *collapse.Profile, v *tree) {
		for _, f := range somePicks(v) {
			tb.isTree(fmt.Sprintf("trees.calleesOf(t, %d)", f), v.sums(func(stack []int32) []int32 {
				if i := slices.Index(stack, f); i >= 0 {
					return stack[i:]
				}
				return nil
			}))
			tb.isTree(fmt.Sprintf("trees.callersOf(t, %d, {weight: weights(t), minWeight: 0})", f), v.sums(func(stack []int32) []int32 {
				i := slices.Index(stack, f)
				if i < 0 {
					return nil
				}
				up := same(stack[:i+1])
				slices.Reverse(up)
				return up
			}))
		}
		absent := tb.getTree(`trees.calleesOf(t, 1e9)`)
		if len(absent.frame) != 1 {
			tb.Errorf("the callees of nothing are %v", absent.frame)
		}
	})
}

func TestTreeReverse(t *testing.T) {
	onTrees(t, func(tb *tab, p *collapse.Profile, v *tree) {
		got := tb.isTree("trees.reverse(t, {weight: weights(t), minWeight: 0})", v.sums(func(stack []int32) []int32 {
			up := same(stack)
			slices.Reverse(up)
			return up
		}))
		if len(got.folded) > 0 {
			tb.Error("something is left out")
		}
		reversed, err := collapse.Reverse(p)
		if err != nil {
			tb.Fatal(err)
		}
		if err := equalSums(got.sums(same), treeOf(reversed).sums(renamed(reversed, p))); err != nil {
			tb.Errorf("collapse.Reverse differs: %v", err)
		}
		if !p.Ordered && len(got.frame) != reversed.Len() {
			tb.Errorf("%d nodes, want %d", len(got.frame), reversed.Len())
		}
	})
}

func (v *tree) totals(column []float64) []float64 {
	total := slices.Clone(column)
	for n := len(total) - 1; n > 0; n-- {
		total[v.parent[n]] += total[n]
	}
	return total
}

func magnitudes(column []float64) []float64 {
	out := slices.Clone(column)
	for i, v := range out {
		out[i] = math.Abs(v)
	}
	return out
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(math.Abs(a)+math.Abs(b)) }

func TestTreeByWeight(t *testing.T) {
	onTrees(t, func(tb *tab, _ *collapse.Profile, v *tree) {
		got := tb.getTree("trees.byWeight(t, trees.totals(weights(t), t))")
		if len(got.frame) != len(v.frame) {
			tb.Fatalf("%d nodes, want %d", len(got.frame), len(v.frame))
		}
		weight := v.totals(magnitudes(v.columns[0]))
		for m, n := range got.origin {
			if got.frame[m] != v.frame[n] || m > 0 && got.origin[got.parent[m]] != v.parent[n] || got.columns[0][m] != v.columns[0][n] {
				tb.Fatalf("node %d is not like its origin %d", m, n)
			}
			if next := got.end[m]; m > 0 && next < got.end[got.parent[m]] {
				o := got.origin[next]
				if weight[o] > weight[n] || weight[o] == weight[n] && o < n {
					tb.Fatalf("%v comes before %v", weight[n], weight[o])
				}
			}
		}
	})
}

func TestTreeTops(t *testing.T) {
	onTrees(t, func(tb *tab, p *collapse.Profile, v *tree) {
		frames := len(p.Frames())
		for c := range v.types {
			type tops struct{ Self, Total []float64 }
			got := eval[tops](tb, fmt.Sprintf(`(() => {
				const tops = trees.tops(t, t.self[%[1]d], trees.totals(t.self[%[1]d], t), %[2]d);
				return {Self: [...tops.self], Total: [...tops.total]};
			})()`, c, frames))
			want := tops{make([]float64, frames), make([]float64, frames)}
			v.stacks(func(_ int, stack []int32, values []float64) {
				seen := map[int32]bool{}
				for i, f := range stack {
					if i == len(stack)-1 {
						want.Self[f] += values[c]
					}
					if !seen[f] {
						want.Total[f] += values[c]
					}
					seen[f] = true
				}
			})
			if !slices.EqualFunc(got.Self, want.Self, near) || !slices.EqualFunc(got.Total, want.Total, near) {
				tb.Errorf("type %d: tops differ", c)
			}
		}
	})
}

func TestTreePaths(t *testing.T) {
	onTrees(t, func(tb *tab, _ *collapse.Profile, v *tree) {
		bad := eval[int](tb, `(() => {
			for (let n = 0; n < t.frame.length; n += 1 + (t.frame.length >> 7)) {
				const path = trees.pathOf(t, n), found = trees.findPath(t, path);
				if (trees.pathOf(t, found).join() !== path.join() || found > n || !t.ordered && found !== n) return n;
				if (trees.findPath(t, [...path, 1e9]) !== -1) return n;
			}
			return -1;
		})()`)
		if bad >= 0 {
			tb.Errorf("node %d is not found by its path", bad)
		}
	})
}

// The weight of what a search matches counts each stack once.
func TestTreeMatchedWeight(t *testing.T) {
	onTrees(t, func(tb *tab, p *collapse.Profile, v *tree) {
		picks := somePicks(v)
		for i := range picks {
			for _, from := range []int{0, len(v.frame) / 2} {
				var want float64
				v.stacks(func(n int, _ []int32, values []float64) {
					if n < from || n >= int(v.end[from]) {
						return
					}
					for m := int32(n); ; m = v.parent[m] {
						if m != 0 && slices.Contains(picks[:i+1], v.frame[m]) {
							want += math.Abs(values[0])
							return
						}
						if m == int32(from) || m == 0 {
							return
						}
					}
				})
				got := eval[float64](tb, fmt.Sprintf(`trees.matchedWeight(t, trees.totals(weights(t), t),
					trees.findMatches(t, marks(%d, %s)), %d, t.end[%d])`, len(p.Frames()), jsonOf(picks[:i+1]), from, from))
				if !near(got, want) {
					tb.Errorf("frames %v from node %d: %v, want %v", picks[:i+1], from, got, want)
				}
			}
		}
	})
}
