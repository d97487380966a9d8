package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// An output is where a result goes: a file, or standard output. It is checked
// before the work begins, so that a capture of minutes is not lost to a typo,
// and written at the end, whole or not at all.
type output struct {
	name   string      // as the user gave it
	path   string      // with symbolic links followed
	mode   fs.FileMode // of the file that is replaced, 0 if there is none
	stream io.Writer   // standard output, else nil
	device bool        // a pipe or device: written to, never replaced
}

// newOutput checks that name can be written; "-" is stdout.
func newOutput(name string, stdout io.Writer) (*output, error) {
	if slices.Contains([]string{"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}, name) {
		return &output{name: name, stream: stdout}, nil
	}
	o := &output{name: name}
	var err error
	if o.path, err = followLinks(name); err != nil {
		return nil, fmt.Errorf("write %s: %w", name, cause(err))
	}
	info, err := os.Stat(o.path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("write %s: it is a directory; give the name of a file in it", name)
	case err == nil && !info.Mode().IsRegular():
		o.device = true
		return o, nil
	case err == nil:
		o.mode = info.Mode().Perm()
		f, err := os.OpenFile(o.path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w; choose another file with -f", name, cause(err))
		}
		f.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("write %s: %w", name, cause(err))
	}
	f, err := o.create()
	if err != nil {
		return nil, err
	}
	f.Close()
	return o, os.Remove(f.Name())
}

// write lets fill write the content. If it fails, a file that was there before
// stays as it was.
func (o *output) write(fill func(io.Writer) error) error {
	if o.stream != nil {
		return writeTo(o.stream, o.name, fill)
	}
	if o.device {
		f, err := os.OpenFile(o.path, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("write %s: %w", o.name, cause(err))
		}
		return errors.Join(writeTo(f, o.name, fill), f.Close())
	}
	f, err := o.create()
	if err != nil {
		return err
	}
	err = writeTo(f, o.name, fill)
	if err == nil {
		err = o.commit(f)
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
	}
	return err
}

// commit makes the finished temporary file the output. It reaches the disk
// first: after a crash the name must not stand for an empty file.
func (o *output) commit(f *os.File) error {
	steps := []func() error{
		f.Sync,
		f.Close,
		func() error { return os.Rename(f.Name(), o.path) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("write %s: %w", o.name, cause(err))
		}
	}
	return nil
}

// create makes a temporary file beside the output: a rename works only within
// one file system.
func (o *output) create() (*os.File, error) {
	for {
		name := fmt.Sprintf(".flame-%08x.tmp", rand.Uint32())
		// Not os.CreateTemp: its mode is 0600, where a new file's is the umask's.
		f, err := os.OpenFile(filepath.Join(filepath.Dir(o.path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err == nil && o.mode != 0 {
			err = f.Chmod(o.mode)
		}
		if err != nil {
			return nil, fmt.Errorf("write %s: %w; choose another place with -f", o.name, cause(err))
		}
		return f, nil
	}
}

func writeTo(w io.Writer, name string, fill func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := fill(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", name, cause(err))
	}
	return nil
}

// followLinks returns the file that name stands for, be it there or not: the
// link stays and what it points to is replaced.
func followLinks(name string) (string, error) {
	for range 40 {
		target, err := os.Readlink(name)
		if err != nil {
			return name, nil // no link, or nothing there; opening it will tell
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		name = target
	}
	return "", errors.New("its symbolic links form a circle")
}

// cause is what the system said, without the path that the message has already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// writeFile writes a small file whole.
func writeFile(name string, fill func(io.Writer) error) error {
	o, err := newOutput(name, nil)
	if err != nil {
		return err
	}
	return o.write(fill)
}
