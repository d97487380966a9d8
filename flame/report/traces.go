package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"flame/collapse"
)

// Traces lists the stacks of a profile.
type Traces struct {
	Stacks []Trace // the heaviest first
	head   head
	scale  scale
}

// A Trace is one stack.
type Trace struct {
	Value  int64        // in stored units, with Options.Mean divided already
	Labels []TraceLabel // if the profile was read with its labels
	Frames []TraceFrame // the leaf first
}

// A TraceLabel is one label of a [Trace], a number with its unit.
type TraceLabel struct{ Key, Value string }

// A TraceFrame is one call of a [Trace].
type TraceFrame struct {
	Name   string
	Inline bool // inlined into the next one
}

// MakeTraces lists the stacks that have a value, each once, as "go tool pprof
// -traces" lists samples. Frames that differ in kind only are one there.
func MakeTraces(p *collapse.Profile, o Options) *Traces {
	w := &weighing{p: p, o: o, total: Total(p, o.Type, o.Mean)}
	w.labels()
	t := &Traces{head: headOf(w), scale: scale{typ: p.Types[o.Type], unit: cmp.Or(o.Unit, minimum)}}
	self, parents, frames := change(p, o.Type), p.Parents(), p.NodeFrames()
	var divisors []int64
	if o.Mean {
		divisors = change(p, 0)
	}
	units := p.LabelUnits()
	p.Samples(func(n, leaf collapse.NodeID, labels []collapse.Label) {
		v := self[n]
		if v == 0 || leaf == collapse.Root {
			return
		}
		if o.Mean {
			v = meanOf(v, divisors[n])
		}
		trace := Trace{Value: v, Labels: labelLines(labels, units)}
		for m := leaf; m != collapse.Root; m = parents[m] {
			trace.Frames = append(trace.Frames, TraceFrame{w.names[w.label[frames[m]]], w.inline[frames[m]]})
		}
		t.Stacks = append(t.Stacks, trace)
	})
	slices.SortStableFunc(t.Stacks, func(a, b Trace) int { return cmp.Compare(magnitude(b.Value), magnitude(a.Value)) })
	return t
}

// labelLines are the labels by key, texts first, then numbers with their units.
func labelLines(labels []collapse.Label, units map[string]string) []TraceLabel {
	var lines []TraceLabel
	for _, numeric := range []bool{false, true} {
		first := len(lines)
		for _, l := range labels {
			if l.Numeric != numeric {
				continue
			}
			value := l.Value
			if numeric {
				value = collapse.UnitLabel(l.Number, units[l.Key], "auto")
			}
			if n := len(lines); n > first && lines[n-1].Key == l.Key {
				lines[n-1].Value += " " + value
				continue
			}
			lines = append(lines, TraceLabel{l.Key, value})
		}
		slices.SortFunc(lines[first:], func(a, b TraceLabel) int {
			return cmp.Compare(fmt.Sprintf("%10s:", a.Key), fmt.Sprintf("%10s:", b.Key)) // pprof's order
		})
	}
	return lines
}

const traceRule = "-----------+-------------------------------------------------------"

// WriteText writes the stacks as pprof prints them, leaf first.
func (t *Traces) WriteText(w io.Writer) error {
	out := &printer{w: w}
	out.lines(t.head.profile(t.scale))
	for _, s := range t.Stacks {
		out.printf("%s\n", traceRule)
		for _, l := range s.Labels {
			out.printf("%10s:  %s\n", Visible(l.Key), Visible(l.Value))
		}
		value := t.scale.format(s.Value)
		for _, f := range s.Frames {
			inline := ""
			if f.Inline {
				inline = " (inline)"
			}
			out.printf("%10s   %s%s\n", value, Visible(f.Name), inline)
			value = ""
		}
	}
	out.printf("%s\n", traceRule)
	return out.err
}

// WriteMarkdown writes a list of stacks.
func (t *Traces) WriteMarkdown(w io.Writer) error {
	out := &printer{w: w}
	out.markdownHead(t.head.profile(t.scale))
	for i, s := range t.Stacks {
		if i > 0 {
			out.printf("\n")
		}
		out.printf("%s (%s)\n\n", t.scale.format(s.Value), trimmed(s.Value, t.head.total))
		for _, l := range s.Labels {
			out.printf("- %s: %s\n", code(l.Key), code(l.Value))
		}
		for _, f := range s.Frames {
			out.printf("- %s\n", code(f.Name))
		}
	}
	return out.err
}

// WriteJSON writes the stacks as one JSON object.
func (t *Traces) WriteJSON(w io.Writer) error {
	type frame struct {
		Name   string `json:"name"`
		Inline bool   `json:"inline,omitempty"`
	}
	type stack struct {
		Value  number            `json:"value"`
		Labels map[string]string `json:"labels,omitempty"`
		Frames []frame           `json:"frames"`
	}
	v := struct {
		jsonHead
		Stacks []stack `json:"stacks"`
	}{jsonHead: t.head.json(), Stacks: []stack{}}
	for _, s := range t.Stacks {
		js := stack{Value: numberOf(s.Value, t.head.typ)}
		for _, l := range s.Labels {
			if js.Labels == nil {
				js.Labels = map[string]string{}
			}
			js.Labels[l.Key] = l.Value
		}
		for _, f := range s.Frames {
			js.Frames = append(js.Frames, frame(f))
		}
		v.Stacks = append(v.Stacks, js)
	}
	return writeJSON(w, v)
}
