package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"flame/collapse"

	"github.com/thanos-io/objstore"
)

// ServiceLabel is the label that every profile has: what program it is of.
const ServiceLabel = "service"

// Labels say of what a profile is: "service" always, "instance", "env" and the
// like besides. Those that a Store returns are not to be changed.
type Labels map[string]string

// Options are how a store is kept. The zero Options is ready for use and keeps
// everything for ever.
type Options struct {
	// Tenant is the first element of every key; default "default".
	Tenant string

	Retention Retention

	// CommitDelay is how long a profile may wait for others to become durable
	// with it, in one object; default 100 ms. A bucket that bills each request
	// wants some seconds.
	CommitDelay time.Duration

	// InstanceLabels are the labels that roll-ups merge away; default instance,
	// pod and host. A query that names one reads the single profiles.
	InstanceLabels []string

	// Limits bound what one profile may hold, and what a merge may.
	Limits collapse.Limits

	// Timeout bounds each operation on the bucket; default 30 s.
	Timeout time.Duration

	// ReadOnly opens the store without a lock and beside the process that
	// writes to it: Put and all that changes the bucket are errors.
	ReadOnly bool

	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Retention says when whole periods are deleted. A zero field is no limit.
type Retention struct {
	Raw    time.Duration // age of single profiles
	Hourly time.Duration // age of hourly roll-ups
	Daily  time.Duration // age of daily roll-ups
	Bytes  int64         // of all objects: the oldest hours go first
}

// A Store keeps profiles in a bucket. Its methods may be called at the same time.
type Store struct {
	bucket objstore.Bucket
	o      Options
	unlock func() error

	queue   chan *pending
	closing chan struct{} // closed when no more Put may come
	flushed chan struct{} // closed when the committer has ended
	closed  sync.Once

	mu       sync.Mutex
	segments map[string]*segment
	walBytes int64
	dirty    map[hourKey]bool // hours that may want merging or a roll-up
	scanned  bool             // whether dirty was filled from the bucket
	stats    Stats
	lastTime time.Time

	maintain chan struct{} // holds one token: who has it may change packs
	cache    indexCache
}

// Open opens the store in a bucket, which becomes the store's: Close closes it. A
// [LocalBucket] is locked, so that only one process writes to it; of other buckets
// the caller must see to that. Segments that the last run left are read in, so
// every profile that was acknowledged is there.
func Open(ctx context.Context, bucket objstore.Bucket, o Options) (*Store, error) {
	if o.Tenant == "" {
		o.Tenant = "default"
	}
	if o.CommitDelay <= 0 {
		o.CommitDelay = 100 * time.Millisecond
	}
	if o.InstanceLabels == nil {
		o.InstanceLabels = []string{"instance", "pod", "host"}
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if t := escape(o.Tenant); t != o.Tenant {
		return nil, fmt.Errorf("open store: the tenant %q has other characters than letters, digits, '_', '-' and '.'", o.Tenant)
	}
	s := &Store{
		bucket: bucket, o: o, segments: map[string]*segment{}, dirty: map[hourKey]bool{},
		queue: make(chan *pending), closing: make(chan struct{}), flushed: make(chan struct{}),
		maintain: make(chan struct{}, 1),
	}
	s.maintain <- struct{}{}
	if l, ok := bucket.(interface{ Lock() (func() error, error) }); ok && !o.ReadOnly {
		unlock, err := l.Lock()
		if err != nil {
			return nil, err
		}
		s.unlock = unlock
	}
	if l, ok := bucket.(interface{ Leftovers(bool) ([]string, error) }); ok && !o.ReadOnly {
		if _, err := l.Leftovers(true); err != nil {
			return nil, errors.Join(fmt.Errorf("open store: %w", err), s.release())
		}
	}
	if err := s.loadSegments(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.release())
	}
	if o.ReadOnly {
		close(s.flushed)
	} else {
		go s.commitLoop()
	}
	return s, nil
}

// Close makes what was given to Put durable and closes the bucket.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		close(s.closing)
		<-s.flushed
		err = errors.Join(s.bucket.Close(), s.release())
	})
	return err
}

func (s *Store) release() error {
	if s.unlock == nil {
		return nil
	}
	return s.unlock()
}

// ErrReadOnly is returned by what would change a store that was opened to be read.
var ErrReadOnly = errors.New("the store is open for reading only")

