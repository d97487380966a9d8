package collapse

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A TagMatch is the condition of pprof's -tagfocus and -tagignore on the labels of
// a sample:
//
//	[KEY=]REGEXP[,REGEXP...]   text labels
//	[KEY=]RANGE                numeric labels
//
// With a key, one of its values must match one of the expressions; without, each
// expression must match one "key:value". A RANGE is N for just that, N: for that
// and more, :N for that and less, or N:M for all between, ends included. N is a
// whole number with a unit, as in 64kb or 100ms, which labels in another unit of
// the kind are converted to; without a unit it stands for numbers that have none.
// As in pprof, a label without a unit has its key for one, or "bytes" if the key
// is "alignment" or "request", unless another sample has one.
type TagMatch struct {
	text   string
	key    string // "" for any
	exprs  []*regexp.Regexp
	ranged bool
	low    *float64 // nil if open
	high   *float64
	unit   string // in the spelling of ScaleUnit
}

// ParseTagMatch reads a condition. The error ends a sentence that begins with
// what was given.
func ParseTagMatch(text string) (*TagMatch, error) {
	m := &TagMatch{text: text}
	value := text
	if key, rest, ok := strings.Cut(text, "="); ok {
		m.key, value = key, rest
	}
	if ok, err := m.parseRange(value); ok || err != nil {
		return m, err
	}
	for _, e := range strings.Split(value, ",") {
		re, err := regexp.Compile(e)
		if err != nil {
			return nil, fmt.Errorf("it is no regular expression: %w", err)
		}
		m.exprs = append(m.exprs, re)
	}
	return m, nil
}

// String returns the text that the condition was read from.
func (m *TagMatch) String() string { return m.text }

// tagNumber is a bound of a range: a number and a unit.
const tagNumber = `([+-]?[0-9]+)([A-Za-z]+)?`

var tagRange = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:` + tagNumber + `(:(?:` + tagNumber + `)?)?|:` + tagNumber + `)$`)
})

// parseRange reads a range. It reports false for what is none, and like pprof
// for a range between units of different kinds.
func (m *TagMatch) parseRange(s string) (bool, error) {
	g := tagRange().FindStringSubmatch(s)
	if g == nil {
		return false, nil
	}
	number, unit, open, number2, unit2 := g[1], g[2], g[3], g[4], g[5]
	if number == "" {
		number, unit = g[6], g[7]
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return false, fmt.Errorf("%s is out of range", number)
	}
	v, canonical := ScaleUnit(n, unit, unit)
	m.unit = canonical
	switch {
	case g[1] == "":
		m.high = &v
	case open == "":
		m.low, m.high = &v, &v
	case number2 == "":
		m.low = &v
	default:
		if n, err = strconv.ParseInt(number2, 10, 64); err != nil {
			return false, fmt.Errorf("%s is out of range", number2)
		}
		v2, canonical2 := ScaleUnit(n, unit2, canonical)
		if canonical2 != canonical {
			m.unit = ""
			return false, nil
		}
		m.low, m.high = &v, &v2
	}
	m.ranged = true
	return true, nil
}

// Match reports whether the labels of a sample meet the condition. Units are
// those of numeric labels that have none themselves, by key (see [Profile.LabelUnits]).
func (m *TagMatch) Match(labels []Label, units map[string]string) bool {
	if m.ranged {
		return slices.ContainsFunc(labels, func(l Label) bool {
			return l.Numeric && (m.key == "" || l.Key == m.key) && m.inRange(l.Number, units[l.Key])
		})
	}
	if m.key != "" {
		return slices.ContainsFunc(labels, func(l Label) bool {
			return !l.Numeric && l.Key == m.key &&
				slices.ContainsFunc(m.exprs, func(re *regexp.Regexp) bool { return re.MatchString(l.Value) })
		})
	}
	for _, re := range m.exprs {
		if !slices.ContainsFunc(labels, func(l Label) bool { return !l.Numeric && re.MatchString(l.Key+":"+l.Value) }) {
			return false
		}
	}
	return true
}

func (m *TagMatch) inRange(n int64, unit string) bool {
	v, u := ScaleUnit(n, unit, m.unit)
	return u == m.unit && (m.low == nil || v >= *m.low) && (m.high == nil || v <= *m.high)
}

// LabelUnits returns the unit of each numeric label by key, as pprof has it: the
// first that a label of the key has, or else the key itself, but "bytes" for
// "alignment" and "request".
func (p *Profile) LabelUnits() map[string]string {
	units := map[string]string{}
	for i := range p.frames {
		for _, l := range p.frames[i].Labels() {
			if l.Numeric && units[l.Key] == "" {
				units[l.Key] = l.Unit
			}
		}
	}
	for key, unit := range units {
		switch {
		case unit != "":
		case key == "alignment" || key == "request":
			units[key] = "bytes"
		default:
			units[key] = key
		}
	}
	return units
}
