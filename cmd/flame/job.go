package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"flame/collapse"
	"flame/collapse/format"
	"flame/flame"
	"flame/flame/fetch"
	"flame/flame/symbolize"
)

// A job is a profile to be loaded. All that can be wrong with its command line
// has been looked at: a capture may take minutes.
type job struct {
	sources []flame.Source
	options flame.Options
	saves   []*output
}

// job makes ready to load what the flags and the arguments name. The result is
// where the command will write to: "-" if that is standard output.
func (in *input) job(c *console, args []string, result string) (*job, error) {
	for _, t := range in.typeFlags {
		if t != in.typeFlags[0] || in.sampleIndex != "" {
			return nil, usageErrorf("-%s and another sample type are given; give one, the viewer can switch to the others", t)
		}
	}
	j := &job{}
	var err error
	if j.sources, err = in.sources(c, args); err != nil {
		return nil, err
	}
	if j.options, err = in.loadOptions(); err != nil {
		return nil, err
	}
	if j.options.Base, err = in.comparison(c, args); err != nil {
		return nil, err
	}
	j.saves, err = in.saves(len(j.all()), result, c)
	return j, err
}

// comparison is what -base and -diff_base say.
func (in *input) comparison(c *console, args []string) (flame.Base, error) {
	b := flame.Base{Subtract: len(in.base) > 0, Normalize: in.normalize, Match: in.match}
	switch names := slices.Concat(in.base, in.diffBase); {
	case len(in.base) > 0 && len(in.diffBase) > 0:
		return b, usageErrorf("-base subtracts and -diff_base compares; give one of them")
	case len(names) == 0 && in.normalize:
		return b, usageErrorf("-normalize scales to a base; give one with -base or -diff_base")
	case len(names) == 0 && in.match != collapse.NameMatch{}:
		return b, usageErrorf("--match-closures is for a comparison; give a profile to compare with by -base or -diff_base")
	default:
		for _, name := range names {
			if name == "-" && slices.Contains(args, "-") {
				return b, usageErrorf("- is given twice, and standard input can be read once")
			}
			found, err := in.argument(c, name)
			if err != nil {
				return b, err
			}
			b.Sources = append(b.Sources, found...)
		}
	}
	return b, nil
}

// all are the sources of both sides.
func (j *job) all() []flame.Source { return slices.Concat(j.sources, j.options.Base.Sources) }

// run loads the profile, tells of the sources that brought none and keeps the
// bytes that --save asks for.
func (j *job) run(ctx context.Context, c *console) (*flame.Loaded, error) {
	relaxGC()
	bar := newProgress(c, j.all())
	j.options.Fetch.OnProgress = bar.update
	j.options.OnDecoded = bar.decoded
	loaded, err := flame.Load(ctx, j.options, j.sources...)
	bar.finish()
	if loaded == nil {
		return nil, err
	}
	if failed := j.keep(c, loaded); err != nil || failed != nil {
		return nil, errors.Join(err, failed) // which tells of the missing sources too
	}
	for _, err := range loaded.Missing {
		fmt.Fprintf(c.err, "flame: %v\n", err)
	}
	collect(loaded.Profile)
	tellSkipped(c, loaded.Skipped)
	if kept, ok := loaded.Profile.Kept(); ok && len(j.options.Base.Sources) == 0 {
		c.note("the filters keep %.1f%% of the profile", 100*kept)
	}
	return loaded, nil
}

// keep writes the bytes that --save asks for, whatever became of them.
func (j *job) keep(c *console, loaded *flame.Loaded) error {
	for i, raw := range loaded.Raw {
		if raw == nil || j.saves == nil {
			continue
		}
		if err := j.saves[i].write(func(w io.Writer) error { _, err := w.Write(raw); return err }); err != nil {
			return err
		}
		c.note("kept the profile as it came in %s", j.saves[i].name)
	}
	return nil
}

// tellSkipped names what lay in a directory and is no profile: all of a few, else
// how many and the first.
func tellSkipped(c *console, skipped []error) {
	const named = 5
	for i, err := range skipped {
		if i == named && len(skipped) > named+1 {
			c.note("skipped %d more files that are no profiles", len(skipped)-named)
			return
		}
		c.note("skipped a file: %v", err)
	}
}

// done is the command's error once the result is written: nil, or that it was
// made without some of the sources.
func (j *job) done(c *console, loaded *flame.Loaded) error {
	n := len(loaded.Missing)
	if n == 0 {
		return nil
	}
	fmt.Fprintf(c.err, "flame: %d of %d sources are missing from the result\n", n, len(j.all()))
	return errPartial
}

func (in *input) sampleType() string {
	if len(in.typeFlags) > 0 {
		return in.typeFlags[0]
	}
	return in.sampleIndex
}

func (in *input) loadOptions() (flame.Options, error) {
	load := flame.Options{
		Fetch: fetch.Options{
			Header: http.Header{}, BearerToken: in.token, BearerTokenFile: in.tokenFile,
			CertFile: in.cert, KeyFile: in.key, CAFile: in.ca, Insecure: in.insecure,
			MaxBytes: in.maxBytes, UserAgent: "flame/" + versionText(),
		},
		Decode: format.Options{
			Limits:  collapse.Limits{Bytes: in.maxBytes},
			Ordered: in.ordered, AllFrames: in.allFrames,
		},
		SampleType: in.sampleType(),
		Filter:     in.filter,
		KeepRaw:    in.save != "",
	}
	if in.binaryName != "" {
		load.Symbolize = in.symbolize
	}
	for _, h := range in.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return load, usageErrorf("-H holds no colon; write it as 'Name: value'") // the text may be a secret
		}
		load.Fetch.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return load, nil
}

// symbolize names addresses by the program that the flags or arguments name.
func (in *input) symbolize(data []byte) ([]byte, []string, error) {
	named, result, err := symbolize.Data(data, in.binaryName)
	switch {
	case err != nil || len(result.Notes) > 0:
	case result.Found+result.Missing == 0:
		result.Notes = []string{in.binaryName + " is not needed: the functions' names are in the profile"}
	case result.Missing > 0:
		result.Notes = []string{fmt.Sprintf("%d of %d addresses are not in %s; they are shown as they are", result.Missing, result.Found+result.Missing, in.binaryName)}
	}
	return named, result.Notes, err
}

// saves are the files for --save: one for each source, numbered if there are
// several.
func (in *input) saves(n int, result string, c *console) ([]*output, error) {
	if in.save == "" {
		return nil, nil
	}
	var outs []*output
	for i := range n {
		name := in.save
		if n > 1 {
			stem, ext := splitExt(name)
			name = fmt.Sprintf("%s-%d%s", stem, i+1, ext)
		}
		out, err := newOutput(name, c.out)
		if err != nil {
			return nil, err
		}
		if out.stream != nil && result == "-" {
			return nil, usageErrorf("--save %s and the result would both go to standard output; give one of them a file", in.save)
		}
		outs = append(outs, out)
	}
	return outs, nil
}

// splitExt takes all of an extension such as .pb.gz.
func splitExt(name string) (stem, ext string) {
	base := filepath.Base(name)
	i := strings.IndexByte(strings.TrimLeft(base, "."), '.')
	if i < 0 {
		return name, ""
	}
	at := len(name) - len(strings.TrimLeft(base, ".")) + i
	return name[:at], name[at:]
}
