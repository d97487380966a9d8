package serve

import (
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

type metrics struct {
	requests *prometheus.HistogramVec
	pushed   *prometheus.CounterVec
}

// newMetrics registers what the service counts, and what its store does.
func newMetrics(s *Server) *metrics {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "flame_http_request_duration_seconds",
			Help: "Requests by handler and status.", Buckets: []float64{.005, .025, .1, .3, 1, 3, 10, 60}}, []string{"handler", "code"}),
		pushed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "flame_pushed_profiles_total",
			Help: "Profiles that were pushed, by what came of it: ok or refused."}, []string{"outcome"}),
	}
	r := s.o.Metrics
	r.MustRegister(m.requests, m.pushed, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	counter := func(name, help string, f func() int64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(f()) }))
	}
	gauge("flame_queries_running", "Queries that are worked on.", func() float64 { return float64(len(s.queries)) })
	gauge("flame_pushes_running", "Pushed profiles that are taken in.", func() float64 { return float64(len(s.pushes)) })
	gauge("flame_captures_on_demand", "Captures on demand under way.", func() float64 { return float64(s.captures.running()) })
	stats := s.o.Store.Stats
	counter("flame_store_profiles_total", "Profiles that were acknowledged as durable.", func() int64 { return stats().Profiles })
	counter("flame_store_bytes_total", "Bytes of those profiles.", func() int64 { return stats().Bytes })
	counter("flame_store_commits_total", "Segments that were written.", func() int64 { return stats().Commits })
	counter("flame_store_commit_errors_total", "Attempts to write a segment that failed.", func() int64 { return stats().CommitErrors })
	counter("flame_store_rejected_total", "Profiles that could not be stored.", func() int64 { return stats().Rejected })
	counter("flame_store_packed_total", "Profiles that were moved from segments into packs.", func() int64 { return stats().Packed })
	counter("flame_store_rollups_total", "Roll-ups that were written.", func() int64 { return stats().RollUps })
	counter("flame_store_expired_total", "Objects that were deleted for their age or the size of all.", func() int64 { return stats().Expired })
	counter("flame_store_damaged_total", "Objects or profiles that were found unreadable.", func() int64 { return stats().Damaged })
	counter("flame_store_clock_jumps_total", "Times that the clock went back, or ahead by minutes.", func() int64 { return stats().ClockJumps })
	gauge("flame_store_segments", "Segments that are not yet in packs.", func() float64 { return float64(stats().Segments) })
	gauge("flame_store_segment_bytes", "Bytes of those segments.", func() float64 { return float64(stats().SegmentBytes) })
	return m
}

// A recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush is for those that look for an http.Flusher.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// observe counts requests, and turns a panic into an answer and a line in the log.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		started := time.Now()
		defer func() {
			v := recover()
			if v != nil && v != http.ErrAbortHandler {
				s.o.Logger.Error("request panicked", "method", r.Method, "path", r.URL.Path, "query", r.URL.RawQuery, "panic", v, "stack", string(debug.Stack()))
				if rec.status == 0 {
					writeFailure(rec, fail(http.StatusInternalServerError, "look into flame's log, and report it", "flame made a mistake"))
					v = nil
				}
			}
			s.metrics.requests.WithLabelValues(handlerName(r.URL.Path), strconv.Itoa(rec.status)).Observe(time.Since(started).Seconds())
			if v != nil {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// handlerName is a path as a label: one of few.
func handlerName(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) >= 3 && parts[0] == "api":
		if _, ok := apiNames[parts[2]]; ok {
			return "/api/v1/" + parts[2]
		}
		return "/api"
	case parts[0] == "ingest" || parts[0] == "pyroscope":
		return "/ingest"
	case parts[0] == "metrics" || parts[0] == "debug" || parts[0] == "-" || parts[0] == "static":
		return "/" + parts[0]
	}
	return "page"
}

var apiNames = map[string]bool{
	"services": true, "labels": true, "types": true, "series": true, "profiles": true, "profile": true, "merge": true,
	"diff": true, "top": true, "status": true, "targets": true, "captures": true, "openapi.json": true,
}

// headers sets what every answer has.
func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'self'")
		next.ServeHTTP(w, r)
	})
}