// own takes the right to change packs and roll-ups, which one operation has at a
// time. It is given back by the function returned.
func (s *Store) own(ctx context.Context) (release func(), err error) {
	if s.o.ReadOnly {
		return nil, ErrReadOnly
	}
	select {
	case <-s.maintain:
		return func() { s.maintain <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Stats are what has happened since Open, for metrics and the page that tells how
// the store is.
type Stats struct {
	Profiles     int64 // acknowledged
	Bytes        int64 // of them
	Commits      int64 // segments written
	CommitErrors int64 // attempts to write one that failed
	Rejected     int64 // profiles that Put was not able to store
	LastError    string
	LastErrorAt  time.Time

	Segments     int   // not yet in packs
	SegmentBytes int64 // of them

	Packed     int64 // profiles moved from segments into packs
	RollUps    int64 // written
	Expired    int64 // objects deleted for their age or the size of all
	Damaged    int64 // objects or profiles found unreadable by queries
	ClockJumps int64 // times that the clock went back, or ahead by minutes
}

// Stats returns the numbers so far.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Segments, st.SegmentBytes = len(s.segments), s.walBytes
	return st
}

func (s *Store) count(f func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.stats)
}

// fail remembers an error that a person should see, and returns it.
func (s *Store) fail(err error) error {
	if err != nil {
		s.count(func(st *Stats) { st.LastError, st.LastErrorAt = err.Error(), s.o.Now() })
	}
	return err
}

// now reads the clock, and notices when it jumped: when its time and its monotonic
// reading, if it has one, do not agree.
func (s *Store) now() time.Time {
	t := s.o.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := s.lastTime; !last.IsZero() {
		wall, real := t.Round(0).Sub(last.Round(0)), t.Sub(last)
		if wall < -time.Minute || wall-real > 5*time.Minute {
			s.stats.ClockJumps++
		}
	}
	s.lastTime = t
	return t
}

// The operations on the bucket. Keys are below the tenant; each has the time that
// Options.Timeout allows.

func (s *Store) timeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.o.Timeout, fmt.Errorf("the bucket %s did not answer within %v: %w", s.bucket.Name(), s.o.Timeout, context.DeadlineExceeded))
}

// explain puts the cause of a context's end in the place of its error.
func explain(ctx context.Context, op, key string, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("%s %s: %w", op, key, err)
}

func (s *Store) key(rel string) string { return s.o.Tenant + "/" + rel }

func (s *Store) put(ctx context.Context, rel string, data []byte) error {
	ctx, cancel := s.timeout(ctx)
	defer cancel()
	return explain(ctx, "write", rel, s.bucket.Upload(ctx, s.key(rel), bytes.NewReader(data)))
}

func (s *Store) get(ctx context.Context, rel string) ([]byte, error) {
	return s.read(ctx, rel, func(ctx context.Context) (io.ReadCloser, error) { return s.bucket.Get(ctx, s.key(rel)) })
}

func (s *Store) getRange(ctx context.Context, rel string, off, length int64) ([]byte, error) {
	if length == 0 {
		return nil, nil
	}
	return s.read(ctx, rel, func(ctx context.Context) (io.ReadCloser, error) {
		return s.bucket.GetRange(ctx, s.key(rel), off, length)
	})
}

func (s *Store) read(ctx context.Context, rel string, open func(context.Context) (io.ReadCloser, error)) ([]byte, error) {
	ctx, cancel := s.timeout(ctx)
	defer cancel()
	r, err := open(ctx)
	if err != nil {
		return nil, s.missing(explain(ctx, "read", rel, err), err)
	}
	data, err := io.ReadAll(r)
	err = errors.Join(err, r.Close())
	return data, s.missing(explain(ctx, "read", rel, err), err)
}

// errNotFound is in the chain of errors of objects that are not there.
var errNotFound = errors.New("there is no such object")

// missing adds errNotFound to an error whose cause the bucket says is that.
func (s *Store) missing(err, cause error) error {
	if cause != nil && s.bucket.IsObjNotFoundErr(cause) {
		return fmt.Errorf("%w (%w)", err, errNotFound)
	}
	return err
}

// remove deletes an object; one that is not there is no error.
func (s *Store) remove(ctx context.Context, rel string) error {
	ctx, cancel := s.timeout(ctx)
	defer cancel()
	err := s.bucket.Delete(ctx, s.key(rel))
	if err != nil && s.bucket.IsObjNotFoundErr(err) {
		return nil
	}
	return explain(ctx, "delete", rel, err)
}

// list returns the keys below a directory, in order: those of objects, or, if not
// recursive, its entries, of which directories end in a slash.
func (s *Store) list(ctx context.Context, rel string, recursive bool) ([]string, error) {
	ctx, cancel := s.timeout(ctx)
	defer cancel()
	var options []objstore.IterOption
	if recursive {
		options = append(options, objstore.WithRecursiveIter())
	}
	var names []string
	err := s.bucket.Iter(ctx, s.key(rel)+"/", func(name string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		names = append(names, strings.TrimPrefix(name, s.o.Tenant+"/"))
		return nil
	}, options...)
	if err != nil && s.bucket.IsObjNotFoundErr(err) {
		err = nil // a directory that was deleted meanwhile
	}
	slices.Sort(names)
	return names, explain(ctx, "list", rel, err)
}
