package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"flame/collapse"
	"flame/collapse/pprof"

	"github.com/klauspost/compress/gzip"
)

// A Profile is what Put stores.
type Profile struct {
	// Labels say of what it is. "service" must be among them.
	Labels Labels
	// Type is what was profiled: "cpu", "heap", "mutex" and the like. Profiles
	// of one service and type are merged, so they must have the same sample
	// types.
	Type string
	// Time is when the capture began; zero means the profile's own time, and if
	// it has none, now.
	Time time.Time
	// Duration is how long the capture took; zero means the profile's own.
	Duration time.Duration
	// Data is the profile in pprof's format, gzipped or not. It is stored as it
	// is, gzipped if it was not. Put keeps no reference to it.
	Data []byte
	// Decoded, if not nil, is what Data decodes to, so that Put need not.
	Decoded *collapse.Profile
}

// A RefusedError says why a profile cannot be stored: not now and not later.
type RefusedError struct{ Reason string }

// Error implements error.
func (e *RefusedError) Error() string { return "store profile: " + e.Reason }

func refused(format string, args ...any) error {
	return &RefusedError{fmt.Sprintf(format, args...)}
}

// Put stores a profile and returns when it is durable, in the same object as
// others that came within [Options.CommitDelay]. It decodes the profile first, for
// its totals: one that flame cannot read is a [RefusedError], as is one that the
// retention would delete at once or that is from tomorrow. With any other error the
// profile is not acknowledged; it may be tried again, and in rare cases is there
// then twice. Put blocks while the bucket is slower than the profiles come: end ctx
// to give up.
func (s *Store) Put(ctx context.Context, p Profile) (ID, error) {
	if s.o.ReadOnly {
		return "", ErrReadOnly
	}
	w, err := s.prepare(p)
	if err == nil {
		err = s.commit(ctx, w)
	}
	if err != nil {
		s.count(func(st *Stats) { st.Rejected++ })
		return "", err
	}
	return makeID(w.series.labels[ServiceLabel], w.series.typ, &w.entry), nil
}

// A pending profile waits for its commit.
type pending struct {
	series series
	entry  entry
	data   []byte
	done   chan error
}

func (s *Store) prepare(p Profile) (*pending, error) {
	if err := checkLabels(p.Labels, p.Type); err != nil {
		return nil, err
	}
	decoded := p.Decoded
	if decoded == nil {
		var err error
		if decoded, err = pprof.Decode(bytes.NewReader(p.Data), pprof.Options{Limits: s.o.Limits}); err != nil {
			return nil, refused("%v", err)
		}
	}
	if p.Time.IsZero() {
		p.Time = decoded.Meta.Time
	}
	now := s.now()
	if p.Time.IsZero() {
		p.Time = now
	}
	if p.Duration == 0 {
		p.Duration = decoded.Meta.Duration
	}
	if err := s.checkTime(p.Time, now); err != nil {
		return nil, err
	}
	data, err := gzipped(p.Data)
	if err != nil {
		return nil, fmt.Errorf("store profile: %w", err)
	}
	w := &pending{data: data, done: make(chan error, 1)}
	w.series = series{labels: maps.Clone(p.Labels), typ: p.Type, types: cloneTypes(decoded.Types), def: decoded.Default}
	w.entry = entry{time: p.Time.UnixNano(), dur: int64(p.Duration), id: randomID(), size: int64(len(data)), crc: crc32.Checksum(data, castagnoli), count: 1}
	for t := range decoded.Types {
		w.entry.totals = append(w.entry.totals, decoded.Total(t))
	}
	return w, nil
}

// cloneTypes copies sample types with their names, which in a decoded profile are
// parts of one string with all of its names: the index would hold that in memory.
func cloneTypes(types []collapse.ValueType) []collapse.ValueType {
	out := slices.Clone(types)
	for i := range out {
		out[i].Type, out[i].Unit = strings.Clone(out[i].Type), strings.Clone(out[i].Unit)
	}
	return out
}

func randomID() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}

