package flame

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"flame/collapse"
	"flame/collapse/format"
	"flame/svg"

	"github.com/felixge/fgprof"
)

// HandlerOptions configure [Handler]. The zero value is ready for use.
type HandlerOptions struct {
	// MaxSeconds is the longest capture that a request may ask for. 0 means 300.
	MaxSeconds int
	// SVG is the picture that is drawn unless the request says otherwise.
	SVG svg.Options
}

const (
	defaultHandlerSeconds    = 5
	defaultHandlerMaxSeconds = 300
	// writeMargin is what the answer may take after the capture: rendering and
	// a slow client.
	writeMargin = time.Minute
)

// selfProfile is one kind of profile that a program can take of itself.
type selfProfile struct {
	timed bool
	title string
	take  func(ctx context.Context, d time.Duration, w io.Writer) error
}

// selfProfiles are the values of the parameter "type".
var selfProfiles = map[string]selfProfile{
	"cpu":       {true, "CPU", captureCPU},
	"wall":      {true, "Wall-clock time", captureWall},
	"heap":      {false, "Memory in use", snapshot("heap")},
	"allocs":    {false, "Memory allocated", snapshot("allocs")},
	"goroutine": {false, "Goroutines", snapshot("goroutine")},
	"mutex":     {false, "Lock contention", snapshot("mutex")},
	"block":     {false, "Blocking", snapshot("block")},
}

// Handler returns a handler that answers GET with a flame graph of the program it
// runs in, as an SVG. It may be mounted anywhere; the path is not looked at. Its
// parameters:
//
//	type     cpu (default), wall (fgprof), heap, allocs, goroutine, mutex or block
//	seconds  how long to capture, for cpu and wall: 1 to MaxSeconds, default 5
//	sample   sample type: a name such as inuse_objects, or a number from 0
//	title    title of the picture
//	colors   palette
//	inverted 1 puts the root on top
//
// and those of [ParseFilter]: focus, ignore, hide, show and the other filters of
// pprof.
//
// A wrong parameter is answered by 400 and one sentence. The CPU profiler is one
// for the whole process: while it is taken the answer is 503. A capture ends
// early when the client goes away. The server's WriteTimeout is extended for the
// length of the capture.
//
// A profile shows function names and takes time to make: protect the handler as
// you protect net/http/pprof.
func Handler(o HandlerOptions) http.Handler {
	if o.MaxSeconds <= 0 {
		o.MaxSeconds = defaultHandlerMaxSeconds
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "ask for a flame graph with GET", http.StatusMethodNotAllowed)
			return
		}
		q, err := parseSelfQuery(r.URL.Query(), o)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		// Not every ResponseWriter has deadlines; without them nothing needs extending.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(q.duration + writeMargin))
		q.serve(w, r)
	})
}

// selfQuery is a valid request.
type selfQuery struct {
	profile  selfProfile
	duration time.Duration // 0 for a snapshot
	sample   string
	filter   collapse.Filter
	svg      svg.Options
}

func parseSelfQuery(v url.Values, o HandlerOptions) (selfQuery, error) {
	q := selfQuery{sample: v.Get("sample"), svg: o.SVG}
	name := v.Get("type")
	if name == "" {
		name = "cpu"
	}
	var ok bool
	if q.profile, ok = selfProfiles[name]; !ok {
		return q, fmt.Errorf("there is no type %q; choose one of %s", name, strings.Join(selfTypes(), ", "))
	}
	switch text := v.Get("seconds"); {
	case text == "" && q.profile.timed:
		q.duration = time.Duration(min(defaultHandlerSeconds, o.MaxSeconds)) * time.Second
	case text != "" && !q.profile.timed:
		return q, fmt.Errorf("type %s is a snapshot and takes no seconds; cpu and wall do", name)
	case text != "":
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > o.MaxSeconds {
			return q, fmt.Errorf("seconds is %q; give a whole number from 1 to %d", text, o.MaxSeconds)
		}
		q.duration = time.Duration(n) * time.Second
	}
	if q.svg.Title == "" {
		q.svg.Title = q.profile.title
	}
	var err error
	if q.filter, err = ParseFilter(v); err != nil {
		return q, err
	}
	return q, setPicture(&q.svg, v)
}

// setPicture takes the parameters that change the picture.
func setPicture(o *svg.Options, v url.Values) (err error) {
	if t := v.Get("title"); t != "" {
		o.Title = t
	}
	if c := v.Get("colors"); c != "" {
		if o.Palette, err = svg.ParsePalette(c); err != nil {
			return err
		}
	}
	if i := v.Get("inverted"); i != "" {
		if o.Inverted, err = strconv.ParseBool(i); err != nil {
			return fmt.Errorf("inverted is %q; give 1 or 0", i)
		}
	}
	return nil
}

func selfTypes() []string {
	var names []string
	for name := range selfProfiles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var errBusy = errors.New("the CPU profiler is in use by another capture; try again when it is done")

func (q selfQuery) serve(w http.ResponseWriter, r *http.Request) {
	picture, err := q.draw(r.Context())
	switch {
	case r.Context().Err() != nil:
		return // nobody reads the answer
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", strconv.Itoa(int(q.duration/time.Second)))
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(picture)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", svg.ContentSecurityPolicy())
	_, _ = w.Write(picture) // the client may have gone
}

// draw captures, decodes and renders. The picture is whole before the first byte
// is sent, so an error can still be an error.
func (q selfQuery) draw(ctx context.Context) ([]byte, error) {
	started := time.Now()
	var raw bytes.Buffer
	if err := q.profile.take(ctx, q.duration, &raw); err != nil {
		return nil, err
	}
	p, err := format.Decode(&raw, format.Options{Detail: q.filter.Detail(), Labels: q.filter.NeedsLabels()})
	if err != nil {
		return nil, fmt.Errorf("read own profile: %w", err)
	}
	self := *p
	self.Meta.Source = "this process"
	if self.Meta.Time.IsZero() {
		self.Meta.Time = started
	}
	p, err = withType(&self, q.sample)
	if err != nil {
		return nil, err
	}
	if err := checkEmpty(p); err != nil {
		return nil, err
	}
	if p, err = q.filter.Apply(p); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := Render(&out, p, q.svg); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func captureCPU(ctx context.Context, d time.Duration, w io.Writer) error {
	if err := pprof.StartCPUProfile(w); err != nil {
		return errBusy // its only error
	}
	defer pprof.StopCPUProfile()
	return sleep(ctx, d)
}

// firstTick is when fgprof has surely taken a sample: stopped before that it
// divides by zero.
const firstTick = 100 * time.Millisecond

func captureWall(ctx context.Context, d time.Duration, w io.Writer) error {
	stop := fgprof.Start(w, fgprof.FormatPprof)
	time.Sleep(firstTick)
	err := sleep(ctx, d-firstTick)
	return errors.Join(err, stop())
}

func snapshot(name string) func(context.Context, time.Duration, io.Writer) error {
	return func(_ context.Context, _ time.Duration, w io.Writer) error {
		return pprof.Lookup(name).WriteTo(w, 0)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
