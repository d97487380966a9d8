package fetch

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// DefaultTarget is what an empty target means.
	DefaultTarget = "http://localhost:8080"
	// DefaultSuffix is the path of the profile that is asked for unless
	// [TargetOptions.Suffix] says otherwise.
	DefaultSuffix = "/debug/pprof/profile"
	// DefaultSeconds is the length of a capture unless said otherwise.
	DefaultSeconds = 30
)

// maxSeconds bounds a capture to one day, far above any use and far below
// what overflows a time.Duration.
const maxSeconds = 24 * 60 * 60

// schemes names the accepted ones in messages.
const schemes = "http, https, https+insecure and unix"

// TargetOptions says what to ask a target for. The zero value asks for a CPU
// profile of 30 seconds.
type TargetOptions struct {
	// Suffix is the path of the profile, or its bare name, with an optional
	// query. Empty means that the user gave none: DefaultSuffix is used
	// where the target names no profile itself.
	Suffix string
	// Seconds is the capture's length as the user gave it, 0 for not given.
	Seconds int
	// SecondsSet says that the user gave Seconds, so that 0 is an error.
	SecondsSet bool
	// SecondsDefault is the length of timed captures when neither the user
	// nor the URL gives one. 0 means DefaultSeconds.
	SecondsDefault int
}

// Target is where a profile comes from: one parsed form of the grammar (see the
// package comment). It is immutable, comparable, and safe to print: String and
// GoString hide its credentials. The zero Target is not valid.
type Target struct {
	scheme           string // http, https, https+insecure or unix
	socket           string // path of the Unix socket
	user, pass       string
	hasUser, hasPass bool
	host             string // host or host:port, IPv6 in brackets
	path             string // escaped, starts with a slash
	query            string // raw
	profile          string
	duration         time.Duration
	given            bool // the user gave the duration
	delta            bool
	silence          time.Duration // how long the target may capture before it answers
}

// Parse reads a target. Its errors are one sentence, fit to show as they are, and
// hide credentials.
func Parse(s string, o TargetOptions) (Target, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		s = DefaultTarget
	}
	t, err := parseTarget(s)
	if err != nil {
		return Target{}, fmt.Errorf("parse target %q: %w", redactText(s), err)
	}
	sfx, err := parseSuffix(o.Suffix)
	if err != nil {
		return Target{}, fmt.Errorf("parse suffix %q: %w", redactText(o.Suffix), err)
	}
	if err := t.resolve(sfx); err != nil {
		return Target{}, fmt.Errorf("parse target %q: %w", redactText(s), err)
	}
	if err := t.setSeconds(o); err != nil {
		return Target{}, fmt.Errorf("parse target %q: %w", redactText(s), err)
	}
	return t, nil
}

func parseTarget(s string) (Target, error) {
	if !utf8.ValidString(s) {
		return Target{}, errors.New("it is not valid UTF-8; type it again")
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		return Target{}, errors.New("it contains an unprintable character; type it again")
	}
	if rest, ok := cutPrefixFold(s, "unix:"); ok {
		return parseUnix(rest)
	}
	scheme, rest, ok := cutScheme(s)
	if !ok {
		scheme, rest = "http", s
		if h, _, _ := strings.Cut(rest, ":/"); strings.EqualFold(h, "http") || strings.EqualFold(h, "https") {
			return Target{}, fmt.Errorf("a scheme is followed by two slashes; write %s://…", strings.ToLower(h))
		}
	}
	scheme = strings.ToLower(scheme)
	switch scheme {
	case "http", "https", "https+insecure":
	default:
		return Target{}, fmt.Errorf("unknown scheme %q; the accepted ones are %s", clean(scheme, 40), schemes)
	}
	return parseHTTP(scheme, rest)
}

