package collapse

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Compare returns what is different between two profiles: the values of after,
// with those of before as the base (see [Profile.Base]). It has the sample types
// that both have, and percentages are of what before had in all, as by pprof's
// -diff_base. Neither may be a difference itself.
func Compare(after, before *Profile, limits Limits) (*Profile, error) {
	after, before, err := matchProfiles(after, before)
	if err != nil {
		return nil, fmt.Errorf("compare profiles: %w", err)
	}
	// Each becomes a difference from nothing, so that a merge puts both together.
	sides := []*Profile{after.head(), before.head()}
	*sides[0], *sides[1] = *after, *before
	sides[0].base = makeColumns(after.Len(), len(after.Types))
	sides[1].self, sides[1].base = makeColumns(before.Len(), len(before.Types)), before.self
	q, err := Merge(sides, limits)
	if err != nil {
		return nil, fmt.Errorf("compare profiles: %w", err)
	}
	q.Whole = q.baseWhole()
	q.Meta = compareMeta(after, before, "compared with")
	return q, nil
}

// baseWhole returns what percentages of a difference are of: the base, if it has
// anything.
func (p *Profile) baseWhole() []int64 {
	whole := make([]int64, len(p.Types))
	for t := range p.Types {
		whole[t] = cmp.Or(sumAbs(p.base[t]), sumAbs(p.self[t]))
	}
	return whole
}

// Subtract returns after without what before has, in the sample types that both
// have, as by pprof's -base. What before has more of becomes negative; stacks that
// are equal in both go.
func Subtract(after, before *Profile, limits Limits) (*Profile, error) {
	after, before, err := matchProfiles(after, before)
	if err != nil {
		return nil, fmt.Errorf("subtract profiles: %w", err)
	}
	negated := scaleColumns(before, func(int) float64 { return -1 })
	q, err := Merge([]*Profile{after, negated}, limits)
	if err != nil {
		return nil, fmt.Errorf("subtract profiles: %w", err)
	}
	q.Meta = compareMeta(after, before, "minus")
	return withoutEmpty(q), nil
}

// Normalize returns p with its values scaled, type by type, so that their sum is
// that of base, as by pprof's -normalize: profiles of other lengths can be
// compared. Both must have the same types. A value is rounded to a whole one.
func Normalize(p, base *Profile) (*Profile, error) {
	p, base, err := matchProfiles(p, base)
	if err != nil {
		return nil, fmt.Errorf("normalize profile: %w", err)
	}
	return scaleColumns(p, func(t int) float64 {
		total := p.Total(t)
		if total == 0 {
			return 0
		}
		return float64(base.Total(t)) / float64(total)
	}), nil
}

// scaleColumns returns p with the self values of each type multiplied.
func scaleColumns(p *Profile, factor func(typ int) float64) *Profile {
	q := *p
	q.self = makeColumns(p.Len(), len(p.Types))
	for t, column := range p.self {
		f := factor(t)
		for n, v := range column {
			switch f {
			case 1, -1: // exact
				q.self[t][n] = mulSat(v, int64(f))
			default:
				q.self[t][n] = saturate(math.Round(float64(v) * f))
			}
		}
	}
	return &q
}

func saturate(v float64) int64 {
	switch {
	case v >= math.MaxInt64:
		return math.MaxInt64
	case v <= math.MinInt64:
		return math.MinInt64
	}
	return int64(v)
}

// matchProfiles returns both profiles with the sample types that they have in common,
// in the order of the first, in the finer of their units, by the same scale.
func matchProfiles(a, b *Profile) (*Profile, *Profile, error) {
	if a.Differential() || b.Differential() {
		return nil, nil, errors.New("one of them is a difference already; give the two profiles that it was made from")
	}
	var types []ValueType
	var fromA, fromB []int
	for i, t := range a.Types {
		j := slices.IndexFunc(b.Types, func(u ValueType) bool { return u.Type == t.Type && (u.Unit == t.Unit || sameMeasure(t.Unit, u.Unit)) })
		if j < 0 {
			continue
		}
		u := b.Types[j]
		if ratio, _ := ScaleUnit(1, u.Unit, t.Unit); t.Unit != u.Unit && ratio < 1 {
			t.Unit = u.Unit
		}
		scale, err := commonScale(t.Div(), u.Div())
		if err != nil {
			return nil, nil, err
		}
		t.Scale = scale
		types, fromA, fromB = append(types, t), append(fromA, i), append(fromB, j)
	}
	if len(types) == 0 {
		return nil, nil, fmt.Errorf("they measure different things, %s and %s", typeNames(a.Types), typeNames(b.Types))
	}
	return a.choose(types, fromA), b.choose(types, fromB), nil
}

// sameMeasure reports whether values can be converted from one unit to the other.
func sameMeasure(a, b string) bool {
	for i := range measures {
		if measures[i].find(a) != nil && measures[i].find(b) != nil {
			return true
		}
	}
	return false
}

// choose returns p with the given types, which are those of the columns, perhaps
// in a finer unit or scale.
func (p *Profile) choose(types []ValueType, columns []int) *Profile {
	if slices.Equal(types, p.Types) {
		return p
	}
	q := *p
	q.Types, q.Default, q.Whole, q.Meta.Gross = types, len(types)-1, nil, nil
	q.self = nil
	for t, c := range columns {
		old := p.Types[c]
		if c == p.Default {
			q.Default = t
		}
		factor := types[t].Div() / old.Div()
		if old.Unit != types[t].Unit {
			ratio, _ := ScaleUnit(1, old.Unit, types[t].Unit)
			factor = mulSat(factor, saturate(math.Round(ratio)))
		}
		column := p.self[c]
		if factor != 1 {
			column = make([]int64, len(p.self[c]))
			for n, v := range p.self[c] {
				column[n] = mulSat(v, factor)
			}
		}
		q.self = append(q.self, column)
	}
	return &q
}

// compareMeta is that of after, with what is to be said of both.
func compareMeta(after, before *Profile, verb string) Meta {
	m := after.Meta
	m.Gross = nil
	if before.Meta.Source != "" {
		m.Source = fmt.Sprintf("%s %s %s", m.Source, verb, before.Meta.Source)
	}
	m.Notes = slices.Concat(after.Meta.Notes, before.Meta.Notes)
	slices.Sort(m.Notes)
	m.Notes = slices.Compact(m.Notes)
	return m
}
