package diff

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"flame/collapse"
	"flame/svg"
)

// A Limit is how much a sample type or a function may grow.
type Limit struct {
	text    string
	subject string
	amount  float64
	percent bool
	unit    string // of the amount, if it is no percentage; "" for that of the type
}

// limitForm is one limit and what parts it from the next one.
var limitForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*([^\s>].*?)\s*>\s*([0-9]+(?:\.[0-9]+)?)\s*(%|[A-Za-zµ]*)\s*(?:,|$)`)
})

// ParseLimits reads a list of limits, separated by commas:
//
//	SUBJECT>AMOUNT
//
// A SUBJECT is the name of a sample type ("cpu", "inuse_space"), for its total, or
// a regular expression for functions, each with what it calls, in the type that is
// compared; "TYPE:REGEXP" is in another one. An AMOUNT is a percentage of what was
// before ("5%"), or a value: "200ms", "64MB", or a number in the type's own unit.
func ParseLimits(text string) ([]Limit, error) {
	var limits []Limit
	for rest := text; ; {
		m := limitForm().FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("%q is no limit; write it as cpu>5%%, main.Handler>10%% or inuse_space>64MB, several with commas between", strings.TrimSpace(rest))
		}
		l := Limit{text: strings.TrimRight(strings.TrimSpace(m[0]), ", "), subject: m[1], percent: m[3] == "%"}
		var err error
		if l.amount, err = strconv.ParseFloat(m[2], 64); err != nil || l.amount > math.MaxInt64 {
			return nil, fmt.Errorf("%s: the amount is out of range", l.text)
		}
		if !l.percent {
			l.unit = m[3]
			if u, err := svg.ParseUnit(l.unit); l.unit != "" && (err != nil || u == nil) {
				return nil, fmt.Errorf("%s: %q is no unit; choose %%, ns, us, ms, s, B, kB, MB or GB", l.text, l.unit)
			}
		}
		limits = append(limits, l)
		if rest = rest[len(m[0]):]; strings.TrimSpace(rest) == "" {
			return limits, nil
		}
	}
}

// String returns the limit as it was written.
func (l *Limit) String() string { return l.text }

// An Excess is a sample type or function that grew by more than a limit allows.
type Excess struct {
	Limit    string
	Type     collapse.ValueType
	Function string // "" for the total
	Change   Change
}

// String returns one sentence: "cpu grew by 12.5%, from 2 s to 2.25 s: the limit is cpu>5%".
func (e *Excess) String() string {
	what := e.Type.Type
	if e.Function != "" {
		what = svg.Visible(e.Function)
	}
	from, to := svg.FormatValue(e.Change.Before, e.Type), svg.FormatValue(e.Change.After, e.Type)
	if e.Change.Before == 0 {
		return fmt.Sprintf("%s is new with %s: the limit is %s", what, to, e.Limit)
	}
	return fmt.Sprintf("%s grew by %.1f%%, from %s to %s: the limit is %s", what, 100*e.Change.Ratio(), from, to, e.Limit)
}

// Check returns what grew by more than the limits allow, those of functions in the
// sample type typ. A growth within the noise (see [Options]) is none. An expression
// that matches no function on either side is an error: a limit that looks at
// nothing holds nobody to anything.
func Check(p *collapse.Profile, typ int, noise float64, limits []Limit) ([]Excess, error) {
	if !p.Differential() {
		return nil, errors.New("compare profiles: there is one only")
	}
	var over []Excess
	for i := range limits {
		found, err := limits[i].check(p, typ, noise)
		if err != nil {
			return nil, err
		}
		over = append(over, found...)
	}
	return over, nil
}

func (l *Limit) check(p *collapse.Profile, typ int, noise float64) ([]Excess, error) {
	if i := typeNamed(p, l.subject); i >= 0 {
		c := total(p, i)
		if ok, err := l.exceeded(c, p.Types[i]); !ok || err != nil {
			return nil, err
		}
		return []Excess{{Limit: l.text, Type: p.Types[i], Change: c}}, nil
	}
	expr := l.subject
	if name, rest, ok := strings.Cut(expr, ":"); ok && typeNamed(p, name) >= 0 {
		typ, expr = typeNamed(p, name), rest
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("%s: %q is neither a sample type nor a regular expression: %w", l.text, expr, err)
	}
	t := &Table{Total: total(p, typ), Noise: noise}
	if noise == 0 {
		t.Noise = DefaultNoise
	}
	var over []Excess
	matched := false
	for _, r := range functions(p, typ) {
		if !re.MatchString(r.Function) {
			continue
		}
		matched = true
		ok, err := l.exceeded(r.Cum, p.Types[typ])
		if err != nil {
			return nil, err
		}
		if ok && r.Cum.size() >= t.noise() {
			over = append(over, Excess{Limit: l.text, Type: p.Types[typ], Function: r.Function, Change: r.Cum})
		}
	}
	if !matched {
		names := make([]string, len(p.Types))
		for i, t := range p.Types {
			names[i] = t.Type
		}
		none := &collapse.NoMatchError{Flag: "--fail-over", Expr: l.text, Near: p.NamesNear(expr)}
		return nil, fmt.Errorf("%w (sample types: %s)", none, strings.Join(names, ", "))
	}
	return over, nil
}

// exceeded reports whether a change is more than the limit.
func (l *Limit) exceeded(c Change, t collapse.ValueType) (bool, error) {
	grown := float64(c.After) - float64(c.Before)
	if grown <= 0 {
		return false, nil
	}
	if l.percent {
		return 100*c.Ratio() > l.amount, nil
	}
	allowed := l.amount * float64(t.Div())
	if l.unit != "" {
		factor, unit := collapse.ScaleUnit(1, l.unit, t.Unit)
		if _, same := collapse.ScaleUnit(1, t.Unit, t.Unit); unit != same {
			return false, fmt.Errorf("%s: %s is measured in %s, not in %s", l.text, t.Type, t.Unit, l.unit)
		}
		allowed *= factor
	}
	return grown > allowed, nil
}

// typeNamed returns the index of the sample type of that name, -1 if there is none.
func typeNamed(p *collapse.Profile, name string) int {
	for i, t := range p.Types {
		if t.Type == name {
			return i
		}
	}
	return -1
}
