package svg

import (
	"encoding/json"
	"os"
	"testing"

	"flame/collapse"
)

// TestFormatValue runs the cases that the viewer's formatValue is tested with
// too.
func TestFormatValue(t *testing.T) {
	text, err := os.ReadFile("testdata/units.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Value, Scale     int64
		Type, Unit, Want string
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		typ := collapse.ValueType{Type: c.Type, Unit: c.Unit, Scale: c.Scale}
		if got := FormatValue(c.Value, typ); got != c.Want {
			t.Errorf("FormatValue(%d, %+v) = %q, want %q", c.Value, typ, got, c.Want)
		}
	}
}

func TestFormatCount(t *testing.T) {
	for _, c := range []struct {
		v, scale int64
		factor   float64
		want     string
	}{
		{1234, 1, 1, "1,234 ms"},
		{1234, 1, 0.5, "617 ms"},
		{150, 100, 1, "2 ms"},
		{-3, 1, 1000, "-3,000 ms"},
	} {
		o := Options{CountName: "ms", Factor: c.factor}
		if got := o.format(c.v, collapse.ValueType{Scale: c.scale}); got != c.want {
			t.Errorf("%d/%d × %v: %q, want %q", c.v, c.scale, c.factor, got, c.want)
		}
	}
}
