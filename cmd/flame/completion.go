package main

import (
	"context"
	"fmt"
	"strings"
)

var shells = []string{"bash", "zsh", "fish"}

func completionCommand(c *console) *command {
	return &command{
		name:  "completion",
		args:  strings.Join(shells, "|"),
		words: shells,
		usage: "print a shell's completion script",
		long: `Load it where the shell starts:
  bash   source <(flame completion bash)
  zsh    source <(flame completion zsh)
  fish   flame completion fish | source
`,
		run: func(_ context.Context, args []string) error {
			if len(args) != 1 {
				return usageErrorf("completion needs the name of a shell: %s", strings.Join(shells, ", "))
			}
			scripts := map[string]func([]*command) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
			script := scripts[args[0]]
			if script == nil {
				return usageErrorf("there is no completion for %q; choose one of %s", args[0], strings.Join(shells, ", "))
			}
			return printText(c.out, script(commands(c)))
		},
	}
}

// takesFile reports whether a flag's value is the name of a file.
func takesFile(f *flagSpec) bool { return f.arg == "FILE" }

// dashed are the spellings of a flag.
func dashed(f *flagSpec) []string {
	var all []string
	for _, n := range f.names {
		if len(n) == 1 {
			all = append(all, "-"+n)
		} else {
			all = append(all, "--"+n)
		}
	}
	return all
}

func bashCompletion(all []*command) string {
	var b strings.Builder
	b.WriteString("_flame() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n\tCOMPREPLY=()\n\tcase $prev in\n")
	var files, free []string
	for _, k := range all {
		for _, f := range k.specs {
			names := strings.Join(dashed(f), "|")
			switch {
			case len(f.words) > 0:
				fmt.Fprintf(&b, "\t%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", names, strings.Join(f.words, " "))
			case takesFile(f):
				files = append(files, names)
			case f.arg != "":
				free = append(free, names)
			}
		}
		if len(k.words) > 0 {
			fmt.Fprintf(&b, "\t%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", k.name, strings.Join(k.words, " "))
		}
	}
	fmt.Fprintf(&b, "\t%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", strings.Join(files, "|"))
	fmt.Fprintf(&b, "\t%s) return ;;\n\tesac\n", strings.Join(free, "|"))
	b.WriteString("\tcase ${COMP_WORDS[1]} in\n")
	for _, k := range all[1:] {
		fmt.Fprintf(&b, "\t%s) [[ $COMP_CWORD -gt 1 ]] && { COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return; } ;;\n", k.name, flagWords(k))
	}
	fmt.Fprintf(&b, "\tesac\n\tif [[ $cur == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W '%s' -- \"$cur\"))\n\t\treturn\n\tfi\n", flagWords(all[0]))
	b.WriteString("\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tif [[ $COMP_CWORD -eq 1 ]]; then\n")
	fmt.Fprintf(&b, "\t\tCOMPREPLY+=($(compgen -W '%s' -- \"$cur\"))\n\tfi\n}\n", strings.ReplaceAll(commandNames(all[1:]), ",", ""))
	b.WriteString("complete -o filenames -F _flame flame\n")
	return b.String()
}

func flagWords(k *command) string {
	var words []string
	for _, f := range k.specs {
		words = append(words, dashed(f)...)
	}
	return strings.Join(append(words, "--help"), " ")
}

// zshCompletion has zsh run bash's function, which it can.
func zshCompletion(all []*command) string {
	return "#compdef flame\nautoload -U +X bashcompinit && bashcompinit\n" + bashCompletion(all)
}

func fishCompletion(all []*command) string {
	var b strings.Builder
	quote := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", " ").Replace(s) + "'"
	}
	for i, k := range all {
		when := "-n " + quote("__fish_seen_subcommand_from "+k.name)
		if i == 0 {
			when = "-n " + quote("not __fish_seen_subcommand_from "+strings.ReplaceAll(commandNames(all[1:]), ",", ""))
		} else {
			fmt.Fprintf(&b, "complete -c flame -n __fish_use_subcommand -a %s -d %s\n", k.name, quote(k.usage))
		}
		if len(k.words) > 0 {
			fmt.Fprintf(&b, "complete -c flame %s -f -a %s\n", when, quote(strings.Join(k.words, " ")))
		}
		for _, f := range k.specs {
			fmt.Fprintf(&b, "complete -c flame %s", when)
			for _, n := range f.names {
				if len(n) == 1 {
					b.WriteString(" -s " + n)
				} else {
					b.WriteString(" -l " + n)
				}
			}
			switch {
			case len(f.words) > 0:
				b.WriteString(" -x -a " + quote(strings.Join(f.words, " ")))
			case takesFile(f):
				b.WriteString(" -r -F")
			case f.arg != "":
				b.WriteString(" -x")
			}
			b.WriteString(" -d " + quote(f.usage) + "\n")
		}
	}
	return b.String()
}
