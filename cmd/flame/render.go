package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"flame/collapse"
	"flame/flame"
	"flame/svg"
)

const (
	defaultCommand = "render"
	defaultFile    = "torch.svg" // go-torch's
	paletteFile    = "palette.map"
)

// renderCommand is what flame is for: sources in, one flame graph out.
func renderCommand(c *console) *command {
	o := &options{}
	return &command{
		name:  defaultCommand,
		args:  "[TARGET | FILE | - ...]",
		usage: "turn running programs and profiles into flame graphs",
		long:  renderLong,
		tail:  renderExamples,
		specs: o.specs(),
		run: func(ctx context.Context, args []string) error {
			c.quiet = o.quiet
			return o.render(ctx, c, args)
		},
	}
}

const renderLong = `flame asks a program that serves net/http/pprof for a profile, or reads one from a
file, and writes an SVG file: open it in a browser to zoom, search and switch between
the sample types. Files may hold pprof profiles (gzipped or not), folded stacks, or a
flame graph that flame wrote; what they hold decides, not their names. Several sources
are merged. - is standard input.
`

const renderExamples = `Examples
  flame -u localhost:8080 -t 30              30 seconds of CPU time to torch.svg
  flame -u localhost:8080 -inuse_space       what is in use on the heap
  flame -u localhost:8080 -s fgprof -t 10    wall-clock time, waiting included
  flame -u app-1:6060 -u app-2:6060 -t 10    two programs in one picture
  flame cpu.pb.gz --colors java -f cpu.svg   a profile from a file
  flame cpu.pb.gz -f cpu.html                the same as one HTML page
  flame profiles -f week.svg                 all profiles in a directory, merged
  flame -r cpu.pb.gz                         folded stacks, one on each line
  flame torch.svg -f again.svg --inverted    the profile in a flame graph, drawn anew

Other commands: flame top, tree, peek, list, traces, tags, raw (what go tool pprof lists),
flame graph (its call graph), flame diff (what changed between two profiles), flame pprof (its
shell and web pages), flame demo (a program to try flame on), flame completion (for bash,
zsh and fish), flame help COMMAND.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with part of the sources missing,
130 interrupted.
`

// render is the whole flow.
func (o *options) render(ctx context.Context, c *console, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	j, err := o.job(c, args, o.outputName())
	if err != nil {
		return err
	}
	if err := o.readPictureFiles(c); err != nil {
		return err
	}
	out, err := newOutput(o.outputName(), c.out)
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
	if err := o.write(c, out, p); err != nil {
		return err
	}
	return j.done(c, loaded)
}

// check finds flags that contradict each other.
func (o *options) check() error {
	switch {
	case o.print && o.file != "" && o.file != "-":
		return usageErrorf("-p prints and -f %s writes a file; give one of them", o.file)
	case o.raw && o.format != "":
		return usageErrorf("-r writes folded stacks and --format %s a picture; give one of them", o.format)
	case o.open && (o.raw || o.outputName() == "-"):
		return usageErrorf("--open shows a picture's file, and none is written with -p, -r or -f -; leave one of them out")
	}
	o.svg.Format = o.pictureFormat()
	o.svg.Palette = svg.Palette(o.colors)
	o.svg.Unit = o.filter.Unit
	o.svg.Version = versionText()
	if err := o.svg.Validate(); err != nil {
		return usageError{err}
	}
	return nil
}

func (o *options) outputName() string {
	switch {
	case o.print:
		return "-"
	case o.file != "":
		return o.file
	case o.raw:
		return "-"
	}
	stem, _ := splitExt(defaultFile)
	return stem + "." + string(o.pictureFormat())
}

// pictureFormat is what --format says, else what the file's name does.
func (o *options) pictureFormat() svg.Format {
	switch ext := strings.ToLower(filepath.Ext(o.file)); {
	case o.format != "":
		return svg.Format(o.format)
	case ext == ".html" || ext == ".htm":
		return svg.HTML
	}
	return svg.SVG
}

// readPictureFiles reads the files that the picture's options name.
func (o *options) readPictureFiles(c *console) error {
	if o.nameAttr != "" {
		f, err := os.Open(o.nameAttr)
		if err != nil {
			return fmt.Errorf("read %s: %w", o.nameAttr, cause(err))
		}
		defer f.Close()
		if o.svg.NameAttrs, err = svg.ReadNameAttrs(f); err != nil {
			return fmt.Errorf("read %s: %w", o.nameAttr, err)
		}
		for _, note := range o.svg.NameAttrs.Notes {
			c.note("%s", note)
		}
	}
	if !o.cp {
		return nil
	}
	f, err := os.Open(paletteFile)
	if errors.Is(err, fs.ErrNotExist) {
		o.svg.PaletteMap = &svg.PaletteMap{}
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", paletteFile, cause(err))
	}
	defer f.Close()
	if o.svg.PaletteMap, err = svg.ReadPaletteMap(f); err != nil {
		return fmt.Errorf("read %s: %w", paletteFile, err)
	}
	return nil
}

// shape arranges the stacks as the flags ask for it.
func (o *options) shape(p *collapse.Profile) (_ *collapse.Profile, err error) {
	if o.mean {
		if p, err = collapse.Mean(p); err != nil {
			return nil, err
		}
	}
	if p, err = collapse.Flatten(p); err != nil {
		return nil, err
	}
	if o.reverse {
		return collapse.Reverse(p)
	}
	return p, nil
}

// write writes the profile as the flags ask for it.
func (o *options) write(c *console, out *output, p *collapse.Profile) error {
	fill := func(w io.Writer) error { return flame.Render(w, p, o.svg) }
	what := string(o.svg.Format)
	if o.raw {
		fill = func(w io.Writer) error { return collapse.WriteFolded(w, p, p.Default) }
		what = "folded stacks"
	}
	if out.stream == nil && !o.quiet {
		fmt.Fprintf(c.err, "Writing %s to %s\n", what, out.name) // go-torch's line
	}
	if err := out.write(fill); err != nil {
		return err
	}
	for _, note := range p.Meta.Notes {
		c.note("%s", note)
	}
	if o.cp && !o.raw {
		if err := writeFile(paletteFile, o.svg.PaletteMap.Write); err != nil {
			return err
		}
	}
	if o.open {
		return openInBrowser(out.path)
	}
	return nil
}
