package report

import (
	"fmt"
	"strings"

	"flame/collapse"
)

// A head is what stands above every report: what was measured, and when.
type head struct {
	meta    collapse.Meta
	typ     collapse.ValueType
	name    string // of the type, with what was done to it
	total   int64
	filters []string
	options Options
}

func headOf(w *weighing) head {
	h := head{meta: w.p.Meta, typ: w.p.Types[w.o.Type], total: w.total, filters: w.o.Filters, options: w.o}
	h.name = h.typ.Type
	if w.o.Mean {
		h.name = "mean_" + h.name
	}
	return h
}

// profile is the lines about the profile.
func (h head) profile(s scale) []string {
	var lines []string
	for _, c := range h.meta.Comments {
		if !strings.HasPrefix(c, "#") {
			lines = append(lines, Visible(c))
		}
	}
	if h.name != "" {
		lines = append(lines, "Type: "+Visible(h.name))
	}
	if !h.meta.Time.IsZero() {
		lines = append(lines, "Time: "+h.meta.Time.Local().Format("2006-01-02 15:04:05 MST"))
	}
	if d := h.meta.Duration.Nanoseconds(); d != 0 {
		length := collapse.UnitLabel(d, "nanoseconds", "auto")
		ratio := ""
		if ns, unit := collapse.ScaleUnit(h.total, h.typ.Unit, "nanoseconds"); unit == "ns" && ns != 0 {
			ratio = "(" + percentage(int64(ns), d) + ")"
		}
		lines = append(lines, fmt.Sprintf("Duration: %s, Total samples = %s %s", length, s.format(h.total), ratio))
	}
	return lines
}

// Lines are what stands above a report: what was measured, and what of it is shown.
func (g *Graph) Lines() []string {
	h, s := g.head, g.scale
	lines := h.profile(s)
	if len(h.filters) > 0 {
		lines = append(lines, "Active filters:")
		for _, f := range h.filters {
			if len(f) > 80 {
				f = f[:80] + "…"
			}
			lines = append(lines, "   "+Visible(f))
		}
	}
	lines = append(lines, fmt.Sprintf("Showing nodes accounting for %s, %s of %s total",
		s.format(g.Accounted()), strings.TrimSpace(percentage(g.Accounted(), g.Total)), s.format(g.Total)))
	if g.Total == 0 {
		return lines
	}
	if n := g.DroppedNodes; n > 0 {
		lines = append(lines, fmt.Sprintf("Dropped %d %s (cum <= %s)", n, plural(n, "node"), s.format(cutoff(g.Total, h.options.NodeFraction))))
	}
	if len(g.Nodes) > 0 && len(g.Nodes) < g.Known {
		lines = append(lines, fmt.Sprintf("Showing top %d nodes out of %d", len(g.Nodes), g.Known))
	}
	return lines
}

// Accounted is the sum of the flat values of the functions shown.
func (g *Graph) Accounted() (sum int64) {
	for _, n := range g.Nodes {
		sum = collapse.AddSaturating(sum, n.Flat)
	}
	return sum
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
