package serve

import (
	"embed"
	"net/http"
	"path"
	"strings"
)

// assets are the pages: one document, and the modules of a small program that draws
// into it what the address names.
//
//go:embed web
var assets embed.FS

// pagePaths are the addresses that web/app.js knows.
var pagePaths = map[string]bool{
	"/": true, "/service": true, "/diff": true, "/captures": true, "/capture": true, "/view": true, "/targets": true,
}

var staticTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml; charset=utf-8",
}

func (s *Server) getPage(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return fail(http.StatusMethodNotAllowed, "look into /api/v1/openapi.json for what there is", "%s takes no %s", clip(r.URL.Path, 100), r.Method)
	}
	if pagePaths[r.URL.Path] {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		return writeFile(w, r, "index.html", "text/html; charset=utf-8")
	}
	name, static := strings.CutPrefix(r.URL.Path, "/static/")
	if kind := staticTypes[path.Ext(name)]; static && kind != "" && !strings.Contains(name, "/") {
		return writeFile(w, r, name, kind)
	}
	return notFound(r)
}

func notFound(r *http.Request) error {
	return fail(http.StatusNotFound, "start at /, or look into /api/v1/openapi.json", "there is no %s %s", r.Method, clip(r.URL.Path, 100))
}

func writeFile(w http.ResponseWriter, r *http.Request, name, kind string) error {
	b, err := assets.ReadFile("web/" + name)
	if err != nil {
		return notFound(r)
	}
	return writeBody(w, r, kind, b)
}
