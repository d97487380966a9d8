package collapse_test

import (
	"reflect"
	"slices"
	"testing"

	"flame/collapse"

	"pgregory.net/rapid"
)

// TestCompare: a difference has both sides, and subtracting one from the sum of
// both leaves the other.
func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := build(t, drawSamples(t, 2, false), 2, false)
		b := build(t, drawSamples(t, 2, false), 2, false)
		both, err := collapse.Compare(a, b, collapse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		checkValid(t, both)
		sum, err := collapse.Merge([]*collapse.Profile{a, b}, collapse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		left, err := collapse.Subtract(sum, b, collapse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		checkValid(t, left)
		for typ := range 2 {
			ofA, ofB, got := stacks(a, typ), stacks(b, typ), map[string]value{}
			for stack, v := range ofA {
				got[stack] = value{self: v.self}
			}
			for stack, v := range ofB {
				got[stack] = value{self: got[stack].self, base: v.self}
			}
			if want := stacks(both, typ); !reflect.DeepEqual(got, want) {
				t.Fatalf("%v, want %v", got, want)
			}
			if !reflect.DeepEqual(stacks(left, typ), ofA) {
				t.Fatalf("left are %v of %v", stacks(left, typ), ofA)
			}
			if both.WholeOf(typ) != b.Total(typ) {
				t.Fatalf("percentages are of %d, want %d", both.WholeOf(typ), b.Total(typ))
			}
		}
		scaled, err := collapse.Normalize(a, b)
		if err != nil {
			t.Fatal(err)
		}
		for typ := range 2 { // each stack is rounded once
			if d := scaled.Total(typ) - b.Total(typ); d > int64(a.Len()) || -d > int64(a.Len()) {
				t.Fatalf("normalized to %d, want %d", scaled.Total(typ), b.Total(typ))
			}
		}
	})
}

// TestCompareUnits: types in common are compared, in the finer unit and scale.
func TestCompareUnits(t *testing.T) {
	one := func(types []collapse.ValueType, values ...int64) *collapse.Profile {
		b := collapse.NewBuilder(len(types), collapse.Limits{})
		b.AddStack([]collapse.FrameID{b.Frame(collapse.Frame{Name: "main"})}, values...)
		p, err := b.Profile(types, 0)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a := one([]collapse.ValueType{{Type: "wall", Unit: "count"}, {Type: "cpu", Unit: "milliseconds", Scale: 10}}, 7, 25)
	b := one([]collapse.ValueType{{Type: "cpu", Unit: "microseconds"}, {Type: "samples", Unit: "count"}}, 2000, 3)
	p, err := collapse.Compare(a, b, collapse.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []collapse.ValueType{{Type: "cpu", Unit: "microseconds", Scale: 10}}; !slices.Equal(p.Types, want) {
		t.Fatalf("types %v, want %v", p.Types, want)
	}
	if after, before := p.Self(0)[1], p.Base(0)[1]; after != 25000 || before != 20000 {
		t.Errorf("%d after, %d before; want 2500 and 2000 µs in tenths", after, before)
	}
	if _, err := collapse.Compare(a, one([]collapse.ValueType{{Type: "space", Unit: "bytes"}}, 1), collapse.Limits{}); err == nil {
		t.Error("time is compared with space")
	}
	if _, err := collapse.Compare(p, b, collapse.Limits{}); err == nil {
		t.Error("a difference is compared")
	}
}

// TestMergeDetailed: details survive a merge, also with a profile that has none,
// and do not change what functions sum up to.
func TestMergeDetailed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := []*collapse.Profile{drawDetailed(t, true), drawDetailed(t, false)}
		plain, err := collapse.Aggregate(parts[1], "")
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, plain)
		if rapid.Bool().Draw(t, "plain first") {
			slices.Reverse(parts)
		}
		merged, err := collapse.Merge(parts, collapse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		checkValid(t, merged)
		if !merged.Detailed {
			t.Fatal("the details are lost")
		}
		var coarse []*collapse.Profile
		for _, p := range append(parts, merged) {
			if p, err = collapse.DropLabels(p); err != nil {
				t.Fatal(err)
			}
			if p, err = collapse.Aggregate(p, ""); err != nil {
				t.Fatal(err)
			}
			coarse = append(coarse, p)
		}
		want, err := collapse.Merge(coarse[:3], collapse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for typ := range 2 {
			if got := stacks(coarse[3], typ); !reflect.DeepEqual(got, stacks(want, typ)) {
				t.Fatalf("%v, want %v", got, stacks(want, typ))
			}
		}
	})
}
