package report

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"flame/collapse"
)

// A jsonHead is what every report says in JSON besides its rows.
type jsonHead struct {
	Type         string   `json:"type"`
	Unit         string   `json:"unit"`
	Total        number   `json:"total"`
	Duration     float64  `json:"duration_seconds,omitempty"`
	Time         string   `json:"time,omitempty"`
	Source       string   `json:"source,omitempty"`
	Filters      []string `json:"filters,omitempty"`
	DroppedNodes int      `json:"dropped_nodes,omitempty"`
	DroppedEdges int      `json:"dropped_edges,omitempty"`
	Notes        []string `json:"notes,omitempty"`
}

func (h head) json() jsonHead {
	j := jsonHead{
		Type: h.name, Unit: h.typ.Unit, Total: numberOf(h.total, h.typ), Duration: h.meta.Duration.Seconds(),
		Source: h.meta.Source, Filters: h.filters, Notes: h.meta.Notes,
	}
	if !h.meta.Time.IsZero() {
		j.Time = h.meta.Time.UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
	return j
}

func (g *Graph) json() jsonHead {
	j := g.head.json()
	j.DroppedNodes, j.DroppedEdges = g.DroppedNodes, g.DroppedEdges
	return j
}

// A number is a value in its type's unit, exact whatever its scale.
type number string

func numberOf(v int64, t collapse.ValueType) number {
	if t.Div() == 1 {
		return number(strconv.FormatInt(v, 10))
	}
	return number(strconv.FormatFloat(float64(v)/float64(t.Div()), 'f', -1, 64))
}

func (g *Graph) number(v int64) number { return numberOf(v, g.head.typ) }

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// share is a percentage with its sign.
func share(v, total int64) float64 {
	if total == 0 {
		return 0
	}
	return 100 * float64(v) / float64(total)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// trimmed is a percentage without the spaces that make columns.
func trimmed(v, total int64) string { return strings.TrimSpace(percentage(v, total)) }

// markdownHead writes lines as a paragraph of their own.
func (p *printer) markdownHead(lines []string) {
	for i, l := range lines {
		end := "  "
		if i == len(lines)-1 {
			end = "\n"
		}
		p.printf("%s%s\n", escapeMarkdown(strings.TrimSpace(l)), end)
	}
}

// escapeMarkdown keeps text from becoming markup.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '<':
			b.WriteString("&lt;")
		case '&':
			b.WriteString("&amp;")
		case '\\', '`', '*', '_', '[', ']', '|', '~':
			b.WriteRune('\\')
			fallthrough
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// code returns a name as a code span that can stand in a table.
func code(name string) string {
	name = strings.ReplaceAll(Visible(name), "|", `\|`)
	fence := "`"
	for strings.Contains(name, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + name + " " + fence
	}
	return fence + name + fence
}
