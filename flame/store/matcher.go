package store

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Matcher is one condition on a label, as in PromQL. A label that a profile does
// not have is as one that is empty.
type Matcher struct {
	Name  string
	Op    string // "=", "!=", "=~" or "!~"
	Value string // of =~ and !~ a regular expression that must match all of the label

	re *regexp.Regexp
}

// NewMatcher returns a matcher, or an error if the expression or the operator is
// none.
func NewMatcher(name, op, value string) (Matcher, error) {
	m := Matcher{Name: name, Op: op, Value: value}
	switch op {
	case "=", "!=":
	case "=~", "!~":
		re, err := regexp.Compile("^(?s:" + value + ")$")
		if err != nil {
			return m, fmt.Errorf("label %s: %w", name, err)
		}
		m.re = re
	default:
		return m, fmt.Errorf("label %s: %q is no operator; there are = != =~ !~", name, op)
	}
	return m, nil
}

// Matches reports whether a label's value fulfils the condition.
func (m Matcher) Matches(value string) bool {
	switch m.Op {
	case "=":
		return value == m.Value
	case "!=":
		return value != m.Value
	case "=~":
		return m.re.MatchString(value)
	}
	return !m.re.MatchString(value)
}

// String returns the matcher as ParseMatchers takes it.
func (m Matcher) String() string { return m.Name + m.Op + strconv.Quote(m.Value) }

// FormatMatchers returns the matchers as ParseMatchers takes them.
func FormatMatchers(matchers []Matcher) string {
	list := make([]string, len(matchers))
	for i, m := range matchers {
		list[i] = m.String()
	}
	return "{" + strings.Join(list, ",") + "}"
}

// ParseMatchers reads a selector in PromQL's form:
//
//	{service="api", env=~"prod.*"}
//
// Values are in quotes as Go writes them, or in backquotes or single quotes. A comma
// may follow the last. "" and "{}" match everything. A regular expression (RE2)
// must match all of the value.
func ParseMatchers(s string) ([]Matcher, error) {
	p := selector{all: s, rest: strings.TrimSpace(s)}
	if p.rest == "" {
		return nil, nil
	}
	m, err := p.parse()
	if err != nil {
		return nil, fmt.Errorf("selector %s: %w", s, err)
	}
	return m, nil
}

// A selector is being parsed.
type selector struct{ all, rest string }

func (p *selector) parse() (matchers []Matcher, err error) {
	if !p.take("{") {
		return nil, fmt.Errorf(`it does not start with "{"; a selector looks like {service="api",env=~"prod.*"}`)
	}
	for !p.take("}") {
		m, err := p.matcher()
		if err != nil {
			return nil, err
		}
		matchers = append(matchers, m)
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return nil, p.expected(`"," or "}"`)
		}
	}
	if p.rest != "" {
		return nil, p.expected("nothing more")
	}
	return matchers, nil
}

func (p *selector) matcher() (Matcher, error) {
	n := 0
	for n < len(p.rest) && (isLabelName(p.rest[:n+1]) || n > 0 && p.rest[n] == '.') {
		n++
	}
	name := p.rest[:n]
	if !isLabelName(name) {
		return Matcher{}, p.expected("the name of a label")
	}
	p.skip(n)
	for _, op := range []string{"=~", "!~", "!=", "="} {
		if p.take(op) {
			value, err := p.value()
			if err != nil {
				return Matcher{}, err
			}
			return NewMatcher(name, op, value)
		}
	}
	return Matcher{}, p.expected("one of = != =~ !~")
}

// value reads a string in quotes.
func (p *selector) value() (string, error) {
	if strings.HasPrefix(p.rest, "'") {
		return p.singleQuoted()
	}
	quoted, err := strconv.QuotedPrefix(p.rest)
	if err != nil || quoted[0] == '\'' {
		return "", p.expected("a value in quotes")
	}
	value, err := strconv.Unquote(quoted)
	if err != nil {
		return "", p.expected("a value in quotes")
	}
	p.skip(len(quoted))
	return value, nil
}

func (p *selector) singleQuoted() (string, error) {
	var b strings.Builder
	for rest := p.rest[1:]; rest != "" && rest[0] != '\''; {
		c, multibyte, tail, err := strconv.UnquoteChar(rest, '\'')
		if err != nil {
			return "", p.expected("a value in quotes")
		}
		if multibyte || c < 0x80 {
			b.WriteRune(c)
		} else {
			b.WriteByte(byte(c))
		}
		rest = tail
		if strings.HasPrefix(rest, "'") {
			p.skip(len(p.rest) - len(rest) + 1)
			return b.String(), nil
		}
	}
	if strings.HasPrefix(p.rest, "''") {
		p.skip(2)
		return "", nil
	}
	return "", p.expected("a value in quotes")
}

func (p *selector) take(s string) bool {
	if !strings.HasPrefix(p.rest, s) {
		return false
	}
	p.skip(len(s))
	return true
}

func (p *selector) skip(n int) { p.rest = strings.TrimLeft(p.rest[n:], " \t\r\n") }

func (p *selector) expected(what string) error {
	if p.rest == "" {
		return fmt.Errorf("it ends where %s should be", what)
	}
	return fmt.Errorf("at character %d there should be %s, not %.20q", len(p.all)-len(p.rest)+1, what, p.rest)
}
