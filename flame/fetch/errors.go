package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// What a program may want to tell apart with errors.Is. Time-outs are
// context.DeadlineExceeded, cancelling is the context's own error, and system
// errors such as syscall.ECONNREFUSED are kept too.
var (
	// ErrBusy: another profiler held the target's CPU profiler (or tracer)
	// until the patience of [Options.BusyWait] was over.
	ErrBusy = errors.New("the profiler is busy")
	// ErrNotProfile: the target answered, but with a page, JSON or nothing.
	ErrNotProfile = errors.New("not a profile")
	// ErrTooLarge: the profile is larger than [Options.MaxBytes].
	ErrTooLarge = errors.New("the profile is too large")
	// ErrTruncated: the connection broke while the profile arrived.
	ErrTruncated = errors.New("the profile was cut off")
)

// Error is the failure of one request. Its text is one sentence, holds no
// credentials and may be shown as it is.
type Error struct {
	Op     string // "fetch" or "list profiles of"
	Target string // redacted
	Status int    // the HTTP status, 0 when there was no answer
	Err    error  // what happened
	Hint   string // what to do next; may be empty
}

// Error is "op target: what happened; what to do".
func (e *Error) Error() string {
	s := e.Op + " " + e.Target + ": " + e.Err.Error()
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap gives what happened.
func (e *Error) Unwrap() error { return e.Err }

// cause is a sentence of ours for an error that errors.Is should still find.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.err }

// fail makes the request's error. The reason is kept for errors.Is, but only
// while its own text is free of secrets.
func (q *request) fail(reason error, hint, format string, args ...any) *Error {
	text := q.scrub.text(fmt.Sprintf(format, args...))
	if reason != nil && q.scrub.text(reason.Error()) != reason.Error() {
		reason = nil
	}
	return &Error{Op: q.op, Target: q.target.String(), Err: &cause{text, reason}, Hint: q.scrub.text(hint)}
}

// stopped explains an ended context: the caller's, or our own watchdog.
func (q *request) stopped() *Error {
	if err := q.parent.Err(); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return q.fail(err, "allow more time or ask for fewer seconds", "the time given for it ran out before the profile was complete")
		}
		return q.fail(err, "", "it was cancelled before the profile was complete")
	}
	phase, n := q.report.now()
	err := error(context.DeadlineExceeded)
	switch {
	case n > 0 && q.overall():
		return q.fail(err, "look for a slow network, or ask for fewer seconds", "%s arrived in %s and the profile was still not complete", byteCount(n), q.opts.MaxTransfer)
	case n > 0:
		return q.fail(err, "try again, and look for a proxy or a target that hangs", "%s arrived, then nothing for %s", byteCount(n), q.opts.Margin)
	case q.begun:
		return q.fail(err, "try again, and look for a proxy or a target that hangs", "the answer began, then nothing came for %s", q.opts.Margin)
	case phase == PhaseConnecting:
		return q.fail(err, "check the address and the firewalls on the way", "no connection to %s within %s", q.target.address(), round(q.patience()))
	case q.target.duration > 0:
		return q.fail(err, "check that the target is not stopped or overloaded, and that no proxy holds its answer back",
			"no answer within %s (%s of capture and %s more)", round(q.patience()), q.target.duration, q.opts.Margin)
	}
	return q.fail(err, "check that the target is not stopped or overloaded", "no answer within %s", round(q.patience()))
}

// transport explains why a round trip brought no answer.
func (q *request) transport(err error) *Error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // its text has the whole URL
	}
	if q.ctx.Err() != nil {
		return q.stopped()
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		return q.fail(err, "check HTTP_PROXY and HTTPS_PROXY, or name the target in NO_PROXY", "the proxy cannot be reached (%s)", lastText(err))
	}
	for _, explain := range []func(error) *Error{q.dialError, q.tlsError, q.wireError} {
		if e := explain(err); e != nil {
			return e
		}
	}
	if err.Error() == http.StatusText(http.StatusProxyAuthRequired) { // all that net/http says of a refused CONNECT
		return q.proxyAuth()
	}
	if strings.Contains(err.Error(), "invalid proxy") || strings.Contains(err.Error(), "proxy: ") {
		return q.fail(nil, "check HTTP_PROXY and HTTPS_PROXY", "the proxy's address is malformed")
	}
	return q.fail(err, "check the address, and that the target is an HTTP server", "the request failed (%s)", clean(err.Error(), 200))
}

