package flame

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"

	"flame/collapse"
	"flame/collapse/format"
	"flame/flame/fetch"
)

// Options say how [Load] gets a profile. The zero Options is ready for use.
type Options struct {
	// Fetch is for the sources that are targets.
	Fetch fetch.Options
	// Decode is for all of them: limits, and what is kept.
	Decode format.Options
	// SampleType becomes the profile's default type: a name or a number from
	// 0, as pprof's -sample_index. "" leaves the profile's own.
	SampleType string
	// Base is what the profile is compared with, if there is anything.
	Base Base
	// Filter is applied to the merged profile, or to the difference.
	Filter collapse.Filter
	// KeepRaw keeps each source's bytes as they came, in Loaded.Raw.
	KeepRaw bool
	// Symbolize, if it is not nil, gets the bytes of each source, perhaps of
	// several at once, and returns them with what was only addresses named, and
	// what there is to say about it. It takes no notice of what is no pprof
	// profile. See package symbolize.
	Symbolize func(data []byte) (named []byte, notes []string, err error)
	// OnDecoded is called each time that a source has been read and merged, or
	// was not to be; it may be nil.
	OnDecoded func()
}

// Loaded is what [Load] got.
type Loaded struct {
	// Profile is the merged profile. What is to be said about it is in its
	// Meta.Notes.
	Profile *collapse.Profile
	// Missing are the sources that brought nothing, one error each, when
	// others did.
	Missing []error
	// Skipped are files of a directory (see [Dir]) that are no profiles, but
	// something else, one error each that says what.
	Skipped []error
	// Raw are the bytes of each source, in the order of the sources, then of
	// those of the base, if they were asked for; nil for those that are missing.
	Raw [][]byte
}

// An EmptyError says that a profile holds nothing to draw, and why that may be.
type EmptyError struct {
	Source string
	Reason string // one sentence: what it means and what to do
}

// Error implements error.
func (e *EmptyError) Error() string { return "read " + e.Source + ": " + e.Reason }

// Load fetches or reads all sources, those of the base too, targets at once, and
// merges each side. If some fail the others still make a profile, and
// Loaded.Missing tells; if all of a side fail, the error joins theirs. A profile
// whose values are all zero is an [*EmptyError]. With an error that comes after
// the sources were read Loaded is there too, without a Profile. When ctx ends,
// captures stop on their targets and Load returns.
func Load(ctx context.Context, o Options, sources ...Source) (*Loaded, error) {
	if len(sources) == 0 {
		return nil, errors.New("load profile: no source is given")
	}
	all := slices.Concat(sources, o.Base.Sources)
	inputs, err := fetchTargets(ctx, o.Fetch, all)
	if err != nil {
		return nil, err
	}
	loaded := &Loaded{}
	if o.KeepRaw {
		loaded.Raw = make([][]byte, len(all))
	}
	o.Decode.Detail = max(o.Decode.Detail, o.Filter.Detail(), o.Base.detail())
	o.Decode.Labels = o.Decode.Labels || o.Filter.NeedsLabels()
	sides := []side{newSide(o), newSide(o)}
	for i, d := range decodeAll(inputs, all, o) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("load %s: %w", all[i], &explained{err, "it was cancelled before the profile was complete"})
		}
		to := &sides[0]
		if i >= len(sources) {
			to = &sides[1]
		}
		if o.OnDecoded != nil {
			o.OnDecoded()
		}
		switch {
		case d.err != nil && all[i].among && isSomethingElse(d.err):
			loaded.Skipped = append(loaded.Skipped, d.err)
			continue
		case d.err != nil:
			loaded.Missing = append(loaded.Missing, d.err)
			continue
		}
		if o.KeepRaw {
			loaded.Raw[i] = d.raw
		}
		if err := to.add(d.profile); err != nil {
			return nil, errors.Join(append(loaded.Missing, fmt.Errorf("add %s: %w", all[i], err))...)
		}
	}
	if sides[0].merged == 0 || len(o.Base.Sources) > 0 && sides[1].merged == 0 {
		return loaded, errors.Join(slices.Concat(loaded.Missing, loaded.Skipped)...)
	}
	if loaded.Profile, err = finish(sides, o); err != nil {
		return loaded, errors.Join(append(loaded.Missing, err)...)
	}
	return loaded, nil
}

// isSomethingElse reports whether an input is whole and yet no profile.
func isSomethingElse(err error) bool {
	stranger, ok := errors.AsType[*format.Error](err)
	return ok && !stranger.Empty || errors.Is(err, collapse.ErrNotFolded)
}

// A side is the sum of the sources, or of those of the base.
type side struct {
	merger *collapse.Merger
	merged int
}

func newSide(o Options) side { return side{merger: collapse.NewMerger(o.Decode.Limits)} }

func (s *side) add(p *collapse.Profile) error {
	s.merged++
	return s.merger.Add(p)
}

