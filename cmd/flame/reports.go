package main

import (
	"context"
	"fmt"
	"io"
	"regexp"

	"flame/collapse"
	"flame/flame/report"
)

// reportFormats are the values of a report's --format.
var reportFormats = []string{"text", "json", "markdown"}

// A reporting is what the flags of a report say.
type reporting struct {
	input
	report.Options
	format string
	file   string
	quiet  bool
	flat   bool
	open   bool
}

// A written is a report that is ready to be written in each of the formats.
type written interface {
	WriteText(io.Writer) error
	WriteJSON(io.Writer) error
	WriteMarkdown(io.Writer) error
}

const stageReport = "Report: which rows, and how"

// specs are the flags of a report in text, of those that trim or not.
func (r *reporting) specs(trims bool) []*flagSpec {
	specs := r.input.specs()
	if trims {
		specs = append(specs, r.trimFlags()...)
	}
	return append(specs, withStage(stageOutput, []*flagSpec{
		{names: []string{"format"}, arg: "NAME", words: reportFormats, value: enumVar(&r.format, reportFormats),
			usage: "text for people, json or markdown (text)"},
		{names: []string{"file", "f"}, arg: "FILE", value: textVar(&r.file), usage: "write to FILE instead of standard output"},
		{names: []string{"quiet", "q"}, value: switchVar(&r.quiet), usage: "only report errors"},
	})...)
}

// trimFlags are pprof's flags for what of a report is shown.
func (r *reporting) trimFlags() []*flagSpec {
	return withStage(stageReport, []*flagSpec{
		{names: []string{"cum"}, value: switchVar(&r.Cum), pprof: true, usage: "sort by cum: with callees"},
		{names: []string{"flat"}, value: switchVar(&r.flat), pprof: true, usage: "sort by flat: without (the default)"},
		{names: []string{"nodecount"}, arg: "N", value: countVar(&r.NodeCount), pprof: true, usage: "show N functions at most, 0 for all"},
		{names: []string{"nodefraction"}, arg: "F", value: fractionVar(&r.NodeFraction), pprof: true,
			usage: "leave out functions whose cum is below F of the total\n(0.005)"},
		{names: []string{"edgefraction"}, arg: "F", value: fractionVar(&r.EdgeFraction), pprof: true,
			usage: "leave out calls below F of the total (0.001)"},
		{names: []string{"drop_negative"}, value: switchVar(&r.DropNegative), pprof: true, usage: "leave out functions whose value is negative"},
	})
}

// load reads the profile that the arguments name and writes the report of it.
func (r *reporting) load(ctx context.Context, c *console, args []string, make func(*collapse.Profile) (written, error)) error {
	if r.file == "" {
		r.file = "-"
	}
	return r.produce(ctx, c, args, func(out *output, p *collapse.Profile) error {
		result, err := make(p)
		if err != nil {
			return err
		}
		fill := map[string]func(io.Writer) error{"json": result.WriteJSON, "markdown": result.WriteMarkdown}[r.format]
		if fill == nil {
			fill = result.WriteText
		}
		return out.write(fill)
	})
}

// produce reads the profile that the arguments name and has write make something
// of it. The report's options are complete by then.
func (r *reporting) produce(ctx context.Context, c *console, args []string, write func(*output, *collapse.Profile) error) error {
	c.quiet = r.quiet
	if r.Cum && r.flat {
		return usageErrorf("-cum and -flat are given; give one of them")
	}
	j, err := r.job(c, args, r.file)
	if err != nil {
		return err
	}
	out, err := newOutput(r.file, c.out)
	if err != nil {
		return err
	}
	j.options.Decode.Inlined = true
	loaded, err := j.run(ctx, c)
	if err != nil {
		return err
	}
	p := loaded.Profile
	r.Type, r.Unit, r.Mean, r.Filters = p.Default, r.filter.Unit, r.mean, r.activeFilters()
	if err := write(out, p); err != nil {
		return err
	}
	for _, note := range p.Meta.Notes {
		c.note("%s", note)
	}
	return j.done(c, loaded)
}

// activeFilters are the filters that the head of a report tells, in pprof's order.
func (r *reporting) activeFilters() []string {
	f, all := &r.filter, []string(nil)
	tell := func(name string, given bool, expr fmt.Stringer) {
		if given {
			all = append(all, name+"="+expr.String())
		}
	}
	tell("focus", f.Focus != nil, f.Focus)
	tell("ignore", f.Ignore != nil, f.Ignore)
	tell("hide", f.Hide != nil, f.Hide)
	tell("show", f.Show != nil, f.Show)
	tell("show_from", f.ShowFrom != nil, f.ShowFrom)
	tell("tagfocus", f.TagFocus != nil, f.TagFocus)
	tell("tagignore", f.TagIgnore != nil, f.TagIgnore)
	tell("tagshow", f.TagShow != nil, f.TagShow)
	tell("taghide", f.TagHide != nil, f.TagHide)
	return all
}

