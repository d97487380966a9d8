package fetch

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	defaultMaxBytes    = 1 << 30
	defaultMargin      = 30 * time.Second
	defaultMaxTransfer = 10 * time.Minute
	defaultConcurrency = 64
	dialTimeout        = 10 * time.Second
	maxTokenFile       = 1 << 20
)

// Options configures a Client. The zero value is ready for use.
type Options struct {
	// Header is sent with each request, to the target's own host only. Host
	// and User-Agent are honoured, Accept-Encoding is not. New copies it.
	Header http.Header
	// BearerToken is sent as "Authorization: Bearer …" (over plain http
	// too). BearerTokenFile is a file with the token, read again for each
	// request and trimmed. Credentials in a target's URL go before both.
	BearerToken, BearerTokenFile string
	// CertFile and KeyFile are PEM files of a client certificate, read
	// again for each handshake; without KeyFile the key is in CertFile.
	CertFile, KeyFile string
	// CAFile is a PEM file of the authorities to trust instead of the
	// system's.
	CAFile string
	// Insecure skips the check of every target's certificate.
	Insecure bool
	// Proxy chooses the proxy of a request; nil means
	// http.ProxyFromEnvironment. Sockets and loopback have none.
	Proxy func(*http.Request) (*url.URL, error)
	// Transport, if not nil, makes the round trips instead of the client's own
	// transports: TLS, proxies and whatever it adds to a request are its
	// business, and Unix sockets are not reached. It must not keep connections
	// open, see transportKey. No redirect leads to another host then.
	Transport http.RoundTripper
	// MaxBytes bounds one profile, as received and after undoing a
	// Content-Encoding. 0 means 1 GiB.
	MaxBytes int64
	// Margin is how long the target may be silent: before it answers, on top
	// of the capture's length, and between two pieces of the body. 0 means
	// 30 seconds.
	Margin time.Duration
	// MaxTransfer bounds the time from the capture's end to the body's end.
	// 0 means 10 minutes.
	MaxTransfer time.Duration
	// BusyWait is how long to wait, over all retries, for a CPU profiler that
	// another capture holds. 0 means the capture's own length; negative
	// means not at all.
	BusyWait time.Duration
	// Concurrency is how many targets FetchAll reads at once. 0 means 64.
	Concurrency int
	// OnProgress, if not nil, is called on each change of phase and about
	// five times a second. Calls for one fetch come one after the other,
	// the last (PhaseDone or PhaseFailed) before Fetch returns; calls for
	// different fetches may come at the same time. It must not block: the
	// fetch waits for it.
	OnProgress func(Progress)
	// UserAgent is "flame" when empty.
	UserAgent string
}

// Client fetches profiles. It is safe for concurrent use and keeps connections
// for snapshots open between fetches; share one, and Close it.
type Client struct {
	opts  Options
	base  *http.Transport
	delay func(try int) time.Duration // before the busy retry number try

	mu         sync.Mutex
	transports map[transportKey]*http.Transport
}

// transportKey tells apart what one http.Transport cannot do for all requests.
type transportKey struct {
	unix     bool
	insecure bool
	// once: a timed capture gets a connection of its own. On a reused one
	// net/http would quietly repeat a request that ended without an answer,
	// and with it the whole capture.
	once bool
}

// New checks the options, files included, and makes a client.
func New(o Options) (*Client, error) {
	o.Header = o.Header.Clone()
	if err := checkHeader(o); err != nil {
		return nil, err
	}
	cfg, err := tlsConfig(o)
	if err != nil {
		return nil, err
	}
	setDefault(&o.MaxBytes, defaultMaxBytes)
	setDefault(&o.Margin, defaultMargin)
	setDefault(&o.MaxTransfer, defaultMaxTransfer)
	setDefault(&o.Concurrency, defaultConcurrency)
	setDefault(&o.UserAgent, "flame")
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &Client{
		opts:  o,
		delay: busyDelay,
		// HTTP/1 only: there, cancelling closes the connection, which every
		// server and proxy passes on to the handler.
		base: &http.Transport{
			Proxy:                  o.Proxy,
			DialContext:            dialer.DialContext,
			TLSClientConfig:        cfg,
			TLSHandshakeTimeout:    dialTimeout,
			DisableCompression:     true, // a profile is compressed already
			MaxIdleConnsPerHost:    1,
			MaxIdleConns:           256,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		transports: map[transportKey]*http.Transport{},
	}, nil
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// checkHeader reports what no request could be sent with. Values are never shown.
func checkHeader(o Options) error {
	for name, values := range o.Header {
		if name == "" || strings.IndexFunc(name, func(r rune) bool {
			return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
		}) >= 0 {
			return fmt.Errorf("check header %q: it is not a header name; write Name: value", clean(name, 40))
		}
		for _, v := range values {
			if !validValue(v) {
				return fmt.Errorf("check header %s: its value has a line break or control character; remove it", name)
			}
		}
	}
	if o.BearerToken != "" && o.BearerTokenFile != "" {
		return errors.New("check bearer token: both a token and a token file are given; give only one of them")
	}
	if !validValue(o.BearerToken) {
		return errors.New("check bearer token: it has a line break or control character; remove it")
	}
	if (o.BearerToken != "" || o.BearerTokenFile != "") && o.Header.Get("Authorization") != "" {
		return errors.New("check bearer token: an Authorization header is given too; give only one of them")
	}
	return nil
}

func validValue(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return (r < ' ' && r != '\t') || r == 0x7f }) < 0
}

// Close closes idle connections. Fetches under way are not disturbed.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tr := range c.transports {
		tr.CloseIdleConnections()
	}
}

func (c *Client) transport(k transportKey) http.RoundTripper {
	if c.opts.Transport != nil {
		return c.opts.Transport
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if tr := c.transports[k]; tr != nil {
		return tr
	}
	tr := c.base.Clone()
	tr.DisableKeepAlives = k.once
	if k.insecure {
		tr.TLSClientConfig.InsecureSkipVerify = true
	}
	if k.unix {
		tr.Proxy = nil
		dial := tr.DialContext
		tr.DialContext = func(ctx context.Context, _, addr string) (net.Conn, error) {
			host, _, _ := net.SplitHostPort(addr)
			socket, err := hex.DecodeString(host)
			if err != nil {
				return nil, fmt.Errorf("read socket path: %w", err)
			}
			return dial(ctx, "unix", string(socket))
		}
	}
	c.transports[k] = tr
	return tr
}

// header is what is sent to the target itself.
func (c *Client) header(t Target) (http.Header, error) {
	h := c.opts.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", c.opts.UserAgent)
	}
	h.Set("Accept-Encoding", "identity")
	token := c.opts.BearerToken
	if f := c.opts.BearerTokenFile; f != "" && !t.hasUser {
		var err error
		if token, err = readToken(f); err != nil {
			return nil, err
		}
	}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	if t.hasUser {
		r := http.Request{Header: h}
		r.SetBasicAuth(t.user, t.pass)
	}
	return h, nil
}

func readToken(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("the bearer token cannot be read (%w)", err)
	}
	token := string(bytes.TrimSpace(b))
	if token == "" || len(token) > maxTokenFile || !validValue(token) {
		return "", fmt.Errorf("the file %s is empty or holds more than one line, not a bearer token", file)
	}
	return token, nil
}

// hasCredentials reports whether requests carry what another host must not see.
func (c *Client) hasCredentials(t Target) bool {
	return t.hasUser || len(c.opts.Header) > 0 || c.opts.BearerToken != "" || c.opts.BearerTokenFile != "" || c.opts.CertFile != ""
}
