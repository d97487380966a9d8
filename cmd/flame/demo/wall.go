package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/felixge/fgprof"
)

const (
	defaultWallSeconds = 30
	maxWallSeconds     = 600
)

// wallHandler serves wall-clock profiles in pprof's format for ?seconds=N (1 to 600, default 30).
//
// It stands in for fgprof.Handler, which goes on sampling after its client has hung up, loses the profile when the
// server has a write timeout, and divides by zero when it is stopped before its first sample. This one ends with its
// request, extends the write deadline, takes one second at least and one profile at a time, and answers errors the way
// net/http/pprof does (text/plain with X-Go-Pprof).
type wallHandler struct {
	busy sync.Mutex
}

func (h *wallHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seconds, err := wallSeconds(r.FormValue("seconds"))
	if err != nil {
		wallError(w, http.StatusBadRequest, err)
		return
	}
	if !h.busy.TryLock() {
		wallError(w, http.StatusInternalServerError, errors.New("wall-clock profiling already in use"))
		return
	}
	defer h.busy.Unlock()
	d := time.Duration(seconds) * time.Second
	// Not every ResponseWriter has deadlines; one without needs no extension.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d + 30*time.Second))
	data, err := captureWall(r.Context(), d)
	if err != nil {
		wallError(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="fgprof"`)
	w.Write(data)
}

func wallSeconds(s string) (int, error) {
	if s == "" {
		return defaultWallSeconds, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxWallSeconds {
		return 0, fmt.Errorf("invalid value %q for \"seconds\" - must be 1 to %d", s, maxWallSeconds)
	}
	return n, nil
}

func wallError(w http.ResponseWriter, status int, err error) {
	w.Header().Set("X-Go-Pprof", "1")
	http.Error(w, err.Error(), status)
}

// captureWall samples all goroutines of the process for d, or until ctx is done, which is an error: the sampler is
// stopped either way, and a profile cut short is not handed out as if it were whole.
func captureWall(ctx context.Context, d time.Duration) (data []byte, err error) {
	var buf bytes.Buffer
	stop := fgprof.Start(&buf, fgprof.FormatPprof)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		err = fmt.Errorf("take wall-clock profile: %w", ctx.Err())
	}
	// The division by zero happens while exporting, after the sampler has ended: catching it leaks nothing.
	defer func() {
		if p := recover(); p != nil && err == nil {
			err = fmt.Errorf("take wall-clock profile: too few samples: %v", p)
		}
	}()
	if stopErr := stop(); err == nil && stopErr != nil {
		err = fmt.Errorf("take wall-clock profile: %w", stopErr)
	}
	if err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