// checkTime refuses what Expire would delete, and clocks that are wrong by a day.
func (s *Store) checkTime(t, now time.Time) error {
	if t.After(now.Add(24 * time.Hour)) {
		return refused("its time, %s, is more than a day ahead of the clock here (%s): check both clocks", t.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	if raw := s.o.Retention.Raw; raw > 0 && hourOf(t) < hourOf(now.Add(-raw)) {
		return refused("its time, %s, is longer ago than the %v for which profiles are kept", t.UTC().Format(time.RFC3339), raw)
	}
	if t.Year() < 1970 || t.Year() > 2200 {
		return refused("its time is in the year %d", t.Year())
	}
	return nil
}

func checkLabels(labels Labels, typ string) error {
	if labels[ServiceLabel] == "" {
		return refused("it has no label %q, which says what program it is of", ServiceLabel)
	}
	for what, v := range map[string]string{"service": labels[ServiceLabel], "type": typ} {
		if v == "" {
			return refused("its %s is empty", what)
		}
		if len(escape(v)) > maxEscaped {
			return refused("its %s is too long: %d bytes after escaping, of %d at most", what, len(escape(v)), maxEscaped)
		}
	}
	size := 0
	for name, v := range labels {
		if !isLabelName(name) {
			return refused("the label name %q is no letter or '_' followed by letters, digits, '_' and '.'", name)
		}
		size += len(name) + len(v)
	}
	if len(labels) > 64 || size > 16<<10 {
		return refused("it has %d labels of %d bytes; at most 64 of 16 kB together are kept", len(labels), size)
	}
	return nil
}

func gzipped(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	if _, err := zw.Write(data); err != nil {
		return nil, err
	}
	err := zw.Close()
	return buf.Bytes(), err
}

// commit hands a profile to the committer and waits for it.
func (s *Store) commit(ctx context.Context, w *pending) error {
	if ctx.Err() != nil {
		return fmt.Errorf("store profile: it was given up before it was durable: %w", context.Cause(ctx))
	}
	select {
	case s.queue <- w:
	case <-s.closing:
		return errors.New("store profile: the store is closed")
	case <-ctx.Done():
		return fmt.Errorf("store profile: it was given up before it was durable: %w", context.Cause(ctx))
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("store profile: it was given up before it was durable: %w", context.Cause(ctx))
	}
}

// commitBytes bounds a segment, and so what waits in memory.
const commitBytes = 16 << 20

// commitLoop writes what is in the queue, one segment after the other, until the
// store is closed.
func (s *Store) commitLoop() {
	defer close(s.flushed)
	for {
		select {
		case first := <-s.queue:
			s.commitBatch(s.collect(first))
		case <-s.closing:
			return
		}
	}
}

// collect waits for profiles that can be durable together with the first.
func (s *Store) collect(first *pending) []*pending {
	batch, size := []*pending{first}, len(first.data)
	timer := time.NewTimer(s.o.CommitDelay)
	defer timer.Stop()
	for size < commitBytes {
		select {
		case w := <-s.queue:
			batch = append(batch, w)
			size += len(w.data)
		case <-timer.C:
			return batch
		case <-s.closing:
			return batch
		}
	}
	return batch
}

func (s *Store) commitBatch(batch []*pending) {
	seg, data, err := s.newSegment(batch)
	if err == nil {
		err = s.writeSegment(seg, data)
	}
	if err != nil {
		s.fail(err)
	} else {
		s.addSegment(seg)
		s.count(func(st *Stats) {
			st.Commits++
			st.Profiles += int64(len(batch))
			for _, w := range batch {
				st.Bytes += w.entry.size
			}
		})
	}
	for _, w := range batch {
		w.done <- err
	}
}

// commitAttempts are how often a segment is written before its profiles are given
// up. The waits between grow from 50 ms on.
const commitAttempts = 4

func (s *Store) writeSegment(seg *segment, data []byte) (err error) {
	ctx := context.Background()
	for i := range commitAttempts {
		if i > 0 {
			time.Sleep(50 * time.Millisecond << (i - 1))
		}
		if err = s.put(ctx, seg.key, data); err == nil {
			return nil
		}
		s.count(func(st *Stats) { st.CommitErrors++ })
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, context.DeadlineExceeded) {
			break
		}
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("%w; free some, or keep less: see the store's retention", err)
	}
	// It may be there in spite of the error; nobody was told so.
	_ = s.remove(ctx, seg.key)
	return fmt.Errorf("store profile: %w", err)
}

func isLabelName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '.')) {
			return false
		}
	}
	return s != "" && !strings.HasSuffix(s, ".")
}
