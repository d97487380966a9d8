package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// A row is what was measured of one stage on one input. A worker hands it over as
// JSON.
type row struct {
	Input, Stage string
	Result       result
	Bytes, Nodes int       // of the input; 0 where they say nothing
	Floors       []float64 // times the floor, by run
	Peers        []string
}

// table collects the rows.
type table struct {
	runs  int
	head  []string
	input string // of the rows to come
	rows  []row
}

func (t *table) begin(input string) { t.input = input }

func (t *table) add(r row) {
	r.Input = t.input
	t.rows = append(t.rows, r)
}

// peerCell says how a peer did.
func peerCell(name string, ratios []float64, theirs []result) string {
	m := medians(theirs)
	return fmt.Sprintf("%s %.1fx (%s, cpu %s, %s)", name, median(ratios), showTime(m.Wall), showTime(m.CPU), showBytes(m.Peak))
}

// print writes the table.
func (t *table) print(w io.Writer) error {
	for _, line := range append(t.head, fmt.Sprintf("Medians of %d runs on %d cores, %s/%s, load average %s.", t.runs, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, loadAverage())) {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w, "floor: times the floor. Peers: their time over flame's, from pairs of runs in turn.")
	fmt.Fprintln(w)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "input\tstage\ttime\tcpu\tMB/s\tMnodes/s\tallocs\tpeak\tfloor\tpeers")
	input := ""
	for _, r := range t.rows {
		name, m := r.Input, r.Result
		if name == input {
			name = ""
		}
		input = r.Input
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, r.Stage, showTime(m.Wall), showTime(m.CPU),
			rate(r.Bytes, m.Wall), rate(r.Nodes, m.Wall), dash(m.Allocs, short), dash(m.Peak, showBytes), t.floor(r), strings.Join(r.Peers, "; "))
	}
	return out.Flush()
}

func (t *table) floor(r row) string {
	if len(r.Floors) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1fx", median(r.Floors))
}

// rate returns millions a second.
func rate(n int, in time.Duration) string {
	if n == 0 {
		return "-"
	}
	return significant(float64(n) / 1e6 / in.Seconds())
}

func dash(v float64, show func(float64) string) string {
	if v == 0 {
		return "-"
	}
	return show(v)
}

// significant shows three digits.
func significant(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.*f", int(2-math.Floor(math.Log10(max(v, 0.01)))), v)
}

// short shows a number of things: 3126, 84k, 6.3M.
func short(v float64) string {
	switch {
	case v < 10e3:
		return fmt.Sprintf("%.0f", v)
	case v < 1e6:
		return fmt.Sprintf("%.0fk", v/1e3)
	}
	return fmt.Sprintf("%.1fM", v/1e6)
}

func showBytes(v float64) string {
	if v < 1e6 {
		return fmt.Sprintf("%.0f kB", v/1e3)
	}
	return fmt.Sprintf("%s MB", significant(v/1e6))
}

func showTime(d time.Duration) string {
	switch ms := d.Seconds() * 1e3; {
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// loadAverage is the machine's, where it says: figures of a busy one are worth less.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(b), " ")
	return one
}
