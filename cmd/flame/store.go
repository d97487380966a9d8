package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"flame/collapse/pprof"
	"flame/flame/report"
	"flame/flame/serve"
	"flame/flame/store"
)

// storeOptions is what the flags of flame store say.
type storeOptions struct {
	data, tenant string
	typ          string
	from, to     time.Time
	format       string
	file         string
	repair       bool
	quiet        bool
}

// storeActions are the words that may follow flame store.
var storeActions = []string{"ls", "get", "verify", "rebuild"}

func storeCommand(c *console) *command {
	o := &storeOptions{data: "flame-data", tenant: "default", format: "text", file: "-"}
	return &command{
		name:  "store",
		args:  "ls|get|verify|rebuild [ID|SELECTOR]",
		usage: "list, fetch, check and repair the profiles that flame serve keeps",
		words: storeActions,
		long: `ls lists profiles, get writes one as it was stored, given its ID, or the sum of all that a
SELECTOR matches; both work beside a flame serve that writes to the same store. A SELECTOR
is in PromQL's form, as '{service="api",env=~"prod.*"}'.

verify reads everything, says what is damaged, and exits with 1 if something is. With
--repair it makes whole what it can and puts the rest aside. rebuild makes all indexes and
roll-ups anew from the packs of profiles. While flame serve runs these two cannot.

A store needs no flame to be read: packs open with tar, profiles and roll-ups (below 1h and
1d) with go tool pprof.
`,
		specs: o.specs(),
		tail: `Examples
  flame store ls                                         what ./flame-data has
  flame store ls '{service="api"}' --type cpu --from now-1h    the last hour of one service
  flame store get '{service="api"}' --type cpu -f api.pb.gz    all of it as one profile
  flame store verify --data flame-data                   whether all is whole
`,
		run: func(ctx context.Context, args []string) error {
			c.quiet = o.quiet
			return o.run(ctx, c, args)
		},
	}
}

func (o *storeOptions) specs() []*flagSpec {
	return slices.Concat(withStage("Store: where the profiles are", []*flagSpec{
		{names: []string{"data"}, arg: "DIR", value: textVar(&o.data), usage: "the directory, or s3://BUCKET/PREFIX?region=NAME\n(" + o.data + ")"},
		{names: []string{"tenant"}, arg: "NAME", value: textVar(&o.tenant), usage: "the first part of all keys (" + o.tenant + ")"},
		{names: []string{"repair"}, value: switchVar(&o.repair), usage: "have verify make whole what it can"},
	}), withStage("Choose: which profiles", []*flagSpec{
		{names: []string{"type"}, arg: "NAME", value: textVar(&o.typ), usage: "cpu, heap, …: what was profiled"},
		{names: []string{"from"}, arg: "TIME", value: timeVar(&o.from), usage: "captured at TIME or later: RFC 3339, seconds since\n1970, or now-1h"},
		{names: []string{"to"}, arg: "TIME", value: timeVar(&o.to), usage: "captured before TIME"},
	}), withStage(stageOutput, []*flagSpec{
		{names: []string{"file", "f"}, arg: "FILE", value: textVar(&o.file), usage: "write to FILE instead of standard output"},
		{names: []string{"format"}, arg: "NAME", words: []string{"text", "json"}, value: enumVar(&o.format, []string{"text", "json"}),
			usage: "of ls: text, or json, one object a line (text)"},
		{names: []string{"quiet", "q"}, value: switchVar(&o.quiet), usage: "only report errors"},
	}))
}

func timeVar(p *time.Time) flagValue {
	return valueFunc(func(s string) (err error) {
		*p, err = serve.ParseTime(s, time.Now())
		return err
	})
}

func (o *storeOptions) run(ctx context.Context, c *console, args []string) error {
	if len(args) == 0 || !slices.Contains(storeActions, args[0]) {
		return usageErrorf("say what to do with the store: flame store %s", strings.Join(storeActions, "|"))
	}
	action, args := args[0], args[1:]
	most, least := 1, 0
	switch action {
	case "get":
		least = 1
	case "verify", "rebuild":
		most = 0
	}
	if len(args) < least || len(args) > most {
		return usageErrorf("flame store %s takes %s", action, map[string]string{"ls": "at most one SELECTOR, in quotes", "get": "one ID or SELECTOR, in quotes",
			"verify": "no arguments", "rebuild": "no arguments"}[action])
	}
	var matchers []store.Matcher
	selector := action == "ls" || action == "get" && strings.HasPrefix(strings.TrimSpace(args[0]), "{")
	if selector && len(args) > 0 {
		var err error
		if matchers, err = store.ParseMatchers(args[0]); err != nil {
			return usageErrorf("%w", err)
		}
	}
	q := store.Query{Matchers: matchers, Type: o.typ, From: o.from, To: o.to}
	if action == "get" && selector && o.typ == "" {
		return usageErrorf("only profiles of one type can be merged: give --type")
	}
	s, err := o.open(ctx, action == "rebuild" || o.repair)
	if err != nil {
		return err
	}
	defer s.Close()
	switch {
	case action == "ls":
		return o.write(c, func(w io.Writer) error { return o.list(ctx, w, s, q) })
	case action == "verify":
		return o.verify(ctx, c, s)
	case action == "rebuild":
		return s.Rebuild(ctx)
	case selector:
		return o.merge(ctx, c, s, q)
	}
	data, _, err := s.Get(ctx, store.ID(args[0]))
	if err != nil {
		return err
	}
	return o.write(c, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// open opens the store, which must be there.
func (o *storeOptions) open(ctx context.Context, write bool) (*store.Store, error) {
	if !strings.Contains(o.data, "://") {
		if _, err := os.Stat(o.data); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open store: there is no directory %s; name the store with --data", o.data)
		}
	}
	bucket, err := store.OpenBucket(o.data)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, bucket, store.Options{Tenant: o.tenant, ReadOnly: !write})
	if err != nil {
		return nil, errors.Join(err, bucket.Close())
	}
	return s, nil
}

