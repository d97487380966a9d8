package collapse

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Merge returns the sum of profiles, tree by tree: the values of equal stacks are
// added. All must have the same sample types, by type and unit, in any order; the
// result has those of the first, and its default. Where the Scale of a type
// differs the result has one that fits both. Either all profiles are differential
// or none. The result is ordered if all are: the stacks of each then follow those
// of the one before.
//
// Of the profiles' Meta it keeps what pprof does: the earliest time, the sum of
// the durations, the largest period, every comment and note once.
//
// The work is linear in the sum of the nodes.
func Merge(profiles []*Profile, limits Limits) (*Profile, error) {
	if len(profiles) == 0 {
		return nil, errors.New("merge profiles: there are none")
	}
	if len(profiles) == 1 {
		return profiles[0], nil
	}
	first := profiles[0]
	types := slices.Clone(first.Types)
	columns := make([][]int, len(profiles)) // of each profile by type of the first
	ordered := true
	for i, p := range profiles {
		var err error
		if columns[i], err = matchTypes(first.Types, p.Types); err != nil {
			return nil, fmt.Errorf("merge profiles: %w", err)
		}
		if p.Differential() != first.Differential() {
			return nil, errors.New("merge profiles: some are differences and some are not; merge first, compare then")
		}
		for t, c := range columns[i] {
			if types[t].Scale, err = commonScale(types[t].Div(), p.Types[c].Div()); err != nil {
				return nil, fmt.Errorf("merge profiles: %w", err)
			}
		}
		ordered = ordered && p.Ordered
	}
	b := NewBuilder(len(types), limits)
	b.Ordered = ordered
	for i, p := range profiles {
		b.addProfile(p, types, columns[i])
	}
	merged, err := b.Profile(types, first.Default)
	if err != nil {
		return nil, fmt.Errorf("merge profiles: %w", err)
	}
	merged.Meta = mergeMeta(profiles)
	return merged, nil
}

// addProfile adds all of p to the builder. Columns has, for each of the types,
// which of p's it is.
func (b *Builder) addProfile(p *Profile, types []ValueType, columns []int) {
	frames := make([]FrameID, len(p.frames))
	for i, f := range p.frames {
		frames[i] = b.Frame(f)
	}
	nodes := make([]NodeID, p.Len())
	for n := 1; n < p.Len() && b.err == nil; n++ {
		nodes[n] = b.Child(nodes[p.parent[n]], frames[p.frame[n]])
	}
	for t, c := range columns {
		factor := types[t].Div() / p.Types[c].Div()
		for n, v := range p.self[c] {
			b.Add(nodes[n], t, mulSat(v, factor))
		}
		for n, v := range p.Base(c) {
			b.AddBase(nodes[n], t, mulSat(v, factor))
		}
	}
}

// matchTypes returns for each of the types a its index in b.
func matchTypes(a, b []ValueType) ([]int, error) {
	index := make([]int, len(a))
	taken := make([]bool, len(b))
	for i, t := range a {
		index[i] = -1
		for j, u := range b {
			if !taken[j] && t.Type == u.Type && t.Unit == u.Unit {
				index[i], taken[j] = j, true
				break
			}
		}
		if index[i] < 0 || len(a) != len(b) {
			return nil, fmt.Errorf("they measure different things, %s and %s; merge those of one kind", typeNames(a), typeNames(b))
		}
	}
	return index, nil
}

func typeNames(types []ValueType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Type + "/" + t.Unit
	}
	return strings.Join(names, " ")
}

// commonScale returns the least common multiple of two scales, or an error if it
// leaves little room for values.
func commonScale(a, b int64) (int64, error) {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	lcm := mulSat(a/x, b)
	if lcm > math.MaxInt32 {
		return 0, fmt.Errorf("values in 1/%d and 1/%d of a unit have no common fraction that is coarse enough", a, b)
	}
	if lcm == 1 {
		return 0, nil // what most types have
	}
	return lcm, nil
}

func mergeMeta(profiles []*Profile) Meta {
	m := Meta{PeriodType: profiles[0].Meta.PeriodType}
	var sources []string
	for _, p := range profiles {
		if t := p.Meta.Time; !t.IsZero() && (m.Time.IsZero() || t.Before(m.Time)) {
			m.Time = t
		}
		m.Duration += p.Meta.Duration
		m.Period = max(m.Period, p.Meta.Period)
		if p.Meta.PeriodType != m.PeriodType {
			m.PeriodType = ValueType{}
		}
		sources = append(sources, p.Meta.Source)
		m.Comments = append(m.Comments, p.Meta.Comments...)
		m.Notes = append(m.Notes, p.Meta.Notes...)
	}
	if m.PeriodType == (ValueType{}) {
		m.Period = 0 // a period of what is not known says nothing
	}
	m.Source = joinSources(unique(sources))
	m.Comments = unique(m.Comments)
	m.Notes = unique(m.Notes)
	return m
}

// joinSources names a few sources and counts the others.
func joinSources(sources []string) string {
	const named = 3
	if len(sources) > named+1 {
		return fmt.Sprintf("%s and %d more", strings.Join(sources[:named], ", "), len(sources)-named)
	}
	return strings.Join(sources, ", ")
}

// unique returns the strings that are not empty, each once, in their order.
func unique(s []string) []string {
	seen := make(map[string]bool, len(s))
	var out []string
	for _, v := range s {
		if v != "" && !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
