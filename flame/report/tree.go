package report

import (
	"io"
	"regexp"

	"flame/collapse"
)

// A Tree lists functions with their callers and callees.
type Tree struct {
	Rows  []*Node
	Graph *Graph
}

// MakeTree makes the list of "go tool pprof -tree".
func MakeTree(p *collapse.Profile, o Options) *Tree {
	g := weigh(p, o).graph(false)
	return &Tree{Rows: g.Nodes, Graph: g}
}

// MakePeek makes the list of "go tool pprof -peek": the functions whose name
// matches, with all their callers and callees. If none does it is a [*collapse.NoMatchError].
func MakePeek(p *collapse.Profile, o Options, match *regexp.Regexp) (*Tree, error) {
	g := weigh(p, o.untrimmed()).graph(false)
	t := &Tree{Graph: g}
	for _, n := range g.Nodes {
		if match.MatchString(n.Name) {
			t.Rows = append(t.Rows, n)
		}
	}
	if len(t.Rows) == 0 {
		return nil, &collapse.NoMatchError{Flag: "peek", Expr: match.String(), Near: p.NamesNear(match.String())}
	}
	return t, nil
}

const (
	treeRule = "----------------------------------------------------------+-------------"
	treeHead = "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t "
)

// WriteText writes the list as pprof prints it: each function between its callers
// and its callees.
func (t *Tree) WriteText(w io.Writer) error {
	out := &printer{w: w}
	g := t.Graph
	out.lines(g.Lines())
	out.printf("%s\n%s\n", treeRule, treeHead)
	var sum int64
	edge := func(e *Edge, other, n *Node) {
		inline := ""
		if e.Inline {
			inline = " (inline)"
		}
		out.printf("%50s %s |   %s%s\n", g.scale.format(e.Weight), percentage(e.Weight, n.Cum), Visible(other.Name), inline)
	}
	for _, n := range t.Rows {
		out.printf("%s\n", treeRule)
		for _, e := range n.In {
			edge(e, e.From, n)
		}
		sum = collapse.AddSaturating(sum, n.Flat)
		out.printf("%10s %s %s %10s %s                | %s\n",
			g.scale.format(n.Flat), percentage(n.Flat, g.Total), percentage(sum, g.Total),
			g.scale.format(n.Cum), percentage(n.Cum, g.Total), Visible(n.Name))
		for _, e := range n.Out {
			edge(e, e.To, n)
		}
	}
	if len(g.Nodes) > 0 {
		out.printf("%s\n", treeRule)
	}
	return out.err
}

// WriteMarkdown writes a section for each function, with a table of callers and
// callees.
func (t *Tree) WriteMarkdown(w io.Writer) error {
	out := &printer{w: w}
	g := t.Graph
	out.markdownHead(g.Lines())
	for i, n := range t.Rows {
		if i > 0 {
			out.printf("\n")
		}
		out.printf("%s: flat %s (%s), cum %s (%s)\n\n| | weight | of cum | function |\n|---|---:|---:|---|\n", code(n.Name),
			g.scale.format(n.Flat), trimmed(n.Flat, g.Total), g.scale.format(n.Cum), trimmed(n.Cum, g.Total))
		for _, e := range n.In {
			out.printf("| from | %s | %s | %s |\n", g.scale.format(e.Weight), trimmed(e.Weight, n.Cum), code(e.From.Name))
		}
		for _, e := range n.Out {
			out.printf("| to | %s | %s | %s |\n", g.scale.format(e.Weight), trimmed(e.Weight, n.Cum), code(e.To.Name))
		}
	}
	return out.err
}

// WriteJSON writes the list as one JSON object.
func (t *Tree) WriteJSON(w io.Writer) error {
	type call struct {
		Name     string `json:"name"`
		Weight   number `json:"weight"`
		Inline   bool   `json:"inline,omitempty"`
		Residual bool   `json:"residual,omitempty"`
	}
	type row struct {
		Name    string `json:"name"`
		Flat    number `json:"flat"`
		Cum     number `json:"cum"`
		Callers []call `json:"callers"`
		Callees []call `json:"callees"`
	}
	g := t.Graph
	v := struct {
		jsonHead
		Rows []row `json:"rows"`
	}{jsonHead: g.json(), Rows: []row{}}
	for _, n := range t.Rows {
		r := row{Name: n.Name, Flat: g.number(n.Flat), Cum: g.number(n.Cum), Callers: []call{}, Callees: []call{}}
		for _, e := range n.In {
			r.Callers = append(r.Callers, call{e.From.Name, g.number(e.Weight), e.Inline, e.Residual})
		}
		for _, e := range n.Out {
			r.Callees = append(r.Callees, call{e.To.Name, g.number(e.Weight), e.Inline, e.Residual})
		}
		v.Rows = append(v.Rows, r)
	}
	return writeJSON(w, v)
}
