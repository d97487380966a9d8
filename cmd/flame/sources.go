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
// PROFILE"; and in ours, a directory of files or a pattern of their names. With none
// it is the program at localhost:8080.
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
	}
	for i, arg := range args {
		if arg == "-" && slices.Contains(args[:i], "-") {
			return nil, usageErrorf("- is given twice, and standard input can be read once")
		}
		found, err := in.argument(c, arg)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
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

// argument is what one argument names.
func (in *input) argument(c *console, arg string) ([]flame.Source, error) {
	if arg == "-" {
		return []flame.Source{flame.Reader("standard input", c.in)}, nil
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return directory(c, arg)
	case err != nil && fetch.LooksLikeURL(arg):
		s, err := in.target(arg)
		return []flame.Source{s}, err
	case err != nil:
		if names := matches(arg); names != nil {
			return names, nil
		}
	case isObjectFile(arg):
		return nil, usageErrorf("%s is a program, not a profile; give the profile after it, or the program's address with -u", arg)
	}
	s, err := flame.Find(arg, fetch.TargetOptions{})
	return []flame.Source{s}, err
}

// directory is the files in a directory. What is in it besides is told: whoever
// means a whole tree of directories must not believe it was read.
func directory(c *console, name string) ([]flame.Source, error) {
	files, passed, err := flame.Dir(name)
	if text := passed.String(); text != "" {
		c.note("read %s: passed over %s; only the files that lie in it are read", name, text)
	}
	return files, err
}

// matches are the files whose names match a pattern that the shell has not
// expanded, because it was quoted or because it is Windows'.
func matches(pattern string) []flame.Source {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil // an ordinary name, in which a bracket stays open
	}
	var files []flame.Source
	for _, name := range names {
		files = append(files, flame.File(name))
	}
	return files
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
