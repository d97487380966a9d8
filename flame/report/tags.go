package report

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"flame/collapse"
)

// Tags sums a profile up by its labels, which pprof calls tags.
type Tags struct {
	Keys  []Tag // those of most values first
	head  head
	scale scale
}

// A Tag is one key of labels.
type Tag struct {
	Key    string
	Total  int64 // of all samples that have it, in stored units
	Values []TagValue
}

// A TagValue is one value of a [Tag], a number with its unit.
type TagValue struct {
	Value string
	Total int64
}

// MakeTags makes the list of "go tool pprof -tags". The profile has to be read
// with its labels; without any the list is empty.
func MakeTags(p *collapse.Profile, o Options) *Tags {
	w := &weighing{p: p, o: o, total: Total(p, o.Type, false)}
	t := &Tags{head: headOf(w), scale: scale{typ: p.Types[o.Type], unit: cmp.Or(o.Unit, minimum)}}
	self, units := change(p, o.Type), p.LabelUnits()
	sums := map[string]map[string]int64{}
	totals := map[string]int64{}
	p.Samples(func(n, _ collapse.NodeID, labels []collapse.Label) {
		for _, l := range labels {
			value := l.Value
			if l.Numeric {
				value = collapse.UnitLabel(l.Number, units[l.Key], t.scale.unit)
			}
			if sums[l.Key] == nil {
				sums[l.Key] = map[string]int64{}
			}
			sums[l.Key][value] = collapse.AddSaturating(sums[l.Key][value], self[n])
			totals[l.Key] = collapse.AddSaturating(totals[l.Key], self[n])
		}
	})
	for key, values := range sums {
		tag := Tag{Key: key, Total: totals[key]}
		for value, total := range values {
			tag.Values = append(tag.Values, TagValue{value, total})
		}
		slices.SortFunc(tag.Values, func(a, b TagValue) int {
			return cmp.Or(cmp.Compare(magnitude(b.Total), magnitude(a.Total)), strings.Compare(a.Value, b.Value))
		})
		t.Keys = append(t.Keys, tag)
	}
	slices.SortFunc(t.Keys, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return t
}

// WriteText writes the list as pprof prints it.
func (t *Tags) WriteText(w io.Writer) error {
	total := t.head.total
	table := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.AlignRight)
	out := &printer{w: table}
	for _, k := range t.Keys {
		out.printf("%s:\t Total %s of %s%s\n", Visible(k.Key), t.scale.format(k.Total), t.scale.format(total), t.part(k.Total))
		for _, v := range k.Values {
			out.printf(" \t%s%s:\t %s\n", t.scale.format(v.Total), t.part(v.Total), Visible(v.Value))
		}
		out.printf("\n")
	}
	if out.err != nil {
		return out.err
	}
	return table.Flush()
}

// part is how much of the total a value is, in parentheses, if there is a total.
func (t *Tags) part(v int64) string {
	if t.head.total <= 0 {
		return ""
	}
	return " (" + percentage(v, t.head.total) + ")"
}

// WriteMarkdown writes a table for each key.
func (t *Tags) WriteMarkdown(w io.Writer) error {
	out := &printer{w: w}
	out.markdownHead(t.head.profile(t.scale))
	for i, k := range t.Keys {
		if i > 0 {
			out.printf("\n")
		}
		out.printf("%s: %s (%s)\n\n| value | total | total%% |\n|---|---:|---:|\n", code(k.Key), t.scale.format(k.Total), trimmed(k.Total, t.head.total))
		for _, v := range k.Values {
			out.printf("| %s | %s | %s |\n", code(v.Value), t.scale.format(v.Total), trimmed(v.Total, t.head.total))
		}
	}
	return out.err
}

// WriteJSON writes the list as one JSON object.
func (t *Tags) WriteJSON(w io.Writer) error {
	type value struct {
		Value string `json:"value"`
		Total number `json:"total"`
	}
	type tag struct {
		Key    string  `json:"key"`
		Total  number  `json:"total"`
		Values []value `json:"values"`
	}
	v := struct {
		jsonHead
		Tags []tag `json:"tags"`
	}{jsonHead: t.head.json(), Tags: []tag{}}
	for _, k := range t.Keys {
		j := tag{Key: k.Key, Total: numberOf(k.Total, t.head.typ)}
		for _, x := range k.Values {
			j.Values = append(j.Values, value{x.Value, numberOf(x.Total, t.head.typ)})
		}
		v.Tags = append(v.Tags, j)
	}
	return writeJSON(w, v)
}
