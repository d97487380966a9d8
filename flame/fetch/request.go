package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

const maxRedirects = 5

// request is one try: a context with a watchdog, the header, and what is needed
// to explain a failure.
type request struct {
	*Client
	op      string
	target  Target
	report  *reporter
	scrub   scrubber
	header  http.Header
	notes   []string
	moved   bool // a redirect was followed
	begun   bool // the answer's header has come
	started time.Time

	parent context.Context
	ctx    context.Context
	cancel context.CancelFunc
	watch  *time.Timer
}

// begin starts a try. end must be called.
func (c *Client) begin(ctx context.Context, op string, t Target, r *reporter) (*request, *Error) {
	q := &request{Client: c, op: op, target: t, report: r, parent: ctx, started: time.Now()}
	q.scrub = newScrubber(t, c.opts.Header)
	if t.scheme == "" {
		return nil, &Error{Op: op, Target: "(none)", Err: errors.New("the target is empty"), Hint: "make it with Parse"}
	}
	if ctx.Err() != nil {
		return nil, q.stopped()
	}
	h, err := c.header(t)
	if err != nil {
		return nil, q.fail(err, "check the token file", "%s", err)
	}
	q.header, q.scrub = h, newScrubber(t, h)
	q.ctx, q.cancel = context.WithCancel(ctx)
	q.watch = time.AfterFunc(q.patience(), q.cancel)
	return q, nil
}

func (q *request) end() {
	q.watch.Stop()
	q.cancel()
}

// patience is how long the target may take to answer.
func (q *request) patience() time.Duration { return q.target.silence + q.opts.Margin }

// overall reports that the time for the whole transfer is over.
func (q *request) overall() bool {
	return time.Since(q.started) >= q.target.silence+q.opts.MaxTransfer
}

// touch notes n bytes: the watchdog sleeps on until the margin is over again,
// but not before the capture should be done, since bytes may come while it runs.
func (q *request) touch(n int) {
	if n > 0 {
		q.report.received(n)
	}
	elapsed := time.Since(q.started)
	wait := max(q.patience()-elapsed, q.opts.Margin)
	q.watch.Reset(max(min(wait, q.target.silence+q.opts.MaxTransfer-elapsed), 0))
}

// do sends the request and follows redirects.
func (q *request) do(u *url.URL) (*http.Response, *Error) {
	key := transportKey{unix: q.target.scheme == "unix", insecure: q.target.scheme == "https+insecure", once: q.target.duration > 0}
	header := q.header
	for hop := 0; ; hop++ {
		resp, err := q.send(u, key, header)
		if err != nil {
			return nil, q.transport(err)
		}
		to := resp.Header.Get("Location")
		if !redirects(resp.StatusCode) || to == "" {
			q.begun = true
			q.touch(0)
			return resp, nil
		}
		resp.Body.Close()
		next, rerr := u.Parse(to)
		if rerr != nil {
			return nil, q.fail(nil, "give the final URL as the target", "the target redirects to an address that is not a URL")
		}
		next.User, next.Fragment = nil, ""
		if hop == maxRedirects {
			return nil, q.fail(nil, "give the final URL as the target", "the target redirects more than %d times", maxRedirects)
		}
		if key.unix && strings.EqualFold(next.Hostname(), "localhost") {
			next.Scheme, next.Host = u.Scheme, u.Host
		}
		if !sameHost(u, next) {
			if e := q.leave(next, key); e != nil {
				return nil, e
			}
			key.unix, key.insecure = false, false
			header = http.Header{"User-Agent": header["User-Agent"], "Accept-Encoding": header["Accept-Encoding"]}
		}
		q.moved = true
		u = next
	}
}

// send makes one round trip. The transport is used directly: http.Client would
// decide on redirects, send Referer, and put the URL into its errors.
func (q *request) send(u *url.URL, key transportKey, header http.Header) (*http.Response, error) {
	ctx := httptrace.WithClientTrace(q.ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { q.report.sent() },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header = header.Clone()
	if key.unix {
		req.Host = "localhost"
	}
	if h := header.Get("Host"); h != "" {
		req.Host = h
		req.Header.Del("Host")
	}
	return q.Client.transport(key).RoundTrip(req)
}

// shown is a URL that the target sent us to, for messages.
func (q *request) shown(u *url.URL) string {
	if q.target.scheme == "unix" && u.Host == q.target.requestURL("/", "").Host {
		return q.target.Host() + ":" + clean(u.EscapedPath(), 200)
	}
	return q.scrub.text(redactURL(u))
}

func redirects(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// sameHost reports whether credentials may follow from one URL to the other: the
// same scheme, host and port, or the step from http to https on the default ports.
func sameHost(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	if from.Scheme == "http" && to.Scheme == "https" {
		return port(from) == "80" && port(to) == "443"
	}
	return from.Scheme == to.Scheme && port(from) == port(to)
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// leave decides on a redirect to another host.
func (q *request) leave(to *url.URL, key transportKey) *Error {
	shown := q.shown(to)
	switch {
	case to.Scheme != "http" && to.Scheme != "https" || to.Host == "":
		return q.fail(nil, "give the final URL as the target", "the target redirects to %s, which is not HTTP", shown)
	case key.unix:
		return q.fail(nil, "give that URL as the target if it is right", "the socket redirects to another host (%s)", shown)
	case q.opts.Transport != nil:
		return q.fail(nil, "give that URL as the target if it is right", "the target redirects to another host (%s)", shown)
	case q.hasCredentials(q.target):
		return q.fail(nil, "give that URL as the target if it may have them", "the target redirects to another host (%s), which the credentials and headers are not meant for", shown)
	}
	q.notes = append(q.notes, fmt.Sprintf("%s redirected to another host: %s", q.target, shown))
	return nil
}
