package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/thanos-io/objstore"
)

// A Faulty bucket fails as networks and disks do, in ways that its fields choose. They
// are to be set before its first use, but for Full, Slow and Dead.
type Faulty struct {
	objstore.Bucket
	// Rate is the part of uploads and deletes that fail: a third of them before
	// anything is done, a third after, so that the caller is told of an error though
	// there was none, and of uploads a third after half of the object, which then is
	// not there.
	Rate float64
	Seed uint64
	Full atomic.Bool  // every upload fails for want of space
	Slow atomic.Int64 // nanoseconds before anything is done
	Dead atomic.Bool  // nothing is ever answered, until the context ends

	once   sync.Once
	mu     sync.Mutex
	random *rand.Rand
	Faults atomic.Int64 // so far
}

// ErrFault is what a Faulty bucket fails with.
var ErrFault = errors.New("storetest: the connection broke")

// fault draws what goes wrong: 0 for nothing.
func (b *Faulty) fault() int {
	b.once.Do(func() { b.random = rand.New(rand.NewPCG(b.Seed, 1)) })
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.random.Float64() >= b.Rate {
		return 0
	}
	b.Faults.Add(1)
	return 1 + b.random.IntN(3)
}

func (b *Faulty) wait(ctx context.Context) error {
	if b.Dead.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	select {
	case <-time.After(time.Duration(b.Slow.Load())):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Upload implements objstore.Bucket.
func (b *Faulty) Upload(ctx context.Context, name string, r io.Reader, o ...objstore.ObjectUploadOption) error {
	if err := b.wait(ctx); err != nil {
		return err
	}
	if b.Full.Load() {
		return fmt.Errorf("write %s: %w", name, syscall.ENOSPC)
	}
	switch b.fault() {
	case 1:
		return ErrFault
	case 2:
		return errors.Join(b.Bucket.Upload(ctx, name, r, o...), ErrFault)
	case 3:
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		half := io.MultiReader(bytes.NewReader(data[:len(data)/2]), broken{})
		if err := b.Bucket.Upload(ctx, name, half, o...); err != nil {
			return err
		}
		return ErrFault
	}
	return b.Bucket.Upload(ctx, name, r, o...)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, ErrFault }

// Delete implements objstore.Bucket.
func (b *Faulty) Delete(ctx context.Context, name string) error {
	if err := b.wait(ctx); err != nil {
		return err
	}
	switch b.fault() {
	case 0:
		return b.Bucket.Delete(ctx, name)
	case 1:
		return ErrFault
	}
	return errors.Join(b.Bucket.Delete(ctx, name), ErrFault)
}

// Get implements objstore.Bucket.
func (b *Faulty) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := b.wait(ctx); err != nil {
		return nil, err
	}
	return b.Bucket.Get(ctx, name)
}

// GetRange implements objstore.Bucket.
func (b *Faulty) GetRange(ctx context.Context, name string, off, length int64) (io.ReadCloser, error) {
	if err := b.wait(ctx); err != nil {
		return nil, err
	}
	return b.Bucket.GetRange(ctx, name, off, length)
}

// Iter implements objstore.Bucket.
func (b *Faulty) Iter(ctx context.Context, dir string, f func(string) error, o ...objstore.IterOption) error {
	if err := b.wait(ctx); err != nil {
		return err
	}
	return b.Bucket.Iter(ctx, dir, f, o...)
}

// Upload implements objstore.Bucket.
func (b *stopping) Upload(ctx context.Context, name string, r io.Reader, o ...objstore.ObjectUploadOption) error {
	if b.left--; b.left < 0 {
		return ErrFault
	}
	return b.Bucket.Upload(ctx, name, r, o...)
}

// Delete implements objstore.Bucket.
func (b *stopping) Delete(ctx context.Context, name string) error {
	if b.left--; b.left < 0 {
		return ErrFault
	}
	return b.Bucket.Delete(ctx, name)
}
