package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"flame/flame/scrape"
	"flame/flame/store"

	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options of a [Server]. Store must be set; the rest has defaults.
type Options struct {
	Store   *store.Store
	Scraper *scrape.Manager      // nil: there are no targets
	Metrics *prometheus.Registry // what /metrics shows; nil for one of its own
	Logger  *slog.Logger         // nil for none
	Version string               // of flame, for pages and pictures

	// Auth says who may do what; nil lets everybody on this machine do all.
	Auth *Auth
	// AnyHost answers without Auth to whatever name the service is called by.
	AnyHost bool
	// Reload reads the configuration again, for POST /-/reload; nil for none.
	Reload func() error

	// MaxBody bounds one pushed profile, as received. 0 means 64 MiB.
	MaxBody int64
	// MaxQueries is how many queries are worked on at once, and MaxPushes how
	// many pushed profiles; others wait for a moment and are then told to come
	// again. 0 means twice the cores, and 256.
	MaxQueries, MaxPushes int
	// PushRate is how many profiles one address may push in a second. 0 means
	// 2000.
	PushRate float64
	Capture  CaptureOptions
	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Server is the service. Its methods may be called at the same time.
type Server struct {
	o        Options
	handler  http.Handler
	queries  gate
	pushes   gate
	rates    rates
	captures captures
	metrics  *metrics
	closing  atomic.Bool
	auth     atomic.Pointer[Auth]
	capture  atomic.Pointer[CaptureOptions]
}

// New makes the service. Close must be called.
func New(o Options) (*Server, error) {
	if o.Store == nil {
		return nil, errors.New("make service: there is no store")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	setDefault(&o.MaxBody, 64<<20)
	setDefault(&o.MaxQueries, 2*runtime.GOMAXPROCS(0))
	setDefault(&o.MaxPushes, 256)
	setDefault(&o.PushRate, 2000)
	s := &Server{o: o, queries: newGate(o.MaxQueries), pushes: newGate(o.MaxPushes)}
	if err := s.Configure(o.Auth, o.Capture); err != nil {
		return nil, err
	}
	s.rates.limit = o.PushRate
	s.captures.init(s)
	s.metrics = newMetrics(s)
	compress, err := gzhttp.NewWrapper(gzhttp.ContentTypes(compressible), gzhttp.MinSize(1024))
	if err != nil {
		return nil, err
	}
	s.handler = s.observe(s.headers(s.guard(compress(s.routes()))))
	return s, nil
}

// Configure changes who may do what and how captures are bounded, at any time. On an
// error nothing changes. A service that has a login cannot lose it so: it must be
// started anew.
func (s *Server) Configure(auth *Auth, capture CaptureOptions) error {
	if auth != nil {
		if err := auth.Validate(); err != nil {
			return err
		}
	} else if s.auth.Load() != nil {
		return errors.New("configure service: without users and tokens everybody could get in; start flame anew to have it so")
	}
	if err := capture.settle(); err != nil {
		return err
	}
	s.auth.Store(auth)
	s.capture.Store(&capture)
	return nil
}

// compressible are the types of content that gzip makes smaller.
var compressible = []string{"application/json", "text/html", "text/plain", "text/css", "text/javascript", "image/svg+xml"}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Close ends the captures on demand. The store and the scraper stay open.
func (s *Server) Close() {
	s.closing.Store(true)
	s.captures.close()
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for path, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"/api/v1/services":      s.getServices,
		"/api/v1/labels":        s.getLabels,
		"/api/v1/types":         s.getTypes,
		"/api/v1/series":        s.getSeries,
		"/api/v1/profiles":      s.getProfiles,
		"/api/v1/profile":       s.getProfile,
		"/api/v1/merge":         s.getMerge,
		"/api/v1/diff":          s.getDiff,
		"/api/v1/top":           s.getTop,
		"/api/v1/status":        s.getStatus,
		"/api/v1/targets":       s.getTargets,
		"/api/v1/captures":      s.getCaptures,
		"/api/v1/captures/{id}": s.getCapture,
	} {
		mux.Handle("GET "+path, s.allow(ScopeRead, s.query(h)))
	}
	// An event stream lasts as long as its capture; it is no query.
	mux.Handle("GET /api/v1/captures/{id}/events", s.allow(ScopeRead, s.answer(s.getEvents)))
	mux.Handle("GET /api/v1/openapi.json", s.allow(ScopeRead, s.answer(s.getOpenAPI)))
	mux.Handle("POST /api/v1/profiles", s.allow(ScopeWrite, s.push(s.postProfile)))
	mux.Handle("POST /ingest", s.allow(ScopeWrite, s.push(s.postIngest)))
	mux.Handle("POST /pyroscope/ingest", s.allow(ScopeWrite, s.push(s.postIngest)))
	mux.Handle("POST /api/v1/captures", s.allow(ScopeCapture, s.answer(s.postCapture)))
	mux.Handle("DELETE /api/v1/captures/{id}", s.allow(ScopeCapture, s.answer(s.deleteCapture)))
	mux.Handle("POST /-/reload", s.allow(ScopeCapture, s.answer(s.postReload)))
	mux.Handle("GET /-/healthy", s.answer(s.getHealthy))
	mux.Handle("GET /-/ready", s.answer(s.getReady))
	mux.Handle("GET /metrics", s.allow(ScopeRead, promhttp.HandlerFor(s.o.Metrics, promhttp.HandlerOpts{DisableCompression: true})))
	debug := http.NewServeMux()
	RegisterDebug(debug)
	mux.Handle("/debug/", s.allow(ScopeCapture, debug))
	mux.Handle("/", s.allow(ScopeRead, s.answer(s.getPage)))
	mux.Handle("/api/", s.answer(func(_ http.ResponseWriter, r *http.Request) error {
		return fail(http.StatusNotFound, "look into /api/v1/openapi.json for what there is", "there is no %s %s", r.Method, r.URL.Path)
	}))
	return mux
}

func (s *Server) getHealthy(w http.ResponseWriter, _ *http.Request) error {
	_, err := io.WriteString(w, "flame is healthy\n")
	return err
}

func (s *Server) getReady(w http.ResponseWriter, r *http.Request) error {
	if s.closing.Load() {
		return fail(http.StatusServiceUnavailable, "", "flame is shutting down")
	}
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if _, err := s.o.Store.Services(ctx); err != nil {
		return fail(http.StatusServiceUnavailable, "look at the store's disk or bucket", "the store does not answer: %v", err)
	}
	_, err := io.WriteString(w, "flame is ready\n")
	return err
}

func (s *Server) postReload(w http.ResponseWriter, _ *http.Request) error {
	if s.o.Reload == nil {
		return fail(http.StatusNotFound, "start flame serve with --config", "there is no configuration to read again")
	}
	if err := s.o.Reload(); err != nil {
		return fail(http.StatusUnprocessableEntity, "the configuration before it stays in force", "%v", err)
	}
	_, err := io.WriteString(w, "the configuration was read again\n")
	return err
}