// cutScheme splits s at "://" if a scheme stands before it, and not a part of a
// password or of a query.
func cutScheme(s string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(s, "://")
	if !ok || strings.IndexFunc(scheme, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+-.", r))
	}) >= 0 {
		return "", s, false
	}
	return scheme, rest, true
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// parseUnix reads what follows "unix:". The colon before the URL path is
// nginx's syntax; a socket path cannot hold ":/" in practice.
func parseUnix(rest string) (Target, error) {
	if strings.HasPrefix(rest, "///") {
		rest = rest[2:]
	} else if strings.HasPrefix(rest, "//") {
		return Target{}, errors.New("a socket's path follows unix: directly; write unix:/run/app.sock")
	}
	rest, _, _ = strings.Cut(rest, "#")
	socket, query, _ := strings.Cut(rest, "?")
	socket, path, ok := strings.Cut(socket, ":/")
	if ok {
		path = "/" + path
	}
	if socket == "" || socket == "/" {
		return Target{}, errors.New("the socket's path is missing; write unix:/run/app.sock")
	}
	if len(socket) > 107 { // sun_path has 108 bytes
		return Target{}, errors.New("the socket's path is longer than the 107 bytes a Unix socket can have; use a shorter path or a symbolic link")
	}
	p, err := url.Parse(path)
	if err != nil || p.Host != "" {
		return Target{}, errors.New("the URL path behind the socket is malformed; write unix:/run/app.sock:/debug/pprof/heap")
	}
	return Target{scheme: "unix", socket: socket, path: p.EscapedPath(), query: escapeQuery(query)}, nil
}

func parseHTTP(scheme, rest string) (Target, error) {
	secret := strings.Contains(rest, "@")
	rest, _, _ = strings.Cut(rest, "#")
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	userinfo, host := "", authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		userinfo, host = authority[:at+1], authority[at+1:]
	}
	host, err := parseHost(host)
	if err != nil {
		if secret {
			// The port may be a piece of the password: say no more than this.
			return Target{}, errors.New("the host or port is malformed; percent-encode special characters in the user name and password")
		}
		return Target{}, err
	}
	u, err := url.Parse("http://" + userinfo + host + tail)
	if err != nil {
		if secret {
			return Target{}, errors.New("it is not a URL; percent-encode special characters in the user name and password")
		}
		return Target{}, errors.New("it is not a URL; write http://host:port/path and encode a literal % as %25")
	}
	t := Target{scheme: scheme, host: host, path: u.EscapedPath(), query: escapeQuery(u.RawQuery)}
	if u.User != nil {
		t.user, t.hasUser = u.User.Username(), true
		t.pass, t.hasPass = u.User.Password()
	}
	return t, nil
}

// parseHost checks host[:port] and returns its canonical form.
func parseHost(s string) (string, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Is6() {
		return bracket(a)
	}
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", errors.New("the ] of the IPv6 address is missing; write [::1]:8080")
		}
		host, port = s[1:end], s[end+1:]
		a, err := netip.ParseAddr(strings.Replace(host, "%25", "%", 1))
		if err != nil || !a.Is6() || (port != "" && port[0] != ':') {
			return "", errors.New("the IPv6 address is malformed; write [::1]:8080")
		}
		if host, err = bracket(a); err != nil {
			return "", err
		}
		port = strings.TrimPrefix(port, ":")
	} else if i := strings.LastIndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i+1:]
		if port == "" && host == "" {
			return "", errors.New("the port is missing; write :8080 or host:8080")
		}
		if host == "" {
			host = "localhost"
		}
	}
	if host == "" {
		return "", errors.New("the host is missing; write host:port or http://host:port/path")
	}
	if host[0] != '[' {
		if strings.IndexFunc(host, badHostRune) >= 0 {
			return "", errors.New("the host name is malformed; write host:port or http://host:port/path")
		}
		host = strings.ToLower(host)
	}
	if port == "" {
		return host, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", fmt.Errorf("the port %q is not a number from 1 to 65535; write host:port", clean(port, 20))
	}
	return host + ":" + strconv.FormatUint(n, 10), nil
}

