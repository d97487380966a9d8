package main

import (
	"errors"
	"fmt"
	"strings"

	"flame/collapse"
)

// filterFlags are pprof's filters, by its names.
func (in *input) filterFlags() []*flagSpec {
	f := &in.filter
	specs := []*flagSpec{
		{names: []string{"focus"}, arg: "REGEXP", value: regexpVar(&f.Focus), usage: "keep the stacks with a frame whose function, file or\nbinary matches"},
		{names: []string{"ignore"}, arg: "REGEXP", value: regexpVar(&f.Ignore), usage: "drop the stacks with such a frame"},
		{names: []string{"hide"}, arg: "REGEXP", value: regexpVar(&f.Hide), usage: "drop such frames; their callers call what they called"},
		{names: []string{"show"}, arg: "REGEXP", value: regexpVar(&f.Show), usage: "drop all other frames"},
		{names: []string{"show_from"}, arg: "REGEXP", value: regexpVar(&f.ShowFrom), usage: "drop what is above the outermost such frame, and\nstacks without one"},
		{names: []string{"prune_from"}, arg: "REGEXP", value: regexpVar(&f.PruneFrom), usage: "drop what is below the innermost function that matches"},
		{names: []string{"tagfocus"}, arg: "MATCH", value: tagVar(&f.TagFocus),
			usage: "keep the samples whose labels match: REGEXP of key:value,\nKEY=REGEXP, or a range of numbers: KEY=64kb:1mb, 10ms:"},
		{names: []string{"tagignore"}, arg: "MATCH", value: tagVar(&f.TagIgnore), usage: "drop such samples"},
		{names: []string{"tagroot"}, arg: "KEYS", value: keysVar(&f.TagRoot), usage: "call everything from a frame with the label's value;\nseveral keys are separated by commas"},
		{names: []string{"tagleaf"}, arg: "KEYS", value: keysVar(&f.TagLeaf), usage: "the same at the other end of the stacks"},
		{names: []string{"tagshow"}, arg: "REGEXP", value: regexpVar(&f.TagShow), usage: "keep only the labels whose key matches, where a report\nshows labels"},
		{names: []string{"taghide"}, arg: "REGEXP", value: regexpVar(&f.TagHide), usage: "drop such labels"},
		{names: []string{"noinlines"}, value: switchVar(&f.NoInlines), usage: "drop inlined functions: their callers have their values"},
		{names: []string{"granularity"}, arg: "NAME", words: collapse.Granularities(), value: granularityVar(&f.Granularity),
			usage: "what a frame is: " + wrapWords(collapse.Granularities(), 46)},
		{names: []string{"trim_path"}, arg: "PATHS", value: textVar(&f.TrimPath), usage: "cut these beginnings off file names; : separates them"},
		{names: []string{"unit"}, arg: "UNIT", value: textVar(&f.Unit), usage: "show values in this unit: ms, MB, … (one that fits)"},
		{names: []string{"relative_percentages"}, value: switchVar(&f.Relative), usage: "percentages of what the filters leave, not of all"},
		{names: []string{"all_frames"}, value: switchVar(&in.allFrames), usage: "keep the frames that the profile asks to drop"},
	}
	for _, g := range collapse.Granularities() { // pprof's short forms
		specs = append(specs, &flagSpec{names: []string{g}, value: valueFunc(func(s string) error {
			on := false
			if err := switchVar(&on).Set(s); err != nil || !on {
				return err
			}
			f.Granularity = collapse.Granularity(g)
			return nil
		}), usage: "the same as -granularity " + g})
	}
	for _, s := range specs {
		s.pprof = true
	}
	return withStage(stageFilter, specs)
}

func granularityVar(p *collapse.Granularity) flagValue {
	return valueFunc(func(s string) error {
		if s == "" || !collapse.Granularity(s).Valid() {
			return fmt.Errorf("choose one of %s", strings.Join(collapse.Granularities(), ", "))
		}
		*p = collapse.Granularity(s)
		return nil
	})
}

func tagVar(p **collapse.TagMatch) flagValue {
	return valueFunc(func(s string) (err error) {
		*p, err = collapse.ParseTagMatch(s)
		return err
	})
}

// keysVar takes keys of labels, separated by commas.
func keysVar(p *[]string) flagValue {
	return valueFunc(func(s string) error {
		keys := strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
		if len(keys) == 0 {
			return errors.New("give the keys of labels, separated by commas")
		}
		*p = keys
		return nil
	})
}

// compareFlags name what a profile is compared with, in pprof's way.
func (in *input) compareFlags() []*flagSpec {
	specs := []*flagSpec{
		{names: []string{"base"}, arg: "SOURCE", value: listVar(&in.base), pprof: true, usage: "take this profile's values off; again for more, which\nare merged"},
		{names: []string{"diff_base"}, arg: "SOURCE", value: listVar(&in.diffBase), pprof: true, usage: "compare with this profile: orange has more than it, blue\nless; percentages are of it"},
		{names: []string{"normalize"}, value: switchVar(&in.normalize), pprof: true, usage: "scale the profile first so that its total is the base's"},
		matchClosuresFlag(&in.match),
	}
	return withStage(stageCompare, specs)
}

func matchClosuresFlag(m *collapse.NameMatch) *flagSpec {
	return &flagSpec{names: []string{"match-closures"}, value: switchVar(&m.Closures),
		usage: "compare closures without their numbers, and generic\nfunctions without type arguments"}
}
