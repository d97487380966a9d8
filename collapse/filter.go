package collapse

import (
	"fmt"
	"regexp"
	"strings"
)

// A Filter is pprof's filters, under its names. The zero Filter keeps everything.
//
// Expressions match anywhere in the name of a function, of its source file or of
// the binary it is in; PruneFrom matches the function's name alone, without its
// arguments. A frame that is but an address is known by its binary only, and Show
// never shows it. Filters are exact for a detailed profile, in which a function
// is known apart by file and binary, and what was inlined is known; in another
// one they have what there is.
type Filter struct {
	Focus    *regexp.Regexp // keep the stacks that have a match
	Ignore   *regexp.Regexp // drop the stacks that have one
	Hide     *regexp.Regexp // drop the frames that match
	Show     *regexp.Regexp // drop the frames that do not match
	ShowFrom *regexp.Regexp // drop what is above the outermost match, and stacks without
	// PruneFrom drops what is below the innermost match.
	PruneFrom *regexp.Regexp

	TagFocus  *TagMatch // keep the samples whose labels match
	TagIgnore *TagMatch // drop those
	TagRoot   []string  // keys whose values become callers of everything
	TagLeaf   []string  // keys whose values become callees of everything
	TagShow   *regexp.Regexp
	TagHide   *regexp.Regexp // of the labels' keys; for reports that show labels

	NoInlines   bool // drop the frames that are inlined
	Granularity Granularity
	TrimPath    string // prefixes of file names to cut off, separated by colons
	Unit        string // of numeric labels in TagRoot and TagLeaf; "" for one that fits

	// Relative makes percentages those of what is left. Otherwise they are of what
	// was there before.
	Relative bool
	// KeepLabels leaves the labels in the result, for a report of them.
	KeepLabels bool
}

// NeedsLabels reports whether the labels of a profile have to be read for f.
func (f *Filter) NeedsLabels() bool {
	return f.KeepLabels || f.tags() != ""
}

// tags returns the flag of the first filter that is about labels.
func (f *Filter) tags() string {
	switch {
	case f.TagFocus != nil:
		return "-tagfocus"
	case f.TagIgnore != nil:
		return "-tagignore"
	case len(f.TagRoot) > 0:
		return "-tagroot"
	case len(f.TagLeaf) > 0:
		return "-tagleaf"
	case f.TagShow != nil:
		return "-tagshow"
	case f.TagHide != nil:
		return "-taghide"
	}
	return ""
}

// A Detail says how much of a frame a decoder has to read.
type Detail uint8

// The details, each with those before it.
const (
	NoDetail      Detail = iota // functions by name; the rest is not told apart
	SourceDetail                // files, binaries, and what is inlined
	LineDetail                  // lines
	AddressDetail               // addresses and columns
)

// Detail returns how detailed a profile has to be for f to be exact.
func (f *Filter) Detail() Detail {
	switch f.Granularity {
	case Addresses:
		return AddressDetail
	case Lines:
		return LineDetail
	}
	named := f.Focus != nil || f.Ignore != nil || f.Hide != nil || f.Show != nil || f.ShowFrom != nil || f.PruneFrom != nil
	if named || f.NoInlines || f.Granularity != "" || f.TrimPath != "" {
		return SourceDetail
	}
	return NoDetail
}

// A NoMatchError says of a filter that it left nothing.
type NoMatchError struct {
	Flag string // as pprof has it: "-focus"
	Expr string
	Near []string // names like it that the profile has, the nearest first
}

// Error implements error: one sentence.
func (e *NoMatchError) Error() string {
	text := fmt.Sprintf("nothing in the profile matches %s %s", e.Flag, e.Expr)
	if len(e.Near) > 0 {
		text += "; near it are " + strings.Join(e.Near, ", ")
	}
	return text
}