// bracket writes an IPv6 address as URLs do, its zone's % encoded. A zone is the
// name of an interface and keeps its case.
func bracket(a netip.Addr) (string, error) {
	zone := a.Zone()
	if zone == "" {
		return "[" + a.String() + "]", nil
	}
	if strings.IndexFunc(zone, badHostRune) >= 0 {
		return "", errors.New("the zone of the IPv6 address is malformed; write [fe80::1%eth0]:8080")
	}
	return "[" + a.WithZone("").String() + "%25" + zone + "]", nil
}

func badHostRune(r rune) bool {
	return !(r == '.' || r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// escapeQuery encodes what must not stand in a query; what is encoded stays.
func escapeQuery(q string) string {
	var b strings.Builder
	for i := range len(q) {
		if c := q[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>`#", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// String is the target in full, with its credentials hidden: it may be shown
// and stored, and parses again to a target that prints the same.
func (t Target) String() string {
	q, _ := redactQuery(t.query)
	if q != "" {
		q = "?" + q
	}
	if t.scheme == "unix" {
		return "unix:" + t.socket + ":" + t.path + q
	}
	user := ""
	if t.hasUser {
		user = redactUser(t.userinfo()).String() + "@"
	}
	return t.scheme + "://" + user + t.host + t.path + q
}

// GoString is String, so that no verb of package fmt shows credentials.
func (t Target) GoString() string { return "fetch.Target(" + strconv.Quote(t.String()) + ")" }

// Host is the target's host or host:port, or unix:path for a socket.
func (t Target) Host() string {
	if t.scheme == "unix" {
		return "unix:" + t.socket
	}
	return t.host
}

// Profile is the kind of profile the target serves by the name net/http/pprof
// gives it: "profile" (CPU), "heap", "fgprof", …; empty when the path does not
// tell.
func (t Target) Profile() string { return t.profile }

// Duration is the length of the capture, 0 for a snapshot.
func (t Target) Duration() time.Duration { return t.duration }

// Delta reports that a cumulative or snapshot profile is asked for as its change
// over Duration.
func (t Target) Delta() bool { return t.delta }

func (t Target) userinfo() *url.Userinfo {
	if t.hasPass {
		return url.UserPassword(t.user, t.pass)
	}
	return url.User(t.user)
}

// address is what a person would say listens: host:port with the default port.
func (t Target) address() string {
	if t.scheme == "unix" {
		return t.socket
	}
	u := url.URL{Host: t.host}
	port := u.Port()
	if port == "" {
		port = "443"
		if t.scheme == "http" {
			port = "80"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// requestURL is the URL for another path of the target, without credentials. A
// socket is the host in hex: the transport's pool tells connections apart by host.
func (t Target) requestURL(path, query string) *url.URL {
	u := &url.URL{Scheme: "http", Host: t.host, RawQuery: query}
	switch t.scheme {
	case "https", "https+insecure":
		u.Scheme = "https"
	case "unix":
		u.Host = hex.EncodeToString([]byte(t.socket))
	}
	if p, err := url.PathUnescape(path); err == nil {
		u.Path, u.RawPath = p, path
	} else {
		u.Path = path
	}
	return u
}

// LooksLikeURL reports whether a command-line argument that is no file must be
// meant as a target: it has a scheme, or is an address, or host:port with or
// without a path. A bare name is not enough.
func LooksLikeURL(s string) bool {
	if strings.Contains(s, "://") || strings.HasPrefix(s, "unix:") || s == "localhost" {
		return true
	}
	authority := s
	if i := strings.IndexAny(s, "/?"); i >= 0 {
		authority = s[:i]
	}
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	if _, err := netip.ParseAddr(authority); err == nil {
		return true
	}
	host, err := parseHost(authority)
	if err != nil {
		return false
	}
	return host[0] == '[' || (&url.URL{Host: host}).Port() != ""
}
