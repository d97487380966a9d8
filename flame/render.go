package flame

import (
	"io"

	"flame/collapse"
	"flame/svg"
)

// Render writes p to w as one SVG file or HTML page: a picture, the whole profile
// and a viewer. The same profile and options give the same bytes.
func Render(w io.Writer, p *collapse.Profile, o svg.Options) error {
	return svg.Write(w, p, o)
}
