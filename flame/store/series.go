package store

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"flame/collapse"
)

// A Series is the totals of one sample type over time.
type Series struct {
	// Labels are those that Series was asked to keep apart.
	Labels     Labels
	SampleType collapse.ValueType
	Points     []Point // by time; steps without a profile are not there
}

// A Point is the total of one step.
type Point struct {
	Time     time.Time // when the step begins
	Value    int64     // of a counter the sum of the profiles, of a gauge the average
	Profiles int64     // that have a part in it
}

// Series returns totals over time, one series for each sample type and each set of
// values of the labels named by. A step begins at a multiple of its length since
// the year 1970. It reads indexes only; where nothing but a roll-up is left, its
// totals stand at the time of its first profile.
func (s *Store) Series(ctx context.Context, q Query, step time.Duration, by ...string) ([]Series, error) {
	if step <= 0 {
		step = time.Minute
	}
	t := &timeline{q: &q, step: int64(step), by: by, groups: map[string]*group{}}
	err := s.plan(ctx, &q, false, func(p part) error {
		if p.rollUp == "" {
			refs, err := s.load(ctx, p.hour)
			t.add(refs, true)
			return err
		}
		b, err := s.loadRollUp(ctx, p.rollUp)
		if errors.Is(err, errNotFound) {
			return nil // deleted just now
		}
		if err != nil {
			return err
		}
		refs := make([]ref, len(b.idx.entries))
		for i := range refs {
			refs[i] = ref{b, i}
		}
		t.add(refs, false)
		return nil
	})
	return t.series(), err
}

// A timeline collects points.
type timeline struct {
	q      *Query
	step   int64
	by     []string
	groups map[string]*group
}

// A group is one series that is being made.
type group struct {
	Series
	points map[int64]*Point
}

func (t *timeline) add(refs []ref, inRange bool) {
	groups := map[*series][]*group{} // nil for those that do not match
	for _, r := range refs {
		e, x := r.entry(), r.series()
		ofSeries, ok := groups[x]
		if !ok {
			if t.q.matchesSeries(x) {
				ofSeries = t.groupsOf(x)
			}
			groups[x] = ofSeries
		}
		if ofSeries == nil || inRange && !t.q.includes(e.time) {
			continue
		}
		at := floorDiv(e.time, t.step)
		for i, g := range ofSeries {
			p := g.points[at]
			if p == nil {
				p = &Point{Time: time.Unix(0, at*t.step).UTC()}
				g.points[at] = p
			}
			v := e.totals[i]
			if Gauge(g.SampleType) && e.count > 1 {
				v *= e.count // the total of an average
			}
			p.Value = collapse.AddSaturating(p.Value, v)
			p.Profiles += e.count
		}
	}
}

// groupsOf returns the groups of a series, one for each sample type.
func (t *timeline) groupsOf(x *series) []*group {
	labels := Labels{}
	var key strings.Builder
	for _, name := range t.by {
		if v := x.labels[name]; v != "" {
			labels[name] = v
		}
		key.WriteString(x.labels[name] + "\x00")
	}
	var out []*group
	for _, typ := range x.types {
		k := key.String() + typ.Type + "\x00" + typ.Unit
		g := t.groups[k]
		if g == nil {
			g = &group{Series{Labels: labels, SampleType: typ}, map[int64]*Point{}}
			t.groups[k] = g
		}
		out = append(out, g)
	}
	return out
}

func (t *timeline) series() []Series {
	var out []Series
	for _, k := range slices.Sorted(maps.Keys(t.groups)) {
		g := t.groups[k]
		for _, p := range g.points {
			if Gauge(g.SampleType) {
				p.Value = floorDiv(p.Value, p.Profiles)
			}
			g.Points = append(g.Points, *p)
		}
		slices.SortFunc(g.Points, func(a, b Point) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
		out = append(out, g.Series)
	}
	return out
}
