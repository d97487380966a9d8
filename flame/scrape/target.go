package scrape

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"sort"
	"strings"
	"time"

	"flame/flame/fetch"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
)

// Labels with a meaning.
const (
	ServiceLabel    = "service"
	pathPrefixLabel = "__path_prefix__"
)

// A target is one program that profiles are taken of. It is immutable.
type target struct {
	id      string // a hash of job and labels, fit for addresses
	job     string
	base    string // scheme://host:port/prefix
	host    string // scheme://host:port: what has one CPU profiler
	query   string // of each request, without the seconds
	labels  labels.Labels
	service string
}

// newTarget makes the target of a discovered label set, nil if relabelling drops
// it.
func newTarget(job *JobConfig, external map[string]string, own, group model.LabelSet) (*target, error) {
	b := labels.NewBuilder(labels.EmptyLabels())
	for n, v := range group {
		b.Set(string(n), string(v))
	}
	for n, v := range own {
		b.Set(string(n), string(v))
	}
	setDefault := func(name, value string) {
		if b.Get(name) == "" {
			b.Set(name, value)
		}
	}
	setDefault(model.JobLabel, job.Name)
	setDefault(model.SchemeLabel, job.Scheme)
	setDefault(pathPrefixLabel, job.PathPrefix)
	for k, v := range job.Params {
		if len(v) > 0 {
			setDefault(model.ParamLabelPrefix+k, v[0])
		}
	}
	for n, v := range external {
		setDefault(n, v)
	}
	if !relabel.ProcessBuilder(b, job.Relabel...) {
		return nil, nil
	}
	return builtTarget(job, b)
}

// builtTarget makes the target of labels that are relabelled.
func builtTarget(job *JobConfig, b *labels.Builder) (*target, error) {
	address, scheme, prefix := b.Get(model.AddressLabel), b.Get(model.SchemeLabel), b.Get(pathPrefixLabel)
	if err := checkAddress(address); err != nil {
		return nil, err
	}
	if scheme != "http" && scheme != "https" {
		return nil, fmt.Errorf("the target %s has the scheme %q; it must be http or https", address, scheme)
	}
	t := &target{job: job.Name, host: scheme + "://" + address, base: scheme + "://" + address + strings.TrimRight(prefix, "/")}
	query := url.Values{}
	for k, v := range job.Params {
		query[k] = v
	}
	if b.Get(model.InstanceLabel) == "" {
		b.Set(model.InstanceLabel, address)
	}
	if b.Get(ServiceLabel) == "" {
		b.Set(ServiceLabel, b.Get(model.JobLabel))
	}
	var internal []string
	b.Range(func(l labels.Label) {
		if name, ok := strings.CutPrefix(l.Name, model.ParamLabelPrefix); ok {
			query[name] = []string{l.Value}
		}
		if strings.HasPrefix(l.Name, model.ReservedLabelPrefix) {
			internal = append(internal, l.Name)
		}
	})
	t.query = query.Encode()
	t.labels = b.Del(internal...).Labels()
	t.service = t.labels.Get(ServiceLabel)
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s", job.Name, t.base, t.query, t.labels)
	t.id = fmt.Sprintf("%016x", h.Sum64())
	// What will be fetched must be a target by the rules of package fetch too.
	_, err := t.fetchTarget(&ProfileConfig{Path: "/debug/pprof/heap"}, 0)
	return t, err
}

// fetchTarget is the request for one profile of the target.
func (t *target) fetchTarget(p *ProfileConfig, d time.Duration) (fetch.Target, error) {
	path, query, _ := strings.Cut(p.Path, "?")
	suffix := strings.TrimPrefix(t.base, t.host) + path
	if joined := strings.Trim(query+"&"+t.query, "&"); joined != "" {
		suffix += "?" + joined
	}
	return fetch.Parse(t.host, fetch.TargetOptions{Suffix: suffix, Seconds: int(d / time.Second), SecondsSet: d > 0})
}

// profiler names what only one capture at a time can use, "" for a snapshot.
func (t *target) profiler(p *ProfileConfig, d time.Duration) string {
	if d == 0 {
		return ""
	}
	path, _, _ := strings.Cut(p.Path, "?")
	if strings.HasSuffix(path, "/profile") || strings.HasSuffix(path, "/cpu") {
		path = "cpu"
	}
	return t.host + " " + path
}

// offset is when in each interval the profile of the target is due.
func (t *target) offset(profile string, interval time.Duration) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(t.id + "\x00" + profile))
	return time.Duration(h.Sum64() % uint64(interval))
}

// targetsOf makes the targets of what a job's discovery found, each once, in the
// order of their ids. An address that is none is an error beside them.
func targetsOf(job *JobConfig, external map[string]string, groups []*targetgroup.Group) (targets []*target, errs []error) {
	seen := map[string]bool{}
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, own := range g.Targets {
			t, err := newTarget(job, external, own, g.Labels)
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("job %q: %w", job.Name, err))
			case t != nil && !seen[t.id]:
				seen[t.id] = true
				targets = append(targets, t)
			}
		}
	}
	sort.Slice(targets, func(i, k int) bool { return targets[i].id < targets[k].id })
	return targets, errs
}
