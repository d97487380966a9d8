package callgraph

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"

	"flame/flame/report"
)

// WriteDOT writes the graph as text for Graphviz, for other layouts than this
// package's.
func WriteDOT(w io.Writer, g *report.Graph, o Options) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "digraph %s {\nnode [style=filled shape=box fillcolor=\"#f8f8f8\"]\n", quote(o.Title))
	var legend []string
	for _, line := range g.Lines() {
		legend = append(legend, escapeDOT(line)+`\l`)
	}
	fmt.Fprintf(out, "subgraph cluster_L { L [fontsize=16 label=\"%s\"] }\n", strings.Join(legend, ""))
	id := make(map[*report.Node]int, len(g.Nodes))
	largest := int64(0)
	for i, n := range g.Nodes {
		id[n] = i + 1
		largest = max(largest, magnitude(n.Flat))
	}
	for _, n := range g.Nodes {
		b := nodeBox(g, n, largest)
		var lines []string
		for _, t := range b.text {
			lines = append(lines, escapeDOT(t.text))
		}
		link := ""
		if o.Link != nil {
			if url := o.Link(n.Name); url != "" {
				link = " URL=" + quote(url)
			}
		}
		fmt.Fprintf(out, "N%d [label=\"%s\" fontsize=%g tooltip=%s color=\"%s\" fillcolor=\"%s\"%s]\n",
			id[n], strings.Join(lines, `\n`), b.text[0].size, quote(b.title), b.stroke, b.fill, link)
	}
	for _, n := range g.Nodes {
		for _, e := range n.Out {
			if id[e.To] > 0 {
				fmt.Fprintf(out, "N%d -> N%d [%s]\n", id[n], id[e.To], edgeAttributes(g, e))
			}
		}
	}
	fmt.Fprint(out, "}\n")
	return out.Flush()
}

func edgeAttributes(g *report.Graph, e *report.Edge) string {
	share := portion(e.Weight, g.Total)
	attributes := fmt.Sprintf(`label=" %s" weight=%d penwidth=%g color="%s" tooltip=%s`,
		strings.Join(labelOf(g, e), `\n`), 1+int(math.Min(math.Abs(share)*100, 100)), 1+math.Floor(math.Min(math.Abs(share)*5, 5)),
		shade(share, false), quote(fmt.Sprintf("%s -> %s (%s)", e.From.Name, e.To.Name, g.Format(e.Weight))))
	switch {
	case e.Residual:
		attributes += ` style="dotted"`
	case e.Inline:
		attributes += ` style="dashed"`
	}
	return attributes
}

// quote returns text as a string of the DOT language.
func quote(s string) string { return `"` + escapeDOT(s) + `"` }

// escapeDOT keeps text from ending its string, and from being an escape.
func escapeDOT(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(report.Visible(s))
}
