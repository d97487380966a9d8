package serve

import (
	"math"
	"net/http"
	"slices"

	"flame/collapse"
)

// difference returns after with before as its base. If normal is set the base is
// scaled so that both have the same total: two times of different lengths, or two
// different loads, are then compared by their shares.
func difference(before, after *collapse.Profile, normal bool) (*collapse.Profile, error) {
	columns := make([]int, len(after.Types))
	for i, t := range after.Types {
		columns[i] = slices.IndexFunc(before.Types, func(u collapse.ValueType) bool { return u.Type == t.Type && u.Unit == t.Unit && u.Div() == t.Div() })
		if columns[i] < 0 {
			return nil, fail(http.StatusUnprocessableEntity, "compare profiles of one type", "the profiles measure different things: before has no %s", t.Type)
		}
	}
	b := collapse.NewBuilder(len(after.Types), collapse.Limits{})
	add := func(p *collapse.Profile, put func(n collapse.NodeID, from int)) {
		frames := make([]collapse.FrameID, len(p.Frames()))
		for i, f := range p.Frames() {
			frames[i] = b.Frame(f)
		}
		nodes := make([]collapse.NodeID, p.Len())
		for n := range nodes {
			if n > 0 {
				nodes[n] = b.Child(nodes[p.Parents()[n]], frames[p.NodeFrames()[n]])
			}
			put(nodes[n], n)
		}
	}
	add(after, func(n collapse.NodeID, from int) {
		for t := range after.Types {
			b.Add(n, t, after.Self(t)[from])
		}
	})
	scale := make([]float64, len(after.Types))
	for t, c := range columns {
		scale[t] = 1
		if total := before.Total(c); normal && total != 0 {
			scale[t] = float64(after.Total(t)) / float64(total)
		}
	}
	add(before, func(n collapse.NodeID, from int) {
		for t, c := range columns {
			b.AddBase(n, t, scaled(before.Self(c)[from], scale[t]))
		}
	})
	b.AddBase(collapse.Root, 0, 0) // a difference also where before has nothing
	d, err := b.Profile(after.Types, after.Default)
	if err != nil {
		return nil, err
	}
	d.Meta = after.Meta
	d.Meta.Source = after.Meta.Source
	if before.Meta.Source != after.Meta.Source {
		d.Meta.Source = before.Meta.Source + " → " + after.Meta.Source
	}
	if normal {
		d.Meta.Notes = append(slices.Clone(d.Meta.Notes), "before is scaled to the total of after")
	}
	return d, nil
}

func scaled(v int64, by float64) int64 {
	if by == 1 || v == 0 {
		return v
	}
	f := math.Round(float64(v) * by)
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}
