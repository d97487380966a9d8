package demo

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/pprof"
	rpprof "runtime/pprof"
)

// maxBody bounds a request's body in bytes: orders of the built-in load are a few kilobytes.
const maxBody = 1 << 20

// routes is the whole service. The mux is its own: the process's default one stays out of sight.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", serveIndex)
	mux.Handle("/shop/search", labelled("search", s.shop.serveSearch))
	mux.Handle("/shop/product", labelled("product", s.shop.serveProduct))
	mux.Handle("/shop/checkout", labelled("checkout", s.shop.serveCheckout))
	mux.Handle("/shop/report", labelled("report", s.shop.serveReport))

	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.Handle("/debug/fgprof", new(wallHandler))
	return mux
}

// endpoint answers one request with a body, or fails with an error that becomes the status.
type endpoint func(ctx context.Context, r *http.Request) ([]byte, error)

var (
	errBadRequest = errors.New("bad request")
	errNotFound   = errors.New("not found")
)

// labelled runs h under the pprof labels route and tenant, which CPU and goroutine profiles then carry.
func labelled(route string, h endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tenant := r.Header.Get("X-Tenant")
		if tenant == "" {
			tenant = "walk-in"
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		rpprof.Do(r.Context(), rpprof.Labels("route", route, "tenant", tenant), func(ctx context.Context) {
			body, err := h(ctx, r)
			if err != nil {
				http.Error(w, err.Error(), statusOf(err))
				return
			}
			w.Header().Set("Content-Type", http.DetectContentType(body))
			w.Write(body)
		})
	})
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, errBadRequest):
		return http.StatusBadRequest
	case errors.Is(err, errNotFound):
		return http.StatusNotFound
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

const indexPage = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>flame demo</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em}pre{background:#8881;padding:.8em;overflow:auto}</style>
</head><body>
<h1>flame demo</h1>
<p>This is a small order service under load of its own, made to be profiled. Look at it with:</p>
<pre>flame -u http://%[1]s -t 5                        # CPU
flame -u http://%[1]s/debug/pprof/heap            # live memory: the page cache, sessions
flame -u http://%[1]s/debug/pprof/allocs          # everything allocated since the start
flame -u http://%[1]s/debug/pprof/mutex           # a lock held across a write
flame -u http://%[1]s/debug/pprof/block           # waits for channels and locks
flame -u http://%[1]s/debug/pprof/goroutine       # who is parked where
flame -u http://%[1]s/debug/fgprof -t 5           # wall clock: CPU and every wait</pre>
<p>Each command writes an SVG file; open it in a browser. Endpoints: <a href="/debug/pprof/">/debug/pprof/</a>,
<a href="/debug/fgprof?seconds=3">/debug/fgprof</a>, <a href="/shop/search?q=copper+lamp">/shop/search</a>,
<a href="/shop/product?id=7">/shop/product</a>, <a href="/shop/report">/shop/report</a>, and /shop/checkout for POST.</p>
</body></html>
`

func serveIndex(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, fmt.Sprintf(indexPage, html.EscapeString(r.Host)))
}
