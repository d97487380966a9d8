package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

func helpCommand(c *console) *command {
	return &command{
		name:  "help",
		args:  "[COMMAND]",
		usage: "show the help of flame or of one of its commands",
		run: func(_ context.Context, args []string) error {
			all := commands(c)
			cmd := all[0]
			if len(args) > 0 {
				i := slices.IndexFunc(all, func(k *command) bool { return k.name == args[0] })
				if i < 0 {
					return usageErrorf("there is no command %q; the commands are %s", args[0], commandNames(all))
				}
				cmd = all[i]
			}
			return printText(c.out, helpText(cmd))
		},
	}
}

func commandNames(all []*command) string {
	names := make([]string, len(all))
	for i, k := range all {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

// helpText is the whole help of a command: what it does, its flags by stage, examples.
func helpText(cmd *command) string {
	var b strings.Builder
	name := "flame"
	if cmd.name != defaultCommand {
		name += " " + cmd.name
	}
	fmt.Fprintf(&b, "%s - %s\n\nUsage: %s\n", name, cmd.usage, strings.TrimRight(name+" [FLAGS] "+cmd.args, " "))
	if cmd.long != "" {
		b.WriteString("\n" + cmd.long)
	}
	stage := ""
	for _, f := range cmd.specs {
		if f.stage != stage {
			stage = f.stage
			fmt.Fprintf(&b, "\n%s\n", stage)
		}
		b.WriteString(flagHelp(f))
	}
	if cmd.tail != "" {
		b.WriteString("\n" + cmd.tail)
	}
	return b.String()
}

const helpColumn = 32

// flagHelp is one flag of the help: its names, then its line, which starts in
// the same column for all.
func flagHelp(f *flagSpec) string {
	var short, long []string
	for _, n := range f.names {
		if len(n) == 1 {
			short = append(short, f.displayName(n))
		} else {
			long = append(long, f.displayName(n))
		}
	}
	names := "  " + strings.Join(append(short, long...), ", ")
	if len(short) == 0 {
		names = "      " + strings.Join(long, ", ")
	}
	if f.arg != "" {
		names += " " + f.arg
	}
	lines := strings.Split(f.usage, "\n")
	var b strings.Builder
	if len(names) > helpColumn-2 {
		b.WriteString(names + "\n")
		names = ""
	}
	fmt.Fprintf(&b, "%-*s%s\n", helpColumn, names, lines[0])
	for _, l := range lines[1:] {
		fmt.Fprintf(&b, "%-*s%s\n", helpColumn, "", l)
	}
	return b.String()
}
