package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"flame/flame/scrape"

	"github.com/felixge/fgprof"
	"github.com/prometheus/common/model"
)

// RegisterDebug puts the handlers of net/http/pprof and of fgprof on their usual
// paths.
func RegisterDebug(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/fgprof", serveWall)
}

const (
	defaultWallSeconds = 10
	maxWallSeconds     = 300
)

// serveWall takes a wall-clock profile. Unlike fgprof's own handler it ends when
// the client goes.
func serveWall(w http.ResponseWriter, r *http.Request) {
	seconds := defaultWallSeconds
	if text := r.URL.Query().Get("seconds"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxWallSeconds {
			http.Error(w, fmt.Sprintf("seconds must be a whole number from 1 to %d", maxWallSeconds), http.StatusBadRequest)
			return
		}
		seconds = n
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Duration(seconds)*time.Second + time.Minute))
	var b bytes.Buffer
	stop := fgprof.Start(&b, fgprof.FormatPprof)
	// At least one tick must pass, or fgprof divides by zero.
	time.Sleep(100 * time.Millisecond)
	select {
	case <-time.After(time.Duration(seconds)*time.Second - 100*time.Millisecond):
	case <-r.Context().Done():
	}
	if err := stop(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = b.WriteTo(w)
}

// SelfJob is a job that takes the profiles of the running program, without network:
// so that a service has something to show before it has a target. Its captures are
// short, for the first picture to be there soon.
func SelfJob(name, instance string) *scrape.JobConfig {
	j := scrape.NewStatic(name, instance)
	mux := http.NewServeMux()
	RegisterDebug(mux)
	j.Transport = direct{mux}
	soon, capture := model.Duration(15*time.Second), model.Duration(5*time.Second)
	j.Profiles = map[string]*scrape.ProfileConfig{
		"cpu": {Interval: soon, Duration: capture}, "fgprof": {Interval: 2 * soon, Duration: capture},
		"heap": {Interval: soon}, "allocs": {Interval: soon}, "goroutine": {Interval: soon},
	}
	return j
}

// direct makes requests of a handler instead of a server.
type direct struct{ h http.Handler }

// RoundTrip implements http.RoundTripper.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &answerBuffer{header: http.Header{}, status: http.StatusOK}
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		defer close(done)
		d.h.ServeHTTP(w, r.WithContext(ctx))
	}()
	select {
	case <-done:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// answerBuffer is a response that is kept.
type answerBuffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answerBuffer) Header() http.Header         { return a.header }
func (a *answerBuffer) WriteHeader(status int)      { a.status = status }
func (a *answerBuffer) Write(b []byte) (int, error) { return a.body.Write(b) }
