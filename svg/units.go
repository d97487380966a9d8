package svg

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"flame/collapse"
)

// A rung is one display unit: it is used up to the given number of base units.
type rung struct {
	name  string
	ratio float64 // how many of it make the next one
}

// The ladders of display units. The first rung is the base unit that
// [unitOf] converts to.
var (
	timeLadder = []rung{{"ns", 1000}, {"µs", 1000}, {"ms", 1000}, {"s", 60}, {"min", 60}, {"h", 24}, {"d", math.Inf(1)}}
	byteLadder = []rung{{"B", 1024}, {"KiB", 1024}, {"MiB", 1024}, {"GiB", 1024}, {"TiB", 1024}, {"PiB", math.Inf(1)}}
)

// A knownUnit has its ladder and its length in the ladder's base unit.
type knownUnit struct {
	ladder []rung
	base   float64
}

// units are the names that profiles use for times and sizes. Everything else is
// counted.
var units = map[string]knownUnit{
	"ns": {timeLadder, 1}, "nanosecond": {timeLadder, 1},
	"us": {timeLadder, 1e3}, "µs": {timeLadder, 1e3}, "microsecond": {timeLadder, 1e3},
	"ms": {timeLadder, 1e6}, "millisecond": {timeLadder, 1e6},
	"s": {timeLadder, 1e9}, "second": {timeLadder, 1e9},
	"b": {byteLadder, 1}, "byte": {byteLadder, 1},
	"kb": {byteLadder, 1 << 10}, "kilobyte": {byteLadder, 1 << 10},
	"mb": {byteLadder, 1 << 20}, "megabyte": {byteLadder, 1 << 20},
	"gb": {byteLadder, 1 << 30}, "gigabyte": {byteLadder, 1 << 30},
}

// A Unit is one that all values of its measure are shown in, whatever fits them
// better.
type Unit struct {
	Name string  `json:"name"` // as it is shown
	Time bool    `json:"time"` // else a size
	Base float64 `json:"base"` // how many ns or bytes it is
}

// ParseUnit knows the names of times and sizes, in singular and plural: ns, us, ms,
// s, min, h; B, kB, MB, GB, TB; "auto" and "" are no unit, nil.
func ParseUnit(name string) (*Unit, error) {
	lower := strings.ToLower(name)
	if lower == "" || lower == "auto" || lower == "minimum" {
		return nil, nil
	}
	known, ok := units[lower]
	if !ok {
		known, ok = units[strings.TrimSuffix(lower, "s")]
	}
	base := known.base
	if more, is := moreUnits[strings.TrimSuffix(lower, "s")]; !ok && is {
		known, base, ok = units[more.of], more.base, true
	}
	if !ok {
		return nil, fmt.Errorf("unit %q: choose ns, us, ms, s, min or h, or B, kB, MB, GB or TB", name)
	}
	return &Unit{Name: name, Time: &known.ladder[0] == &timeLadder[0], Base: base}, nil
}

// moreUnits are units to show values in that profiles do not have.
var moreUnits = map[string]struct {
	of   string
	base float64
}{
	"min": {"ns", 60e9}, "minute": {"ns", 60e9}, "h": {"ns", 3600e9}, "hr": {"ns", 3600e9}, "hour": {"ns", 3600e9},
	"sec": {"ns", 1e9}, "kbyte": {"b", 1 << 10}, "mbyte": {"b", 1 << 20}, "gbyte": {"b", 1 << 30},
	"tb": {"b", 1 << 40}, "terabyte": {"b", 1 << 40}, "pb": {"b", 1 << 50}, "petabyte": {"b", 1 << 50},
}

// Format returns a value of type t in the unit with two decimals, or as
// [FormatValue] does where t is of another kind or there is no unit.
func (u *Unit) Format(v int64, t collapse.ValueType) string {
	if u == nil {
		return FormatValue(v, t)
	}
	if known, ok := unitOf(t); ok && u.Time == (&known.ladder[0] == &timeLadder[0]) {
		return formatFixed(float64(v)/float64(t.Div())*known.base/u.Base, 2) + " " + u.Name
	}
	return FormatValue(v, t)
}

// FormatValue returns a value of type t, in stored units (see
// [collapse.ValueType.Scale]), as a person reads it:
//
//   - times and sizes in the unit that fits, with three significant digits
//     and no trailing zeros: "12.3 s", "1.5 MiB";
//   - anything else in full with commas and a noun, "1,234 samples": the unit,
//     or for the unit "count" the type without its "alloc_" or "inuse_".
//     Fractions (Scale over 1) show up to three decimals.
//
// The viewer has the same rules; testdata/units.json holds the cases that both
// are tested with.
func FormatValue(v int64, t collapse.ValueType) string {
	if known, ok := unitOf(t); ok {
		return formatLadder(float64(v)/float64(t.Div())*known.base, known.ladder)
	}
	if t.Div() == 1 {
		return groupDigits(strconv.FormatInt(v, 10)) + " " + noun(t)
	}
	return formatFixed(float64(v)/float64(t.Div()), 3) + " " + noun(t)
}

// unitOf returns the unit of times and sizes, false for what is counted.
func unitOf(t collapse.ValueType) (knownUnit, bool) {
	unit := strings.ToLower(t.Unit)
	known, ok := units[unit]
	if !ok {
		known, ok = units[strings.TrimSuffix(unit, "s")]
	}
	return known, ok
}

// noun returns what is counted in values of type t: "samples", "objects".
func noun(t collapse.ValueType) string {
	if t.Unit != "" && t.Unit != "count" {
		return t.Unit
	}
	name := strings.TrimPrefix(strings.TrimPrefix(t.Type, "alloc_"), "inuse_")
	switch name {
	case "":
		return "samples"
	case "goroutine":
		return "goroutines"
	case "threadcreate":
		return "threads"
	}
	return name
}

// formatCount returns a value in flamegraph.pl's way, for those who named what
// is counted: a whole number times factor and the name.
func formatCount(v int64, t collapse.ValueType, factor float64, name string) string {
	return formatFixed(float64(v)/float64(t.Div())*factor, 0) + " " + name
}

func formatLadder(x float64, ladder []rung) string {
	// The step up comes a rounding error early, so that 999.7 ns is "1 µs" and
	// not "1000 ns".
	for len(ladder) > 1 && math.Abs(x) >= ladder[0].ratio*0.9995 {
		x /= ladder[0].ratio
		ladder = ladder[1:]
	}
	decimals := 0
	switch a := math.Abs(x); {
	case a < 9.995:
		decimals = 2
	case a < 99.95:
		decimals = 1
	}
	return formatFixed(x, decimals) + " " + ladder[0].name
}

// formatFixed returns x with at most the given number of decimals, halves
// rounded away from zero (as JavaScript can do it in the same steps), no
// trailing zeros, and commas.
func formatFixed(x float64, decimals int) string {
	pow := math.Pow(10, float64(decimals))
	n := math.Floor(math.Abs(x)*pow + 0.5)
	s := strconv.FormatFloat(n/pow, 'f', decimals, 64)
	if decimals > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if x < 0 && n != 0 {
		s = "-" + s
	}
	return groupDigits(s)
}

// groupDigits puts a comma before every third digit of the whole part.
func groupDigits(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, dotted := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dotted {
		whole += "." + fraction
	}
	return sign + whole
}
