package svg_test

import (
	"regexp"
	"strings"
	"testing"

	"flame/collapse"
	"flame/svg"
)

// filteredProfile has 30 of 120 ms left.
func filteredProfile(t *testing.T) *collapse.Profile {
	t.Helper()
	b := collapse.NewBuilder(1, collapse.Limits{})
	main := b.Frame(collapse.Frame{Name: "main.main"})
	b.AddStack([]collapse.FrameID{main, b.Frame(collapse.Frame{Name: "main.parse"})}, 30e6)
	b.AddStack([]collapse.FrameID{main, b.Frame(collapse.Frame{Name: "main.idle"})}, 90e6)
	p, err := b.Profile([]collapse.ValueType{{Type: "cpu", Unit: "nanoseconds"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := collapse.Filter{Focus: regexp.MustCompile("parse")}
	if p, err = f.Apply(p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFilteredShares: what a filter leaves fills the width, and percentages are of
// what was there before, when the file is read back too.
func TestFilteredShares(t *testing.T) {
	p := filteredProfile(t)
	var file strings.Builder
	if err := svg.Write(&file, p, svg.Options{Unit: "us"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(file.String(), "30,000 us") || !strings.Contains(file.String(), "120,000 us") {
		t.Error("the subtitle does not tell what is left of how much, in the unit that was asked for")
	}
	again, err := svg.Read(strings.NewReader(file.String()), collapse.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if again.WholeOf(0) != 120e6 {
		t.Errorf("read back, percentages are of %d", again.WholeOf(0))
	}
	tb := openProfile(t, p, svg.Options{Unit: "us"})
	tb.hover("main.parse")
	if _, stats := tb.details(); !strings.Contains(stats, "30,000 us") || !strings.Contains(stats, "25.00% of all") {
		t.Errorf("the details are %q", stats)
	}
	tb.search("parse")
	tb.wait(`document.querySelector(".flame-app").textContent.includes("25.00% matched, 100.00% of shown")`)
}

func TestParseUnit(t *testing.T) {
	for _, name := range []string{"ms", "Seconds", "h", "minutes", "kB", "MB", "megabytes", "TB", "auto", ""} {
		if err := (svg.Options{Unit: name}).Validate(); err != nil {
			t.Error(err)
		}
	}
	if err := (svg.Options{Unit: "parsec"}).Validate(); err == nil || !strings.Contains(err.Error(), `unit "parsec": choose`) {
		t.Errorf("a unit that is none: %v", err)
	}
}
