package fetch

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxErrorBody is how much of an error page is looked at.
const maxErrorBody = 8 << 10

// errWriteTimeout: Go before 1.23 refuses a capture that its server's
// WriteTimeout would cut off.
var errWriteTimeout = errors.New("the capture is longer than the target's WriteTimeout")

// status explains an answer other than 200. What the body says goes first, for
// the handlers of net/http/pprof are more exact there than in the status.
func (q *request) status(resp *http.Response) *Error {
	text := q.scrub.bodyText(errorBody(resp))
	e := q.bodyError(resp, text)
	if e == nil {
		e = q.statusError(resp, text)
	}
	e.Status = resp.StatusCode
	return e
}

func errorBody(resp *http.Response) []byte {
	r := io.LimitReader(resp.Body, maxErrorBody)
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil
		}
		r = io.LimitReader(z, maxErrorBody)
	}
	b, _ := io.ReadAll(r) // a piece of an error text is better than none
	return b
}

// bodyError knows the error texts of net/http, of net/http/pprof and of common
// front ends.
func (q *request) bodyError(resp *http.Response, text string) *Error {
	lower := strings.ToLower(text)
	has := func(s string) bool { return strings.Contains(lower, s) }
	switch {
	case has("http request to an https server"), has("plain http request was sent to https port"), has("speaking plain http to an ssl-enabled"):
		return q.fail(nil, "use https:// instead of http://", "the target speaks TLS, not plain HTTP")
	case has("profiling already") || has("tracing is already") || has("tracing already"):
		what := "CPU profiler"
		if q.target.profile == "trace" {
			what = "tracer"
		}
		return q.fail(ErrBusy, "look for who uses it: an agent of Pyroscope, Datadog, Parca or Google Cloud Profiler, another flame, or go test -cpuprofile",
			"another capture holds the target's only %s", what)
	case has("exceeds server's writetimeout"):
		return q.fail(errWriteTimeout, or(shorter(q.target.duration), "raise the target's WriteTimeout", "build it with Go 1.23 or newer"),
			"a capture of %s is longer than the target's WriteTimeout allows", q.target.duration)
	case resp.StatusCode == http.StatusBadRequest && has(`"seconds" parameter is not supported`):
		return q.fail(nil, "leave the seconds out (-t)", "the target cannot capture the profile %s over a time", q.target.profile)
	case resp.StatusCode == http.StatusBadRequest && has("seconds and debug params are incompatible"):
		return q.fail(nil, "leave the seconds (-t) or the ?debug out", "the target cannot give a debug text over a time")
	}
	return nil
}

func (q *request) statusError(resp *http.Response, text string) *Error {
	said := fmt.Sprintf("the target answered %d %s", resp.StatusCode, clean(http.StatusText(resp.StatusCode), 60))
	quoted := said
	if text != "" {
		quoted = fmt.Sprintf("%s: %q", said, text)
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		if q.hasCredentials(q.target) {
			return q.fail(nil, "check the user, password, token or headers, and what they are allowed", "the target refuses the given credentials (%d)", resp.StatusCode)
		}
		scheme, _, _ := strings.Cut(resp.Header.Get("WWW-Authenticate"), " ")
		if scheme != "" {
			scheme = ", " + clean(scheme, 20)
		}
		return q.fail(nil, "give them with --bearer-token, -H 'Authorization: …' or user:password@ in the URL", "the target wants credentials (%d%s)", resp.StatusCode, scheme)
	case http.StatusNotFound:
		return q.notFound(text)
	case http.StatusMethodNotAllowed:
		return q.fail(nil, "check that the path is a profile's, as /debug/pprof/heap is", "the target allows no GET here (405)")
	case http.StatusProxyAuthRequired:
		return q.proxyAuth()
	case http.StatusTooManyRequests:
		return q.fail(nil, "wait, and ask less often", "%s", quoted)
	case http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return q.fail(nil, or(shorter(q.target.duration), "ask the target itself and not its proxy"), "%s", quoted)
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return q.fail(nil, "check that the target runs and is ready, or ask it itself and not its proxy", "%s", quoted)
	}
	switch {
	case resp.StatusCode >= 500:
		return q.fail(nil, "look into the target's log", "%s", quoted)
	case resp.StatusCode >= 400:
		return q.fail(nil, "check the path and the query", "%s", quoted)
	}
	return q.fail(ErrNotProfile, "check that the path is a profile's, as /debug/pprof/heap is", "%s, which is no profile", said)
}

func (q *request) proxyAuth() *Error {
	return q.fail(nil, "put user:password@ into HTTP_PROXY and HTTPS_PROXY, or name the target in NO_PROXY", "the proxy wants credentials (407)")
}
