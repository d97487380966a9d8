package serve

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxWish bounds the body of a request for a capture.
const maxWish = 64 << 10

func (s *Server) postCapture(w http.ResponseWriter, r *http.Request) error {
	if s.o.Scraper == nil {
		return fail(http.StatusConflict, "start flame serve with --target or --config", "%v", errNoScraper)
	}
	var x wish
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxWish))
	d.DisallowUnknownFields()
	if err := d.Decode(&x); err != nil {
		return fail(http.StatusBadRequest, `send {"targets": ["ID"], "profile": "cpu", "seconds": 10}`, "the body is no request for a capture: %v", err)
	}
	setDefault(&x.Profile, "cpu")
	setDefault(&x.Seconds, 10)
	o := s.capture.Load()
	switch {
	case len(x.Targets) == 0 || len(x.Targets) > o.MaxTargets:
		return fail(http.StatusBadRequest, "name them by the ids of /api/v1/targets", "a capture has from 1 to %d targets, and this one has %d", o.MaxTargets, len(x.Targets))
	case x.Seconds < 1 || x.Seconds > o.MaxSeconds:
		return fail(http.StatusBadRequest, "", "a capture takes from 1 to %d seconds, not %d", o.MaxSeconds, x.Seconds)
	}
	seen := map[string]bool{}
	for _, t := range x.Targets {
		if seen[t] {
			return fail(http.StatusBadRequest, "name each once", "the target %q is named twice", clip(t, 100))
		}
		seen[t] = true
	}
	who := s.who(r).name
	c, err := s.captures.begin(x, who)
	if err != nil {
		return err
	}
	s.o.Logger.Info("capture on demand", "id", c.id, "who", who, "remote", remote(r), "profile", x.Profile, "seconds", x.Seconds, "targets", c.names)
	j, _ := s.captures.show(c)
	w.Header().Set("Location", "/api/v1/captures/"+c.id)
	w.WriteHeader(http.StatusAccepted)
	return writeJSON(w, r, j)
}

func (s *Server) getCaptures(w http.ResponseWriter, r *http.Request) error {
	s.captures.mu.Lock()
	all := append([]*capture(nil), s.captures.all...)
	s.captures.mu.Unlock()
	list := []captureJSON{}
	for i := len(all) - 1; i >= 0; i-- { // the newest first
		j, _ := s.captures.show(all[i])
		list = append(list, j)
	}
	return writeJSON(w, r, map[string]any{"captures": list, "profiles": capturable(), "max_seconds": s.capture.Load().MaxSeconds})
}

func (s *Server) getCapture(w http.ResponseWriter, r *http.Request) error {
	x, err := s.captures.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	j, _ := s.captures.show(x)
	return writeJSON(w, r, j)
}

func (s *Server) deleteCapture(w http.ResponseWriter, r *http.Request) error {
	x, err := s.captures.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	s.captures.cancel(x)
	s.o.Logger.Info("capture cancelled", "id", x.id, "who", s.who(r).name, "remote", remote(r))
	j, _ := s.captures.show(x)
	return writeJSON(w, r, j)
}

// heartbeat keeps proxies from closing a stream that is silent.
const heartbeat = 15 * time.Second

// getEvents streams a capture's state: an event "progress" at each change, "done"
// when it has ended. Whoever comes later gets the state of then first.
func (s *Server) getEvents(w http.ResponseWriter, r *http.Request) error {
	x, err := s.captures.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // not every writer has deadlines
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		j, changed := s.captures.show(x)
		event := "progress"
		if j.State != "running" {
			event = "done"
		}
		b, err := json.Marshal(j)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, b); err != nil {
			return nil
		}
		if err := control.Flush(); err != nil {
			return nil
		}
		if event == "done" {
			return nil
		}
		for waiting := true; waiting; {
			select {
			case <-changed:
				waiting = false
			case <-beat.C:
				if _, err := io.WriteString(w, ": still here\n\n"); err != nil || control.Flush() != nil {
					return nil
				}
			case <-r.Context().Done():
				return nil
			case <-s.captures.ctx.Done():
				return nil
			}
		}
	}
}
