package collapse

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Merge returns the sum of profiles, as a [Merger] makes it.
func Merge(profiles []*Profile, limits Limits) (*Profile, error) {
	m := NewMerger(limits)
	for _, p := range profiles {
		if err := m.Add(p); err != nil {
			return nil, err
		}
	}
	return m.Profile()
}

// A Merger sums profiles that come one after the other, tree by tree: the values
// of equal stacks are added. It holds one tree of all stacks so far and none of
// the profiles, so its memory is in proportion to the stacks that differ, however
// many profiles they came in. The work is linear in the sum of the nodes.
//
// All profiles must have the same sample types, by type and unit, in any order;
// the sum has those of the first, and its default. Where the Scale of a type
// differs the sum has one that fits both. Either all profiles are differential or
// none. The sum is ordered if all are: the stacks of each then follow those of the
// one before. It is detailed if one is.
//
// Of the profiles' Meta it keeps what pprof does: the earliest time, the sum of
// the durations, the largest period, every comment and note once.
//
// A Merger is for one goroutine.
type Merger struct {
	limits       Limits
	first        *Profile // while it is alone, and so its own sum
	sum          *Builder // from the second profile on
	types        []ValueType
	def          int
	differential bool
	meta         metaSum

	frames []FrameID // scratch, by frame of the profile at hand
	nodes  []NodeID  // the same by node
}

// NewMerger returns a merger that no profile has been added to.
func NewMerger(limits Limits) *Merger { return &Merger{limits: limits} }

// Add adds a profile to the sum. One that does not fit the others is an error and
// changes nothing; a sum over the limits is an error that stays.
func (m *Merger) Add(p *Profile) error {
	if m.types == nil {
		m.first, m.types, m.def, m.differential = p, slices.Clone(p.Types), p.Default, p.Differential()
		m.meta.add(&p.Meta)
		return nil
	}
	if err := m.add(p); err != nil {
		return fmt.Errorf("merge profiles: %w", err)
	}
	return nil
}

// add adds a profile that is not the first.
func (m *Merger) add(p *Profile) error {
	if m.sum != nil && m.sum.Err() != nil {
		return m.sum.Err()
	}
	columns, types, err := m.match(p)
	if err != nil {
		return err
	}
	if m.sum == nil {
		m.start(m.first, m.first.Ordered, m.first.Detailed)
		m.first = nil
	}
	// From here on it may be no flame chart, or have details.
	if ordered, detailed := m.sum.Ordered && p.Ordered, m.sum.Detailed || p.Detailed; ordered != m.sum.Ordered || detailed != m.sum.Detailed {
		soFar, err := m.sum.Profile(m.types, m.def)
		if err != nil {
			return err
		}
		m.start(soFar, ordered, detailed)
	}
	for t := range types {
		if factor := types[t].Div() / m.types[t].Div(); factor != 1 {
			m.sum.Rescale(t, factor)
		}
	}
	m.types = types
	m.addTree(p, columns)
	m.meta.add(&p.Meta)
	return m.sum.Err()
}

// start makes p, whose types are those of the sum, the sum.
func (m *Merger) start(p *Profile, ordered, detailed bool) {
	m.sum = NewBuilder(len(m.types), m.limits)
	m.sum.Ordered, m.sum.Detailed = ordered, detailed
	columns := make([]int, len(m.types))
	for i := range columns {
		columns[i] = i
	}
	m.addTree(p, columns)
}

// Profile returns the sum. The merger must not be used afterwards.
func (m *Merger) Profile() (*Profile, error) {
	if m.types == nil {
		return nil, errors.New("merge profiles: there are none")
	}
	if m.sum == nil {
		return m.first, nil
	}
	p, err := m.sum.Profile(m.types, m.def)
	if err != nil {
		return nil, fmt.Errorf("merge profiles: %w", err)
	}
	p.Meta = m.meta.sum()
	return p, nil
}

// match returns for each type of the sum which of p's it is, and the types that
// the sum has with p.
func (m *Merger) match(p *Profile) (columns []int, types []ValueType, err error) {
	if columns, err = matchTypes(m.types, p.Types); err != nil {
		return nil, nil, err
	}
	if p.Differential() != m.differential {
		return nil, nil, errors.New("some are differences and some are not; merge first, compare then")
	}
	types = slices.Clone(m.types)
	for t, c := range columns {
		if types[t].Scale, err = commonScale(types[t].Div(), p.Types[c].Div()); err != nil {
			return nil, nil, err
		}
	}
	return columns, types, nil
}

// addTree adds the nodes and values of p. Columns has, for each of the types of
// the sum, which of p's it is.
func (m *Merger) addTree(p *Profile, columns []int) {
	b := m.sum
	frames := slices.Grow(m.frames[:0], len(p.frames))[:len(p.frames)]
	for i, f := range p.frames {
		frames[i] = b.frameCopy(f)
	}
	nodes := slices.Grow(m.nodes[:0], p.Len())[:p.Len()]
	nodes[0] = Root
	for n := 1; n < len(nodes); n++ {
		nodes[n] = b.Child(nodes[p.parent[n]], frames[p.frame[n]])
	}
	for t, c := range columns {
		factor := m.types[t].Div() / p.Types[c].Div()
		for n, v := range p.self[c] {
			if v != 0 { // as it is of most nodes
				b.Add(nodes[n], t, mulSat(v, factor))
			}
		}
		for n, v := range p.Base(c) {
			b.AddBase(nodes[n], t, mulSat(v, factor))
		}
	}
	m.frames, m.nodes = frames, nodes
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

// A metaSum sums what is known of profiles.
type metaSum struct {
	count                    int
	meta                     Meta
	sources, comments, notes onceList
}

func (s *metaSum) add(m *Meta) {
	sum := &s.meta
	if s.count == 0 {
		sum.PeriodType = m.PeriodType
	}
	s.count++
	if !m.Time.IsZero() && (sum.Time.IsZero() || m.Time.Before(sum.Time)) {
		sum.Time = m.Time
	}
	sum.Duration += m.Duration
	sum.Period = max(sum.Period, m.Period)
	if m.PeriodType != sum.PeriodType {
		sum.PeriodType = ValueType{}
	}
	s.sources.add(m.Source)
	s.comments.add(m.Comments...)
	s.notes.add(m.Notes...)
}

func (s *metaSum) sum() Meta {
	m := s.meta
	if m.PeriodType == (ValueType{}) {
		m.Period = 0 // a period of what is not known says nothing
	}
	m.Source = joinSources(s.sources.list)
	m.Comments = s.comments.list
	m.Notes = s.notes.list
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

// A onceList is a list of strings that are not empty, each once.
type onceList struct {
	list []string
	has  map[string]bool
}

func (l *onceList) add(list ...string) {
	for _, s := range list {
		if s == "" || l.has[s] {
			continue
		}
		if l.has == nil {
			l.has = map[string]bool{}
		}
		s = strings.Clone(s) // as it may be part of all strings of a profile
		l.has[s] = true
		l.list = append(l.list, s)
	}
}