// finish makes one profile of the sides, with something in it to draw.
func finish(sides []side, o Options) (*collapse.Profile, error) {
	p, err := sides[0].merger.Profile()
	if err != nil {
		return nil, err
	}
	if sides[1].merged > 0 {
		base, err := sides[1].merger.Profile()
		if err != nil {
			return nil, err
		}
		if p, err = o.Base.apply(p, base, o.Decode.Limits); err != nil {
			return nil, err
		}
		if o.Base.Subtract && p.Len() == 1 && !hasValues(p, p.Default) {
			return nil, &EmptyError{Source: p.Meta.Source, Reason: "nothing is left: both have the same values"}
		}
	}
	source := p.Meta.Source
	if p, err = withType(p, o.SampleType); err != nil {
		return nil, fmt.Errorf("read %s: %w", source, err)
	}
	if err := checkEmpty(p); err != nil {
		return nil, err
	}
	filtered, err := o.Filter.Apply(p)
	if err != nil {
		return nil, fmt.Errorf("filter %s: %w", source, err)
	}
	return filtered, checkEmpty(filtered)
}

// decoded is what came of one source.
type decoded struct {
	profile *collapse.Profile
	raw     []byte // nil unless it is kept
	err     error
}

// maxDecoding is how many sources are decoded at once at most: the merger, which
// takes one after the other, keeps up with about so many processors.
const maxDecoding = 8

// decodeAll decodes the sources, each on a processor of its own, and yields them in
// their order. However many there are, only as many profiles as are decoded at once
// are held.
func decodeAll(inputs []input, sources []Source, o Options) iter.Seq2[int, decoded] {
	return func(yield func(int, decoded) bool) {
		at := make([]chan decoded, min(runtime.GOMAXPROCS(0), maxDecoding, len(sources)))
		start := func(i int) {
			go func() { at[i%len(at)] <- inputs[i].decode(sources[i], o) }()
		}
		for i := range at {
			at[i] = make(chan decoded, 1) // so that nobody waits where nobody receives any more
			start(i)
		}
		for i := range sources {
			d := <-at[i%len(at)]
			if next := i + len(at); next < len(sources) {
				start(next)
			}
			if !yield(i, d) {
				return
			}
		}
	}
}

// An input is what a fetch brought; the zero input is one that was not fetched.
type input struct {
	result *fetch.Result
	err    error
}

// fetchTargets fetches the sources that are targets, all at once.
func fetchTargets(ctx context.Context, o fetch.Options, sources []Source) ([]input, error) {
	inputs := make([]input, len(sources))
	var targets []fetch.Target
	var at []int
	for i, s := range sources {
		if s.remote {
			targets = append(targets, s.target)
			at = append(at, i)
		}
	}
	if len(targets) == 0 {
		return inputs, nil
	}
	client, err := fetch.New(o)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	results, failures := client.FetchAll(ctx, targets)
	for _, f := range failures {
		inputs[at[f.Index]].err = f.Err
	}
	for i := range inputs {
		if sources[i].remote && inputs[i].err == nil {
			inputs[i].result, results = results[0], results[1:]
		}
	}
	return inputs, nil
}

// decode decodes one source.
func (in input) decode(s Source, o Options) decoded {
	if in.err != nil {
		return decoded{err: in.err}
	}
	var r io.Reader
	var raw []byte
	if in.result != nil {
		raw = in.result.Data
		r = bytes.NewReader(raw)
	} else {
		f, err := s.open()
		if err != nil {
			return decoded{err: err}
		}
		defer f.Close()
		r = f
		if o.KeepRaw || o.Symbolize != nil {
			limit := o.Decode.Limits.WithDefaults().Bytes
			if raw, err = io.ReadAll(io.LimitReader(f, limit+1)); err != nil {
				return decoded{err: fmt.Errorf("read %s: %w", s, pathCause(err))}
			}
			r = bytes.NewReader(raw)
		}
	}
	var notes []string
	if o.Symbolize != nil {
		named, said, err := o.Symbolize(raw)
		if err != nil {
			return decoded{err: fmt.Errorf("read %s: %w", s, err)}
		}
		r, notes = bytes.NewReader(named), said
	}
	p, err := format.Decode(r, o.Decode)
	if err != nil {
		return decoded{err: fmt.Errorf("read %s: %w", s, pathCause(err))}
	}
	p = withOrigin(p, s, in.result)
	p.Meta.Notes = slices.Concat(notes, p.Meta.Notes) // of the copy that withOrigin made
	return decoded{profile: p, raw: raw}
}

// withOrigin returns p with where it came from and what the fetch had to say. A
// profile is not changed once made; its head is copied.
func withOrigin(p *collapse.Profile, s Source, r *fetch.Result) *collapse.Profile {
	q := *p
	if q.Meta.Source == "" { // a flame graph knows what it was made from
		q.Meta.Source = s.name
	}
	if r == nil {
		return &q
	}
	if q.Meta.Time.IsZero() {
		q.Meta.Time = r.Origin.Started
	}
	if q.Meta.Duration == 0 {
		q.Meta.Duration = r.Origin.Duration
	}
	q.Meta.Notes = slices.Concat(r.Notes, q.Meta.Notes)
	return &q
}

// withType returns p with the sample type of that name as its default.
func withType(p *collapse.Profile, name string) (*collapse.Profile, error) {
	i, err := p.TypeIndex(name)
	if err != nil || i == p.Default {
		return p, err
	}
	q := *p
	q.Default = i
	return &q, nil
}
