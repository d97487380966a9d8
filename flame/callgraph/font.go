package callgraph

import (
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The Go font measures text and draws it in PNG files: it is part of the program,
// so that pictures are the same on machines without any fonts. In an SVG file the
// reader's sans-serif font stands in, which is hardly wider.
var goFont = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err) // it is a constant
	}
	return f
})

var measuring struct {
	sync.Mutex
	buf    sfnt.Buffer
	widths map[rune]float64 // of letters of size 1
}

// textWidth is the width of a line of text of some size.
func textWidth(s string, size float64) (width float64) {
	measuring.Lock()
	defer measuring.Unlock()
	for _, r := range s {
		w, ok := measuring.widths[r]
		if !ok {
			if measuring.widths == nil {
				measuring.widths = map[rune]float64{}
			}
			w = letterWidth(r)
			measuring.widths[r] = w
		}
		width += w
	}
	return width * size
}

func letterWidth(r rune) float64 {
	const units = 1000
	f := goFont()
	i, err := f.GlyphIndex(&measuring.buf, r)
	if err != nil || i == 0 {
		return 1 // a letter of another script, which may be wide
	}
	w, err := f.GlyphAdvance(&measuring.buf, i, fixed.I(units), font.HintingNone)
	if err != nil {
		return 1
	}
	return float64(w) / 64 / units
}
