package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"flame/collapse"
	"flame/flame"
	"flame/flame/diff"
	"flame/svg"
)

// diffOptions is what the flags of flame diff say: those of a flame graph, and how
// the table is made.
type diffOptions struct {
	options
	before, after []string
	noise         float64
	noiseGiven    bool
	count         int
	cum           bool
	failOver      []diff.Limit
}

func diffCommand(c *console) *command {
	o := &diffOptions{}
	return &command{
		name:  "diff",
		args:  "BEFORE AFTER",
		usage: "tell what changed between two profiles, as a table or a picture",
		long:  diffLong,
		tail:  diffExamples,
		specs: o.specs(),
		run: func(ctx context.Context, args []string) error {
			c.quiet = o.quiet
			return o.run(ctx, c, args)
		},
	}
}

const diffLong = `Both sides may be running programs, which are captured at the same time, or files of any
format. The table has the functions that changed, the largest change first: what they
take themselves (flat) and with all they call (cum), before and after. Changes below the
noise floor are left out.

--fail-over holds a build to limits: flame exits with 1 and says what grew by more. A
limit is SUBJECT>AMOUNT, several are separated by commas. A SUBJECT is a sample type
(cpu, inuse_space), for its total, or a regular expression for functions, each with what
it calls; TYPE:REGEXP looks at another sample type. An AMOUNT is a percentage of what was
before, or a value such as 200ms or 64MB.

--match-closures takes functions for one whose names differ between versions of Go and
edits of a function: func1, func2.1, gowrap1 and -range2 lose their numbers, -fm goes and
type arguments become [...]; the functions that a closure's own was inlined into go too:
main.outer.inner.func1 and main.inner.func1 are main.inner.func.
`

const diffExamples = `Examples
  flame diff monday.pb.gz tuesday.pb.gz                what changed, as a table
  flame diff monday.pb.gz tuesday.pb.gz -f diff.svg    the same as a picture
  flame diff app-1:6060 app-2:6060 -t 5                two programs at once
  flame diff --before monday.pb.gz --before cpu.pb.gz tuesday.pb.gz    several on a side
  flame diff monday.pb.gz tuesday.pb.gz --fail-over 'cpu>5%,main.serve>10%' --format markdown
`

// specs are the flags, bound to o, in the order of the help.
func (o *diffOptions) specs() []*flagSpec {
	// The arguments are the sources, so there are no flags for them.
	fetch := slices.DeleteFunc(o.fetchFlags(), func(f *flagSpec) bool {
		return slices.Contains([]string{"url", "binaryinput", "binaryname"}, f.name())
	})
	all := slices.Concat(fetch, o.chooseFlags(), o.filterFlags(), o.tableFlags(), o.pictureFlags())
	return append(all, o.diffOutputFlags()...)
}

func (o *diffOptions) tableFlags() []*flagSpec {
	specs := []*flagSpec{
		{names: []string{"before"}, arg: "SOURCE", value: listVar(&o.before), usage: "compare with this profile; again for more, which are\nmerged. The arguments are then what is after"},
		{names: []string{"after"}, arg: "SOURCE", value: listVar(&o.after), usage: "the same for the other side"},
		{names: []string{"normalize"}, value: switchVar(&o.normalize), pprof: true, usage: "scale what is after so that its total is that of before"},
		matchClosuresFlag(&o.match),
		{names: []string{"noise"}, arg: "PERCENT", value: percentVar(&o.noise, &o.noiseGiven), usage: "leave out changes under this part of the total (0.1)"},
		{names: []string{"nodecount", "n"}, arg: "N", value: intVar(&o.count), pprof: true, usage: "list the N functions that changed most (all)"},
		{names: []string{"cum"}, value: switchVar(&o.cum), pprof: true, usage: "sort by the change of cum, not of flat"},
		{names: []string{"fail-over"}, arg: "LIMITS", value: limitsVar(&o.failOver), usage: "exit with 1 if more than this has come: 'cpu>5%'"},
	}
	return withStage(stageCompare, specs)
}

// diffFormats are the values of --format of flame diff.
var diffFormats = append(slices.Clone(diff.Formats), formats...)

func (o *diffOptions) diffOutputFlags() []*flagSpec {
	return withStage(stageOutput, []*flagSpec{
		{names: []string{"file", "f"}, arg: "FILE", value: textVar(&o.file), usage: "write to FILE, - for standard output (that, and\ndiff.svg or diff.html for a picture)"},
		{names: []string{"format"}, arg: "NAME", words: diffFormats, value: enumVar(&o.format, diffFormats),
			usage: "text, markdown, json, svg or html (as FILE's name says, or\ntext)"},
		{names: []string{"open"}, value: switchVar(&o.open), usage: "show the picture in the browser"},
		{names: []string{"quiet", "q"}, value: switchVar(&o.quiet), usage: "only report errors"},
	})
}

