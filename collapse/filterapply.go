package collapse

import (
	"fmt"
	"regexp"
	"slices"
)

// An application is a filter at work: the profile so far, and what there is to
// say.
type application struct {
	p     *Profile
	whole []int64 // by type, from before
	notes []string
	err   error
}

// A transform is a filter by name.
type transform func(p *Profile, match func(Frame) bool) (*Profile, error)

func (a *application) step(do func(*Profile) (*Profile, error)) {
	if a.err == nil {
		a.p, a.err = do(a.p)
	}
}

// named applies a filter by name, if there is one. Without a match a filter that
// selects is an error, another one a note.
func (a *application) named(flag string, re *regexp.Regexp, with func(*regexp.Regexp) func(Frame) bool, selects bool, do transform) {
	if re == nil || a.err != nil {
		return
	}
	match := with(re)
	any := slices.ContainsFunc(a.p.frames, func(f Frame) bool { return f.Kind != Labels && (match(f) || matchAny(re)(f)) })
	if !any {
		none := &NoMatchError{Flag: flag, Expr: re.String(), Near: a.p.NamesNear(re.String())}
		if selects {
			a.err = none
			return
		}
		a.notes = append(a.notes, none.Error())
	}
	before := a.p
	a.step(func(p *Profile) (*Profile, error) { return do(p, match) })
	a.checkLeft(flag, re.String(), before)
}

// checkLeft fails if a filter left nothing of a profile that had something.
func (a *application) checkLeft(flag, expr string, before *Profile) {
	if a.err == nil && a.p.empty() && !before.empty() {
		a.err = fmt.Errorf("%s %s leaves nothing of the profile", flag, expr)
	}
}

func (p *Profile) empty() bool { return p.Len() == 1 && !p.hasValue(Root) }

// tagged applies a filter by labels, if there is one.
func (a *application) tagged(flag string, m *TagMatch, keep bool) {
	if m == nil || a.err != nil {
		return
	}
	before := a.p
	a.p = tagSubset(a.p, m, keep)
	units := before.LabelUnits()
	any := slices.ContainsFunc(before.frames, func(f Frame) bool { return f.Kind == Labels && m.Match(f.Labels(), units) })
	if any {
		a.checkLeft(flag, m.String(), before)
		return
	}
	none := &NoMatchError{Flag: flag, Expr: m.String(), Near: before.nearLabels(m.String())}
	if keep {
		a.err = none
	} else {
		a.notes = append(a.notes, none.Error())
	}
}

// checkKeys fails for a key that no sample has: all it would add are frames
// without a name.
func (a *application) checkKeys(flag string, keys []string, p *Profile) {
	for _, key := range keys {
		if a.err == nil && !slices.ContainsFunc(p.frames, func(f Frame) bool {
			return slices.ContainsFunc(f.Labels(), func(l Label) bool { return l.Key == key })
		}) {
			a.err = &NoMatchError{Flag: flag, Expr: key, Near: p.labelKeys()}
		}
	}
}

// function returns the name that filters match, false for a frame without one: an
// address. Where addresses are not told apart from names, it is the name.
func (f *Frame) function() (string, bool) {
	if f.Kind == Unresolved && (f.File != "" || f.Module != "" || f.Address != 0) {
		return "", f.File != ""
	}
	return f.Name, true
}

// matchSource matches a function by its name or file.
func matchSource(re *regexp.Regexp) func(Frame) bool {
	return func(f Frame) bool {
		name, ok := f.function()
		return ok && (re.MatchString(name) || re.MatchString(f.File))
	}
}

// matchAny matches a frame by its function, file or binary.
func matchAny(re *regexp.Regexp) func(Frame) bool {
	source := matchSource(re)
	return func(f Frame) bool { return source(f) || f.Module != "" && re.MatchString(f.Module) }
}

// matchShown is matchAny for the frames that have a function: pprof's -show drops
// the others whatever they are in.
func matchShown(re *regexp.Regexp) func(Frame) bool {
	match := matchAny(re)
	return func(f Frame) bool {
		_, ok := f.function()
		return ok && match(f)
	}
}

// matchFunction matches a function by its name without arguments.
func matchFunction(re *regexp.Regexp) func(Frame) bool {
	return func(f Frame) bool {
		return f.Kind != Unresolved && f.Name != "" && re.MatchString(CutArguments(f.Name))
	}
}
