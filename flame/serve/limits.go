package serve

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// patience is how long a request waits for its turn.
const patience = 10 * time.Second

// A gate lets so many through at once.
type gate chan struct{}

func newGate(n int) gate { return make(gate, n) }

// enter waits for a place; the failure says that there was none.
func (g gate) enter(r *http.Request) error {
	select {
	case g <- struct{}{}:
		return nil
	default:
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case g <- struct{}{}:
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	case <-t.C:
		f := fail(http.StatusServiceUnavailable, "come again in a moment", "flame is busy with %d other requests of this kind", cap(g))
		f.after = patience
		return f
	}
}

func (g gate) leave() { <-g }

// query is a handler for one of the queries, of which only so many run at once.
func (s *Server) query(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return s.answer(func(w http.ResponseWriter, r *http.Request) error {
		if err := s.queries.enter(r); err != nil {
			return err
		}
		defer s.queries.leave()
		return h(w, r)
	})
}

// push is a handler that takes a body in.
func (s *Server) push(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return s.answer(func(w http.ResponseWriter, r *http.Request) error {
		if !s.rates.allow(remote(r), s.o.Now()) {
			f := fail(http.StatusTooManyRequests, "push less often, or several profiles merged into one", "%s pushes more than %g profiles in a second", remote(r), s.o.PushRate)
			f.after = time.Second
			return f
		}
		if err := s.pushes.enter(r); err != nil {
			return err
		}
		defer s.pushes.leave()
		r.Body = http.MaxBytesReader(w, r.Body, s.o.MaxBody)
		return h(w, r)
	})
}

// rates are the rates of clients by address. Whoever was silent is forgotten.
type rates struct {
	limit float64

	mu      sync.Mutex
	since   time.Time
	clients map[string]*rate.Limiter
}

func (x *rates) allow(client string, now time.Time) bool {
	x.mu.Lock()
	if now.Sub(x.since) > time.Minute || len(x.clients) > 100000 {
		x.clients, x.since = map[string]*rate.Limiter{}, now
	}
	l := x.clients[client]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(x.limit), int(x.limit)+1)
		x.clients[client] = l
	}
	x.mu.Unlock()
	return l.AllowN(now, 1)
}
