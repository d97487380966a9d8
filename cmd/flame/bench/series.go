package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"slices"
	"text/tabwriter"
)

// A point is one size of the series.
type point struct {
	stacks, nodes int
	flame         result
	inferno       result // its wall time is 0 where there is none
}

// grow measures made-up profiles of growing size, draws the times and prints
// them.
func (b *bench) grow(ctx context.Context) error {
	_, missing := exec.LookPath("inferno-flamegraph")
	var points []point
	for _, stacks := range series {
		profile, err := b.generate(ctx, stacks, ".pb.gz")
		if err != nil {
			return err
		}
		folded := ""
		if missing == nil {
			if folded, err = b.generate(ctx, stacks, ".folded"); err != nil {
				return err
			}
		}
		progress("series", short(float64(stacks)))
		p, err := b.point(ctx, stacks, profile, folded)
		if err != nil {
			return err
		}
		points = append(points, p)
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if err := os.WriteFile(b.chart, drawSeries(points), 0o666); err != nil {
		return fmt.Errorf("write the chart: %w", err)
	}
	return printSeries(os.Stdout, points)
}

// point measures one size: flame from the profile, inferno from folded stacks.
func (b *bench) point(ctx context.Context, stacks int, profile, folded string) (point, error) {
	w, err := b.worker(ctx, "^$", profile, "")
	if err != nil {
		return point{}, err
	}
	p := point{stacks: stacks, nodes: w.Sizes.Nodes}
	var own, other []result
	for i := range b.runs + 1 {
		a, err := process(ctx, b.flame, "-q", "-p", profile)
		if err != nil {
			return p, err
		}
		var o result
		if folded != "" {
			if o, err = process(ctx, "inferno-flamegraph", folded); err != nil {
				return p, err
			}
		}
		if i > 0 { // the first warms the caches
			own, other = append(own, a), append(other, o)
		}
	}
	p.flame, p.inferno = medians(own), medians(other)
	return p, nil
}

// printSeries also says what one node costs, and that over the logarithm of their
// number: where the last does not grow, the cost is no worse than n log n.
func printSeries(w io.Writer, points []point) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "stacks\tnodes\tflame\tcpu\tpeak\tcpu/node\tcpu/(n log n)\tinferno\tcpu\tpeak")
	for _, p := range points {
		n := float64(p.nodes)
		each := float64(p.flame.CPU.Nanoseconds()) / n
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%.0f ns\t%.1f ns\t", short(float64(p.stacks)), short(n),
			showTime(p.flame.Wall), showTime(p.flame.CPU), showBytes(p.flame.Peak), each, each/math.Log2(n))
		if p.inferno.Wall == 0 {
			fmt.Fprintln(out, "-\t-\t-")
			continue
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", showTime(p.inferno.Wall), showTime(p.inferno.CPU), showBytes(p.inferno.Peak))
	}
	return out.Flush()
}

// The chart's measures, in pixels.
const (
	chartWidth, chartHeight = 720, 400
	chartLeft, chartTop     = 60, 30
	chartRight, chartBottom = 110, 45
)

// A chart has logarithmic axes: what grows in proportion is a straight line.
type chart struct {
	minX, maxX, minY, maxY float64 // powers of ten
	out                    []byte
}

func (c *chart) x(v float64) float64 {
	return chartLeft + (math.Log10(v)-c.minX)/(c.maxX-c.minX)*(chartWidth-chartLeft-chartRight)
}

func (c *chart) y(v float64) float64 {
	return chartHeight - chartBottom - (math.Log10(v)-c.minY)/(c.maxY-c.minY)*(chartHeight-chartTop-chartBottom)
}

func (c *chart) printf(format string, a ...any) { c.out = fmt.Appendf(c.out, format, a...) }

// drawSeries draws milliseconds of CPU time over nodes: how work grows, whatever else
// the machine does.
func drawSeries(points []point) []byte {
	ms := func(r result) float64 { return r.CPU.Seconds() * 1e3 }
	var ys []float64
	for _, p := range points {
		for _, r := range []result{p.flame, p.inferno} {
			if r.CPU > 0 {
				ys = append(ys, ms(r))
			}
		}
	}
	first, last := points[0], points[len(points)-1]
	c := &chart{
		minX: math.Floor(math.Log10(float64(first.nodes))), maxX: math.Ceil(math.Log10(float64(last.nodes))),
		minY: math.Floor(math.Log10(slices.Min(ys))), maxY: math.Ceil(math.Log10(slices.Max(ys))),
	}
	c.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		chartWidth, chartHeight, chartWidth, chartHeight)
	c.printf("<title>CPU time from a profile to the finished graph</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n")
	c.axes()
	nLogN := func(n float64) float64 {
		from := float64(last.nodes)
		return ms(last.flame) * n * math.Log2(n) / (from * math.Log2(from))
	}
	c.line("n log n", "#999", "4 4", points, func(p point) float64 { return nLogN(float64(p.nodes)) }, math.Pow(10, c.minY))
	c.line("inferno", "#3a7bd5", "", points, func(p point) float64 { return ms(p.inferno) }, 0)
	c.line("flame", "#e2571e", "", points, func(p point) float64 { return ms(p.flame) }, 0)
	c.printf("</svg>\n")
	return c.out
}

// axes draws a line and a label for each power of ten.
func (c *chart) axes() {
	right, low := float64(chartWidth-chartRight), float64(chartHeight-chartBottom)
	for e := c.minX; e <= c.maxX; e++ {
		x := c.x(math.Pow(10, e))
		c.printf(`<path d="M%.1f %d V%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n",
			x, chartTop, low, x, low+18, short(math.Pow(10, e)))
	}
	for e := c.minY; e <= c.maxY; e++ {
		y := c.y(math.Pow(10, e))
		c.printf(`<path d="M%d %.1f H%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			chartLeft, y, right, chartLeft-6, y+4, axisTime(e))
	}
	c.printf(`<text x="%.1f" y="%d" text-anchor="middle">nodes of the call tree; CPU time</text>`+"\n", (chartLeft+right)/2, chartHeight-8)
}

// axisTime names a power of ten milliseconds.
func axisTime(e float64) string {
	if e < 3 {
		return fmt.Sprintf("%g ms", math.Pow(10, e))
	}
	return fmt.Sprintf("%g s", math.Pow(10, e-3))
}

// line draws one program's times, those above least, and its name at the last.
func (c *chart) line(name, color, dashes string, points []point, of func(point) float64, least float64) {
	path, command := "", "M"
	var x, y float64
	for _, p := range points {
		v := of(p)
		if v <= least {
			continue
		}
		x, y = c.x(float64(p.nodes)), c.y(v)
		path += fmt.Sprintf("%s%.1f %.1f", command, x, y)
		command = " L"
		if dashes == "" {
			c.printf(`<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x, y, color)
		}
	}
	if path == "" {
		return
	}
	if dashes != "" {
		y += 14 // it ends where flame does
	}
	c.printf(`<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/><text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n",
		path, color, dashes, x+8, y+4, color, name)
}