func (o *storeOptions) write(c *console, write func(io.Writer) error) error {
	out, err := newOutput(o.file, c.out)
	if err != nil {
		return err
	}
	return out.write(write)
}

func (o *storeOptions) merge(ctx context.Context, c *console, s *store.Store, q store.Query) error {
	p, stats, err := s.Merge(ctx, q)
	if err != nil {
		return err
	}
	for _, n := range p.Meta.Notes {
		c.note("%s", report.Visible(n))
	}
	c.note("merged %d profiles", stats.Profiles)
	return o.write(c, func(w io.Writer) error { return pprof.Encode(w, p) })
}

// list prints the profiles, or one JSON object for each.
func (o *storeOptions) list(ctx context.Context, w io.Writer, s *store.Store, q store.Query) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	if o.format == "text" {
		fmt.Fprintln(table, "TIME\tDURATION\tTYPE\tLABELS\tTOTAL\tBYTES\tID")
	}
	rows := 0
	for e, err := range s.Select(ctx, q) {
		if err != nil {
			return err
		}
		if o.format == "json" {
			if err := json.NewEncoder(w).Encode(listed(e)); err != nil {
				return err
			}
			continue
		}
		t := e.SampleTypes[e.Default]
		fmt.Fprintf(table, "%s\t%v\t%s\t%s\t%d %s\t%d\t%s\n", e.Time.Format("2006-01-02T15:04:05Z"), e.Duration.Round(time.Millisecond),
			report.Visible(e.Type), report.Visible(labelText(e.Labels)), e.Totals[e.Default]/t.Div(), report.Visible(t.Unit), e.Size, e.ID)
		if rows++; rows%1000 == 0 { // a table of months is not held in memory
			if err := table.Flush(); err != nil {
				return err
			}
		}
	}
	return table.Flush()
}

func labelText(labels store.Labels) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		list = append(list, name+"="+strconv.Quote(labels[name]))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// A listedProfile is one line of the list as JSON.
type listedProfile struct {
	ID       store.ID         `json:"id"`
	Type     string           `json:"type"`
	Labels   store.Labels     `json:"labels"`
	Time     time.Time        `json:"time"`
	Duration float64          `json:"seconds"`
	Bytes    int64            `json:"bytes"`
	Totals   map[string]int64 `json:"totals"` // by sample type
}

func listed(e store.Entry) listedProfile {
	l := listedProfile{ID: e.ID, Type: e.Type, Labels: e.Labels, Time: e.Time, Duration: e.Duration.Seconds(), Bytes: e.Size, Totals: map[string]int64{}}
	for i, t := range e.SampleTypes {
		l.Totals[t.Type] = e.Totals[i] / t.Div()
	}
	return l
}

func (o *storeOptions) verify(ctx context.Context, c *console, s *store.Store) error {
	r, err := s.Verify(ctx, o.repair)
	if err != nil {
		return err
	}
	left := 0
	err = o.write(c, func(w io.Writer) error {
		for _, p := range r.Problems {
			state := ""
			if p.Repaired {
				state = " (repaired)"
			} else {
				left++
			}
			if _, err := fmt.Fprintf(w, "%s: %s%s\n", report.Visible(p.Key), p.What, state); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(w, "%d profiles in %d packs and %d segments, %d files of roll-ups, %d bytes\n", r.Profiles, r.Packs, r.Segments, r.RollUps, r.Bytes)
		return err
	})
	switch {
	case err != nil:
		return err
	case left > 0 && !o.repair:
		return fmt.Errorf("verify store: %d objects are not as they should be; run flame store verify --repair", left)
	case left > 0:
		return fmt.Errorf("verify store: %d objects could not be repaired", left)
	}
	return nil
}
