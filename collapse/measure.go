package collapse

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A measure is a kind of unit: sizes, times. The first unit is the one that a
// value without a sensible target is given in.
type measure struct {
	fallback int // index in units
	units    []unit
}

type unit struct {
	name    string   // as results have it
	aliases []string // lower case, without a plural's s
	factor  float64  // in the measure's smallest unit
}

// measures are the units that pprof converts between, in its spelling.
var measures = []measure{
	{0, []unit{
		{"B", []string{"b", "byte"}, 1},
		{"kB", []string{"kb", "kbyte", "kilobyte"}, 1 << 10},
		{"MB", []string{"mb", "mbyte", "megabyte"}, 1 << 20},
		{"GB", []string{"gb", "gbyte", "gigabyte"}, 1 << 30},
		{"TB", []string{"tb", "tbyte", "terabyte"}, 1 << 40},
		{"PB", []string{"pb", "pbyte", "petabyte"}, 1 << 50},
	}},
	{3, []unit{
		{"ns", []string{"ns", "nanosecond"}, 1},
		{"us", []string{"μs", "us", "microsecond"}, 1e3},
		{"ms", []string{"ms", "millisecond"}, 1e6},
		{"s", []string{"s", "sec", "second"}, 1e9},
		{"hrs", []string{"hour", "hr"}, 3600e9},
	}},
	{3, []unit{
		{"n*GCU", []string{"nanogcu"}, 1e-9},
		{"u*GCU", []string{"microgcu"}, 1e-6},
		{"m*GCU", []string{"milligcu"}, 1e-3},
		{"GCU", []string{"gcu"}, 1},
		{"k*GCU", []string{"kilogcu"}, 1e3},
		{"M*GCU", []string{"megagcu"}, 1e6},
		{"G*GCU", []string{"gigagcu"}, 1e9},
		{"T*GCU", []string{"teragcu"}, 1e12},
		{"P*GCU", []string{"petagcu"}, 1e15},
	}},
}

// find returns the unit that a name means, nil if it is none of the measure's.
func (m *measure) find(name string) *unit {
	name = strings.ToLower(name)
	if utf8.RuneCountInString(name) > 2 {
		name = strings.TrimSuffix(name, "s")
	}
	for i := range m.units {
		for _, a := range m.units[i].aliases {
			if a == name {
				return &m.units[i]
			}
		}
	}
	return nil
}

// ScaleUnit converts a value from one unit to another as pprof does, and returns
// the unit in pprof's spelling. "auto" and "minimum" stand for the largest unit
// that leaves one or more. A target of another kind is replaced by bytes, seconds
// or GCU; a unit that is not known is not converted, and "count" and its like are
// returned as "".
func ScaleUnit(value int64, from, to string) (float64, string) {
	if value < 0 && -value > 0 {
		v, u := ScaleUnit(-value, from, to)
		return -v, u
	}
	for i := range measures {
		m := &measures[i]
		if f := m.find(from); f != nil {
			v := float64(value) * f.factor
			t := m.target(v, to)
			return v / t.factor, t.name
		}
	}
	switch to {
	case "count", "sample", "unit", "minimum", "auto":
		to = ""
	}
	return float64(value), to
}

// target is the unit that a value, which is in the smallest unit, is given in.
func (m *measure) target(v float64, to string) *unit {
	best := &m.units[m.fallback]
	if to != "auto" && to != "minimum" {
		if t := m.find(to); t != nil {
			return t
		}
		return best
	}
	factor := 0.0
	for i := range m.units {
		if u := &m.units[i]; u.factor >= factor && v/u.factor >= 1 {
			best, factor = u, u.factor
		}
	}
	return best
}

// UnitLabel returns a value in a unit as pprof prints it: "1.50kB", "0".
func UnitLabel(value int64, from, to string) string {
	v, u := ScaleUnit(value, from, to)
	text := strings.TrimSuffix(fmt.Sprintf("%.2f", v), ".00")
	if text == "0" || text == "-0" {
		return "0"
	}
	return text + u
}
