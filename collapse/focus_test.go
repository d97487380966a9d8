package collapse_test

import (
	"reflect"
	"slices"
	"testing"

	"flame/collapse"

	"pgregory.net/rapid"
)

// TestFocus: focusing a profile is the same as collecting only the samples that
// have a matching frame.
func TestFocus(t *testing.T) {
	match := func(f collapse.Frame) bool { return f.Name == "main" || f.Kind == collapse.JIT }
	rapid.Check(t, func(t *rapid.T) {
		differential, ordered := rapid.Bool().Draw(t, "differential"), rapid.Bool().Draw(t, "ordered")
		samples := drawSamples(t, 2, differential)
		p := build(t, samples, 2, ordered)
		got := collapse.Focus(p, match)
		checkValid(t, got)
		left := slices.DeleteFunc(samples, func(s sample) bool { return !slices.ContainsFunc(s.stack, match) })
		if len(left) == 0 {
			if got.Len() != 1 || got.Total(0) != 0 {
				t.Fatalf("%d nodes are left of no sample", got.Len())
			}
			return
		}
		if want := build(t, left, 2, ordered); !reflect.DeepEqual(got, want) {
			t.Fatalf("focused is\n%+v, want\n%+v", got, want)
		}
	})
}
