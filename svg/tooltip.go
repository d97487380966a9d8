package svg

import (
	"strconv"

	"flame/collapse"
)

// A TooltipFormat writes what flamegraph.pl shows for a frame.
type TooltipFormat struct {
	Type      collapse.ValueType
	CountName string  // what is counted; "" for "samples"
	Factor    float64 // displayed counts are multiplied by it; 0 means 1
	Total     int64   // weight of the full width, in stored units
	Negate    bool    // deltas are those from the second profile to the first
}

// Frame returns "NAME (N,NNN COUNT, P.PP%)" for a frame of the given weight, in
// stored units. Counts are whole numbers, halves to even. The percentage is that
// of the weight itself: flamegraph.pl takes it of the rounded count, and comes to
// more than 100% of a few fractional samples.
func (t *TooltipFormat) Frame(name string, weight int64) string {
	return name + " (" + t.count(weight) + ", " + t.percent(weight) + "%)"
}

// Diff is Frame for a differential profile, "NAME (N,NNN COUNT, P.PP%; +D.DD%)":
// delta is how much the frame's own value changed.
func (t *TooltipFormat) Diff(name string, weight, delta int64) string {
	if t.Negate {
		delta = subSat(0, delta)
	}
	sign := ""
	if delta > 0 {
		sign = "+"
	}
	return name + " (" + t.count(weight) + ", " + t.percent(weight) + "%; " + sign + t.percent(delta) + "%)"
}

// Root returns the text of the root frame, "all (N,NNN COUNT, 100%)".
func (t *TooltipFormat) Root(name string) string {
	return name + " (" + t.count(t.Total) + ", 100%)"
}

func (t *TooltipFormat) count(weight int64) string {
	name := t.CountName
	if name == "" {
		name = "samples"
	}
	factor := t.Factor
	if factor == 0 {
		factor = 1
	}
	if factor == 1 && t.Type.Div() == 1 {
		return groupDigits(strconv.FormatInt(weight, 10)) + " " + name
	}
	n := float64(weight) / float64(t.Type.Div()) * factor
	return groupDigits(strconv.FormatFloat(n, 'f', 0, 64)) + " " + name
}

func (t *TooltipFormat) percent(weight int64) string {
	if t.Total == 0 {
		return "0.00"
	}
	return strconv.FormatFloat(100*float64(weight)/float64(t.Total), 'f', 2, 64)
}
