package serve

import (
	"cmp"
	"slices"

	"flame/collapse"
	"flame/svg"
)

type topJSON struct {
	SampleType sampleTypeJSON   `json:"sample_type"`
	Types      []sampleTypeJSON `json:"sample_types"`
	Total      float64          `json:"total"`
	Functions  int              `json:"functions"` // in the profile, however many are listed
	Seconds    float64          `json:"seconds"`
	Rows       []topRow         `json:"rows"`
	Notes      []string         `json:"notes"`
}

type topRow struct {
	Name string  `json:"name"`
	File string  `json:"file,omitempty"`
	Flat float64 `json:"flat"`
	Cum  float64 `json:"cum"` // each stack once, however often the function is on it
}

// top sums up by function. Names are made fit to be shown.
func top(p *collapse.Profile, typ, limit int, byCum bool) topJSON {
	div := float64(p.Types[typ].Div())
	rows := topRows(p, p.Self(typ))
	slices.SortFunc(rows, func(a, b topValues) int {
		if byCum {
			return cmp.Or(cmp.Compare(b.cum, a.cum), cmp.Compare(b.flat, a.flat), cmp.Compare(a.frame, b.frame))
		}
		return cmp.Or(cmp.Compare(b.flat, a.flat), cmp.Compare(b.cum, a.cum), cmp.Compare(a.frame, b.frame))
	})
	out := topJSON{
		SampleType: sampleType(p.Types[typ]), Total: float64(p.Total(typ)) / div, Functions: len(rows),
		Seconds: p.Meta.Duration.Seconds(), Notes: p.Meta.Notes, Rows: []topRow{},
	}
	if out.Notes == nil {
		out.Notes = []string{}
	}
	for _, t := range p.Types {
		out.Types = append(out.Types, sampleType(t))
	}
	for _, x := range rows[:min(limit, len(rows))] {
		f := p.Frames()[x.frame]
		out.Rows = append(out.Rows, topRow{svg.Visible(f.Name), svg.Visible(f.File), float64(x.flat) / div, float64(x.cum) / div})
	}
	return out
}

type topValues struct {
	frame     collapse.FrameID
	flat, cum int64
}

// topRows returns the frames with a value.
func topRows(p *collapse.Profile, self []int64) []topValues {
	totals := p.Totals(self)
	rows := make([]topValues, len(p.Frames()))
	ends, frames := p.Ends(), p.NodeFrames()
	// until is, for each frame, the end of the outermost node of it that the walk is
	// in: recursion below that does not count again.
	until := make([]collapse.NodeID, len(rows))
	for n := 1; n < p.Len(); n++ {
		f := frames[n]
		rows[f].frame = f
		rows[f].flat = collapse.AddSaturating(rows[f].flat, self[n])
		if collapse.NodeID(n) >= until[f] {
			rows[f].cum = collapse.AddSaturating(rows[f].cum, totals[n])
			until[f] = ends[n]
		}
	}
	return slices.DeleteFunc(rows, func(r topValues) bool { return r.flat == 0 && r.cum == 0 })
}