func percentVar(p *float64, given *bool) flagValue {
	return valueFunc(func(s string) error {
		s = strings.TrimSuffix(s, "%")
		if s == "0" {
			*p, *given = 0, true
			return nil
		}
		var f float64
		if err := floatVar(&f).Set(s); err != nil || f > 100 {
			return errors.New("give a percentage from 0 to 100")
		}
		*p, *given = f/100, true
		return nil
	})
}

func limitsVar(p *[]diff.Limit) flagValue {
	return valueFunc(func(s string) error {
		limits, err := diff.ParseLimits(s)
		*p = append(*p, limits...)
		return err
	})
}

// run loads both sides and writes what changed.
func (o *diffOptions) run(ctx context.Context, c *console, args []string) error {
	before, after, err := o.sides(args)
	if err != nil {
		return err
	}
	picture, err := o.settle()
	if err != nil {
		return err
	}
	o.diffBase = before
	j, err := o.job(c, after, o.file)
	if err != nil {
		return err
	}
	if err := o.readPictureFiles(c); err != nil {
		return err
	}
	out, err := newOutput(o.file, c.out)
	if err != nil {
		return err
	}
	loaded, err := j.run(ctx, c)
	if err != nil {
		return err
	}
	p, err := o.shape(loaded.Profile)
	if err != nil {
		return err
	}
	report, err := o.report(p, j)
	if err != nil {
		return err
	}
	if picture {
		err = o.write(c, out, p)
	} else {
		err = out.write(func(w io.Writer) error { return report.Write(w, o.format) })
		for _, note := range p.Meta.Notes {
			c.note("%s", note)
		}
	}
	if err != nil {
		return err
	}
	if len(report.Excesses) > 0 {
		var lines []error
		for _, e := range report.Excesses {
			lines = append(lines, errors.New(e.String()))
		}
		return errors.Join(lines...)
	}
	return j.done(c, loaded)
}

// sides are the names of the sources before and after.
func (o *diffOptions) sides(args []string) (before, after []string, err error) {
	before, after = o.before, o.after
	switch {
	case len(before) == 0 && len(after) == 0 && len(args) == 2:
		return args[:1], args[1:], nil
	case len(before) > 0 && len(after) == 0 && len(args) > 0:
		return before, args, nil
	case len(after) > 0 && len(before) == 0 && len(args) > 0:
		return args, after, nil
	case len(before) > 0 && len(after) > 0 && len(args) == 0:
		return before, after, nil
	case len(before) > 0 && len(after) > 0:
		return nil, nil, usageErrorf("%s is on neither side; give it with --before or --after", args[0])
	}
	return nil, nil, usageErrorf("two profiles are compared, and %d are given: flame diff BEFORE AFTER; several on a side are named by --before and --after", len(args)+len(before)+len(after))
}

// settle decides on the format and the file, and whether it is a picture.
func (o *diffOptions) settle() (picture bool, err error) {
	byName := map[string]string{".svg": "svg", ".html": "html", ".htm": "html", ".json": "json", ".md": "markdown"}
	o.format = cmp.Or(o.format, byName[strings.ToLower(filepath.Ext(o.file))], "text")
	picture = slices.Contains(formats, o.format)
	switch {
	case o.file == "" && picture:
		o.file = "diff." + o.format
	case o.file == "":
		o.file = "-"
	}
	if o.open && (!picture || o.file == "-") {
		return false, usageErrorf("--open shows a picture's file; ask for one with -f diff.svg")
	}
	if !picture {
		o.svg.Palette, o.svg.Unit = svg.Palette(o.colors), o.filter.Unit
		if err := o.svg.Validate(); err != nil {
			return false, usageError{err}
		}
		return false, nil
	}
	return true, o.check()
}

// report is what the table and the limits say.
func (o *diffOptions) report(p *collapse.Profile, j *job) (*diff.Report, error) {
	noise := o.noise
	if o.noiseGiven && noise == 0 {
		noise = -1
	}
	t, err := diff.Make(p, diff.Options{Type: p.Default, Noise: noise, Count: o.count, Cum: o.cum})
	if err != nil {
		return nil, err
	}
	r := &diff.Report{Table: t, Before: sourceNames(j.options.Base.Sources), After: sourceNames(j.sources), Notes: p.Meta.Notes, Limits: o.failOver}
	r.Unit, _ = svg.ParseUnit(o.filter.Unit) // settle has seen it
	r.Excesses, err = diff.Check(p, p.Default, noise, o.failOver)
	return r, err
}

func sourceNames(sources []flame.Source) string {
	names := make([]string, len(sources))
	for i, s := range sources {
		names[i] = s.String()
	}
	return strings.Join(names, ", ")
}
