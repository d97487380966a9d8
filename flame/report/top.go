package report

import (
	"fmt"
	"io"

	"flame/collapse"
)

// A Top lists functions, the most expensive first.
type Top struct {
	Rows  []TopRow
	Graph *Graph // what the rows were made of
}

// A TopRow is one function. Values are in stored units.
type TopRow struct {
	Name      string
	Flat, Cum int64
	Sum       int64  // of the flat values so far
	Inline    string // "inline", "partial-inline" or ""
}

// MakeTop makes the list of "go tool pprof -top".
func MakeTop(p *collapse.Profile, o Options) *Top {
	t := &Top{Graph: weigh(p, o).graph(false)}
	t.Rows = make([]TopRow, 0, len(t.Graph.Nodes))
	var sum int64
	for _, n := range t.Graph.Nodes {
		sum = collapse.AddSaturating(sum, n.Flat)
		t.Rows = append(t.Rows, TopRow{Name: n.Name, Flat: n.Flat, Cum: n.Cum, Sum: sum, Inline: n.inline()})
	}
	return t
}

// inline says whether the calls of a function were inlined.
func (n *Node) inline() string {
	inlined := 0
	for _, e := range n.In {
		if e.Inline {
			inlined++
		}
	}
	switch inlined {
	case 0:
		return ""
	case len(n.In):
		return "inline"
	}
	return "partial-inline"
}

// WriteText writes the list as pprof prints it.
func (t *Top) WriteText(w io.Writer) error {
	out := &printer{w: w}
	g := t.Graph
	out.lines(g.Lines())
	out.printf("%10s %5s%% %5s%% %10s %5s%%\n", "flat", "flat", "sum", "cum", "cum")
	for _, r := range t.Rows {
		inline := ""
		if r.Inline != "" {
			inline = " (" + r.Inline + ")"
		}
		out.printf("%10s %s %s %10s %s  %s%s\n",
			g.scale.format(r.Flat), percentage(r.Flat, g.Total), percentage(r.Sum, g.Total),
			g.scale.format(r.Cum), percentage(r.Cum, g.Total), Visible(r.Name), inline)
	}
	return out.err
}

// WriteMarkdown writes the list as a table.
func (t *Top) WriteMarkdown(w io.Writer) error {
	out := &printer{w: w}
	g := t.Graph
	out.markdownHead(g.Lines())
	out.printf("| flat | flat%% | sum%% | cum | cum%% | function |\n|---:|---:|---:|---:|---:|---|\n")
	for _, r := range t.Rows {
		out.printf("| %s | %s | %s | %s | %s | %s |\n",
			g.scale.format(r.Flat), trimmed(r.Flat, g.Total), trimmed(r.Sum, g.Total),
			g.scale.format(r.Cum), trimmed(r.Cum, g.Total), code(r.Name))
	}
	return out.err
}

// WriteJSON writes the list as one JSON object.
func (t *Top) WriteJSON(w io.Writer) error {
	type row struct {
		Name       string  `json:"name"`
		Flat       number  `json:"flat"`
		FlatShare  float64 `json:"flat_percent"`
		SumShare   float64 `json:"sum_percent"`
		Cum        number  `json:"cum"`
		CumShare   float64 `json:"cum_percent"`
		InlineInfo string  `json:"inline,omitempty"`
	}
	g := t.Graph
	v := struct {
		jsonHead
		Rows []row `json:"rows"`
	}{jsonHead: g.json(), Rows: []row{}}
	for _, r := range t.Rows {
		v.Rows = append(v.Rows, row{
			Name: r.Name, Flat: g.number(r.Flat), FlatShare: share(r.Flat, g.Total), SumShare: share(r.Sum, g.Total),
			Cum: g.number(r.Cum), CumShare: share(r.Cum, g.Total), InlineInfo: r.Inline,
		})
	}
	return writeJSON(w, v)
}

// A printer remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, a ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, a...)
	}
}

func (p *printer) lines(lines []string) {
	for _, l := range lines {
		p.printf("%s\n", l)
	}
}
