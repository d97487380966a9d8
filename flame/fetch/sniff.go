package fetch

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// sniffLen is how much of a body tells a page from a profile.
const sniffLen = 512

// sniff refuses what is certainly no profile; the rest is for the decoder.
func (q *request) sniff(resp *http.Response, data []byte) *Error {
	head := data[:min(len(data), sniffLen)]
	switch {
	case len(data) == 0:
		hint := "try again, and look into the target's log"
		if strings.Contains(q.target.query, "format=") {
			hint = "check the format in the query: fgprof knows pprof and folded"
		}
		return q.fail(ErrNotProfile, hint, "the target sent nothing (0 bytes)")
	case looksHTML(head) && len(parseIndex(data[:min(len(data), maxIndex)], resp.Request.URL)) > 0:
		return q.fail(ErrNotProfile, "register its handlers by name in the target (pprof.Index serves profiles only under /debug/pprof/), or fix the path",
			"the target sent its list of profiles and not a profile")
	case looksHTML(head):
		hint := "check the path: an application with net/http/pprof has profiles under /debug/pprof/"
		if q.moved {
			hint = fmt.Sprintf("it was redirected to %s, so sign in with --bearer-token or -H if that is a login page, or check the path", q.shown(resp.Request.URL))
		}
		return q.fail(ErrNotProfile, hint, "the target sent a web page%s and not a profile", title(data))
	case looksJSON(head) && !hasExtension(q.target.path[strings.LastIndexByte(q.target.path, '/')+1:]):
		return q.fail(ErrNotProfile, "check the path: an application with net/http/pprof has profiles under /debug/pprof/",
			"the target sent JSON and not a profile (%s)", clean(q.scrub.text(string(head)), 120))
	}
	return nil
}

func trimText(b []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
}

func looksHTML(b []byte) bool {
	s := strings.ToLower(string(trimText(b[:min(len(b), sniffLen)])))
	for strings.HasPrefix(s, "<!--") { // licence comments come first
		_, after, ok := strings.Cut(s, "-->")
		if !ok {
			return true
		}
		s = strings.TrimLeft(after, " \t\r\n")
	}
	for _, p := range []string{"<!doctype html", "<html", "<head", "<body", "<title", "<script"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// looksJSON wants more than a brace: a profile may begin with any byte, and
// folded stacks with any text.
func looksJSON(b []byte) bool {
	s := trimText(b)
	if len(s) < 2 || (s[0] != '{' && s[0] != '[') {
		return false
	}
	if t := bytes.TrimLeft(s[1:], " \t\r\n"); len(t) > 0 {
		switch t[0] {
		case '"', '}', ']':
			return true
		case '{', '[':
			return s[0] == '['
		}
	}
	return false
}

// title is a page's title in quotes with a space before, or nothing.
func title(page []byte) string {
	page = page[:min(len(page), maxErrorBody)]
	lower := bytes.ToLower(page)
	if len(lower) != len(page) {
		return "" // the offsets differ
	}
	i := bytes.Index(lower, []byte("<title"))
	if i < 0 {
		return ""
	}
	j := bytes.IndexByte(lower[i:], '>')
	end := bytes.Index(lower[i:], []byte("</title"))
	if j < 0 || end <= j {
		return ""
	}
	if t := clean(string(page[i+j+1:i+end]), 60); t != "" {
		return fmt.Sprintf(" (%q)", t)
	}
	return ""
}
