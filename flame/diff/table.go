// Package diff tells what changed between two profiles: a table of functions, for
// people and programs, and limits that a build can be held to.
//
// Its input is a profile that [collapse.Compare] made, with the values after and
// before in one tree.
package diff

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"flame/collapse"
)

// DefaultNoise is the part of the larger total under which a change is taken for
// chance, as in the colours of a difference: two captures of one program differ by
// more than that in any single function.
const DefaultNoise = 0.001

// Options say which functions a table has. The zero Options is ready for use.
type Options struct {
	Type  int     // which sample type, an index in the profile's Types
	Noise float64 // smallest change, as a part of the larger total; 0 means [DefaultNoise], less than 0 none
	Count int     // how many functions at most; 0 means all
	Cum   bool    // sort by the change of what functions took with their callees, not alone
}

// A Change is a value on both sides, in stored units (see
// [collapse.ValueType.Scale]).
type Change struct{ Before, After int64 }

// Delta returns how much more there is after than before.
func (c Change) Delta() int64 { return subSaturating(c.After, c.Before) }

// Ratio returns the change as a part of what was before: 0.5 for half as much
// again. It is infinite for what is new, and 0 where there is nothing on either
// side.
func (c Change) Ratio() float64 {
	d := float64(c.After) - float64(c.Before)
	if d == 0 {
		return 0
	}
	return d / math.Abs(float64(c.Before))
}

// size is the change without its sign.
func (c Change) size() float64 { return math.Abs(float64(c.After) - float64(c.Before)) }

// A Row is one function.
type Row struct {
	Function string // its name, with the annotation of its kind
	Flat     Change // itself
	Cum      Change // with all it calls; a recursive function once
}

// A Table is what changed between two profiles in one sample type.
type Table struct {
	Type    collapse.ValueType
	Total   Change
	Noise   float64 // a part of the larger total
	Rows    []Row   // the largest change first
	Omitted int     // functions that changed and are not in Rows: within the noise, or beyond the count
}

// Make returns the table of a difference.
func Make(p *collapse.Profile, o Options) (*Table, error) {
	if !p.Differential() {
		return nil, errors.New("compare profiles: there is one only")
	}
	t := &Table{Type: p.Types[o.Type], Noise: cmp.Or(o.Noise, DefaultNoise)}
	rows := functions(p, o.Type)
	t.Total = total(p, o.Type)
	least := t.noise()
	for _, r := range rows {
		switch {
		case r.Flat.Delta() == 0 && r.Cum.Delta() == 0:
		case max(r.Flat.size(), r.Cum.size()) < least:
			t.Omitted++
		default:
			t.Rows = append(t.Rows, r)
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b Row) int {
		flat, cum := cmp.Compare(b.Flat.size(), a.Flat.size()), cmp.Compare(b.Cum.size(), a.Cum.size())
		if o.Cum {
			flat, cum = cum, flat
		}
		return cmp.Or(flat, cum, cmp.Compare(a.Function, b.Function))
	})
	if o.Count > 0 && len(t.Rows) > o.Count {
		t.Omitted += len(t.Rows) - o.Count
		t.Rows = t.Rows[:o.Count]
	}
	return t, nil
}

// noise is the smallest change that counts, in stored units.
func (t *Table) noise() float64 {
	return t.Noise * max(math.Abs(float64(t.Total.Before)), math.Abs(float64(t.Total.After)))
}

func total(p *collapse.Profile, typ int) Change {
	c := Change{After: p.Total(typ)}
	for _, v := range p.Base(typ) {
		c.Before = collapse.AddSaturating(c.Before, v)
	}
	return c
}

// functions returns a row for each frame of a profile, in the order of their names.
func functions(p *collapse.Profile, typ int) []Row {
	rows := make([]Row, len(p.Frames()))
	for i, f := range p.Frames() {
		rows[i].Function = f.Annotated()
	}
	after, before := p.Self(typ), p.Base(typ)
	afterTotal, beforeTotal := p.Totals(after), p.Totals(before)
	ends := p.Ends()
	// A function counts once in a stack: at its outermost place. Open is by frame
	// where the subtree of that place ends.
	open := make([]collapse.NodeID, len(rows))
	for n := 1; n < p.Len(); n++ {
		f := p.NodeFrames()[n]
		r := &rows[f]
		r.Flat.After = collapse.AddSaturating(r.Flat.After, after[n])
		r.Flat.Before = collapse.AddSaturating(r.Flat.Before, before[n])
		if collapse.NodeID(n) < open[f] {
			continue
		}
		open[f] = ends[n]
		r.Cum.After = collapse.AddSaturating(r.Cum.After, afterTotal[n])
		r.Cum.Before = collapse.AddSaturating(r.Cum.Before, beforeTotal[n])
	}
	return rows
}

// subSaturating subtracts and stays at the end of the range.
func subSaturating(a, b int64) int64 {
	if b == math.MinInt64 {
		return collapse.AddSaturating(collapse.AddSaturating(a, math.MaxInt64), 1)
	}
	return collapse.AddSaturating(a, -b)
}

// percent writes a ratio as a person reads it: "+12.5%", "new", "gone".
func percent(c Change) string {
	switch {
	case c.Delta() == 0:
		return "0%"
	case c.Before == 0:
		return "new"
	case c.After == 0:
		return "gone"
	}
	p := 100 * c.Ratio()
	if math.Abs(p) < 1000 {
		return fmt.Sprintf("%+.1f%%", p)
	}
	return fmt.Sprintf("%+.0f%%", p)
}
