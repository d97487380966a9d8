package serve

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"sync"

	"flame/collapse"
	"flame/svg"
)

// pagePolicy is that of the service's own pages: its own scripts, styles and data,
// and its flame graphs in frames.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// graphPolicy is that of a flame graph: the viewer's script and styles, by their
// hashes, and nothing from anywhere. A drawing of each form is asked for them, so
// that they are right whatever the viewer becomes.
var graphPolicy = sync.OnceValue(func() string {
	b := collapse.NewBuilder(1, collapse.Limits{})
	b.Add(b.Child(collapse.Root, b.Frame(collapse.Frame{Name: "main"})), 0, 1)
	p, err := b.Profile([]collapse.ValueType{{Type: "samples", Unit: "count"}}, 0)
	if err != nil {
		panic(err) // one frame is a profile
	}
	sources := map[string]map[string]bool{"script": {}, "style": {}}
	for _, f := range []svg.Format{svg.SVG, svg.HTML} {
		var out bytes.Buffer
		if err := svg.Write(&out, p, svg.Options{Format: f}); err != nil {
			panic(err) // and can be drawn
		}
		for _, m := range inline.FindAllSubmatch(out.Bytes(), -1) {
			for _, text := range texts(string(m[2]), f) {
				sum := sha256.Sum256([]byte(text))
				sources[string(m[1])]["'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'"] = true
			}
		}
	}
	list := func(kind string) string {
		var all []string
		for s := range sources[kind] {
			all = append(all, s)
		}
		return strings.Join(all, " ")
	}
	return "default-src 'none'; script-src " + list("script") + "; style-src " + list("style") +
		"; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
})

var inline = regexp.MustCompile(`(?s)<(script|style)>(.*?)</(?:script|style)>`)

// texts are what an inline element's text may be to a browser: as XML, without the
// marks of a CDATA section; in HTML, with them, as there they stand in foreign
// content or in none.
func texts(s string, f svg.Format) []string {
	plain := strings.ReplaceAll(strings.ReplaceAll(s, "<![CDATA[", ""), "]]>", "")
	if plain == s {
		return []string{s}
	}
	return []string{s, plain}
}
