package diff

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"flame/collapse"
	"flame/svg"
)

// A Report is a table with what is said around it.
type Report struct {
	*Table
	Before, After string // where the profiles came from
	Notes         []string
	Limits        []Limit
	Excesses      []Excess
	Unit          *svg.Unit // that values are shown in; nil for one that fits each
}

// Formats are the formats of a report, as Write takes them.
var Formats = []string{"text", "markdown", "json"}

// Write writes the report in one of the [Formats].
func (r *Report) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		return writeString(w, r.text())
	case "markdown":
		return writeString(w, r.markdown())
	case "json":
		return r.json(w)
	}
	return fmt.Errorf("there is no format %q; choose one of %s", format, strings.Join(Formats, ", "))
}

func writeString(w io.Writer, s string) error {
	if _, err := io.WriteString(w, s); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// headings of the columns, of which the last is aligned to the left.
var headings = []string{"flat before", "after", "change", "", "cum before", "after", "change", "", "function"}

// cells are a row's texts, one for each of the headings. What is counted stands
// above the table, not in each cell.
func (r *Report) cells(row Row) []string {
	c := r.change(row.Flat)
	c = append(append(c, r.change(row.Cum)...), svg.Visible(row.Function))
	if noun := r.noun(); noun != "" {
		for i := range c[:len(c)-1] {
			c[i] = strings.TrimSuffix(c[i], noun)
		}
	}
	return c
}

func (r *Report) change(c Change) []string {
	return []string{r.value(c.Before), r.value(c.After), r.signed(c.Delta()), percent(c)}
}

// noun is what ends every value of a type that is counted, "" for times and sizes.
func (r *Report) noun() string {
	one := svg.FormatValue(r.Type.Div(), r.Type)
	if noun, ok := strings.CutPrefix(one, "1 "); ok && svg.FormatValue(1e6*r.Type.Div(), r.Type) == "1,000,000 "+noun {
		return " " + noun
	}
	return ""
}

func (r *Report) value(v int64) string {
	if v == 0 {
		return "0"
	}
	return r.Unit.Format(v, r.Type)
}

func (r *Report) signed(v int64) string {
	if v > 0 {
		return "+" + r.value(v)
	}
	return r.value(v)
}

// summary is the total in one line.
func (r *Report) summary() string {
	t := r.Total
	return fmt.Sprintf("%s: %s before, %s after: %s (%s)", svg.Visible(r.Type.Type), r.value(t.Before), r.value(t.After), r.signed(t.Delta()), percent(t))
}

// omitted says what the table leaves out, "" if nothing.
func (r *Report) omitted() string {
	if r.Omitted == 0 {
		return ""
	}
	return fmt.Sprintf("%d more functions changed less", r.Omitted)
}

func (r *Report) text() string {
	var b strings.Builder
	b.WriteString(r.summary() + "\n")
	for _, side := range [][2]string{{"before", r.Before}, {"after", r.After}} {
		if side[1] != "" {
			fmt.Fprintf(&b, "%-7s %s\n", side[0], svg.Visible(side[1]))
		}
	}
	if len(r.Rows) > 0 {
		b.WriteString("\n")
		rows := [][]string{headings}
		for _, row := range r.Rows {
			rows = append(rows, r.cells(row))
		}
		writeColumns(&b, rows)
	}
	if text := r.omitted(); text != "" {
		b.WriteString("\n" + text + "\n")
	}
	return b.String()
}

// writeColumns writes rows with all columns but the last aligned to the right.
func writeColumns(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	last := len(widths) - 1
	for _, row := range rows {
		for i, cell := range row[:last] {
			b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)) + cell + "  ")
		}
		b.WriteString(row[last] + "\n")
	}
}

func (r *Report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n", markdownText(r.summary()))
	if r.After != "" || r.Before != "" {
		fmt.Fprintf(&b, "\nBefore: %s. After: %s.\n", markdownCode(r.Before), markdownCode(r.After))
	}
	for _, e := range r.Excesses {
		fmt.Fprintf(&b, "\n- ❌ %s\n", markdownText(e.String()))
	}
	if len(r.Rows) > 0 {
		b.WriteString("\n| flat before | after | change | | cum before | after | change | | function |\n|--:|--:|--:|--:|--:|--:|--:|--:|:--|\n")
		for _, row := range r.Rows {
			cells := r.cells(row)
			cells[len(cells)-1] = markdownCode(cells[len(cells)-1])
			b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		}
	}
	if text := r.omitted(); text != "" {
		b.WriteString("\n" + text + "\n")
	}
	return b.String()
}

// markdownText keeps text from being markup.
func markdownText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", "|", `\|`, "\n", " ").Replace(s)
}

// markdownCode is text as code in a cell of a table.
func markdownCode(s string) string {
	s = strings.NewReplacer("|", `\|`, "\n", " ").Replace(svg.Visible(s))
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// jsonReport is the report for programs. Values are in the unit of the type.
type jsonReport struct {
	Type    string       `json:"type"`
	Unit    string       `json:"unit"`
	Before  string       `json:"before"`
	After   string       `json:"after"`
	Total   jsonChange   `json:"total"`
	Noise   float64      `json:"noise"` // a part of the larger total
	Rows    []jsonRow    `json:"functions"`
	Omitted int          `json:"omitted"`
	Limits  []string     `json:"limits,omitempty"`
	Over    []jsonExcess `json:"exceeded,omitempty"`
	Notes   []string     `json:"notes,omitempty"`
}

type jsonChange struct {
	Before float64  `json:"before"`
	After  float64  `json:"after"`
	Change float64  `json:"change"`
	Ratio  *float64 `json:"ratio"` // null for what is new
}

type jsonRow struct {
	Function string     `json:"function"`
	Flat     jsonChange `json:"flat"`
	Cum      jsonChange `json:"cum"`
}

type jsonExcess struct {
	Limit    string     `json:"limit"`
	Type     string     `json:"type"`
	Unit     string     `json:"unit"`
	Function string     `json:"function,omitempty"`
	Change   jsonChange `json:"cum"`
}

func (r *Report) json(w io.Writer) error {
	out := jsonReport{
		Type: r.Type.Type, Unit: r.Type.Unit, Before: r.Before, After: r.After, Total: newJSONChange(r.Total, r.Type),
		Noise: max(0, r.Noise), Rows: []jsonRow{}, Omitted: r.Omitted, Notes: r.Notes,
	}
	for _, row := range r.Rows {
		out.Rows = append(out.Rows, jsonRow{row.Function, newJSONChange(row.Flat, r.Type), newJSONChange(row.Cum, r.Type)})
	}
	for _, l := range r.Limits {
		out.Limits = append(out.Limits, l.text)
	}
	for _, e := range r.Excesses {
		out.Over = append(out.Over, jsonExcess{e.Limit, e.Type.Type, e.Type.Unit, e.Function, newJSONChange(e.Change, e.Type)})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func newJSONChange(c Change, t collapse.ValueType) jsonChange {
	div := float64(t.Div())
	j := jsonChange{Before: float64(c.Before) / div, After: float64(c.After) / div, Change: float64(c.Delta()) / div}
	if ratio := c.Ratio(); !math.IsInf(ratio, 0) {
		j.Ratio = &ratio
	}
	return j
}
