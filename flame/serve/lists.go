package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"flame/collapse"
	"flame/flame/scrape"
	"flame/flame/store"
)

type serviceJSON struct {
	Name  string   `json:"name"`
	Types []string `json:"types"`
}

func (s *Server) getServices(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	if p.only(); p.err != nil {
		return p.err
	}
	names, err := s.o.Store.Services(r.Context())
	if err != nil {
		return err
	}
	list := make([]serviceJSON, len(names))
	for i, n := range names {
		types, err := s.o.Store.Types(r.Context(), n)
		if err != nil {
			return err
		}
		list[i] = serviceJSON{n, types}
	}
	return writeJSON(w, r, map[string]any{"services": list})
}

func (s *Server) getTypes(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	if p.only("service"); p.err != nil {
		return p.err
	}
	service := p.Get("service")
	if service == "" {
		return fail(http.StatusBadRequest, "add service=NAME", "the parameter service is missing")
	}
	types, err := s.o.Store.Types(r.Context(), service)
	if err != nil {
		return err
	}
	if types == nil {
		types = []string{}
	}
	return writeJSON(w, r, map[string]any{"types": types})
}

func (s *Server) getLabels(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	p.only("query", "type", "from", "until")
	q := p.store("")
	if p.err != nil {
		return p.err
	}
	labels, err := s.o.Store.Labels(r.Context(), q)
	if err != nil {
		return err
	}
	return writeJSON(w, r, map[string]any{"labels": labels})
}

type sampleTypeJSON struct {
	Type string `json:"type"`
	Unit string `json:"unit"`
}

func sampleType(t collapse.ValueType) sampleTypeJSON { return sampleTypeJSON{t.Type, t.Unit} }

type seriesJSON struct {
	Labels     store.Labels   `json:"labels"`
	SampleType sampleTypeJSON `json:"sample_type"`
	Gauge      bool           `json:"gauge"`  // values are averages, not sums
	Points     [][3]float64   `json:"points"` // unix seconds, value, profiles
}

// maxPoints bounds a timeline: no screen shows more.
const maxPoints = 11000

func (s *Server) getSeries(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	p.only("query", "type", "from", "until", "step", "by")
	q := p.store("")
	span := q.To.Sub(q.From)
	step := p.duration("step", max(time.Second, (span/120).Round(time.Second)))
	if p.err != nil {
		return p.err
	}
	if span/step > maxPoints {
		return badParameter("step", p.Get("step"), fmt.Sprintf("make it at least %s: there are at most %d steps", span/maxPoints, maxPoints))
	}
	if q.Type == "" {
		return fail(http.StatusBadRequest, "add type=cpu or another of /api/v1/types", "the parameter type is missing")
	}
	series, err := s.o.Store.Series(r.Context(), q, step, p.Values["by"]...)
	if err != nil {
		return err
	}
	list := make([]seriesJSON, len(series))
	for i, x := range series {
		list[i] = seriesJSON{Labels: x.Labels, SampleType: sampleType(x.SampleType), Gauge: store.Gauge(x.SampleType), Points: [][3]float64{}}
		div := float64(x.SampleType.Div())
		for _, point := range x.Points {
			list[i].Points = append(list[i].Points, [3]float64{float64(point.Time.UnixMilli()) / 1000, float64(point.Value) / div, float64(point.Profiles)})
		}
	}
	return writeJSON(w, r, map[string]any{
		"from": q.From, "until": q.To, "step_seconds": step.Seconds(), "series": list, "default": s.defaultType(r.Context(), q),
	})
}

// defaultType is the sample type that the first profile of a query shows when none
// is asked for, "" if there is none.
func (s *Server) defaultType(ctx context.Context, q store.Query) string {
	for e, err := range s.o.Store.Select(ctx, q) {
		if err == nil && e.Default < len(e.SampleTypes) {
			return e.SampleTypes[e.Default].Type
		}
		break
	}
	return ""
}

type profileJSON struct {
	ID       store.ID         `json:"id"`
	Type     string           `json:"type"`
	Time     time.Time        `json:"time"`
	Seconds  float64          `json:"seconds"`
	Labels   store.Labels     `json:"labels"`
	Types    []sampleTypeJSON `json:"sample_types"`
	Default  int              `json:"default"`
	Totals   []int64          `json:"totals"`
	Bytes    int64            `json:"bytes"`
	Location string           `json:"url"`
}

const (
	defaultProfiles = 1000
	maxProfiles     = 100000
)

// getProfiles streams the list: the first are sent while others are looked for.
func (s *Server) getProfiles(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	p.only("query", "type", "from", "until", "limit")
	q := p.store("")
	limit := p.number("limit", defaultProfiles, maxProfiles)
	if p.err != nil {
		return p.err
	}
	var b bytes.Buffer
	b.WriteString(`{"profiles":[`)
	n, more, sent := 0, false, false
	for e, err := range s.o.Store.Select(r.Context(), q) {
		if err != nil {
			if !sent {
				return err
			}
			s.o.Logger.Error("list of profiles broke off", "error", err)
			panic(http.ErrAbortHandler) // what was sent must not pass for the whole
		}
		if more = n == limit; more {
			break
		}
		if n > 0 {
			b.WriteByte(',')
		}
		n++
		text, err := json.Marshal(profileOf(e))
		if err != nil {
			return err
		}
		b.Write(text)
		if b.Len() > 64<<10 {
			if !sent {
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
				w.Header().Set("Cache-Control", "no-store")
				sent = true
			}
			if _, err := b.WriteTo(w); err != nil {
				return nil // the client has gone
			}
		}
	}
	fmt.Fprintf(&b, "],\"more\":%t}\n", more)
	if !sent {
		return writeBody(w, r, "application/json; charset=utf-8", b.Bytes())
	}
	_, _ = b.WriteTo(w)
	return nil
}

func profileOf(e store.Entry) profileJSON {
	types := make([]sampleTypeJSON, len(e.SampleTypes))
	for i, t := range e.SampleTypes {
		types[i] = sampleType(t)
	}
	return profileJSON{e.ID, e.Type, e.Time, e.Duration.Seconds(), e.Labels, types, e.Default, e.Totals, e.Size, mergeURL(e.ID)}
}

func (s *Server) getTargets(w http.ResponseWriter, r *http.Request) error {
	if s.o.Scraper == nil {
		return writeJSON(w, r, map[string]any{"targets": []string{}, "problems": []string{}, "profiles": []string{}})
	}
	problems := s.o.Scraper.Problems()
	if problems == nil {
		problems = []string{}
	}
	return writeJSON(w, r, map[string]any{"targets": s.o.Scraper.Targets(), "problems": problems, "profiles": scrape.Profiles()})
}

func (s *Server) getStatus(w http.ResponseWriter, r *http.Request) error {
	st := s.o.Store.Stats()
	who := s.who(r)
	return writeJSON(w, r, map[string]any{
		"version": s.o.Version, "user": who.name, "scopes": slices.Sorted(maps.Keys(who.scopes)),
		"store": map[string]any{
			"profiles": st.Profiles, "bytes": st.Bytes, "segments": st.Segments, "commit_errors": st.CommitErrors,
			"damaged": st.Damaged, "clock_jumps": st.ClockJumps, "last_error": st.LastError, "last_error_time": st.LastErrorAt,
		},
	})
}
