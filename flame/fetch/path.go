package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const mount = "/debug/pprof"

// kind says how a profile of a well-known name is taken.
type kind uint8

const (
	snapshot kind = iota + 1 // at once; with seconds, its change over them
	timed                    // over some seconds
)

// known are the profiles of net/http/pprof, of fgprof, and of Grafana's
// interruptible CPU handler and godeltaprof.
var known = map[string]kind{
	"profile": timed, "cpu": timed, "fgprof": timed, "trace": timed,
	"heap": snapshot, "allocs": snapshot, "goroutine": snapshot, "goroutineleak": snapshot,
	"block": snapshot, "mutex": snapshot, "threadcreate": snapshot,
	"delta_heap": snapshot, "delta_block": snapshot, "delta_mutex": snapshot,
}

// suffix is the parsed form of TargetOptions.Suffix.
type suffix struct {
	path  string // escaped, starts with a slash
	query string
	bare  string // the profile's name, escaped, when the suffix was just that
	given bool
}

func parseSuffix(s string) (suffix, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return suffix{path: DefaultSuffix}, nil
	}
	if strings.Contains(s, "://") {
		return suffix{}, errors.New("a suffix is a path such as /debug/pprof/heap; give a whole URL as the target")
	}
	s, _, _ = strings.Cut(s, "#")
	path, query, _ := strings.Cut(s, "?")
	x := suffix{query: escapeQuery(query), given: true}
	bare := strings.TrimRight(path, "/")
	switch {
	case bare == "":
		x.path = DefaultSuffix
	case !strings.Contains(bare, "/"):
		x.bare, x.path = bare, mount+"/"+bare
		if bare == "fgprof" {
			x.path = "/debug/fgprof"
		}
	default:
		x.path = "/" + strings.TrimLeft(path, "/")
		if strings.HasSuffix(strings.TrimRight(path, "/"), mount) {
			x.path = strings.TrimRight(x.path, "/") + "/profile"
		}
	}
	u, err := url.Parse("http://h" + x.path)
	if err != nil {
		return suffix{}, errors.New("it is not a URL path; write /debug/pprof/heap and encode a literal % as %25")
	}
	x.path = u.EscapedPath()
	if x.bare != "" {
		x.bare = x.path[strings.LastIndexByte(x.path, '/')+1:]
	}
	return x, nil
}

// resolve settles the path and query by the rules of the package comment.
func (t *Target) resolve(x suffix) error {
	path, err := resolvePath(t.path, t.query, x)
	if err != nil {
		return err
	}
	t.path = path
	for pair := range strings.SplitSeq(x.query, "&") {
		k, _, _ := strings.Cut(pair, "=")
		if _, ok := queryGet(t.query, unescapeQuery(k)); pair != "" && !ok {
			t.query = queryAdd(t.query, pair)
		}
	}
	t.profile = profileOf(t.path)
	return nil
}

func resolvePath(path, query string, x suffix) (string, error) {
	trimmed := strings.TrimRight(path, "/")
	if trimmed == "" {
		return x.path, nil
	}
	last := trimmed[strings.LastIndexByte(trimmed, '/')+1:]
	if last == "pprof" {
		return underMount(trimmed, x), nil
	}
	if x.given {
		if strings.HasSuffix(trimmed, x.path) {
			return path, nil
		}
		if known[last] != 0 && (strings.Contains(trimmed, "/debug/") || strings.Contains(trimmed, "/pprof/")) {
			return "", fmt.Errorf("it names the profile %s already, and the suffix names %s; give only one of them", last, x.path)
		}
		return join(trimmed, x.path), nil
	}
	if known[last] != 0 || query != "" || strings.Contains(trimmed, "/debug/") || hasExtension(last) {
		return path, nil
	}
	return join(trimmed, x.path), nil
}

// underMount puts the suffix's profile behind a path that ends in /pprof.
func underMount(path string, x suffix) string {
	if x.bare != "" {
		return path + "/" + x.bare
	}
	if name, ok := strings.CutPrefix(x.path, mount+"/"); ok {
		return path + "/" + name
	}
	return strings.TrimSuffix(path, mount) + x.path
}

// join appends suffix to prefix; whole elements that end the one and start the
// other stand once.
func join(prefix, suffix string) string {
	for i := len(suffix) - 1; i > 0; i-- {
		if suffix[i] == '/' && strings.HasSuffix(prefix, suffix[:i]) {
			return prefix + suffix[i:]
		}
	}
	return prefix + suffix
}

