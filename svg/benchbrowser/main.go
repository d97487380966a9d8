// Command benchbrowser opens flame's graphs and those of other renderers that
// are on this machine in a headless Chromium, of the same profiles in the same
// run, and prints what a reader waits for and what the page holds.
//
//	go run ./svg/benchbrowser -flame bin/flame [-filter REGEXP] [-runs N]
//
// Peers are inferno-flamegraph and flamegraph.pl, if they are on PATH, and
// async-profiler's HTML, if FLAME_ASYNC_PROFILER_JAR names its converter (Maven
// Central: tools.profiler:async-profiler-converter). Columns:
//
//   - size: of the file.
//   - paint: navigation to the first contentful paint on the screen, as the browser
//     says; the other times end in the page's thread, before its frame is shown.
//   - interactive: navigation to the painted frame after the viewer is ready, for
//     flame by its own word, for others with the load event.
//   - zoom: a real mouse click, by the event's time stamp, on the widest box of the
//     same function to the painted frame that shows it zoomed.
//   - search: the call of the viewer's own search for "runtime" to the painted frame.
//   - heap: JavaScript objects and array buffers after all that and a collection.
//
// A frame counts as painted in the first message after its animation frame
// callback.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
)

// An input is a profile to draw.
type input struct {
	name, file string // file is below the data folder
	stacks     int    // to be generated, if there is no file
	nodes      string
	target     result // what flame is to reach; 0 where nothing is said
}

var inputs = []input{
	{name: "server.cpu.labels", file: "pprof/typical/server.cpu.labels.pb.gz", nodes: "3.1k",
		target: result{size: 150e3, paint: 300, interactive: 120, zoom: 20}},
	{name: "compile.merged", file: "pprof/large/compile.merged.cpu.pb.gz", nodes: "84k",
		target: result{size: 400e3, paint: 300, interactive: 300, zoom: 30, search: 60}},
	{name: "pprof-large.cpu", file: "pprof/large/pprof-large.cpu.pb.gz", nodes: "425k",
		target: result{size: 800e3, paint: 300, interactive: 800}},
	{name: "synth100k", file: "folded/synth100k.folded.gz", nodes: "455k",
		target: result{size: 1.6e6, paint: 300, interactive: 1000, zoom: 40, search: 100}},
	{name: "synth1m", stacks: 1_000_000, nodes: "6.3M",
		target: result{paint: 300, interactive: 5000, zoom: 100, heap: 300e6}},
}

// bench holds what the flags say.
type bench struct {
	flame, data, dir, profiles string
	runs                       int
}

func main() {
	var b bench
	flag.StringVar(&b.flame, "flame", "bin/flame", "the flame `program` to measure")
	flag.StringVar(&b.data, "data", "../shared/data", "`folder` of the captured profiles")
	flag.StringVar(&b.dir, "dir", "", "`folder` to keep the graphs in, for a look at them (default a temporary one)")
	flag.StringVar(&b.profiles, "profiles", "", "`folder` to write CPU profiles of flame's viewer to: load, zoom and search of each input")
	flag.IntVar(&b.runs, "runs", 5, "runs of which to take the median")
	filter := flag.String("filter", "", "measure only the pairs INPUT/VIEWER that match this `regexp`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.run(ctx, *filter); err != nil {
		fmt.Fprintln(os.Stderr, "benchbrowser:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, filter string) error {
	match, err := regexp.Compile(filter)
	if err != nil {
		return fmt.Errorf("read -filter: %w", err)
	}
	browser, err := findBrowser()
	if err != nil {
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
	}
	for _, folder := range []string{b.dir, b.profiles} {
		if folder == "" {
			continue
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	t := newTable(b.runs)
	for _, in := range inputs {
		err := b.input(ctx, browser, in, match, t)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", in.name, err)
		}
	}
	t.print(os.Stdout)
	return nil
}

// input measures all viewers on one input.
func (b *bench) input(ctx context.Context, browser string, in input, match *regexp.Regexp, t *table) error {
	var wanted []viewer
	for _, v := range viewers {
		if match.MatchString(in.name + "/" + v.name) {
			wanted = append(wanted, v)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	source, err := b.source(ctx, in)
	if err != nil {
		return err
	}
	folded := filepath.Join(b.dir, in.name+".folded")
	if err := runTool(ctx, exec.CommandContext(ctx, b.flame, "-r", "-f", folded, source), ""); err != nil {
		return err
	}
	defer os.Remove(folded)
	function, err := wideFunction(folded)
	if err != nil {
		return err
	}
	for _, v := range wanted {
		fmt.Fprintf(os.Stderr, "%s/%s\n", in.name, v.name)
		cmd, out := v.command(b, source, folded, filepath.Join(b.dir, in.name+"."+v.name))
		if cmd == nil {
			t.add(in, v.name, nil, errNotHere)
			continue
		}
		if err := runTool(ctx, cmd, out); err != nil {
			t.add(in, v.name, nil, err)
			continue
		}
		results, err := b.measure(ctx, browser, v, out, function)
		t.add(in, v.name, results, err)
		if v.name == "flame" && b.profiles != "" && err == nil {
			if err := b.profile(ctx, browser, v, in.name, out, function); err != nil {
				return err
			}
		}
	}
	return nil
}

// source returns the path of an input's profile, which it makes if need be.
func (b *bench) source(ctx context.Context, in input) (string, error) {
	if in.file != "" {
		path := filepath.Join(b.data, in.file)
		_, err := os.Stat(path)
		return path, err
	}
	path := filepath.Join(b.dir, in.name+".pb.gz")
	cmd := exec.CommandContext(ctx, "go", "run", "./cmd/flame/synth", "-stacks", fmt.Sprint(in.stacks), "-o", path)
	return path, runTool(ctx, cmd, "")
}