// Apply returns p filtered, in pprof's order: frames for labels; focus, ignore,
// hide and show; show_from; labels; prune_from; inlined frames and granularity.
// A filter that leaves nothing of a profile is a [*NoMatchError]; one that
// changes nothing is told in a note of the result's Meta, as is how much of the
// profile is left.
func (f *Filter) Apply(p *Profile) (*Profile, error) {
	if err := f.check(p); err != nil {
		return nil, err
	}
	if f.Detail() == NoDetail && !f.NeedsLabels() && !p.Detailed && !p.HasLabels() {
		return p, nil
	}
	a := &application{p: p, whole: make([]int64, len(p.Types))}
	for t := range p.Types {
		a.whole[t] = p.WholeOf(t)
	}
	before := p
	if len(f.TagRoot)+len(f.TagLeaf) > 0 {
		a.step(func(p *Profile) (*Profile, error) { return TagFrames(p, f.TagRoot, f.TagLeaf, f.Unit) })
		a.checkKeys("-tagroot", f.TagRoot, before)
		a.checkKeys("-tagleaf", f.TagLeaf, before)
	}
	f.applyNames(a)
	f.applyTags(a)
	a.named("-prune_from", f.PruneFrom, matchFunction, false, func(p *Profile, match func(Frame) bool) (*Profile, error) {
		return PruneFrom(p, match)
	})
	f.shape(a)
	if a.err != nil {
		return nil, a.err
	}
	q := *a.p
	q.Meta.Notes = append(q.Meta.Notes[:len(q.Meta.Notes):len(q.Meta.Notes)], a.notes...)
	if f.Relative {
		q.Whole, q.Meta.Gross = nil, nil // those from before
		if q.Differential() {
			q.Whole = q.baseWhole()
		}
		return &q, nil
	}
	for t := range q.Types {
		if q.Whole == nil && q.WholeOf(t) != a.whole[t] {
			q.Whole = a.whole
		}
	}
	return &q, nil
}

// check finds what the profile does not have and a filter needs.
func (f *Filter) check(p *Profile) error {
	if flag := f.tags(); flag != "" && !p.HasLabels() {
		return fmt.Errorf("%s: the profile has no labels (tags); of the formats that flame reads pprof's has them, where the program sets them", flag)
	}
	if g := f.Granularity; g != "" && g != Functions && !p.Detailed {
		return fmt.Errorf("-granularity %s: of the formats that flame reads only pprof's tells that; others keep the names of functions", g)
	}
	return nil
}

func (f *Filter) applyNames(a *application) {
	pure := func(t func(*Profile, func(Frame) bool) *Profile) transform {
		return func(p *Profile, match func(Frame) bool) (*Profile, error) { return t(p, match), nil }
	}
	a.named("-focus", f.Focus, matchAny, true, pure(Focus))
	a.named("-ignore", f.Ignore, matchAny, false, pure(Ignore))
	a.named("-hide", f.Hide, matchAny, false, Hide)
	a.named("-show", f.Show, matchShown, true, Show)
	a.named("-show_from", f.ShowFrom, matchSource, true, func(p *Profile, match func(Frame) bool) (*Profile, error) {
		return ShowFrom(p, match, func(fr Frame) bool { return fr.Module != "" && f.ShowFrom.MatchString(fr.Module) })
	})
}

func (f *Filter) applyTags(a *application) {
	a.tagged("-tagfocus", f.TagFocus, true)
	a.tagged("-tagignore", f.TagIgnore, false)
	if f.TagShow != nil || f.TagHide != nil {
		a.step(func(p *Profile) (*Profile, error) { return TagNames(p, f.TagShow, f.TagHide) })
	}
	if !f.KeepLabels {
		a.step(DropLabels)
	}
}

// shape is what comes after all filters.
func (f *Filter) shape(a *application) {
	if f.NoInlines {
		a.step(NoInlines)
	}
	if f.TrimPath != "" {
		a.step(func(p *Profile) (*Profile, error) { return TrimPath(p, f.TrimPath) })
	}
	a.step(func(p *Profile) (*Profile, error) { return Aggregate(p, f.Granularity) })
}
