// Command build bundles the viewer's modules into the script and the style that
// package svg embeds: viewer.js and viewer.css. Run it by `go generate ./svg`.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
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

// bundle returns viewer.js and viewer.css, by these names, as the modules in dir make them.
func bundle(dir string) (map[string]string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	outputs := map[string]string{}
	for name, entry := range map[string]string{"viewer.js": "main.ts", "viewer.css": "style.css"} {
		result := api.Build(api.BuildOptions{
			EntryPoints:       []string{filepath.Join(dir, entry)},
			AbsWorkingDir:     dir,
			Tsconfig:          filepath.Join(dir, "tsconfig.json"),
			Bundle:            true,
			Format:            api.FormatIIFE,
			Platform:          api.PlatformBrowser,
			Target:            api.ES2020,
			Charset:           api.CharsetASCII, // a page around the graph may be of any
			MinifyWhitespace:  true,
			MinifyIdentifiers: true,
			MinifySyntax:      true,
			LegalComments:     api.LegalCommentsNone,
			Banner:            map[string]string{"js": banner, "css": banner},
		})
		if len(result.Errors) > 0 {
			return nil, errors.New(strings.TrimSpace(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "")))
		}
		text := string(result.OutputFiles[0].Contents)
		if i := strings.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' }); i >= 0 {
			return nil, fmt.Errorf("%s has the control character %q, which XML cannot have, behind %.40q", name, text[i], text[max(0, i-40):i])
		}
		// Both stand in CDATA sections. In the script these characters are two
		// brackets and a comparison: the modules have them nowhere else.
		outputs[name] = strings.ReplaceAll(text, "]]>", "]] >")
	}
	return outputs, nil
}
