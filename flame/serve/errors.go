package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"flame/collapse"
	"flame/flame/fetch"
	"flame/flame/scrape"
	"flame/flame/store"
)

// A failure is an answer that is an error.
type failure struct {
	status int
	cause  string // one sentence
	hint   string // what to do; may be empty
	after  time.Duration
}

func (f *failure) Error() string { return f.cause }

func fail(status int, hint, format string, args ...any) *failure {
	return &failure{status: status, cause: fmt.Sprintf(format, args...), hint: hint}
}

// badParameter is what a wrong parameter is answered with.
func badParameter(name, value, hint string) *failure {
	return fail(http.StatusBadRequest, hint, "the parameter %s is %q", name, clip(value, 100))
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// failureOf finds the answer that an error of the packages below deserves.
func failureOf(err error) *failure {
	var (
		own     *failure
		refused *store.RefusedError
		limit   *collapse.LimitError
		fetched *fetch.Error
		tooBig  *http.MaxBytesError
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, store.ErrNoMatch):
		return fail(http.StatusNotFound, "choose another time, or look at /api/v1/profiles and /api/v1/labels for what there is", "no profile matches in this time")
	case errors.Is(err, store.ErrNoProfile):
		return fail(http.StatusNotFound, "look at /api/v1/profiles for what there is", "%v", store.ErrNoProfile)
	case errors.As(err, &refused):
		return fail(http.StatusUnprocessableEntity, "", "%s", refused.Reason)
	case errors.As(err, &tooBig):
		return fail(http.StatusRequestEntityTooLarge, "push a smaller profile", "the body is larger than the limit of %d bytes", tooBig.Limit)
	case errors.As(err, &limit):
		return fail(http.StatusUnprocessableEntity, "ask for less at once: a shorter time or fewer services", "%v", limit)
	case errors.Is(err, scrape.ErrNoTarget):
		return fail(http.StatusNotFound, "look at /api/v1/targets for their ids", "%v", err)
	case errors.As(err, &fetched):
		return fail(http.StatusBadGateway, fetched.Hint, "%v", fetched.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return fail(http.StatusServiceUnavailable, "ask for a shorter time", "%v", err)
	}
	return fail(http.StatusInternalServerError, "look into flame's log", "%v", err)
}

// answer makes a handler of a function that may fail.
func (s *Server) answer(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil || r.Context().Err() != nil {
			return // done, or nobody reads the answer
		}
		f := failureOf(err)
		if f.status >= 500 {
			s.o.Logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "query", r.URL.RawQuery, "error", err)
		}
		writeFailure(w, f)
	})
}

func writeFailure(w http.ResponseWriter, f *failure) {
	h := w.Header()
	for _, name := range []string{"Content-Disposition", "ETag", "Content-Length", "Cache-Control", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if f.after > 0 {
		h.Set("Retry-After", strconv.Itoa(int((f.after+time.Second-1)/time.Second)))
	}
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(struct { // the client may have gone
		Error  string `json:"error"`
		Hint   string `json:"hint,omitempty"`
		Status int    `json:"status"`
	}{f.cause, f.hint, f.status})
}

// writeJSON answers with one JSON value.
func writeJSON(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return writeBody(w, r, "application/json; charset=utf-8", append(b, '\n'))
}
