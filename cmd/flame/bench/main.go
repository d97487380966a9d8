// Command bench measures flame, stage by stage and end to end, beside the least
// that any program would have to do and beside the other programs that are on
// this machine, and prints one table.
//
//	make bench
//	go run ./cmd/flame/bench -flame bin/flame [-filter REGEXP] [-runs N]
//	go run ./cmd/flame/bench -flame bin/flame -series docs/performance.svg
//
// Inputs are captured profiles, where their folder is present, and made-up ones of
// 100,000 and 1,000,000 unique stacks (see cmd/flame/synth). The rows of an input:
//
//   - inflate, decode, collapse, merge, layout and write are measured in this
//     process: profile.proto, gzipped, to the call tree (inflating included);
//     folded text to the tree; the tree added to itself; boxes; the SVG file.
//   - pprof to svg, folded to svg: whole processes, from start to exit, as are
//     the peers'. What they print is thrown away.
//
// Columns: wall-clock and CPU time, megabytes of input a second (of output for
// write), nodes a second, allocations, and peak memory: of the heap beyond what was
// there before, or of the process. Floor says how many times longer it took than the
// floor: inflating the input and one walk over its bytes, or one copy of the
// output, or both. A peer's cell is its time over flame's, so above 1 flame is
// faster, and its peak memory.
//
// All figures are medians. A peer and flame run in turn, and their ratio is the
// median of the pairs' ratios: it holds where the machine's speed drifts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// An input is a profile to measure on.
type input struct {
	name   string
	file   string // below the data folder
	stacks int    // to be generated, if there is no file
}

var inputs = []input{
	{name: "server.cpu.labels", file: "pprof/typical/server.cpu.labels.pb.gz"},
	{name: "compile.merged", file: "pprof/large/compile.merged.cpu.pb.gz"},
	{name: "pprof-large.cpu", file: "pprof/large/pprof-large.cpu.pb.gz"},
	{name: "synth100k", stacks: 100_000},
	{name: "synth1m", stacks: 1_000_000},
}

// series are the sizes for -series, in stacks.
var series = []int{1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000}

// With -quick it is only seen that everything runs.
var (
	quickInputs = []input{{name: "synth1k", stacks: 1_000}}
	quickSeries = []int{500, 1_000}
)

// bench holds what the flags say.
type bench struct {
	flame, data, dir, chart string
	runs                    int
	quick                   bool
}

func main() {
	var b bench
	flag.StringVar(&b.flame, "flame", "bin/flame", "the flame `program` to measure")
	flag.StringVar(&b.data, "data", "../shared/data", "`folder` of the captured profiles")
	flag.StringVar(&b.dir, "dir", "", "`folder` for the made-up profiles, kept for the next time (default a temporary one)")
	flag.IntVar(&b.runs, "runs", 5, "runs of which to take the median")
	flag.StringVar(&b.chart, "series", "", "measure how time grows with size instead, and draw it into this `file`")
	flag.BoolVar(&b.quick, "quick", false, "only see that all of it runs, on small inputs")
	filter := flag.String("filter", "", "measure only the rows INPUT/STAGE that match this `regexp`")
	var job work
	flag.StringVar(&job.profile, "worker", "", "for the harness itself: measure the stages on this `profile`")
	flag.StringVar(&job.folded, "folded", "", "for -worker: the same as folded stacks")
	flag.StringVar(&job.input, "input", "", "for -worker: what it is called")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return b.run(ctx, *filter) }
	if job.profile != "" {
		run = func() error { return job.run(os.Stdout, *filter, b.runs) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, filter string) error {
	match, err := regexp.Compile(filter)
	if err != nil {
		return fmt.Errorf("read -filter: %w", err)
	}
	if b.flame, err = filepath.Abs(b.flame); err != nil {
		return err
	}
	if _, err := os.Stat(b.flame); err != nil {
		return fmt.Errorf("find flame: %w: `make build` builds it", err)
	}
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "flame-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(b.dir)
	} else if err := os.MkdirAll(b.dir, 0o777); err != nil {
		return err
	}
	if b.quick {
		b.runs, inputs, series = 1, quickInputs, quickSeries
	}
	if b.chart != "" {
		return b.grow(ctx)
	}
	t := &table{runs: b.runs}
	if err := b.start(ctx, t); err != nil {
		return err
	}
	for _, in := range inputs {
		err := b.input(ctx, in, match, t)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if errors.Is(err, fs.ErrNotExist) && in.file != "" {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", in.name, err)
		} else if err != nil {
			return err
		}
	}
	if err := b.many(ctx, match, t); err != nil {
		return err
	}
	return t.print(os.Stdout)
}

// input measures all rows of one input.
func (b *bench) input(ctx context.Context, in input, match *regexp.Regexp, t *table) error {
	wanted := func(stage string) bool { return match.MatchString(in.name + "/" + stage) }
	if !slices.ContainsFunc(append(stageNames(), wholeNames()...), wanted) {
		return nil
	}
	profile, err := b.source(ctx, in)
	if err != nil {
		return err
	}
	folded, err := b.folded(ctx, in, profile)
	if err != nil {
		return err
	}
	progress(in.name, "stages")
	w, err := b.worker(ctx, match.String(), profile, folded, "-input", in.name)
	if err != nil {
		return err
	}
	t.begin(fmt.Sprintf("%s (%s nodes)", in.name, short(float64(w.Sizes.Nodes))))
	for _, r := range w.Rows {
		t.add(r)
	}
	for i, whole := range wholes {
		if ctx.Err() == nil && wanted(whole.name) {
			progress(in.name, whole.name)
			if err := b.whole(ctx, t, whole, w.Sizes, w.Floors[i], profile, folded); err != nil {
				return err
			}
		}
	}
	return nil
}

func progress(input, stage string) { fmt.Fprintf(os.Stderr, "%s/%s\n", input, stage) }

// source returns the path of an input's profile, which it makes if need be.
func (b *bench) source(ctx context.Context, in input) (string, error) {
	if in.file != "" {
		path := filepath.Join(b.data, in.file)
		_, err := os.Stat(path)
		return path, err
	}
	return b.generate(ctx, in.stacks, ".pb.gz")
}

// folded returns the path of an input's folded stacks.
func (b *bench) folded(ctx context.Context, in input, profile string) (string, error) {
	if in.file == "" {
		return b.generate(ctx, in.stacks, ".folded")
	}
	path := filepath.Join(b.dir, in.name+".folded")
	return path, tool(ctx, b.flame, "-q", "-r", "-f", path, profile)
}

// generate returns the path of a made-up profile.
func (b *bench) generate(ctx context.Context, stacks int, extension string) (string, error) {
	path := filepath.Join(b.dir, fmt.Sprintf("synth-%d%s", stacks, extension))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, tool(ctx, "go", "run", "./cmd/flame/synth", "-stacks", fmt.Sprint(stacks), "-o", path)
}

// tool runs a command that only prepares something.
func tool(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("run %s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}
