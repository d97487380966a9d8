package report

import (
	"cmp"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"flame/collapse"
)

// A List shows functions line by line.
type List struct {
	Functions []ListFunction // by name and file
	head      head
	scale     scale
}

// A ListFunction is one function in one file.
type ListFunction struct {
	Name      string
	File      string // "" if the profile does not know it
	Flat, Cum int64  // the sums over the lines, in stored units
	Lines     []ListLine
	// Missing says why the source is not there; the lines are then those with
	// values only.
	Missing error
}

// A ListLine is one line of a file.
type ListLine struct {
	Number    int64
	Flat, Cum int64  // in stored units
	Text      string // of the source; "" without it
}

// margin is how many lines are shown after the last one with a value, and before
// the first one where it is not known where the function begins.
const margin = 5

// MakeList lists the functions whose name matches, as "go tool pprof -list". The
// profile has to know lines (see [collapse.LineDetail]). Source returns the lines
// of a file, or says why not; nil leaves the sources out. If no function matches it
// is a [*collapse.NoMatchError].
func MakeList(p *collapse.Profile, o Options, match *regexp.Regexp, source func(file string) ([]string, error)) (*List, error) {
	w := weigh(p, o)
	l := &List{head: headOf(w), scale: scale{typ: p.Types[o.Type], unit: cmp.Or(o.Unit, minimum)}}
	type place struct{ name, file string }
	type lines struct {
		start int64
		at    map[int64]*ListLine
	}
	found := map[place]*lines{}
	shown, _ := w.shown()
	for _, label := range shown {
		f := &w.p.Frames()[w.first[label]]
		if f.Kind == collapse.Unresolved || !match.MatchString(f.Name) {
			continue
		}
		key := place{f.Name, cleanFile(f.File)}
		of := found[key]
		if of == nil {
			of = &lines{at: map[int64]*ListLine{}}
			found[key] = of
		}
		if f.StartLine > 0 && (of.start == 0 || f.StartLine < of.start) {
			of.start = f.StartLine
		}
		line := of.at[f.Line]
		if line == nil {
			line = &ListLine{Number: f.Line}
			of.at[f.Line] = line
		}
		n := w.node(label)
		line.Flat = collapse.AddSaturating(line.Flat, n.Flat)
		line.Cum = collapse.AddSaturating(line.Cum, n.Cum)
	}
	if len(found) == 0 {
		return nil, &collapse.NoMatchError{Flag: "list", Expr: match.String(), Near: p.NamesNear(match.String())}
	}
	for key, of := range found {
		f := ListFunction{Name: key.name, File: key.file}
		for _, line := range of.at {
			f.Lines = append(f.Lines, *line)
			f.Flat = collapse.AddSaturating(f.Flat, line.Flat)
			f.Cum = collapse.AddSaturating(f.Cum, line.Cum)
		}
		slices.SortFunc(f.Lines, func(a, b ListLine) int { return cmp.Compare(a.Number, b.Number) })
		if source != nil && f.File != "" && f.Lines[len(f.Lines)-1].Number > 0 {
			f.withSource(of.start, source)
		}
		l.Functions = append(l.Functions, f)
	}
	slices.SortFunc(l.Functions, func(a, b ListFunction) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.File, b.File))
	})
	return l, nil
}

// withSource puts the lines with values among those of the source around them.
func (f *ListFunction) withSource(start int64, source func(string) ([]string, error)) {
	text, err := source(f.File)
	if err != nil {
		f.Missing = err
		return
	}
	first, last := f.Lines[0].Number, f.Lines[len(f.Lines)-1].Number+margin
	if start > 0 {
		first = min(first, start)
	} else {
		first = max(first-margin, 1)
	}
	var all []ListLine
	with := f.Lines
	for n := first; n <= last && n <= int64(len(text)); n++ {
		line := ListLine{Number: n, Text: text[n-1]}
		for len(with) > 0 && with[0].Number <= n {
			line.Flat = collapse.AddSaturating(line.Flat, with[0].Flat)
			line.Cum = collapse.AddSaturating(line.Cum, with[0].Cum)
			with = with[1:]
		}
		all = append(all, line)
	}
	f.Lines = append(all, with...) // those beyond the end of a file that has changed
}

