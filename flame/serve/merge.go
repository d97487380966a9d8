package serve

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"flame/collapse"
	"flame/collapse/format"
	"flame/flame/store"
)

// mergeParameters are those that say which profiles are merged.
var mergeParameters = []string{"query", "type", "from", "until", "id"}

// maxIDs bounds the profiles that one request may name.
const maxIDs = 1000

// getMerge answers with one profile made of all that match.
func (s *Server) getMerge(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	p.only(append(slices.Clone(mergeParameters), renderParameters...)...)
	side := p.side("")
	out := p.output(r)
	if p.err != nil {
		return p.err
	}
	profile, err := s.merged(r.Context(), side)
	if err != nil {
		return err
	}
	return s.render(w, r, profile, out)
}

// getProfile answers with one profile as it was stored, or drawn.
func (s *Server) getProfile(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	p.only(append([]string{"id"}, renderParameters...)...)
	out := p.output(r)
	if p.err != nil {
		return p.err
	}
	id := p.Get("id")
	if out.format != "pb.gz" {
		profile, err := s.byID(r.Context(), []string{id})
		if err != nil {
			return err
		}
		return s.render(w, r, profile, out)
	}
	data, _, err := s.o.Store.Get(r.Context(), store.ID(id))
	if err != nil {
		return badID(id, err)
	}
	attach(w, "profile.pb.gz")
	return writeBody(w, r, "application/octet-stream", data)
}

// A side is one set of profiles to be merged: by query, or by their ids.
type side struct {
	query store.Query
	ids   []string
}

func (p *params) side(prefix string) side {
	x := side{ids: p.Values[prefix+"id"]}
	if len(x.ids) > 0 {
		if len(x.ids) > maxIDs {
			p.set(fail(http.StatusBadRequest, "merge them by query and time", "more than %d ids are given", maxIDs))
		}
		return x
	}
	x.query = p.store(prefix)
	if x.query.Type == "" {
		p.set(fail(http.StatusBadRequest, "add type=cpu or another of /api/v1/types", "the parameter type is missing"))
	}
	return x
}

func (s *Server) merged(ctx context.Context, x side) (*collapse.Profile, error) {
	if len(x.ids) > 0 {
		return s.byID(ctx, x.ids)
	}
	p, _, err := s.o.Store.Merge(ctx, x.query)
	if err != nil {
		return nil, err
	}
	q := *p
	q.Meta.Source = describe(x.query)
	return &q, nil
}

// describe names what was merged, for the picture's second line.
func describe(q store.Query) string {
	text := store.FormatMatchers(q.Matchers)
	for _, m := range q.Matchers {
		if m.Name == store.ServiceLabel && m.Op == "=" && len(q.Matchers) == 1 {
			text = m.Value
		}
	}
	if text == "{}" {
		text = "all services"
	}
	return text
}

// byID merges single profiles.
func (s *Server) byID(ctx context.Context, ids []string) (*collapse.Profile, error) {
	merger := collapse.NewMerger(collapse.Limits{})
	for _, id := range ids {
		data, entry, err := s.o.Store.Get(ctx, store.ID(id))
		if err != nil {
			return nil, badID(id, err)
		}
		p, err := decode(data)
		if err != nil {
			return nil, err
		}
		q := *p
		q.Meta.Source = entry.Service()
		if i := entry.Labels["instance"]; i != "" {
			q.Meta.Source += " " + i
		}
		q.Meta.Time, q.Meta.Duration = entry.Time, entry.Duration
		if err := merger.Add(&q); err != nil {
			return nil, fail(http.StatusUnprocessableEntity, "name profiles of one type", "%v", err)
		}
	}
	return merger.Profile()
}

func badID(id string, err error) error {
	if id == "" {
		return fail(http.StatusBadRequest, "add id=ID with an id of /api/v1/profiles", "the parameter id is missing")
	}
	if errors.Is(err, store.ErrBadID) {
		return fail(http.StatusNotFound, "take an id of /api/v1/profiles", "%v", err)
	}
	return err
}

// mergeURL is the lasting address of what is made of the profiles of these ids.
func mergeURL(ids ...store.ID) string {
	v := url.Values{}
	for _, id := range ids {
		v.Add("id", string(id))
	}
	return "/api/v1/merge?" + v.Encode()
}

// getDiff answers with a profile that compares two: after, and before as its base.
func (s *Server) getDiff(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	known := []string{"type", "normalize"}
	for _, name := range []string{"query", "from", "until", "id"} {
		known = append(known, "before_"+name, "after_"+name)
	}
	p.only(append(known, renderParameters...)...)
	before, after := p.side("before_"), p.side("after_")
	normal := p.choice("normalize", "1", "0", "1") == "1"
	out := p.output(r)
	if p.err != nil {
		return p.err
	}
	base, err := s.merged(r.Context(), before)
	if err != nil {
		return sided("before", err)
	}
	now, err := s.merged(r.Context(), after)
	if err != nil {
		return sided("after", err)
	}
	d, err := difference(base, now, normal)
	if err != nil {
		return err
	}
	return s.render(w, r, d, out)
}

// sided says in which of the two an error is.
func sided(which string, err error) error {
	f := *failureOf(err)
	f.cause = which + ": " + f.cause
	return &f
}

// decode reads a profile in any format, within safe limits.
func decode(data []byte) (*collapse.Profile, error) {
	p, err := format.Decode(newReader(data), format.Options{})
	if err != nil {
		return nil, fail(http.StatusUnprocessableEntity, "", "%v", err)
	}
	return p, nil
}

// getTop answers with the functions that cost the most.
func (s *Server) getTop(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	p.only(append(slices.Clone(mergeParameters), "sample", "limit", "sort")...)
	side := p.side("")
	limit := p.number("limit", 100, 10000)
	byCum := p.choice("sort", "flat", "flat", "cum") == "cum"
	if p.err != nil {
		return p.err
	}
	profile, err := s.merged(r.Context(), side)
	if err != nil {
		return err
	}
	typ, err := typeIndex(profile, p.Get("sample"))
	if err != nil {
		return err
	}
	return writeJSON(w, r, top(profile, typ, limit, byCum))
}

func typeIndex(p *collapse.Profile, name string) (int, error) {
	i, err := p.TypeIndex(name)
	if err != nil {
		return 0, fail(http.StatusBadRequest, "", "%v", err)
	}
	return i, nil
}
