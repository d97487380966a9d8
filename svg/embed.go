package svg

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"sync"

	"flame/svg/base91"
)

//go:generate go run ./viewer/build

// The viewer, as it stands in every file, made from the modules in viewer/.
var (
	//go:embed loader.js
	loaderJS string
	//go:embed viewer.css
	viewerCSS string
	//go:embed viewer.txt
	viewerText string
)

// loaderText is the text of the script element, viewerStyle that of the style
// element of an SVG file and within a page; pageStyle is the page's own.
var (
	loaderText  = "//\n" + loaderJS + "\n//"
	viewerStyle = "\n" + viewerCSS
)

// ContentSecurityPolicy returns the value of the header under which a file of
// this package works and nothing else does: it names the loader and the viewer
// that the loader runs as an inline script, and the styles, by their hashes. A
// policy of a page around a graph needs the same sources. Under Trusted Types the
// loader makes a policy called "flame". Where a policy leaves out a hash, or the
// loader is refused its own, the static picture stays.
func ContentSecurityPolicy() string { return contentSecurityPolicy() }

var contentSecurityPolicy = sync.OnceValue(func() string {
	return fmt.Sprintf("default-src 'none'; script-src %s %s; style-src %s %s; img-src data:",
		cspHash(loaderText), cspHash(viewerScript()), cspHash(viewerStyle), cspHash("\n"+pageStyle))
})

// viewerScript returns the script that viewerText holds.
func viewerScript() string {
	packed, err := base91.Decode([]byte(viewerText))
	if err != nil {
		panic(err) // it is a part of the program
	}
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func cspHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
