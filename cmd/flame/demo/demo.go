// Package demo is a program worth profiling: a small order service that puts itself under load.
//
// Its time goes where real services lose theirs: JSON, regular expressions compiled per request, sorting, compression
// and hashing on the CPU; short-lived garbage and a live cache on the heap; one lock held across a write; a connection
// pool that is too small and a database that sleeps; and a crowd of goroutines that only wait. Every profile that Go
// knows therefore has something to show, in functions with names that say what they do.
//
// It serves net/http/pprof below /debug/pprof/ and fgprof at /debug/fgprof, on a mux of its own. Requests carry the
// pprof labels "route" and "tenant".
package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"
)

// Defaults for the zero values of [Options].
const (
	DefaultRate    = 450
	DefaultClients = 24
	DefaultIdle    = 200
)

// Block events shorter than this many nanoseconds are sampled, longer ones always recorded. Every contended unlock is.
const (
	blockProfileRate     = 10_000
	mutexProfileFraction = 1
)

// shutdownGrace is how long open requests get to notice that the service stops before their connections are cut.
const shutdownGrace = 3 * time.Second

// Options sizes the load. In each field zero means the default and a negative value means none.
type Options struct {
	// Rate is how many requests a second the load asks for. Requests that find every client busy are not made, so a
	// slow machine is asked for less instead of falling behind.
	Rate int
	// Clients is the most requests in flight at once. Only one of them computes at any moment (the others wait for the
	// database, a lock or that turn), so the service uses about one core at most whatever Rate and Clients are.
	Clients int
	// Idle is how many goroutines are parked for the whole run, of four kinds in equal parts.
	Idle int
}

func (o Options) withDefaults() Options {
	o.Rate = orDefault(o.Rate, DefaultRate)
	o.Clients = orDefault(o.Clients, DefaultClients)
	o.Idle = orDefault(o.Idle, DefaultIdle)
	return o
}

func orDefault(v, def int) int {
	if v == 0 {
		return def
	}
	return max(v, 0)
}

// Server is the demo service with its load. Make one with [New] and run it once with [Server.Serve].
type Server struct {
	opts Options
	shop *shop
}

// New builds the service's data (a catalogue, sessions and a warm page cache: some ten megabytes and 200 ms). Nothing
// runs before Serve.
func New(o Options) *Server {
	return &Server{opts: o.withDefaults(), shop: newShop()}
}

// Serve answers requests on l and drives the load against it until ctx is done; then it stops the load, ends profiles
// that are being taken, waits for every goroutine it started and returns nil. It closes l in every case. The error is
// that of the HTTP server when it fails by itself.
//
// While it runs, the mutex and block profile rates of the whole process are raised; afterwards the mutex fraction is
// what it was and block profiling is off, as the runtime offers no way to ask for the old rate.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	oldFraction := runtime.SetMutexProfileFraction(mutexProfileFraction)
	runtime.SetBlockProfileRate(blockProfileRate)
	defer func() {
		runtime.SetBlockProfileRate(0)
		runtime.SetMutexProfileFraction(oldFraction)
	}()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var background sync.WaitGroup
	s.shop.startWorkers(ctx, &background)
	startIdle(ctx, &background, s.opts.Idle)
	startLoad(ctx, &background, l.Addr(), s.opts)

	srv := &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 10 * time.Second,
		// Profile handlers watch their request's context: with this one they end when the service does.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()

	var err error
	select {
	case err = <-failed:
		err = fmt.Errorf("serve demo on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	cancel()
	background.Wait()
	if err == nil {
		err = stop(srv)
		<-failed
	}
	return err
}

// stop shuts srv down, cutting connections that do not end by themselves within shutdownGrace.
func stop(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	err := srv.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	if err != nil {
		return fmt.Errorf("stop demo: %w", err)
	}
	return nil
}
