package flame

import (
	"io"

	"flame/collapse"
	"flame/svg"
)

// Render writes p to w as one SVG file or HTML page: a picture, the whole profile
// and a viewer. The same profile and options give the same bytes. Frames of a
// detailed profile are shown as [collapse.Flatten] names them.
func Render(w io.Writer, p *collapse.Profile, o svg.Options) error {
	flat, err := collapse.Flatten(p)
	if err != nil {
		return err
	}
	return svg.Write(w, flat, o)
}
