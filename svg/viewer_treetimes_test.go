package svg_test

import (
	"fmt"
	"testing"

	"flame/collapse"
)

// TestTreeTimes logs what the transforms take on large profiles.
func TestTreeTimes(t *testing.T) {
	tb := treeTab(t)
	large := func(t *testing.T, p *collapse.Profile) {
		sub := &tab{TB: t, ctx: tb.ctx}
		sub.setTree("t", treeOf(p))
		t.Logf("%d nodes, %d frames, %d types", p.Len(), len(p.Frames()), len(p.Types))
		eval[bool](sub, fmt.Sprintf(`
			var weight = weights(t), total = trees.totals(weight, t), frames = %d, busy = trees.tops(t, weight, total, frames);
			var widest = busy.total.indexOf(Math.max(...busy.total)), leaf = busy.self.indexOf(Math.max(...busy.self));
			var every = new Uint8Array(frames).map((_, f) => f %% 7 === 0 ? 1 : 0), least = total[0] / 1200; true`, len(p.Frames())))
		for _, js := range []string{
			"trees.totals(weight, t)", "trees.tops(t, weight, total, frames)", "trees.reverse(t, {weight, minWeight: least})",
			"trees.callersOf(t, leaf, {weight, minWeight: least})", "trees.calleesOf(t, widest)", "trees.calleesOf(t, leaf)",
			"trees.byWeight(t, total)", "trees.foldRecursion(t)", "trees.hide(t, marks(frames, [widest]))", "trees.hide(t, every)",
			"trees.focus(t, marks(frames, [leaf]))", "trees.matchedWeight(t, total, trees.findMatches(t, every), 0, t.end[0])",
			"(() => { const r = trees.reverse(t, {weight, minWeight: least}); return trees.matchedWeight(r, trees.totals(r.self[0], r), trees.findMatches(r, every), 0, r.end[0]); })()",
		} {
			got := eval[[]float64](sub, fmt.Sprintf(`(() => {
				const times = [];
				let size = 0;
				for (let i = 0; i < 5; i++) {
					const [ms, v] = time(() => %s);
					times.push(ms);
					size = v.frame ? v.frame.length : 0;
				}
				return [times[0], Math.min(...times), size];
			})()`, js))
			t.Logf("%6.1f ms first, %6.1f ms best of 5, %8.0f nodes: %s", got[0], got[1], got[2], js)
		}
	}
	t.Run("pprof-large", func(t *testing.T) { large(t, realProfile(t, "pprof/large/pprof-large.cpu.pb.gz")) })
	t.Run("synth100k", func(t *testing.T) { large(t, realProfile(t, "pprof/large/synth100k.pb.gz")) })
}
