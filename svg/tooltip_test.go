package svg

import (
	"math"
	"testing"

	"flame/collapse"
)

func TestTooltip(t *testing.T) {
	count := collapse.ValueType{Type: "samples", Unit: "count"}
	for _, test := range []struct {
		name string
		tip  TooltipFormat
		text func(t *TooltipFormat) string
		want string
	}{
		{"plain", TooltipFormat{Type: count, Total: 4000}, func(t *TooltipFormat) string { return t.Frame("f", 1234) }, "f (1,234 samples, 30.85%)"},
		{"named", TooltipFormat{Type: count, Total: 3, CountName: "ms"}, func(t *TooltipFormat) string { return t.Frame("f", 1) }, "f (1 ms, 33.33%)"},
		{"root", TooltipFormat{Type: count, Total: 1000000}, func(t *TooltipFormat) string { return t.Root("all") }, "all (1,000,000 samples, 100%)"},
		{"factor, half to even down", TooltipFormat{Type: count, Total: 100, Factor: 0.5}, func(t *TooltipFormat) string { return t.Frame("f", 25) }, "f (12 samples, 25.00%)"},
		{"factor, half to even up", TooltipFormat{Type: count, Total: 100, Factor: 0.5}, func(t *TooltipFormat) string { return t.Frame("f", 27) }, "f (14 samples, 27.00%)"},
		{"factor, root", TooltipFormat{Type: count, Total: 100, Factor: 1000}, func(t *TooltipFormat) string { return t.Root("all") }, "all (100,000 samples, 100%)"},
		{"fractions", TooltipFormat{Type: collapse.ValueType{Scale: 100}, Total: 385}, func(t *TooltipFormat) string { return t.Frame("a", 250) }, "a (2 samples, 64.94%)"},
		{"more", TooltipFormat{Type: count, Total: 27}, func(t *TooltipFormat) string { return t.Diff("a", 20, 10) }, "a (20 samples, 74.07%; +37.04%)"},
		{"less", TooltipFormat{Type: count, Total: 27}, func(t *TooltipFormat) string { return t.Diff("b", 0, -5) }, "b (0 samples, 0.00%; -18.52%)"},
		{"no change", TooltipFormat{Type: count, Total: 27}, func(t *TooltipFormat) string { return t.Diff("c", 7, 0) }, "c (7 samples, 25.93%; 0.00%)"},
		{"negated", TooltipFormat{Type: count, Total: 27, Negate: true}, func(t *TooltipFormat) string { return t.Diff("b", 0, -5) }, "b (0 samples, 0.00%; +18.52%)"},
		{"nothing at all", TooltipFormat{Type: count}, func(t *TooltipFormat) string { return t.Diff("b", 0, 0) }, "b (0 samples, 0.00%; 0.00%)"},
		{"largest", TooltipFormat{Type: count, Total: math.MaxInt64}, func(t *TooltipFormat) string { return t.Frame("b", math.MaxInt64) },
			"b (9,223,372,036,854,775,807 samples, 100.00%)"},
	} {
		if got := test.text(&test.tip); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
