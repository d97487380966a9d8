package flame

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"flame/collapse"
)

// ParseFilter reads a filter from the parameters of a URL, which are pprof's flags
// by name: focus, ignore, hide, show, show_from, prune_from, tagfocus, tagignore,
// tagroot, tagleaf, noinlines, granularity, trim_path and relative_percentages.
// Others are not looked at. The error is one sentence.
func ParseFilter(v url.Values) (collapse.Filter, error) {
	var f collapse.Filter
	for _, p := range []struct {
		name string
		to   **regexp.Regexp
	}{
		{"focus", &f.Focus}, {"ignore", &f.Ignore}, {"hide", &f.Hide}, {"show", &f.Show},
		{"show_from", &f.ShowFrom}, {"prune_from", &f.PruneFrom},
	} {
		text := v.Get(p.name)
		if text == "" {
			continue
		}
		var err error
		if *p.to, err = regexp.Compile(text); err != nil {
			return f, fmt.Errorf("%s is %q: it is no regular expression: %w", p.name, text, err)
		}
	}
	for name, to := range map[string]**collapse.TagMatch{"tagfocus": &f.TagFocus, "tagignore": &f.TagIgnore} {
		text := v.Get(name)
		if text == "" {
			continue
		}
		var err error
		if *to, err = collapse.ParseTagMatch(text); err != nil {
			return f, fmt.Errorf("%s is %q: %w", name, text, err)
		}
	}
	for name, to := range map[string]*bool{"noinlines": &f.NoInlines, "relative_percentages": &f.Relative} {
		text := v.Get(name)
		if text == "" {
			continue
		}
		var err error
		if *to, err = strconv.ParseBool(text); err != nil {
			return f, fmt.Errorf("%s is %q; give 1 or 0", name, text)
		}
	}
	f.TagRoot, f.TagLeaf = splitKeys(v.Get("tagroot")), splitKeys(v.Get("tagleaf"))
	f.TrimPath = v.Get("trim_path")
	f.Granularity = collapse.Granularity(v.Get("granularity"))
	if !f.Granularity.Valid() {
		return f, fmt.Errorf("granularity is %q; choose one of %s", string(f.Granularity), strings.Join(collapse.Granularities(), ", "))
	}
	return f, nil
}

// splitKeys splits a list at its commas.
func splitKeys(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
}