// hasExtension tells cpu.pb.gz from a version such as v1.2.
func hasExtension(name string) bool {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || i == len(name)-1 {
		return false
	}
	c := name[i+1] | 0x20
	return c >= 'a' && c <= 'z'
}

// profileOf is the name of the profile that a path serves, "" when it does not
// tell. Custom profiles may have slashes in their names.
func profileOf(path string) string {
	p := strings.TrimRight(path, "/")
	if u, err := url.PathUnescape(p); err == nil {
		p = u
	}
	last := p[strings.LastIndexByte(p, '/')+1:]
	switch {
	case last == "cpu":
		return "profile"
	case known[last] != 0:
		return last
	}
	if i := strings.LastIndex(p, "/pprof/"); i >= 0 {
		return p[i+len("/pprof/"):]
	}
	if strings.HasSuffix(p, "/debug/"+last) {
		return last
	}
	return ""
}

// setSeconds settles the capture's length and writes it into the query.
func (t *Target) setSeconds(o TargetOptions) error {
	if o.SecondsDefault == 0 {
		o.SecondsDefault = DefaultSeconds
	}
	explicit := o.Seconds != 0 || o.SecondsSet
	for _, n := range []int{o.Seconds, o.SecondsDefault} {
		if (explicit || n != o.Seconds) && (n <= 0 || n > maxSeconds) {
			return fmt.Errorf("seconds is %d; it must be a whole number from 1 to %d", n, maxSeconds)
		}
	}
	inURL, has := queryGet(t.query, "seconds")
	switch {
	case explicit:
		t.setDuration(o.Seconds)
		t.given = true
	case has:
		d, err := urlSeconds(inURL, t.profile)
		if err != nil {
			return err
		}
		t.duration, t.given = d, true
	case known[t.profile] == timed:
		t.setDuration(o.SecondsDefault)
	}
	t.delta = t.duration > 0 && t.profile != "" && known[t.profile] != timed
	t.silence = t.duration
	if t.profile == "" && t.duration == 0 {
		// An unknown handler may capture for its own default before it answers.
		t.silence = DefaultSeconds * time.Second
	}
	return nil
}

// setDuration sets a capture's length in whole seconds in the query too.
func (t *Target) setDuration(seconds int) {
	t.duration = time.Duration(seconds) * time.Second
	t.silence = t.duration
	t.query = queryAdd(queryDel(t.query, "seconds"), "seconds="+strconv.Itoa(seconds))
}

// urlSeconds reads the seconds of a URL. net/http/pprof captures 30 seconds when
// it cannot read the number, which nobody means, so that is an error here.
// Traces take fractions. What an unknown handler means by it is not ours to judge.
func urlSeconds(s, profile string) (time.Duration, error) {
	f, err := strconv.ParseFloat(s, 64)
	if ok := err == nil && f > 0 && f <= maxSeconds; !ok {
		if profile == "" {
			return 0, nil
		}
		return 0, fmt.Errorf("seconds=%s in the URL; it must be a number from 1 to %d", clean(s, 20), maxSeconds)
	}
	if _, err := strconv.ParseUint(s, 10, 32); err != nil && profile != "" && profile != "trace" {
		return 0, fmt.Errorf("seconds=%s in the URL; only a trace takes a fraction, so write whole seconds", clean(s, 20))
	}
	return time.Duration(f * float64(time.Second)), nil
}

// queryGet returns the first value of a parameter of a raw query, decoded.
func queryGet(raw, name string) (string, bool) {
	for pair := range strings.SplitSeq(raw, "&") {
		if k, v, _ := strings.Cut(pair, "="); k != "" && unescapeQuery(k) == name {
			return unescapeQuery(v), true
		}
	}
	return "", false
}

// queryDel removes parameters and keeps the order and spelling of the rest.
func queryDel(raw string, names ...string) string {
	var kept []string
next:
	for pair := range strings.SplitSeq(raw, "&") {
		k, _, _ := strings.Cut(pair, "=")
		for _, n := range names {
			if unescapeQuery(k) == n {
				continue next
			}
		}
		if pair != "" {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

func queryAdd(raw, pair string) string {
	if raw == "" {
		return pair
	}
	return raw + "&" + pair
}
