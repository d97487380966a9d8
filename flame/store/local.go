package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/thanos-io/objstore"
	"github.com/thanos-io/objstore/providers/filesystem"
)

// hidden starts the names of a local bucket's own files in its directory, which
// are no objects: those half written, and the lock.
const hidden = ".flame-"

// A LocalBucket keeps objects as files below a directory. What Upload returned from
// without error survives a crash of the program and of the machine: the object is
// written to a file of its own, synced, renamed, and the directories that changed
// are synced too. An object is there whole or not at all.
type LocalBucket struct {
	*filesystem.Bucket
	dir string
}

// OpenLocal returns the bucket in dir, which is made if need be.
func OpenLocal(dir string) (*LocalBucket, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, tempDir), 0o777)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	b, err := filesystem.NewBucket(dir)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return &LocalBucket{b, dir}, nil
}

const tempDir = hidden + "tmp"

// Name returns the directory.
func (b *LocalBucket) Name() string { return b.dir }

// Upload implements objstore.Bucket.
func (b *LocalBucket) Upload(ctx context.Context, name string, r io.Reader, _ ...objstore.ObjectUploadOption) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	temp, err := b.writeTemp(ctx, r)
	if err != nil {
		return err
	}
	final := filepath.Join(b.dir, filepath.FromSlash(name))
	for range 3 { // a Delete may take the directory away that was made just now
		if err = b.makeDir(filepath.Dir(final)); err != nil {
			break
		}
		if err = os.Rename(temp, final); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		os.Remove(temp)
		return err
	}
	return syncDir(filepath.Dir(final))
}

// writeTemp writes a file that is whole on the disk when it returns.
func (b *LocalBucket) writeTemp(ctx context.Context, r io.Reader) (string, error) {
	f, err := os.CreateTemp(filepath.Join(b.dir, tempDir), "*")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close(), ctx.Err())
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// makeDir makes a directory below the bucket's, and each new one is synced into
// its parent.
func (b *LocalBucket) makeDir(dir string) error {
	err := os.Mkdir(dir, 0o777)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		if err := b.makeDir(filepath.Dir(dir)); err != nil {
			return err
		}
		if err = os.Mkdir(dir, 0o777); errors.Is(err, fs.ErrExist) {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// syncDir makes the names in a directory durable. Windows neither needs nor has it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Delete implements objstore.Bucket. Directories that are empty then go too.
func (b *LocalBucket) Delete(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file := filepath.Join(b.dir, filepath.FromSlash(name))
	if err := os.Remove(file); err != nil {
		return err
	}
	for dir := filepath.Dir(file); dir != b.dir; dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil { // most often since it is not empty
			break
		}
	}
	return nil
}

// Iter implements objstore.Bucket.
func (b *LocalBucket) Iter(ctx context.Context, dir string, f func(string) error, options ...objstore.IterOption) error {
	return b.IterWithAttributes(ctx, dir, func(a objstore.IterObjectAttributes) error { return f(a.Name) }, options...)
}

// IterWithAttributes implements objstore.Bucket.
func (b *LocalBucket) IterWithAttributes(ctx context.Context, dir string, f func(objstore.IterObjectAttributes) error, options ...objstore.IterOption) error {
	return b.Bucket.IterWithAttributes(ctx, dir, func(a objstore.IterObjectAttributes) error {
		a.Name = filepath.ToSlash(a.Name)
		if strings.HasPrefix(a.Name, hidden) {
			return nil
		}
		return f(a)
	}, options...)
}

// IsObjNotFoundErr implements objstore.Bucket.
func (b *LocalBucket) IsObjNotFoundErr(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || b.Bucket.IsObjNotFoundErr(err)
}

// IsAccessDeniedErr implements objstore.Bucket.
func (b *LocalBucket) IsAccessDeniedErr(err error) bool { return errors.Is(err, fs.ErrPermission) }

// Leftovers returns what uploads that never ended left behind, and removes it if
// told so. Only who holds the lock may.
func (b *LocalBucket) Leftovers(remove bool) ([]string, error) {
	files, err := os.ReadDir(filepath.Join(b.dir, tempDir))
	if err != nil {
		return nil, fmt.Errorf("list leftovers: %w", err)
	}
	var names []string
	for _, f := range files {
		names = append(names, tempDir+"/"+f.Name())
		if remove {
			if err := os.Remove(filepath.Join(b.dir, tempDir, f.Name())); err != nil {
				return names, fmt.Errorf("remove leftovers: %w", err)
			}
		}
	}
	return names, nil
}

// Lock makes the caller the only writer until it calls unlock. It fails at once
// when another process is that.
func (b *LocalBucket) Lock() (unlock func() error, err error) {
	f, err := lockFile(filepath.Join(b.dir, hidden+"lock"))
	if err != nil {
		return nil, fmt.Errorf("lock store %s: another flame writes to it, or it may not be written to: %w", b.dir, err)
	}
	return f.Close, nil
}
