package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"

	"flame/collapse"
	"flame/collapse/pprof"
	"flame/flame"
	"flame/flame/report"

	"github.com/google/pprof/profile"
)

func rawCommand(c *console) *command {
	in := &input{}
	file, quiet := "-", false
	return &command{
		name: "raw", args: sourceArgs, usage: "print all that a profile holds: samples, locations, mappings",
		long: `A pprof profile is printed as it came, as "go tool pprof -raw" prints it. What flame had
to make itself, of another format, of several sources or by filters, is printed as the
pprof profile that holds it.
`,
		tail: "Examples\n  flame raw cpu.pb.gz\n",
		specs: append(in.specs(), withStage(stageOutput, []*flagSpec{
			{names: []string{"file", "f"}, arg: "FILE", value: textVar(&file), usage: "write to FILE instead of standard output"},
			{names: []string{"quiet", "q"}, value: switchVar(&quiet), usage: "only report errors"},
		})...),
		run: func(ctx context.Context, args []string) error {
			c.quiet = quiet
			return in.raw(ctx, c, args, file)
		},
	}
}

func (in *input) raw(ctx context.Context, c *console, args []string, file string) error {
	j, err := in.job(c, args, file)
	if err != nil {
		return err
	}
	out, err := newOutput(file, c.out)
	if err != nil {
		return err
	}
	j.options.KeepRaw = true
	loaded, err := j.run(ctx, c)
	if err != nil {
		return err
	}
	p, err := in.whole(loaded)
	if err != nil {
		return err
	}
	err = out.write(func(w io.Writer) error {
		for line := range strings.Lines(p.String()) { // with names from anyone
			if _, err := fmt.Fprintln(w, report.Visible(strings.TrimSuffix(line, "\n"))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return j.done(c, loaded)
}

// whole is the profile as it came, or the pprof profile that holds what was made of
// it.
func (in *input) whole(loaded *flame.Loaded) (*profile.Profile, error) {
	if len(loaded.Raw) == 1 && in.binaryName == "" && reflect.DeepEqual(in.filter, collapse.Filter{}) {
		if p, err := profile.ParseData(loaded.Raw[0]); err == nil {
			return p, nil
		}
	}
	var b bytes.Buffer
	if err := pprof.EncodeUncompressed(&b, loaded.Profile); err != nil {
		return nil, err
	}
	return profile.ParseData(b.Bytes())
}
