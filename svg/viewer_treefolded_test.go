package svg_test

import (
	"fmt"
	"slices"
	"testing"

	"flame/collapse"
)

// What is drawn of a tree of callers is what the whole tree has, from a weight on.
func TestTreeReverseFolded(t *testing.T) {
	onTrees(t, func(tb *tab, p *collapse.Profile, v *tree) {
		eval[bool](tb, `var full = trees.reverse(t, {weight: weights(t), minWeight: 0}); true`)
		full := tb.getTree("full")
		if len(full.frame) == 1 {
			return
		}
		least := magnitudesTotal(v) / 20
		// The view of the whole, and of the middle of the longest stack.
		paths := [][]int32{{}}
		var deep []int32
		full.stacks(func(_ int, stack []int32, _ []float64) {
			if len(stack) > len(deep) {
				deep = slices.Clone(stack)
			}
		})
		paths = append(paths, deep[:(len(deep)+1)/2], deep)
		for _, path := range paths {
			eval[bool](tb, fmt.Sprintf(`var part = trees.reverse(t, {weight: weights(t), minWeight: %v, path: %s}); true`, least, jsonOf(path)))
			part := tb.getTree("part")
			tb.comparePart(full, part, path, least, !slices.ContainsFunc(v.columns[0], func(v float64) bool { return v < 0 }))

			// A search finds the same weight in both.
			for _, f := range somePicks(v) {
				matched := func(name string) float64 {
					return eval[float64](tb, fmt.Sprintf(`(() => {
						const n = trees.findPath(%[1]s, %[2]s), weight = trees.totals(%[1]s.self[0], %[1]s);
						return trees.matchedWeight(%[1]s, weight, trees.findMatches(%[1]s, marks(%[3]d, [%[4]d])), n, %[1]s.end[n]);
					})()`, name, jsonOf(path), len(p.Frames()), f))
				}
				if slices.Min(v.columns[0]) < 0 {
					continue // weights are not values there
				}
				if got, want := matched("part"), matched("full"); !near(got, want) {
					tb.Errorf("path %v: %v of frame %d, want %v", path, got, f, want)
				}
			}
		}
	})
}

func magnitudesTotal(v *tree) float64 {
	return v.totals(magnitudes(v.columns[0]))[0]
}

// comparePart checks that part has each node of full that it must draw out, with
// the same totals, and no node that full has not.
func (tb *tab) comparePart(full, part *tree, path []int32, least float64, positive bool) {
	tb.Helper()
	if err := part.checkSorted(); err != nil {
		tb.Error(err)
	}
	at := make([]int32, len(part.frame)) // by node of part, the node of full
	depth := make([]int, len(part.frame))
	on := make([]bool, len(part.frame))
	on[0] = true
	for c := range full.columns {
		have, want := part.totals(part.columns[c]), full.totals(full.columns[c])
		for n := range part.frame {
			if n > 0 {
				up := part.parent[n]
				m := at[up] + 1
				for m < full.end[at[up]] && full.frame[m] != part.frame[n] {
					m = full.end[m]
				}
				if m >= full.end[at[up]] {
					tb.Fatalf("path %v: node %d is not in the whole tree", path, n)
				}
				at[n], depth[n] = m, depth[up]+1
				on[n] = on[up] && (depth[n] > len(path) || path[depth[n]-1] == part.frame[n])
			}
			if m := at[n]; !near(have[n], want[m]) {
				tb.Fatalf("path %v: node %d has %v, want %v", path, n, have[n], want[m])
			}
			folded := len(part.folded) > 0 && part.folded[n] != 0
			visible := on[n] && (depth[n] <= len(path) || c == 0 && want[at[n]] >= least)
			if positive && visible && depth[n] != len(path) && folded {
				tb.Fatalf("path %v: node %d of weight %v is folded", path, n, want[at[n]])
			}
			if !folded && children(part, n) != children(full, int(at[n])) {
				tb.Fatalf("path %v: node %d has %d children, want %d", path, n, children(part, n), children(full, int(at[n])))
			}
		}
	}
}

func children(v *tree, n int) int {
	many := 0
	for m := int32(n) + 1; m < v.end[n]; m = v.end[m] {
		many++
	}
	return many
}
