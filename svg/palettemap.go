package svg

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A PaletteMap holds colours by annotated name, so that a function keeps its
// colour over many pictures: the file palette.map of flamegraph.pl --cp. It is
// not safe for concurrent use. The zero PaletteMap is empty.
type PaletteMap struct {
	colors map[string]RGB
}

// ReadPaletteMap reads lines of the form
//
//	NAME->rgb(r,g,b)
//
// The last "->" ends the name, so names that hold one survive. Empty lines are
// skipped; the error names the first line that is neither.
func ReadPaletteMap(r io.Reader) (*PaletteMap, error) {
	m := &PaletteMap{}
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("read palette map: %w", err)
		}
		if text := strings.TrimRight(line, "\r\n"); text != "" {
			at := strings.LastIndex(text, "->")
			if at < 0 {
				return nil, fmt.Errorf("read palette map: line %d is not NAME->rgb(r,g,b): %.60q", n, text)
			}
			c, ok := parseRGB(strings.TrimSpace(text[at+2:]))
			if !ok {
				return nil, fmt.Errorf("read palette map: line %d has no colour rgb(r,g,b) after ->: %.60q", n, text)
			}
			m.Set(text[:at], c)
		}
		if err == io.EOF {
			return m, nil
		}
	}
}

// Color returns the colour of a name, and whether the map has one.
func (m *PaletteMap) Color(name string) (RGB, bool) {
	c, ok := m.colors[name]
	return c, ok
}

// Set gives a name its colour.
func (m *PaletteMap) Set(name string, c RGB) {
	if m.colors == nil {
		m.colors = make(map[string]RGB)
	}
	m.colors[name] = c
}

// Len returns the number of names.
func (m *PaletteMap) Len() int { return len(m.colors) }

// Write writes the map in the form that [ReadPaletteMap] reads, sorted by name.
// Names with a line break have no place in it and are left out.
func (m *PaletteMap) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(m.colors)) {
		if !strings.ContainsAny(name, "\r\n") {
			fmt.Fprintf(out, "%s->%s\n", name, m.colors[name])
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write palette map: %w", err)
	}
	return nil
}
