package report

import "flame/collapse"

// Options choose what a report shows, with pprof's meanings and defaults. The
// zero Options leaves nothing out; [Defaults] has the fractions of pprof.
type Options struct {
	// Type is the sample type, an index in the profile's Types.
	Type int
	// Unit to show values in: "ms", "MB", …; "" or "minimum" for the one that
	// fits all rows.
	Unit string
	// Mean divides each value by that of the first sample type: the bytes of
	// one object, the delay of one contention.
	Mean bool

	// Cum sorts by cum instead of by flat.
	Cum bool
	// NodeCount is how many functions are shown at most, 0 for all.
	NodeCount int
	// NodeFraction and EdgeFraction leave out what is below this part of the
	// total: functions by cum, edges by weight.
	NodeFraction, EdgeFraction float64
	// DropNegative leaves out functions whose value is negative.
	DropNegative bool

	// Filters are told in the head of the report: "focus=main", …
	Filters []string
}

// Defaults are the fractions that pprof has when no flag says otherwise.
func Defaults() Options { return Options{NodeFraction: 0.005, EdgeFraction: 0.001} }

// untrimmed returns o with nothing left out.
func (o Options) untrimmed() Options {
	o.NodeCount, o.NodeFraction, o.EdgeFraction = 0, 0, 0
	return o
}

// Total returns the total of one sample type as reports count it: that of
// [collapse.Profile.WholeOf], for a difference that of its base. With mean it is
// divided by the sum of the first type's values.
func Total(p *collapse.Profile, typ int, mean bool) int64 {
	total, divisors := p.WholeOf(typ), p.Self(0)
	if p.Differential() && p.Whole == nil {
		if base := absolute(p.Base(typ)); base > 0 {
			total, divisors = base, p.Base(0)
		}
	}
	if !mean {
		return total
	}
	var divisor int64
	for _, v := range divisors {
		divisor = collapse.AddSaturating(divisor, v)
	}
	if p.Whole != nil {
		divisor = p.WholeOf(0)
	}
	return meanOf(total, divisor)
}

func absolute(values []int64) (sum int64) {
	for _, v := range values {
		sum = collapse.AddSaturating(sum, magnitude(v))
	}
	return sum
}
