package flame

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"flame/flame/fetch"
)

// A Source is where one profile comes from. Its makers are [Target], [File],
// [Reader] and [Find].
type Source struct {
	name   string
	target fetch.Target // if remote
	remote bool
	reader io.Reader // if neither a target nor a file
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
