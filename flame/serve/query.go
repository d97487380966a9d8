package serve

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"flame/flame/store"

	"github.com/prometheus/common/model"
)

// defaultRange is what a query without from covers.
const defaultRange = time.Hour

// A params reads the parameters of a request and remembers the first that is wrong.
type params struct {
	url.Values
	now time.Time
	err error
}

func (s *Server) params(r *http.Request) (*params, error) {
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "percent-encode special characters, as curl -G --data-urlencode does", "the query is malformed: %v", err)
	}
	return &params{Values: v, now: s.o.Now()}, nil
}

// only makes every parameter but those known an error: a misspelt one would
// otherwise be an answer to another question.
func (p *params) only(known ...string) {
	ok := map[string]bool{}
	for _, k := range known {
		ok[k] = true
	}
	for name := range p.Values {
		if !ok[name] {
			p.set(fail(http.StatusBadRequest, "there are "+strings.Join(known, ", "), "there is no parameter %q", clip(name, 60)))
			return
		}
	}
}

func (p *params) set(err error) {
	if p.err == nil {
		p.err = err
	}
}

// store reads a query for the store under the names query, type, from and until,
// each with the prefix: before_ and after_ of a difference.
func (p *params) store(prefix string) store.Query {
	q := store.Query{Type: p.Get("type")}
	text := p.Get(prefix + "query")
	m, err := store.ParseMatchers(text)
	if err != nil {
		p.set(fail(http.StatusBadRequest, `write it as in PromQL: {service="api",env=~"prod.*"}`, "the %v", strings.TrimSpace(err.Error())))
	}
	q.Matchers = m
	q.To = p.time(prefix+"until", p.now)
	q.From = p.time(prefix+"from", q.To.Add(-defaultRange))
	if !q.From.Before(q.To) {
		p.set(fail(http.StatusBadRequest, "let "+prefix+"from be before "+prefix+"until", "the time from %s until %s is empty", q.From.Format(time.RFC3339), q.To.Format(time.RFC3339)))
	}
	return q
}

func (p *params) time(name string, def time.Time) time.Time {
	text := p.Get(name)
	if text == "" {
		return def
	}
	t, err := ParseTime(text, p.now)
	if err != nil {
		p.set(badParameter(name, text, err.Error()))
		return def
	}
	return t
}

func (p *params) duration(name string, def time.Duration) time.Duration {
	text := p.Get(name)
	if text == "" {
		return def
	}
	d, err := model.ParseDuration(text)
	if err != nil || d <= 0 {
		p.set(badParameter(name, text, "write a duration such as 30s, 5m or 1d"))
		return def
	}
	return time.Duration(d)
}

func (p *params) number(name string, def, most int) int {
	text := p.Get(name)
	if text == "" {
		return def
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		p.set(badParameter(name, text, fmt.Sprintf("give a whole number from 1 to %d", most)))
		return def
	}
	return n
}

func (p *params) choice(name, def string, words ...string) string {
	text := p.Get(name)
	if text == "" {
		return def
	}
	for _, w := range words {
		if text == w {
			return w
		}
	}
	p.set(badParameter(name, text, "choose one of "+strings.Join(words, ", ")))
	return def
}

var errTime = errors.New("write a time as 2026-11-24T08:00:00Z, as seconds since 1970, or as now-1h")

// The years that a time may be in: those that nanoseconds in 64 bits can tell.
var (
	minTime = time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)
	maxTime = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// ParseTime reads a time: RFC 3339, seconds since 1970 (with a fraction, or as
// milliseconds if there are more than eleven digits), "now", or "now-1h" with a
// duration as Prometheus writes it.
func ParseTime(s string, now time.Time) (time.Time, error) {
	t, err := parseTime(s, now)
	if err != nil || t.Before(minTime) || t.After(maxTime) {
		return time.Time{}, errTime
	}
	return t, nil
}

func parseTime(s string, now time.Time) (time.Time, error) {
	if rest, ok := strings.CutPrefix(s, "now"); ok {
		if rest == "" {
			return now, nil
		}
		d, err := model.ParseDuration(rest[1:])
		switch {
		case err != nil:
			return now, err
		case rest[0] == '-':
			return now.Add(-time.Duration(d)), nil
		case rest[0] == '+', rest[0] == ' ': // a plus sign in a query is a space
			return now.Add(time.Duration(d)), nil
		}
		return now, errTime
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsNaN(f) && math.Abs(f) < 1e15 {
		if math.Abs(f) >= 1e11 {
			f /= 1000
		}
		whole, part := math.Modf(f)
		return time.Unix(int64(whole), int64(part*1e9)).UTC(), nil
	}
	return time.Parse(time.RFC3339Nano, s)
}
