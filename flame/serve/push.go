package serve

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"flame/collapse"
	"flame/collapse/format"
	"flame/collapse/pprof"
	"flame/flame/store"
)

// postProfile stores the body, a profile in any format that flame reads. Its
// parameters are service, and if the profile does not tell, type, time and
// duration; every other parameter is a label.
//
//	curl --data-binary @cpu.pb.gz 'http://localhost:4040/api/v1/profiles?service=api&env=prod'
func (s *Server) postProfile(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	x := store.Profile{Labels: store.Labels{}, Type: p.Get("type"), Time: p.time("time", time.Time{}), Duration: p.duration("duration", 0)}
	for name, values := range p.Values {
		if name == "type" || name == "time" || name == "duration" {
			continue
		}
		if len(values) > 1 {
			p.set(fail(http.StatusBadRequest, "give each label once", "the label %s has %d values", clip(name, 60), len(values)))
		}
		if values[0] != "" {
			x.Labels[name] = values[0]
		}
	}
	if p.err != nil {
		return p.err
	}
	if x.Labels[store.ServiceLabel] == "" {
		return fail(http.StatusBadRequest, "add service=NAME", "the parameter service is missing")
	}
	if x.Data, err = io.ReadAll(r.Body); err != nil {
		return readFailure(err)
	}
	id, err := s.keep(r, x)
	if err != nil {
		return err
	}
	w.Header().Set("Location", mergeURL(id))
	w.WriteHeader(http.StatusCreated)
	return writeJSON(w, r, map[string]any{"id": id, "url": mergeURL(id)})
}

// readFailure is the answer to a body that broke off or was too large.
func readFailure(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return fail(http.StatusBadRequest, "send it again", "the body broke off: %v", err)
}

// keep stores a pushed profile, in pprof's format if it is in another. The answer
// comes when it is durable.
func (s *Server) keep(r *http.Request, x store.Profile) (store.ID, error) {
	id, err := s.store(r, x)
	outcome := "ok"
	if err != nil {
		outcome = "refused"
	}
	s.metrics.pushed.WithLabelValues(outcome).Inc()
	return id, err
}

func (s *Server) store(r *http.Request, x store.Profile) (store.ID, error) {
	p, err := format.Decode(bytes.NewReader(x.Data), format.Options{})
	if err != nil {
		return "", notDecoded(err)
	}
	x.Decoded = p
	if !isProto(x.Data) {
		var b bytes.Buffer
		if err := pprof.Encode(&b, p); err != nil {
			return "", err
		}
		x.Data = b.Bytes()
	}
	if x.Type == "" {
		x.Type = guessType(p)
	}
	return s.o.Store.Put(r.Context(), x)
}

func notDecoded(err error) error {
	var wrong *format.Error
	if errors.As(err, &wrong) {
		return fail(http.StatusUnprocessableEntity, wrong.Hint, "%s", wrong.What)
	}
	return fail(http.StatusUnprocessableEntity, "push a pprof profile, folded stacks or an SVG file of flame", "the profile cannot be read: %v", err)
}

// isProto reports whether data is profile.proto, gzipped or not, and not one of the
// other formats that flame reads.
func isProto(data []byte) bool {
	head := data
	if len(data) > 1 && data[0] == 0x1f && data[1] == 0x8b {
		z, err := newGunzip(data)
		if err != nil {
			return false
		}
		b := make([]byte, 64<<10)
		n, _ := io.ReadFull(z, b)
		head = b[:n]
	}
	return pprof.Sniff(head[:min(len(head), 64<<10)]) && !bytes.HasPrefix(head, []byte("heap profile:"))
}

// guessType names what a profile measures by its sample types, as targets' profiles
// are called. One with both what is in use and what was allocated is "memory".
func guessType(p *collapse.Profile) string {
	has := func(name string) bool {
		return slices.ContainsFunc(p.Types, func(t collapse.ValueType) bool { return t.Type == name })
	}
	switch {
	case has("inuse_space") && has("alloc_space"):
		return "memory"
	case has("inuse_space"):
		return "heap"
	case has("alloc_space"):
		return "allocs"
	case has("cpu"):
		return "cpu"
	case has("contentions"):
		return cmp.Or(map[string]string{"contentions": "mutex"}[p.Meta.PeriodType.Type], "mutex")
	case has("goroutine") || has("goroutines"):
		return "goroutine"
	case p.Meta.PeriodType.Type == "wallclock":
		return "fgprof"
	}
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, p.Types[p.Default].Type)
	return cmp.Or(clipName(name), "samples")
}