func cleanFile(file string) string {
	if file == "" {
		return ""
	}
	return path.Clean(file)
}

// WriteText writes the list as pprof prints it.
func (l *List) WriteText(w io.Writer) error {
	out := &printer{w: w}
	out.printf("Total: %s\n", l.scale.format(l.head.total))
	dot := func(v int64) string {
		if v == 0 {
			return "."
		}
		return l.scale.format(v)
	}
	for _, f := range l.Functions {
		if f.File == "" {
			out.printf("No source information for %s\n", Visible(f.Name))
			continue
		}
		out.printf("ROUTINE ======================== %s in %s\n%10s %10s (flat, cum) %s of Total\n", Visible(f.Name), Visible(f.File),
			l.scale.format(f.Flat), l.scale.format(f.Cum), percentage(f.Cum, l.head.total))
		if f.Missing != nil {
			out.printf(" %s\n", Visible(f.Missing.Error()))
		}
		for _, line := range f.Lines {
			out.printf("%10s %10s %6d:%s\n", dot(line.Flat), dot(line.Cum), line.Number, visibleLine(line.Text))
		}
	}
	return out.err
}

// visibleLine is [Visible] for a line of source, whose tabs stay.
func visibleLine(s string) string {
	parts := strings.Split(s, "\t")
	for i, p := range parts {
		parts[i] = Visible(p)
	}
	return strings.Join(parts, "\t")
}

// WriteMarkdown writes the lines as code, with their values before them.
func (l *List) WriteMarkdown(w io.Writer) error {
	out := &printer{w: w}
	for i, f := range l.Functions {
		if i > 0 {
			out.printf("\n")
		}
		out.printf("%s in %s: flat %s, cum %s (%s)\n", code(f.Name), code(f.File), l.scale.format(f.Flat), l.scale.format(f.Cum), trimmed(f.Cum, l.head.total))
		if f.Missing != nil {
			out.printf("\n%s\n", escapeMarkdown(Visible(f.Missing.Error())))
		}
		out.printf("\n")
		for _, line := range f.Lines {
			value := ""
			if line.Cum != 0 || line.Flat != 0 {
				value = l.scale.format(line.Flat) + " " + l.scale.format(line.Cum)
			}
			out.printf("    %20s %6d  %s\n", value, line.Number, visibleLine(line.Text))
		}
	}
	return out.err
}

// WriteJSON writes the list as one JSON object.
func (l *List) WriteJSON(w io.Writer) error {
	type line struct {
		Number int64  `json:"line"`
		Flat   number `json:"flat"`
		Cum    number `json:"cum"`
		Text   string `json:"text"`
	}
	type function struct {
		Name    string `json:"name"`
		File    string `json:"file,omitempty"`
		Flat    number `json:"flat"`
		Cum     number `json:"cum"`
		Missing string `json:"missing,omitempty"`
		Lines   []line `json:"lines"`
	}
	v := struct {
		jsonHead
		Functions []function `json:"functions"`
	}{jsonHead: l.head.json()}
	num := func(v int64) number { return numberOf(v, l.head.typ) }
	for _, f := range l.Functions {
		j := function{Name: f.Name, File: f.File, Flat: num(f.Flat), Cum: num(f.Cum), Lines: []line{}}
		if f.Missing != nil {
			j.Missing = f.Missing.Error()
		}
		for _, x := range f.Lines {
			j.Lines = append(j.Lines, line{x.Number, num(x.Flat), num(x.Cum), x.Text})
		}
		v.Functions = append(v.Functions, j)
	}
	return writeJSON(w, v)
}
