package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// Keys of objects, below the tenant:
//
//	wal/<unix ms>-<random>-<size>.tar                      a segment
//	raw/<service>/<type>/<day>/<hour>/<hash>-<size>.tar    a pack
//	idx/<service>/<type>/<day>/<hour>/<hash>-<size>.idx    its index
//	1h/<service>/<type>/<day>/<hour>-<holds>.idx           an hourly roll-up's index
//	1h/<service>/<type>/<day>/<hour>-<holds>-<hash>-<size>.pb.gz
//	1d/<service>/<type>/<day>-<holds>.idx                  the same for a day
//	1d/<service>/<type>/<day>-<holds>-<hash>-<size>.pb.gz
//	lost/…                                                 what verify put aside
//
// Size is that of the .tar or .pb.gz, so that a listing tells what a store takes and
// which files were cut short. Holds is a hash of the names of the packs that a
// roll-up is made of, so that a listing also tells which roll-up is out of date.
const (
	walDir  = "wal"
	rawDir  = "raw"
	idxDir  = "idx"
	hourDir = "1h"
	dayDir  = "1d"
	lostDir = "lost"

	dayLayout = "2006-01-02"
)

// maxEscaped bounds a service or type in a key: a file's name has 255 bytes.
const maxEscaped = 200

// escape makes one element of a key of any string: letters, digits, "_", "-" and
// dots that are not first stay, every other byte becomes %XX.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// unescape is the inverse of escape.
func unescape(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		c, err := strconv.ParseUint(s[i+1:min(i+3, len(s))], 16, 8)
		if err != nil || i+3 > len(s) {
			return "", false
		}
		b.WriteByte(byte(c))
		i += 2
	}
	return b.String(), b.Len() > 0 && escape(b.String()) == s
}

// An hourKey is one hour of one type of one service: what a pack and an hourly
// roll-up are of.
type hourKey struct {
	service, typ string
	hour         int64 // unix hours
}

func hourOf(t time.Time) int64 { return floorDiv(t.Unix(), 3600) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (k hourKey) start() time.Time { return time.Unix(k.hour*3600, 0).UTC() }
func (k hourKey) end() time.Time   { return k.start().Add(time.Hour) }
func (k hourKey) day() string      { return k.start().Format(dayLayout) }

func (k hourKey) path() string {
	return path.Join(escape(k.service), escape(k.typ), k.start().Format(dayLayout+"/15"))
}

// parseHour is the inverse of path.
func parseHour(s string) (k hourKey, ok bool) {
	parts := strings.Split(s, "/")
	if len(parts) != 4 {
		return k, false
	}
	t, err := time.Parse(dayLayout+"/15", parts[2]+"/"+parts[3])
	if err != nil {
		return k, false
	}
	var ok1, ok2 bool
	k.service, ok1 = unescape(parts[0])
	k.typ, ok2 = unescape(parts[1])
	k.hour = hourOf(t)
	return k, ok1 && ok2
}

// An ID names a profile: its service, type and time, and a random number that
// nobody can guess. Its text, as "api/cpu/20261122T150405.000000000Z-9f8e7d6c5b4a3210",
// is fit for a URL's path as it is; other bytes in names are escaped.
type ID string

const idTime = "20060102T150405.000000000Z"

func makeID(service, typ string, e *entry) ID {
	return ID(escape(service) + "/" + escape(typ) + "/" + memberName(e))
}

func memberName(e *entry) string {
	return fmt.Sprintf("%s-%016x", time.Unix(0, e.time).UTC().Format(idTime), e.id)
}

// ErrBadID is in the chain of the error of what is no ID at all.
var ErrBadID = errors.New("it has the form service/type/time-number, as flame store ls prints it")

// parse takes an ID apart.
func (id ID) parse() (k hourKey, ns int64, random uint64, err error) {
	parts := strings.Split(string(id), "/")
	bad := fmt.Errorf("%q is no id of a profile: %w", string(id), ErrBadID)
	if len(parts) != 3 {
		return k, 0, 0, bad
	}
	when, number, ok := strings.Cut(parts[2], "-")
	t, err := time.Parse(idTime, when)
	random, err2 := strconv.ParseUint(number, 16, 64)
	var ok1, ok2 bool
	k.service, ok1 = unescape(parts[0])
	k.typ, ok2 = unescape(parts[1])
	k.hour = hourOf(t)
	if !ok || err != nil || err2 != nil || len(number) != 16 || !ok1 || !ok2 {
		return k, 0, 0, bad
	}
	return k, t.UnixNano(), random, nil
}

// hashOf returns the first 16 hexadecimal digits of the SHA-256 of strings.
func hashOf(list ...string) string {
	h := sha256.New()
	for _, s := range list {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// nameSize returns the size that the last part of an object's name tells.
func nameSize(name string) (int64, bool) {
	base := path.Base(name)
	base, _, _ = strings.Cut(base, ".")
	i := strings.LastIndexByte(base, '-')
	if i < 0 {
		return 0, false
	}
	size, err := strconv.ParseInt(base[i+1:], 10, 64)
	return size, err == nil
}
