package serve

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"flame/collapse"
	"flame/collapse/pprof"
	"flame/svg"
)

// renderParameters are those that say what becomes of a profile.
var renderParameters = []string{"format", "sample", "title", "colors", "inverted", "download"}

// formats are the values of the parameter format, and their types of content.
var formats = map[string]string{
	"svg":        "image/svg+xml; charset=utf-8",
	"html":       "text/html; charset=utf-8",
	"pb.gz":      "application/octet-stream",
	"folded":     "text/plain; charset=utf-8",
	"json":       "application/json; charset=utf-8",
	"speedscope": "application/json; charset=utf-8",
}

// An output is how a profile is to be answered.
type output struct {
	format   string
	sample   string
	download bool
	svg      svg.Options
}

// output reads the parameters. Without a format a browser gets a page, and
// everybody else what go tool pprof reads.
func (p *params) output(r *http.Request) output {
	def := "pb.gz"
	if accept := r.Header.Get("Accept"); strings.Contains(accept, "text/html") {
		def = "html"
	}
	o := output{
		format: p.choice("format", def, "svg", "html", "pb.gz", "folded", "json", "speedscope"),
		sample: p.Get("sample"), download: p.choice("download", "0", "0", "1") == "1",
	}
	o.svg.Title = clip(p.Get("title"), 200)
	o.svg.Inverted = p.choice("inverted", "0", "0", "1") == "1"
	if c := p.Get("colors"); c != "" {
		var err error
		if o.svg.Palette, err = svg.ParsePalette(c); err != nil {
			p.set(badParameter("colors", c, "choose one of "+strings.Join(svg.Palettes(), ", ")))
		}
	}
	return o
}

// render answers with a profile. The answer is whole before its first byte is sent,
// so that an error can still be one.
func (s *Server) render(w http.ResponseWriter, r *http.Request, p *collapse.Profile, o output) error {
	typ, err := typeIndex(p, o.sample)
	if err != nil {
		return err
	}
	if typ != p.Default {
		q := *p
		q.Default = typ
		p = &q
	}
	var b bytes.Buffer
	switch o.format {
	case "svg", "html":
		o.svg.Format, o.svg.Type, o.svg.Version = svg.Format(o.format), p.Types[typ].Type, s.o.Version
		if o.svg.Title == "" {
			o.svg.Title = "Flame Graph"
		}
		err = svg.Write(&b, p, o.svg)
		w.Header().Set("Content-Security-Policy", graphPolicy())
	case "pb.gz":
		err = pprof.Encode(&b, p)
	case "folded":
		err = collapse.WriteFolded(&b, p, typ)
	case "json":
		err = writeTree(&b, p, typ)
	case "speedscope":
		err = writeSpeedscope(&b, p, o.svg.Title)
	}
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Accept")
	if o.download {
		name := map[string]string{"json": "profile.json", "speedscope": "profile.speedscope.json"}[o.format]
		if name == "" {
			name = "profile." + o.format
		}
		attach(w, name)
	}
	return writeBody(w, r, formats[o.format], b.Bytes())
}

func attach(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

func newReader(b []byte) io.Reader { return bytes.NewReader(b) }

// A treeNode is a node in the form that d3-flame-graph and others take.
type treeNode struct {
	Name     string      `json:"name"`
	Value    float64     `json:"value"` // total
	Self     float64     `json:"self"`
	Base     *float64    `json:"base,omitempty"` // total before, in a difference
	Children []*treeNode `json:"children,omitempty"`
}

// writeTree writes the tree of one sample type.
func writeTree(w io.Writer, p *collapse.Profile, typ int) error {
	div := float64(p.Types[typ].Div())
	totals := p.Totals(p.Self(typ))
	var bases []int64
	if p.Differential() {
		bases = p.Totals(p.Base(typ))
	}
	nodes := make([]treeNode, p.Len())
	for n := range nodes {
		x := &nodes[n]
		x.Value, x.Self, x.Name = float64(totals[n])/div, float64(p.Self(typ)[n])/div, "all"
		if bases != nil {
			x.Base = new(float64(bases[n]) / div)
		}
		if n > 0 {
			x.Name = svg.Visible(p.Frames()[p.NodeFrames()[n]].Name)
			up := &nodes[p.Parents()[n]]
			up.Children = append(up.Children, x)
		}
	}
	return json.NewEncoder(w).Encode(map[string]any{
		"sample_type": sampleType(p.Types[typ]), "time": p.Meta.Time, "seconds": p.Meta.Duration.Seconds(),
		"notes": p.Meta.Notes, "tree": &nodes[0],
	})
}
