package flame

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"flame/flame/fetch"
)

// A Source is where one profile comes from. Its makers are [Target], [File], [Dir],
// [Reader] and [Find].
type Source struct {
	name   string
	target fetch.Target // if remote
	remote bool
	reader io.Reader // if neither a target nor a file
	among  bool      // one of a directory, where other things than profiles may lie
}

// Target is a running program: a host, host:port, URL or Unix socket. See package
// fetch for the grammar. The error is one sentence, without credentials.
func Target(s string, o fetch.TargetOptions) (Source, error) {
	t, err := fetch.Parse(s, o)
	if err != nil {
		return Source{}, err
	}
	return Source{name: t.String(), target: t, remote: true}, nil
}

// File is a file in any of the formats of package collapse/format.
func File(name string) Source { return Source{name: name} }

// Dir is every file in a directory, in the order of their names, but for hidden
// ones and what lies in directories further down; passed says how many of each kind
// those are. What turns out to be something else than a profile is no error of
// [Load], but in Loaded.Skipped; a profile that cannot be read is in Loaded.Missing
// like any other. The error wraps fs.ErrNotExist if there is no file at all.
func Dir(name string) (files []Source, passed Passed, err error) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, passed, fmt.Errorf("read %s: %w", name, pathCause(err))
	}
	for _, e := range entries {
		path := filepath.Join(name, e.Name())
		info, err := os.Stat(path) // of what a link stands for
		switch {
		case strings.HasPrefix(e.Name(), "."):
			passed.Hidden++
		case err == nil && info.IsDir():
			passed.Directories++
		case err == nil && !info.Mode().IsRegular():
			passed.Special++
		default: // a link to nothing is a file that is missing
			files = append(files, Source{name: path, among: true})
		}
	}
	if len(files) == 0 {
		return nil, passed, fmt.Errorf("read %s: %w", name, &explained{fs.ErrNotExist, "there is no file in it"})
	}
	return files, passed, nil
}

// Passed is what [Dir] passed over.
type Passed struct {
	Hidden      int // files and directories whose names begin with a dot
	Directories int
	Special     int // pipes, sockets and devices
}

// String says it in words, "" if it is nothing.
func (p Passed) String() string {
	var parts []string
	for _, kind := range []struct {
		n         int
		one, many string
	}{
		{p.Directories, "directory", "directories"},
		{p.Hidden, "hidden file", "hidden files"},
		{p.Special, "pipe or device", "pipes and devices"},
	} {
		if kind.n == 1 {
			parts = append(parts, "1 "+kind.one)
		} else if kind.n > 1 {
			parts = append(parts, fmt.Sprintf("%d %s", kind.n, kind.many))
		}
	}
	return strings.Join(parts, ", ")
}

// Reader is a stream, read once and to its end. The name is for messages and
// the profile's Meta.Source.
func Reader(name string, r io.Reader) Source { return Source{name: name, reader: r} }

// Find is the source that a person means by arg: the file of that name if there
// is one, else a target if it looks like one. The error wraps fs.ErrNotExist if
// it is neither.
func Find(arg string, o fetch.TargetOptions) (Source, error) {
	_, err := os.Stat(arg)
	switch {
	case err == nil:
		return File(arg), nil
	case fetch.LooksLikeURL(arg):
		return Target(arg, o)
	case errors.Is(err, fs.ErrNotExist):
		return Source{}, fmt.Errorf("find %s: %w", arg, &explained{err, "there is no such file; a host is written host:port or http://host"})
	}
	return Source{}, fmt.Errorf("find %s: %w", arg, pathCause(err))
}

// String is the source's name: a redacted URL, or a file's path.
func (s Source) String() string { return s.name }

// Remote reports whether the source is a target, and returns it.
func (s Source) Remote() (fetch.Target, bool) { return s.target, s.remote }

// open opens a source that is no target.
func (s Source) open() (io.ReadCloser, error) {
	if s.reader != nil {
		return io.NopCloser(s.reader), nil
	}
	f, err := os.Open(s.name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.name, pathCause(err))
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("open %s: it is a directory; give the name of a file in it", s.name)
	}
	return f, nil
}

// explained is a sentence of ours for an error that errors.Is should still find.
type explained struct {
	error
	text string
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.error }

// pathCause is what the system said, without the path that the message has
// already.
func pathCause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
