package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// A pprofUI is the terminal of pprof's shell: with history and completion where
// standard input is a terminal, line by line otherwise.
type pprofUI struct {
	c        *console
	lines    *bufio.Reader
	terminal *term.Terminal // nil if there is none
	fd       int
}

func newPprofUI(c *console) *pprofUI {
	ui := &pprofUI{c: c, lines: bufio.NewReader(c.in)}
	in, ok := c.in.(*os.File)
	if ok && term.IsTerminal(int(in.Fd())) {
		ui.fd = int(in.Fd())
		ui.terminal = term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{in, c.err}, "")
	}
	return ui
}

// ReadLine implements driver.UI.
func (ui *pprofUI) ReadLine(prompt string) (string, error) {
	if ui.terminal == nil {
		fmt.Fprint(ui.c.err, prompt)
		line, err := ui.lines.ReadString('\n')
		if err == io.EOF && line != "" {
			err = nil
		}
		return strings.TrimRight(line, "\r\n"), err
	}
	state, err := term.MakeRaw(ui.fd)
	if err != nil {
		return "", err
	}
	defer term.Restore(ui.fd, state)
	ui.terminal.SetPrompt(prompt)
	return ui.terminal.ReadLine()
}

// Print implements driver.UI: messages, not results.
func (ui *pprofUI) Print(args ...any) { ui.print(args) }

// PrintErr implements driver.UI.
func (ui *pprofUI) PrintErr(args ...any) { ui.print(args) }

func (ui *pprofUI) print(args []any) {
	text := fmt.Sprint(args...)
	if strings.Contains(text, "Is Graphviz installed?") {
		text += "\nflame graph draws the same call graph without it."
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	fmt.Fprint(ui.c.err, text)
}

// IsTerminal implements driver.UI.
func (ui *pprofUI) IsTerminal() bool { return ui.terminal != nil }

// WantBrowser implements driver.UI.
func (ui *pprofUI) WantBrowser() bool { return true }

// SetAutoComplete implements driver.UI.
func (ui *pprofUI) SetAutoComplete(complete func(string) string) {
	if ui.terminal == nil || complete == nil {
		return
	}
	ui.terminal.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		done := complete(line[:pos])
		return done + line[pos:], len(done), true
	}
}
