package report

import (
	"fmt"
	"math"
	"strings"

	"flame/collapse"
)

// minimum is the unit that stands for the one that fits, as in pprof's -unit.
const minimum = "minimum"

// A scale formats the values of one sample type in one unit.
type scale struct {
	typ  collapse.ValueType
	unit string // to show; minimum is the one that fits each value
}

// format returns a value, in stored units, as pprof prints it: two decimals or
// none, and the unit right behind. Of values in fractions, which no unit of pprof's
// has, it shows two decimals too.
func (s scale) format(v int64) string {
	if s.typ.Div() == 1 {
		return collapse.UnitLabel(v, s.typ.Unit, s.unit)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.2f", float64(v)/float64(s.typ.Div())), ".00")
}

// percentage returns how much of the total a value is, without its sign, in the
// six columns that pprof gives it.
func percentage(v, total int64) string {
	share := 0.0
	if total != 0 {
		share = math.Abs(float64(v)/float64(total)) * 100
	}
	switch {
	case 99.95 <= share && share <= 100.05:
		return "  100%"
	case share >= 1:
		return fmt.Sprintf("%5.2f%%", share)
	}
	return fmt.Sprintf("%5.2g%%", share)
}

// magnitude is the absolute value; the most negative number stays what it is.
func magnitude(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}
