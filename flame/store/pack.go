package store

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"
)

// A pack is a tar file of ordinary .pb.gz files, so that tar takes it apart. Its
// last member is its index, padded so that the eight bytes before the end of the
// archive (two blocks of zeros) tell the index's length: one read from the end
// finds it, and a pack whose index object is lost is complete in itself.
type packWriter struct {
	buf bytes.Buffer
	tar *tar.Writer
	idx indexBuilder
}

const (
	indexMember = "index"
	tarBlock    = 512
	tarEnd      = 2 * tarBlock
)

func newPackWriter() *packWriter {
	w := &packWriter{}
	w.tar = tar.NewWriter(&w.buf)
	return w
}

// add appends one profile. e.off is set here.
func (w *packWriter) add(s series, e entry, data []byte) error {
	k := hourKey{service: s.labels[ServiceLabel], typ: s.typ}
	name := escape(k.service) + "/" + escape(k.typ) + "/" + memberName(&e) + ".pb.gz"
	if err := w.member(name, time.Unix(0, e.time), len(data)); err != nil {
		return err
	}
	e.off = int64(w.buf.Len())
	w.idx.add(s, e)
	_, err := w.tar.Write(data)
	return err
}

func (w *packWriter) member(name string, mod time.Time, size int) error {
	return w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(size), ModTime: mod.Truncate(time.Second)})
}

// size is how long the pack is so far.
func (w *packWriter) size() int { return w.buf.Len() }

// finish ends the pack and returns it; the slice is the writer's own.
func (w *packWriter) finish() ([]byte, error) {
	slices.SortStableFunc(w.idx.entries, func(a, b entry) int { return cmp.Compare(a.time, b.time) })
	b := w.idx.encode()
	length := uint64(len(b))
	b = append(b, make([]byte, (tarBlock-(len(b)+8)%tarBlock)%tarBlock)...)
	b = binary.LittleEndian.AppendUint64(b, length)
	var newest int64
	for i := range w.idx.entries {
		newest = max(newest, w.idx.entries[i].time)
	}
	err := w.member(indexMember, time.Unix(0, newest), len(b))
	if err == nil {
		_, err = w.tar.Write(b)
	}
	if err == nil {
		err = w.tar.Close()
	}
	return w.buf.Bytes(), err
}

// readPackIndex reads the index at the end of a pack of the given size.
func (s *Store) readPackIndex(ctx context.Context, key string, size int64) (*index, error) {
	for n := int64(64 << 10); ; {
		n = min(n, size)
		tail, err := s.getRange(ctx, key, size-n, n)
		if err != nil {
			return nil, err
		}
		b, need := cutIndex(tail)
		if b != nil {
			x, err := decodeIndex(b)
			if err != nil {
				return nil, fmt.Errorf("read index of %s: %w", key, err)
			}
			return x, nil
		}
		if need <= n || need > size {
			return nil, fmt.Errorf("read index of %s: the file is damaged or cut off", key)
		}
		n = need
	}
}

// cutIndex cuts the index off the end of a pack; if tail is too short for it, it
// returns how much it must be.
func cutIndex(tail []byte) (b []byte, need int64) {
	end := len(tail) - tarEnd
	if end < 8 {
		return nil, tarEnd + 8
	}
	length := int64(binary.LittleEndian.Uint64(tail[end-8:]))
	padded := (length + 8 + tarBlock - 1) / tarBlock * tarBlock
	if length < 0 || padded < length {
		return nil, 0
	}
	if start := int64(end) - padded; start >= 0 {
		return tail[start : start+length], 0
	}
	return nil, padded + tarEnd
}

var errChecksum = errors.New("the profile is damaged: its checksum does not fit")

// check reports whether data are what the entry was made for.
func (e *entry) check(data []byte) error {
	if int64(len(data)) != e.size || crc32.Checksum(data, castagnoli) != e.crc {
		return errChecksum
	}
	return nil
}