const sourceArgs = "[TARGET | FILE | - ...]"

func topCommand(c *console) *command {
	r := &reporting{Options: report.Defaults()}
	return &command{
		name: "top", args: sourceArgs, usage: "list the functions that cost most",
		long: `The columns are those of "go tool pprof -top": flat is what a function costs itself, cum
what it costs with everything it calls, sum% adds up flat from the top. (inline) means
that the calls of the function were inlined.
`,
		tail: `Examples
  flame top cpu.pb.gz
  flame top cpu.pb.gz -cum -nodecount 20
  flame top -u localhost:8080 -inuse_space --format markdown
`,
		specs: r.specs(true),
		run: func(ctx context.Context, args []string) error {
			return r.load(ctx, c, args, func(p *collapse.Profile) (written, error) { return report.MakeTop(p, r.Options), nil })
		},
	}
}

func treeCommand(c *console) *command {
	r := &reporting{Options: report.Defaults()}
	r.NodeCount = 80 // as go tool pprof
	return &command{
		name: "tree", args: sourceArgs, usage: "list functions with their callers and callees",
		long: `Each function stands between its callers, above, and its callees, below, with the weight
of the calls, as "go tool pprof -tree" has it. It shows 80 functions unless -nodecount
says otherwise; 0 means all.
`,
		tail:  "Examples\n  flame tree cpu.pb.gz -nodecount 10\n",
		specs: r.specs(true),
		run: func(ctx context.Context, args []string) error {
			return r.load(ctx, c, args, func(p *collapse.Profile) (written, error) { return report.MakeTree(p, r.Options), nil })
		},
	}
}

func peekCommand(c *console) *command {
	r := &reporting{Options: report.Defaults()}
	return &command{
		name: "peek", args: "REGEXP " + sourceArgs, usage: "list the callers and callees of the functions that match",
		long: `The same as tree for the functions whose name matches, with all of their callers and
callees, however small.
`,
		tail:  "Examples\n  flame peek 'json' cpu.pb.gz\n",
		specs: r.specs(true),
		run: func(ctx context.Context, args []string) error {
			match, args, err := cutPattern("peek", args)
			if err != nil {
				return err
			}
			return r.load(ctx, c, args, func(p *collapse.Profile) (written, error) {
				return report.MakePeek(p, r.Options, match)
			})
		},
	}
}

func tracesCommand(c *console) *command {
	r := &reporting{}
	r.filter.KeepLabels = true
	return &command{
		name: "traces", args: sourceArgs, usage: "list the stacks, leaf first, the heaviest first",
		long: `Each stack is listed once, with its labels and the sum of its samples, as "go tool pprof
-traces" lists samples. Folded stacks, one on each line, are written by flame -r.
`,
		tail:  "Examples\n  flame traces cpu.pb.gz\n",
		specs: r.specs(false),
		run: func(ctx context.Context, args []string) error {
			return r.load(ctx, c, args, func(p *collapse.Profile) (written, error) { return report.MakeTraces(p, r.Options), nil })
		},
	}
}

func tagsCommand(c *console) *command {
	r := &reporting{}
	r.filter.KeepLabels = true
	return &command{
		name: "tags", args: sourceArgs, usage: "sum up by the labels of the samples",
		long: `Labels, which pprof calls tags, are what a program sets with pprof.Do, or the size of
the objects in a heap profile. -tagfocus and -tagroot make more of them.
`,
		tail:  "Examples\n  flame tags requests.pb.gz\n  flame tags requests.pb.gz -tagshow handler --format json\n",
		specs: r.specs(false),
		run: func(ctx context.Context, args []string) error {
			return r.load(ctx, c, args, func(p *collapse.Profile) (written, error) {
				if !p.HasLabels() {
					return nil, fmt.Errorf("read %s: its samples have no labels; of the formats that flame reads pprof's has them, where the program sets them", p.Meta.Source)
				}
				return report.MakeTags(p, r.Options), nil
			})
		},
	}
}

// cutPattern takes the regular expression off the arguments.
func cutPattern(command string, args []string) (*regexp.Regexp, []string, error) {
	if len(args) == 0 {
		return nil, nil, usageErrorf("%s needs a regular expression for the functions; flame %s 'main\\.' cpu.pb.gz", command, command)
	}
	match, err := regexp.Compile(args[0])
	if err != nil {
		return nil, nil, usageErrorf("%s %q: it is no regular expression: %w", command, args[0], err)
	}
	return match, args[1:], nil
}
