// Command build bundles the viewer's modules into what package svg embeds. Run it
// by `go generate ./svg`. It writes
//
//   - loader.js, the script of a file, as it is written but for comments and types;
//   - viewer.css, the style of the static picture;
//   - viewer.txt, the viewer with its style, minified, as a zlib stream in base91,
//     which the loader unpacks and runs.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/klauspost/compress/zlib"

	"flame/svg/base91"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "viewer/build:", err)
		os.Exit(1)
	}
}

// run writes the outputs of the viewer in dir/viewer to dir.
func run(dir string) error {
	outputs, err := bundle(filepath.Join(dir, "viewer"))
	if err != nil {
		return fmt.Errorf("bundle the viewer: %w", err)
	}
	for name, text := range outputs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

const banner = "/* The flame viewer, MIT licence; its source is svg/viewer in flame's repository. */"

// bundle returns the outputs by their names, as the modules in dir make them.
func bundle(dir string) (map[string]string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	style, err := build(dir, "style.css", api.BuildOptions{})
	if err != nil {
		return nil, err
	}
	quoted, err := json.Marshal(style)
	if err != nil {
		return nil, err
	}
	viewer, err := build(dir, "main.ts", api.BuildOptions{Define: map[string]string{"STYLE": string(quoted)}})
	if err != nil {
		return nil, err
	}
	packed, err := pack(viewer)
	if err != nil {
		return nil, err
	}
	loader, err := build(dir, "loader.ts", api.BuildOptions{Banner: map[string]string{"js": banner}, MinifySyntax: true})
	if err != nil {
		return nil, err
	}
	still, err := build(dir, "static.css", api.BuildOptions{})
	if err != nil {
		return nil, err
	}
	return map[string]string{"loader.js": loader, "viewer.css": still, "viewer.txt": packed}, errors.Join(plain(loader), plain(still))
}

// plain returns an error if a text cannot stand in a CDATA section as it is.
func plain(text string) error {
	if i := strings.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' || c > '~' }); i >= 0 {
		return fmt.Errorf("the character %q behind %.40q: a page of any encoding is to hold it", text[i], text[max(0, i-40):i])
	}
	if strings.Contains(text, "]]>") {
		return errors.New("\"]]>\" ends the CDATA section that it stands in: part it")
	}
	return nil
}

// build returns what esbuild makes of a module: minified, unless o says otherwise.
func build(dir, entry string, o api.BuildOptions) (string, error) {
	o.EntryPoints = []string{filepath.Join(dir, entry)}
	o.AbsWorkingDir, o.Tsconfig = dir, filepath.Join(dir, "tsconfig.json")
	o.Bundle, o.Format, o.Platform, o.Target = true, api.FormatIIFE, api.PlatformBrowser, api.ES2020
	o.Charset = api.CharsetASCII // a page around the graph may be of any
	o.LegalComments = api.LegalCommentsNone
	if !o.MinifySyntax {
		o.MinifyWhitespace, o.MinifyIdentifiers, o.MinifySyntax = true, true, true
	}
	result := api.Build(o)
	if len(result.Errors) > 0 {
		return "", errors.New(strings.TrimSpace(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "")))
	}
	return string(result.OutputFiles[0].Contents), nil
}

// pack returns a text as the loader unpacks it: a zlib stream in base91.
func pack(text string) (string, error) {
	var deflated bytes.Buffer
	w, err := zlib.NewWriterLevel(&deflated, zlib.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	var packed strings.Builder
	e := base91.NewEncoder(&packed)
	if _, err := e.Write(deflated.Bytes()); err != nil {
		return "", err
	}
	if err := e.Close(); err != nil {
		return "", err
	}
	return packed.String(), nil
}