func clipName(s string) string { return s[:min(len(s), 60)] }

// postIngest stores what clients of Pyroscope send: a profile as the body or as the
// part "profile" of a form, with the application's name and labels as
// name=app{env=prod}, and from and until in seconds or finer.
func (s *Server) postIngest(w http.ResponseWriter, r *http.Request) error {
	p, err := s.params(r)
	if err != nil {
		return err
	}
	labels, err := parseAppName(p.Get("name"))
	if err != nil {
		return badParameter("name", p.Get("name"), err.Error())
	}
	from, until := p.stamp("from"), p.stamp("until")
	if p.err != nil {
		return p.err
	}
	x := store.Profile{Labels: labels, Time: from}
	if until.After(from) && !from.IsZero() {
		x.Duration = until.Sub(from)
	}
	if x.Data, err = ingestBody(r); err != nil {
		return err
	}
	switch f := p.Get("format"); f {
	case "", "pprof", "folded", "groups":
	case "lines":
		x.Data = countLines(x.Data)
	default:
		return badParameter("format", f, "send pprof, groups (folded stacks) or lines")
	}
	if _, err := s.keep(r, x); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// countLines makes of the format lines, a stack on each for one sample, folded
// stacks.
func countLines(data []byte) []byte {
	counts := map[string]int{}
	for line := range strings.SplitSeq(string(data), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			counts[line]++
		}
	}
	var b bytes.Buffer
	for line, n := range counts {
		fmt.Fprintf(&b, "%s %d\n", line, n)
	}
	return b.Bytes()
}

// ingestBody is the profile of a request: its body, or a part of the form that the
// body is.
func ingestBody(r *http.Request) ([]byte, error) {
	kind, ct, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, readFailure(err)
		}
		return data, nil
	}
	form := multipart.NewReader(r.Body, ct["boundary"])
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return nil, fail(http.StatusBadRequest, "send it as a file of that name", "the form has no part profile")
		}
		if err != nil {
			return nil, readFailure(err)
		}
		if part.FormName() != "profile" {
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, readFailure(err)
		}
		return data, nil
	}
}

// stamp reads a time as Pyroscope's clients send it: seconds, milliseconds,
// microseconds or nanoseconds since 1970, told apart by their size.
func (p *params) stamp(name string) time.Time {
	text := p.Get(name)
	if text == "" {
		return time.Time{}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return p.time(name, time.Time{})
	}
	unit := time.Second
	for limit := int64(1e11); n >= limit && unit > 1; limit *= 1000 {
		unit /= 1000
	}
	t := time.Unix(0, 0).UTC()
	if unit == time.Second {
		return t.Add(time.Duration(n) * unit)
	}
	return time.Unix(n/int64(time.Second/unit), n%int64(time.Second/unit)*int64(unit)).UTC()
}

var errAppName = errors.New("write it as app or app{env=prod,region=eu}")

// parseAppName reads app{a=b,c=d}. Labels that begin with two underscores are the
// client's own affair.
func parseAppName(s string) (store.Labels, error) {
	name, rest, braces := strings.Cut(s, "{")
	if name = strings.TrimSpace(name); name == "" {
		return nil, errAppName
	}
	labels := store.Labels{store.ServiceLabel: name}
	if !braces {
		return labels, nil
	}
	rest, after, closed := strings.Cut(rest, "}")
	if !closed || strings.TrimSpace(after) != "" {
		return nil, errAppName
	}
	for pair := range strings.SplitSeq(rest, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		k, v, ok := strings.Cut(pair, "=")
		k, v = strings.TrimSpace(k), strings.Trim(strings.TrimSpace(v), `"`)
		if !ok || k == "" {
			return nil, errAppName
		}
		if u, err := url.QueryUnescape(v); err == nil && strings.Contains(v, "%") {
			v = u
		}
		if v != "" && !strings.HasPrefix(k, "__") && k != store.ServiceLabel && k != "service_name" {
			labels[strings.NewReplacer(".", "_", "-", "_", "/", "_").Replace(k)] = v
		}
	}
	return labels, nil
}
