package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// A table collects the medians of all files, and what flame is to reach.
type table struct {
	runs   int
	rows   [][]string
	misses []string
	own    result // flame's medians on the present input
}

// columns are the figures of a result, in the order of the table.
var columns = []struct {
	name string
	of   func(result) float64
	show func(float64) string
}{
	{"size", func(r result) float64 { return r.size }, showBytes},
	{"paint", func(r result) float64 { return r.paint }, showTime},
	{"interactive", func(r result) float64 { return r.interactive }, showTime},
	{"zoom", func(r result) float64 { return r.zoom }, showTime},
	{"search", func(r result) float64 { return r.search }, showTime},
	{"heap", func(r result) float64 { return r.heap }, showBytes},
}

func newTable(runs int) *table { return &table{runs: runs} }

// add adds the runs of a viewer on an input; err is why some figures are missing.
func (t *table) add(in input, viewer string, results []result, err error) {
	own := viewer == "flame"
	if own {
		t.own = result{}
	}
	row := []string{in.name + " (" + in.nodes + ")", viewer}
	for _, c := range columns {
		var all []float64
		for _, r := range results {
			if v := c.of(r); v > 0 {
				all = append(all, v)
			}
		}
		if len(all) == 0 {
			row = append(row, "-")
			continue
		}
		slices.Sort(all)
		cell := c.show(all[len(all)/2])
		if own {
			t.keep(c.name, all[len(all)/2])
			if limit := c.of(in.target); limit > 0 && all[len(all)/2] > limit {
				t.misses = append(t.misses, fmt.Sprintf("%s: %s is %s, to be %s at most", in.name, c.name, cell, c.show(limit)))
			}
		} else if flame := c.of(t.own); flame > 0 {
			cell += fmt.Sprintf(" %.1fx", all[len(all)/2]/flame)
		}
		row = append(row, cell)
	}
	t.rows = append(t.rows, append(row, t.remark(results, err)))
}

func (t *table) keep(column string, v float64) {
	switch column {
	case "size":
		t.own.size = v
	case "paint":
		t.own.paint = v
	case "interactive":
		t.own.interactive = v
	case "zoom":
		t.own.zoom = v
	case "search":
		t.own.search = v
	case "heap":
		t.own.heap = v
	}
}

func (t *table) remark(results []result, err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		step, _, _ := strings.Cut(err.Error(), ":")
		return step + ": over 1 min"
	case err != nil:
		return lastLine(err.Error())
	case len(results) < t.runs:
		return fmt.Sprintf("%d run", len(results))
	}
	return ""
}

// print writes the table and where flame missed a target.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "Medians of %d runs; Nx is a peer's figure over flame's: above 1 flame is better.\n\n", t.runs)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	head := []string{"input", "viewer"}
	for _, c := range columns {
		head = append(head, c.name)
	}
	fmt.Fprintln(out, strings.Join(head, "\t"))
	for _, row := range t.rows {
		fmt.Fprintln(out, strings.Join(row, "\t"))
	}
	out.Flush()
	for i, miss := range t.misses {
		if i == 0 {
			fmt.Fprintln(w, "\nflame's targets that this run missed:")
		}
		fmt.Fprintln(w, "  "+miss)
	}
}

func showBytes(v float64) string {
	if v < 1e6 {
		return fmt.Sprintf("%.0f kB", v/1e3)
	}
	return fmt.Sprintf("%.2f MB", v/1e6)
}

func showTime(v float64) string {
	if v < 1000 {
		return fmt.Sprintf("%.0f ms", v)
	}
	return fmt.Sprintf("%.2f s", v/1e3)
}
