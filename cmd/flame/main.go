// Flame turns running programs into flame graphs.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"flame/flame/report"

	"github.com/urfave/cli/v2"
)

// version is set by the linker (-ldflags "-X main.version=v1.2.3").
var version = "dev"

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPartial     = 3 // done, with part of the targets missing
	exitInterrupted = 130
)

// errPartial says that the result was written without some of the sources, each
// of which has been named already.
var errPartial = errors.New("part of the sources is missing")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends flame at once
	os.Exit(exitCode(ctx, run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}

func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case isUsage(err):
		return exitUsage
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, errPartial):
		return exitPartial
	}
	return exitFailed
}

// console is where a command reads and writes: data to stdout, messages to stderr.
type console struct {
	in    io.Reader
	out   io.Writer
	err   io.Writer
	quiet bool
}

// note tells the user something that is no error.
func (c *console) note(format string, a ...any) {
	if !c.quiet {
		fmt.Fprintf(c.err, "flame: "+format+"\n", a...)
	}
}

// run runs one command line, without the program's name, and reports its error.
func run(ctx context.Context, words []string, stdin io.Reader, stdout, stderr io.Writer) error {
	c := &console{in: stdin, out: stdout, err: stderr}
	err := dispatch(ctx, words, c)
	if err != nil && !errors.Is(err, errPartial) {
		for line := range strings.SplitSeq(err.Error(), "\n") { // joined errors have a line each
			fmt.Fprintf(stderr, "flame: %s\n", report.Visible(line))
		}
	}
	return err
}

// A command is one entry of flame's command line.
type command struct {
	name  string
	usage string // one line
	args  string // what its arguments are called
	words []string
	specs []*flagSpec
	long  string // what the help says between usage and flags
	tail  string // and after them
	raw   bool   // run takes the words as they are
	run   func(ctx context.Context, args []string) error
}

// commands lists them all; the first is what flame does when none is named.
func commands(c *console) []*command {
	return []*command{renderCommand(c), topCommand(c), treeCommand(c), peekCommand(c), listCommand(c), tracesCommand(c),
		tagsCommand(c), rawCommand(c), graphCommand(c), diffCommand(c), pprofCommand(c), demoCommand(c), serveCommand(c), storeCommand(c),
		completionCommand(c), helpCommand(c)}
}

// dispatch finds the command, takes its line apart and has package cli run it.
func dispatch(ctx context.Context, words []string, c *console) error {
	all := commands(c)
	cmd := all[0]
	if len(words) > 0 {
		if i := slices.IndexFunc(all, func(k *command) bool { return k.name == words[0] }); i >= 0 {
			cmd, words = all[i], words[1:]
		}
	}
	if cmd.raw {
		return cmd.run(ctx, words)
	}
	var showHelp, showVersion bool
	cmd.specs = append(cmd.specs,
		&flagSpec{names: []string{"help", "h"}, stage: "Other", usage: "show this help", value: switchVar(&showHelp)},
		&flagSpec{names: []string{"version", "v"}, stage: "Other", usage: "show the version", value: switchVar(&showVersion)})
	line, err := splitArgs(words, cmd.specs)
	if err != nil {
		return err
	}
	var wrong error // the first wrong value; package flag keeps only its text
	app := &cli.App{
		Name: "flame", Writer: c.out, ErrWriter: c.err, HideHelp: true, HideVersion: true,
		ExitErrHandler: func(*cli.Context, error) {},
		Commands: []*cli.Command{{
			Name: cmd.name, Flags: cliFlags(line.given(cmd.specs), &wrong), HideHelp: true,
			OnUsageError: func(_ *cli.Context, err error, _ bool) error { return cmp.Or(wrong, err) },
			Action: func(k *cli.Context) error {
				switch {
				case showHelp:
					return printText(c.out, helpText(cmd))
				case showVersion:
					return printText(c.out, "flame "+versionText()+"\n")
				}
				return cmd.run(k.Context, k.Args().Slice())
			},
		}},
	}
	argv := append([]string{"flame", cmd.name}, line.flags...)
	return app.RunContext(ctx, append(append(argv, "--"), line.args...))
}

// cliFlags hands flags to package cli, each under its canonical name only: splitArgs
// has resolved the others.
func cliFlags(specs []*flagSpec, wrong *error) []cli.Flag {
	flags := make([]cli.Flag, len(specs))
	for i, f := range specs {
		flags[i] = &cli.GenericFlag{Name: f.name(), Usage: f.usage, Value: valueFunc(func(s string) error {
			err := f.value.Set(s)
			if err != nil && *wrong == nil {
				*wrong = usageErrorf("%s is %q: %w", f.display(), s, err)
			}
			return err
		})}
	}
	return flags
}

func printText(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// versionText is the version that the linker set, else the module's.
func versionText() string {
	if version != "dev" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return version
}
