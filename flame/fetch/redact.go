package fetch

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// redacted stands wherever a secret was.
const redacted = "xxxxx"

// minSecret is the length below which a secret is not searched for in foreign
// text: replacing every "a" would protect nobody and hide the message.
const minSecret = 4

// secretParam reports whether a query parameter of this (decoded) name usually
// carries a credential. It errs on the side of hiding.
func secretParam(name string) bool {
	n := strings.ToLower(name)
	switch n {
	case "key", "sig", "jwt", "code", "sid", "pw", "pwd", "pass":
		return true
	}
	for _, part := range []string{"token", "secret", "passw", "signature", "credential", "apikey", "api_key", "api-key", "auth", "session"} {
		if strings.Contains(n, part) {
			return true
		}
	}
	return false
}

// redactQuery hides the values of secret parameters in a raw query and returns
// them as they stood there.
func redactQuery(raw string) (shown string, secrets []string) {
	var b strings.Builder
	for raw != "" {
		pair, sep := raw, ""
		if i := strings.IndexAny(raw, "&;"); i >= 0 {
			pair, sep, raw = raw[:i], raw[i:i+1], raw[i+1:]
		} else {
			raw = ""
		}
		if k, v, ok := strings.Cut(pair, "="); ok && v != "" && secretParam(unescapeQuery(k)) {
			secrets = append(secrets, v)
			pair = k + "=" + redacted
		}
		b.WriteString(pair)
		b.WriteString(sep)
	}
	return b.String(), secrets
}

func unescapeQuery(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// redactURL is u in a form that may be shown and stored.
func redactURL(u *url.URL) string {
	v := *u
	v.Fragment, v.RawFragment = "", ""
	v.User = redactUser(u.User)
	v.RawQuery, _ = redactQuery(u.RawQuery)
	return clean(v.String(), 500)
}

// redactUser keeps a user name only where a password stands beside it: a name
// alone is often a token.
func redactUser(u *url.Userinfo) *url.Userinfo {
	if u == nil {
		return nil
	}
	if _, ok := u.Password(); ok {
		return url.UserPassword(u.Username(), redacted)
	}
	return url.User(redacted)
}

// redactText is for text that could not be parsed as a target: everything that
// may be userinfo or a query goes.
func redactText(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 && !strings.HasPrefix(s, "unix:") {
		start := 0
		if scheme, _, ok := cutScheme(s); ok && len(scheme) < i {
			start = len(scheme) + len("://")
		}
		s = s[:start] + redacted + s[i:]
	}
	s, _, cut := strings.Cut(s, "?")
	if cut {
		s += "?…"
	}
	return clean(s, 200)
}

// scrubber hides known secrets in text that comes from elsewhere: error
// messages of the library below, and bodies that echo the request.
type scrubber struct{ r *strings.Replacer }

func newScrubber(t Target, h http.Header) scrubber {
	var secrets []string
	if t.hasUser {
		if t.hasPass {
			secrets = append(secrets, t.pass)
		} else {
			secrets = append(secrets, t.user)
		}
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(t.user+":"+t.pass)))
	}
	_, inQuery := redactQuery(t.query)
	secrets = append(secrets, inQuery...)
	for _, values := range h {
		for _, v := range values {
			for _, f := range strings.Fields(v) {
				if len(f) >= 2*minSecret { // shorter words are schemes and flags
					secrets = append(secrets, f)
				}
			}
		}
	}
	var pairs []string
	for _, s := range secrets {
		for _, form := range []string{s, unescapeQuery(s), url.QueryEscape(s), url.PathEscape(s)} {
			if len(form) >= minSecret {
				pairs = append(pairs, form, redacted)
			}
		}
	}
	return scrubber{strings.NewReplacer(pairs...)}
}

func (s scrubber) text(t string) string {
	if s.r == nil {
		return t
	}
	return s.r.Replace(t)
}

var (
	htmlHidden = regexp.MustCompile(`(?is)<(style|script|head)\b.*?</(style|script|head)\s*>`)
	htmlTag    = regexp.MustCompile(`(?s)<[^>]*>`)
	ansiEscape = regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]")
)

// clean makes foreign text fit for one line of a terminal: no control, escape
// or bidi characters, white space collapsed, at most limit runes.
func clean(s string, limit int) string {
	s = ansiEscape.ReplaceAllString(s, "")
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = n > 0
			continue
		case r == utf8.RuneError:
			r = '?'
		case !unicode.IsPrint(r):
			continue
		}
		if n >= limit {
			return b.String() + "…"
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// bodyText is what an error body says, without markup.
func (s scrubber) bodyText(body []byte) string {
	t := s.text(string(body))
	if looksHTML(body) {
		t = htmlHidden.ReplaceAllString(t, " ")
		t = htmlTag.ReplaceAllString(t, " ")
	}
	return strings.TrimRight(clean(t, 300), ".;: ")
}
