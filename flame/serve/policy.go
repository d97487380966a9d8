package serve

import "flame/svg"

// pagePolicy is that of the service's own pages: its own scripts, styles and data,
// and its flame graphs in frames.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// graphPolicy is that of a flame graph: the viewer's own script and styles, and
// nothing from anywhere.
func graphPolicy() string {
	return svg.ContentSecurityPolicy() + "; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
}
