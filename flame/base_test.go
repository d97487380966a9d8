package flame_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"flame/collapse"
	"flame/flame"
)

func textSource(name, text string) flame.Source { return flame.Reader(name, strings.NewReader(text)) }

func TestLoadBase(t *testing.T) {
	const after, before = "main;a 5\nmain;b 3\n", "main;a 2\nmain;c 4\n"
	load := func(o flame.Options) (*collapse.Profile, error) {
		o.Base.Sources = []flame.Source{textSource("before", before)}
		loaded, err := flame.Load(t.Context(), o, textSource("after", after))
		return loaded.Profile, err
	}
	p, err := load(flame.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Differential() || p.Total(0) != 8 || p.WholeOf(0) != 6 || p.Meta.Source != "after compared with before" {
		t.Errorf("the difference has %d of %d, from %s", p.Total(0), p.WholeOf(0), p.Meta.Source)
	}
	p, err = load(flame.Options{Base: flame.Base{Subtract: true}})
	if err != nil {
		t.Fatal(err)
	}
	// 5-2, 3 and -4; percentages are of all without signs, as pprof's.
	if p.Differential() || p.Total(0) != 2 || p.WholeOf(0) != 10 {
		t.Errorf("the rest has %d of %d", p.Total(0), p.WholeOf(0))
	}
	if p, err = load(flame.Options{Filter: collapse.Filter{Focus: regexp.MustCompile("^a$")}}); err != nil || p.Total(0) != 5 || p.WholeOf(0) != 6 {
		t.Errorf("focused: %v, %d of %d", err, p.Total(0), p.WholeOf(0))
	}
	if p, err = load(flame.Options{Filter: collapse.Filter{Focus: regexp.MustCompile("^a$"), Relative: true}}); err != nil || p.Total(0) != 5 || p.WholeOf(0) != 2 {
		t.Errorf("focused, relative: %v, %d of %d", err, p.Total(0), p.WholeOf(0))
	}
	if p, err = load(flame.Options{Base: flame.Base{Normalize: true}}); err != nil || p.Total(0) != 6 {
		t.Errorf("normalized: %v, %d", err, p.Total(0))
	}
	_, err = flame.Load(t.Context(), flame.Options{Base: flame.Base{Subtract: true, Sources: []flame.Source{textSource("b", after)}}}, textSource("a", after))
	if empty := (*flame.EmptyError)(nil); !errors.As(err, &empty) || !strings.Contains(err.Error(), "nothing is left") {
		t.Errorf("equal profiles: %v", err)
	}
}

// A filter that leaves nothing does not lose what was captured; a base of which
// nothing came is an error.
func TestLoadFailures(t *testing.T) {
	o := flame.Options{KeepRaw: true, Filter: collapse.Filter{Focus: regexp.MustCompile("nothing")}}
	loaded, err := flame.Load(t.Context(), o, textSource("a", "main 1\n"))
	none := (*collapse.NoMatchError)(nil)
	if !errors.As(err, &none) || loaded == nil || string(loaded.Raw[0]) != "main 1\n" || loaded.Profile != nil {
		t.Errorf("%v, %+v", err, loaded)
	}
	o = flame.Options{Base: flame.Base{Sources: []flame.Source{textSource("b", "")}}}
	if loaded, err = flame.Load(t.Context(), o, textSource("a", "main 1\n")); err == nil || loaded.Profile != nil || !strings.Contains(err.Error(), "read b: it is empty") {
		t.Errorf("an empty base: %v", err)
	}
}
