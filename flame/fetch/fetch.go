package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Result is one fetched profile.
type Result struct {
	// Data is the whole body, compressed or not as the target sent it. It
	// is not empty, and neither a web page nor JSON (but see Fetch); whether
	// it is a profile is the decoder's business. The caller owns it.
	Data []byte
	// Origin says where and when.
	Origin Origin
	// Notes are sentences that the user should know, such as that a heap
	// profile is a delta.
	Notes []string
}

// Origin says where a profile comes from.
type Origin struct {
	Source   string        // the target, redacted
	Started  time.Time     // when the request was made that brought it
	Duration time.Duration // the capture's length as asked, 0 for a snapshot
	Profile  string        // as Target.Profile: "profile", "heap", …, or ""
	Delta    bool          // the values are the change over Duration
}

// Failure is a target of FetchAll that brought no profile.
type Failure struct {
	Index  int    // of the target in the argument
	Target string // redacted
	Err    error  // an *Error
}

// Fetch captures one profile and reads it whole into memory. It blocks for the
// capture's length and the transfer; the package comment tells its deadlines.
// The error is an [*Error].
//
// JSON is refused, as it is an error message or a page, unless the target's path
// names a file: some profiles are JSON files.
func (c *Client) Fetch(ctx context.Context, t Target) (*Result, error) {
	r := newReporter(c.opts.OnProgress, t)
	res, err := c.fetch(ctx, t, r)
	r.close(err != nil)
	if err != nil {
		return nil, err // not a nil *Error in an error
	}
	return res, nil
}

// fetch tries until it works or cannot.
func (c *Client) fetch(ctx context.Context, t Target, r *reporter) (*Result, *Error) {
	b := busy{client: c, budget: c.opts.BusyWait}
	if b.budget == 0 {
		b.budget = t.duration
	}
	asked := t.duration
	for {
		res, err := c.try(ctx, t, r)
		switch {
		case err == nil:
			res.Notes = append(b.notes(), res.Notes...)
			if t.duration < asked {
				res.Notes = append(res.Notes, fmt.Sprintf("the target's WriteTimeout forbids a capture of %s, so this one is %s long; raise it, or build the target with Go 1.23 or newer", asked, t.duration))
			}
			return res, nil
		case errors.Is(err, ErrBusy) && b.wait(ctx, r):
		case errors.Is(err, errWriteTimeout) && !t.given && t.duration >= 2*time.Second:
			// The refusal comes at once, so halving soon finds a length.
			t.setDuration(int(t.duration / (2 * time.Second)))
		default:
			return nil, b.explain(err)
		}
		if ctx.Err() != nil {
			q := request{op: "fetch", target: t, parent: ctx}
			return nil, q.stopped()
		}
		r.again(t)
	}
}

// try is one capture.
func (c *Client) try(ctx context.Context, t Target, r *reporter) (*Result, *Error) {
	q, err := c.begin(ctx, "fetch", t, r)
	if err != nil {
		return nil, err
	}
	defer q.end()
	resp, err := q.do(t.requestURL(t.path, t.query))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, q.status(resp)
	}
	data, err := q.read(resp, c.opts.MaxBytes)
	if err == nil {
		err = q.sniff(resp, data)
	}
	if err != nil {
		err.Status = resp.StatusCode
		return nil, err
	}
	if t.delta {
		q.notes = append(q.notes, deltaNote(t))
	}
	return &Result{
		Data:   data,
		Origin: Origin{Source: t.String(), Started: q.started, Duration: t.duration, Profile: t.profile, Delta: t.delta},
		Notes:  q.notes,
	}, nil
}

func deltaNote(t Target) string {
	s := fmt.Sprintf("%s is a delta: its values are the change over %s", t.profile, t.duration)
	switch t.profile {
	case "heap", "allocs":
		s += ", the in-use ones too, which may be negative; ask without seconds for what is in use"
	case "goroutine", "threadcreate":
		s += " and may be negative; ask without seconds for what there is"
	}
	return s
}

// read reads the body, at most limit bytes of it, and undoes a gzip
// Content-Encoding that a server or proxy put on top although none was asked for.
func (q *request) read(resp *http.Response, limit int64) ([]byte, *Error) {
	tooLarge := func() *Error {
		return q.fail(ErrTooLarge, "ask for fewer seconds, or raise the limit", "the profile is larger than the limit of %s", byteCount(limit))
	}
	if resp.ContentLength > limit {
		return nil, tooLarge()
	}
	raw := &meter{r: resp.Body, left: limit, touch: q.touch}
	body := io.Reader(raw)
	switch e := strings.ToLower(resp.Header.Get("Content-Encoding")); e {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(raw)
		if err != nil && raw.n > 0 && raw.err == nil {
			return nil, q.fail(nil, "look for a proxy that changes answers", "the answer says it is gzip and is not")
		}
		if err == nil {
			body = z
		}
	default:
		return nil, q.fail(nil, "look for a proxy that changes answers", "the answer has the Content-Encoding %q, which was not asked for", clean(e, 40))
	}
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 {
		buf.Grow(int(min(n, 16<<20)) + bytes.MinRead) // more only as it really arrives
	}
	_, err := buf.ReadFrom(io.LimitReader(body, limit+1))
	switch {
	case errors.Is(err, ErrTooLarge) || int64(buf.Len()) > limit:
		return nil, tooLarge()
	case err == nil && raw.err == nil:
		return buf.Bytes(), nil
	case q.ctx.Err() != nil:
		return nil, q.stopped()
	case raw.err == nil: // only the gzip layer is broken
		return nil, q.fail(err, "look for a proxy that changes answers", "the answer's gzip encoding is broken after %s", byteCount(raw.n))
	}
	hint := "try again, and look into the target's log: it may have crashed or restarted"
	if q.target.duration > 0 {
		hint = or(shorter(q.target.duration), "look into the target's log") + ": its WriteTimeout may be too short, or it crashed"
	}
	return nil, q.fail(fmt.Errorf("%w: %w", ErrTruncated, raw.err), hint, "%s arrived, then the connection broke (%s)", byteCount(raw.n), lastText(raw.err))
}

// meter counts what arrives and stops at the limit.
type meter struct {
	r     io.Reader
	left  int64
	n     int64
	err   error // other than io.EOF
	touch func(int)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	m.left -= int64(n)
	if n > 0 {
		m.touch(n)
	}
	if m.left < 0 {
		return n, ErrTooLarge
	}
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// FetchAll fetches the targets concurrently, at most Options.Concurrency at a
// time. Timed captures on one host run one after the other: a process has one CPU
// profiler. Results are those that worked, in the order of their targets, and so
// are the failures; together they are as many as the targets.
func (c *Client) FetchAll(ctx context.Context, targets []Target) ([]*Result, []Failure) {
	results := make([]*Result, len(targets))
	errs := make([]error, len(targets))
	var (
		queues [][]int
		at     = map[string]int{}
	)
	for i, t := range targets {
		if t.duration > 0 && !t.delta {
			if n, ok := at[t.Host()]; ok {
				queues[n] = append(queues[n], i)
				continue
			}
			at[t.Host()] = len(queues)
		}
		queues = append(queues, []int{i})
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, c.opts.Concurrency)
	for _, queue := range queues {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			for _, i := range queue {
				results[i], errs[i] = c.Fetch(ctx, targets[i])
			}
		})
	}
	wg.Wait()
	var done []*Result
	var failed []Failure
	for i, err := range errs {
		if err != nil {
			failed = append(failed, Failure{Index: i, Target: targets[i].String(), Err: err})
		} else {
			done = append(done, results[i])
		}
	}
	return done, failed
}
