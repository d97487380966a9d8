package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"flame/flame"
	"flame/flame/fetch"
)

// sources are what the flags and arguments name, in go-torch's forms: targets by
// -u, files by -b, and arguments that are a target, a file, - or "BINARY
// PROFILE". With none it is the program at localhost:8080.
func (in *input) sources(c *console, args []string) ([]flame.Source, error) {
	var all []flame.Source
	for _, u := range in.urls {
		s, err := in.target(u)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if in.binary != "" {
		args = append([]string{in.binary}, args...)
	}
	if len(args) > 1 && isObjectFile(args[0]) {
		in.binaryName, args = args[0], args[1:]
	}
	if in.binaryName != "" {
		if _, err := os.Stat(in.binaryName); err != nil {
			return nil, fmt.Errorf("read %s: %w", in.binaryName, cause(err))
		}
		c.note("%s is not needed: the functions' names are taken from the profile", in.binaryName)
	}
	for i, arg := range args {
		if arg == "-" && slices.Contains(args[:i], "-") {
			return nil, usageErrorf("- is given twice, and standard input can be read once")
		}
		s, err := in.argument(c, arg)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		s, err := in.target(fetch.DefaultTarget)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (in *input) argument(c *console, arg string) (flame.Source, error) {
	if arg == "-" {
		return flame.Reader("standard input", c.in), nil
	}
	if _, err := os.Stat(arg); err != nil && fetch.LooksLikeURL(arg) {
		return in.target(arg)
	}
	if isObjectFile(arg) {
		return flame.Source{}, usageErrorf("%s is a program, not a profile; give the profile after it, or the program's address with -u", arg)
	}
	return flame.Find(arg, fetch.TargetOptions{})
}

// target is a target with the profile that the flags ask for. Whoever wants the
// bytes in use means the heap profile, whether or not they say so.
func (in *input) target(text string) (flame.Source, error) {
	want := fetch.TargetOptions{Suffix: in.suffix, Seconds: in.seconds, SecondsSet: in.secondsGiven}
	s, err := flame.Target(text, want)
	if err != nil {
		return s, usageError{err}
	}
	t, _ := s.Remote()
	if in.suffix != "" || t.Profile() != "profile" || len(in.typeFlags) == 0 {
		return s, nil
	}
	want.Suffix = "heap"
	heap, err := flame.Target(text, want)
	if err != nil {
		return s, nil // the URL itself names the CPU profile
	}
	if typ := in.typeFlags[0]; typ == "contentions" || typ == "delay" {
		return s, usageErrorf("-%s is measured by two profiles; choose one with -s mutex (who held the lock) or -s block (who waited)", typ)
	}
	return heap, nil
}

// isObjectFile reports whether a file is a program or library: ELF, Mach-O or PE.
func isObjectFile(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	if _, err := io.ReadFull(f, head); err != nil {
		return false
	}
	for _, magic := range []string{"\x7fELF", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe", "MZ"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// openInBrowser shows a file with the desktop's own program for it.
func openInBrowser(path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	words := map[string]string{"darwin": "open", "windows": "rundll32 url.dll,FileProtocolHandler"}[runtime.GOOS]
	if words == "" {
		words = "xdg-open"
	}
	argv := append(strings.Fields(words), abs)
	cmd := exec.Command(argv[0], argv[1:]...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open %s: %s is needed to open the browser (%w); the file is written, open it by hand", path, argv[0], err)
	}
	return cmd.Process.Release()
}