func (q *request) dialError(err error) *Error {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		name := clean(dns.Name, 253)
		if dns.IsNotFound {
			return q.fail(err, "check the name, and that it is known on this machine (cluster names are known only inside the cluster)", "there is no host %s", name)
		}
		return q.fail(err, "check the name and this machine's DNS", "the name %s cannot be resolved (%s)", name, clean(dns.Err, 100))
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" {
		return nil
	}
	addr := q.target.address()
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return q.fail(err, "start the program, or check the port and that it serves net/http/pprof there", "nothing listens on %s", addr)
	case errors.Is(err, os.ErrNotExist):
		return q.fail(err, "start the program, or check the path", "there is no socket %s", addr)
	case errors.Is(err, os.ErrPermission):
		return q.fail(err, "run as the program's user or open the socket's permissions", "permission to connect to %s is denied", addr)
	case op.Timeout():
		return q.fail(err, "check the address and the firewalls on the way", "no connection to %s within %s", addr, dialTimeout)
	}
	return q.fail(err, "check the address, the network and the firewalls on the way", "no connection to %s (%s)", addr, lastText(err))
}

func (q *request) tlsError(err error) *Error {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
		verify  *tls.CertificateVerificationError
	)
	const trust = "give its authority with --ca, or skip the check with --insecure or https+insecure://"
	switch {
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return q.fail(err, "use http:// instead of https://", "the target speaks plain HTTP, not TLS")
	case errors.As(err, &record):
		return q.fail(err, "check the port, or use http:// instead of https://", "the target does not speak TLS")
	case errors.As(err, &unknown):
		return q.fail(err, trust, "the target's certificate is signed by an authority that is not trusted here")
	case errors.As(err, &name):
		return q.fail(err, "use a name that the certificate has, or skip the check with --insecure", "the target's certificate is for another name (%s)", clean(name.Error(), 200))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return q.fail(err, "renew it, check this machine's clock, or skip the check with --insecure", "the target's certificate has expired or is not valid yet")
	case errors.As(err, &invalid), errors.As(err, &verify):
		return q.fail(err, trust, "the target's certificate is not acceptable (%s)", clean(err.Error(), 200))
	case strings.Contains(err.Error(), "remote error: tls:"):
		return q.fail(err, "give the client certificate it wants with --cert and --key", "the target refused the TLS connection (%s)", clean(lastText(err), 100))
	case strings.Contains(err.Error(), "TLS handshake timeout"):
		return q.fail(err, "check the port, or use http:// instead of https://", "the target did not answer the TLS handshake within %s", dialTimeout)
	}
	return nil
}

// wireError is for connections that opened and then brought no HTTP answer.
func (q *request) wireError(err error) *Error {
	text := err.Error()
	switch {
	case strings.Contains(text, `malformed HTTP response "\x15\x03`):
		return q.fail(err, "use https:// instead of http://", "the target speaks TLS, not plain HTTP")
	case strings.Contains(text, `malformed HTTP`) && strings.Contains(text, `\x00\x00`):
		return q.fail(err, "give the port of its HTTP/1 server", "the target speaks HTTP/2 only, as gRPC servers do")
	case strings.Contains(text, "malformed"):
		return q.fail(err, "check the port", "the target's answer is not HTTP")
	case strings.Contains(text, "exceeded") && strings.Contains(text, "header"):
		return q.fail(err, "check the address", "the target's answer has too large a header")
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		return nil
	}
	if d, took := q.target.duration, time.Since(q.started); d > 0 && took >= min(d, time.Second) {
		return q.fail(err, or(shorter(d), "raise the target's WriteTimeout above the capture's length"),
			"the target closed the connection after %s without an answer, as servers do whose WriteTimeout is shorter than the capture", round(took))
	}
	return q.fail(err, "check the port (is it TLS?) and the target's log", "the target closed the connection without an answer")
}

// shorter suggests a shorter capture, if there is one: five seconds, which common
// WriteTimeouts allow, else half.
func shorter(d time.Duration) string {
	switch s := int(d / time.Second); {
	case s > 5:
		return "ask for fewer seconds (-t 5)"
	case s > 1:
		return fmt.Sprintf("ask for fewer seconds (-t %d)", s/2)
	}
	return ""
}

// or joins alternatives; empty ones fall away.
func or(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", or ")
}

// lastText is the innermost message: what the system said, without addresses.
func lastText(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return clean(err.Error(), 200)
		}
		err = inner
	}
}

func round(d time.Duration) time.Duration {
	if d >= time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}

func byteCount(n int64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 10<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 10<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
