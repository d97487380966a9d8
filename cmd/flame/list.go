package main

import (
	"context"
	"errors"
	"path"

	"flame/collapse"
	"flame/flame/report"
)

func listCommand(c *console) *command {
	r := &reporting{}
	finder := &sourceFinder{}
	specs := r.specs(false)
	specs = append(specs, withStage("Sources: where the code is", []*flagSpec{
		{names: []string{"source_path"}, arg: "DIRS", value: textVar(&finder.path), pprof: true,
			usage: "look for source files in these directories; : separates\nthem (the current module, GOROOT, the module cache)"},
		{names: []string{"trust-paths"}, value: switchVar(&finder.trust),
			usage: "also open any file by the full path that the profile has"},
	})...)
	return &command{
		name: "list", args: "REGEXP " + sourceArgs, usage: "show the lines of the functions that match, with flat and cum",
		long: `The source is read where it can be trusted to be source: in the directories of
-source_path, in the current module (or directory), in GOROOT and in the module cache. A
profile may come from anyone, and the files that it names are not opened otherwise unless
--trust-paths is given. -trim_path cuts off what the paths of another machine begin with.
`,
		tail:  "Examples\n  flame list 'main\\.parse' cpu.pb.gz\n",
		specs: specs,
		run: func(ctx context.Context, args []string) error {
			match, args, err := cutPattern("list", args)
			if err != nil {
				return err
			}
			if g := r.filter.Granularity; g != "" && g != collapse.Lines {
				return usageErrorf("list shows lines, and -granularity is %s; leave it out", g)
			}
			r.filter.Granularity = collapse.Lines
			return r.load(ctx, c, args, func(p *collapse.Profile) (written, error) {
				return report.MakeList(p, r.Options, match, finder.lines)
			})
		},
	}
}

// hint says what brings a source file that was not found.
func (f *sourceFinder) hint(file string) error {
	text := "the source is not in this module, GOROOT or the module cache; -source_path DIR says where it is"
	switch {
	case f.path != "":
		text = "the source is not in -source_path either; -trim_path cuts off what its path begins with"
	case path.IsAbs(file) && !f.trust:
		text += ", --trust-paths opens it as the profile names it"
	}
	return errors.New(text)
}
