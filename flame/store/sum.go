package store

import (
	"errors"
	"strings"

	"flame/collapse"
)

// Gauge reports whether values of a sample type say how much there is at a moment:
// pprof's inuse_objects and inuse_space, goroutines and threads. Over time they are
// averaged. All others count what happened since the profile before, and are added.
func Gauge(t collapse.ValueType) bool {
	switch t.Type {
	case "goroutine", "goroutines", "threadcreate":
		return true
	}
	return strings.HasPrefix(t.Type, "inuse_")
}

// A sum adds profiles up over time. Counters are summed. Of gauges it gives, in the
// end, the average: the sum divided by the number of profiles, so what one target
// had at one moment. Rounding keeps totals: in the order of the nodes, the first n
// values together are the first n exact ones together, rounded down. So the value
// of no subtree is off by more than 1.
type sum struct {
	merger *collapse.Merger
	n      int64 // profiles
	// comments are those of the profiles, each once, up to a few.
	comments []string
}

// sumComments bounds the comments that a sum keeps: some programs write their
// process id into each profile.
const sumComments = 16

func newSum(limits collapse.Limits) *sum { return &sum{merger: collapse.NewMerger(limits)} }

// add adds a profile that itself is the sum of count profiles. An error other than
// a [collapse.LimitError] leaves the sum as it was.
func (s *sum) add(p *collapse.Profile, count int64) error {
	q := *p
	q.Meta = collapse.Meta{Time: p.Meta.Time, Duration: p.Meta.Duration, Period: p.Meta.Period, PeriodType: p.Meta.PeriodType}
	part := &q
	for t, typ := range p.Types {
		if count != 1 && Gauge(typ) {
			part = part.WithSelf(t, scaled(p.Self(t), count))
		}
	}
	if err := s.merger.Add(part); err != nil {
		return err
	}
	s.n += count
	s.comment(p.Meta.Comments)
	return nil
}

func (s *sum) comment(comments []string) {
	for _, c := range comments {
		known := len(s.comments) >= sumComments
		for _, k := range s.comments {
			known = known || k == c
		}
		if !known {
			s.comments = append(s.comments, strings.Clone(c))
		}
	}
}

// addSum adds another sum, which must not be used afterwards.
func (s *sum) addSum(o *sum) error {
	if o.n == 0 {
		return nil
	}
	p, err := o.merger.Profile()
	if err != nil {
		return err
	}
	if err := s.merger.Add(p); err != nil {
		return err
	}
	s.n += o.n
	s.comment(o.comments)
	return nil
}

// profile returns the result. The sum must not be used afterwards.
func (s *sum) profile() (*collapse.Profile, error) {
	if s.n == 0 {
		return nil, ErrNoMatch
	}
	p, err := s.merger.Profile()
	if err != nil {
		return nil, err
	}
	for t, typ := range p.Types {
		if s.n > 1 && Gauge(typ) {
			p = p.WithSelf(t, averaged(p.Self(t), s.n))
		}
	}
	q := *p
	q.Meta.Comments = s.comments
	return &q, nil
}

// ErrNoMatch is in the chain of the error of a merge that found no profile.
var ErrNoMatch = errors.New("no profile matches")

func scaled(values []int64, by int64) []int64 {
	out := make([]int64, len(values))
	for i, v := range values {
		if out[i] = v * by; v != 0 && out[i]/v != by {
			out[i] = 1<<63 - 1
		}
	}
	return out
}

func averaged(values []int64, n int64) []int64 {
	out := make([]int64, len(values))
	var exact, before int64
	for i, v := range values {
		exact = collapse.AddSaturating(exact, v)
		now := floorDiv(exact, n)
		out[i] = now - before
		before = now
	}
	return out
}
