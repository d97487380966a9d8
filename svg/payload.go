package svg

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"flame/collapse"
)

// The forms of a column.
const (
	columnZero = iota
	columnValues
	columnMultiple
)

// payloadMeta is the payload's JSON.
type payloadMeta struct {
	Flame   string      `json:"flame"`
	Profile metaProfile `json:"profile"`
	View    metaView    `json:"view"`
}

// metaProfile is what the tree and the columns do not say of a profile.
type metaProfile struct {
	Types         []metaType `json:"types"`
	Default       int        `json:"default"`
	Ordered       bool       `json:"ordered"`
	Differential  bool       `json:"differential"`
	Source        string     `json:"source"`
	Time          string     `json:"time,omitempty"` // RFC 3339
	DurationNanos int64      `json:"durationNanos"`
	Period        int64      `json:"period"`
	PeriodType    metaType   `json:"periodType"`
	Comments      []string   `json:"comments"`
	Notes         []string   `json:"notes"`
	Whole         []int64    `json:"whole,omitempty"` // what percentages are of; see collapse.Profile
	Gross         []int64    `json:"gross,omitempty"` // see collapse.Meta
}

type metaType struct {
	Type  string `json:"type"`
	Unit  string `json:"unit"`
	Scale int64  `json:"scale,omitempty"`
}

// metaView is how the viewer is to show the profile: the [Options] that are not
// colours, with their defaults in place.
type metaView struct {
	Title       string  `json:"title"`
	Subtitle    string  `json:"subtitle"`
	Type        int     `json:"type"`
	Fluid       bool    `json:"fluid"`
	FrameHeight int     `json:"frameHeight"`
	FontSize    float64 `json:"fontSize"`
	FontFamily  string  `json:"fontFamily"`
	FontWidth   float64 `json:"fontWidth"`
	CountName   string  `json:"countName"`
	Inverted    bool    `json:"inverted"`
	Total       int64   `json:"total"`
	Factor      float64 `json:"factor"`
	RootName    string  `json:"rootName"`
	Unit        *Unit   `json:"unit,omitempty"`
	Negate      bool    `json:"negate"`
	DiffWidth   string  `json:"diffWidth"` // "max": LayoutOptions.Larger; "after"

	// Classes of the frames, see classRuns; what the frames' colours mean, unless
	// that is unknown; flame's scale of a difference, if it is one.
	Classes []int         `json:"classes"`
	Legend  []legendEntry `json:"legend,omitempty"`
	Diff    *metaDiff     `json:"diff,omitempty"`

	Attrs []metaAttr `json:"attrs,omitempty"`
}

// metaDiff is the scale of [ChangeLevel] with its colours, "#rrggbb" by level from
// 1 on, and its legend.
type metaDiff struct {
	Noise  float64       `json:"noise"`
	Steps  []float64     `json:"steps"`
	None   string        `json:"none"`
	More   []string      `json:"more"`
	Less   []string      `json:"less"`
	Legend []legendEntry `json:"legend"`
}

// metaAttr is the [NameAttr] of one frame.
type metaAttr struct {
	Frame  int    `json:"frame"` // FrameID
	Title  string `json:"title,omitempty"`
	Href   string `json:"href,omitempty"`
	Target string `json:"target,omitempty"`
}

func newMetaProfile(p *collapse.Profile) metaProfile {
	m := metaProfile{
		Default:       p.Default,
		Ordered:       p.Ordered,
		Differential:  p.Differential(),
		Source:        p.Meta.Source,
		DurationNanos: int64(p.Meta.Duration),
		Period:        p.Meta.Period,
		PeriodType:    metaType(p.Meta.PeriodType),
		Comments:      append([]string{}, p.Meta.Comments...),
		Notes:         append([]string{}, p.Meta.Notes...),
		Whole:         p.Whole,
		Gross:         p.Meta.Gross,
	}
	if !p.Meta.Time.IsZero() {
		m.Time = p.Meta.Time.UTC().Format(time.RFC3339Nano)
	}
	for _, t := range p.Types {
		m.Types = append(m.Types, metaType(t))
	}
	return m
}

// sections are a payload or a part of one, and where its sections end: what is of
// different kind deflates better apart.
type sections struct {
	bytes []byte
	ends  []int
}

// cut ends a section.
func (s *sections) cut() { s.ends = append(s.ends, len(s.bytes)) }

// add appends the sections of another part.
func (s *sections) add(part sections) {
	for _, end := range part.ends {
		s.ends = append(s.ends, len(s.bytes)+end)
	}
	s.bytes = append(s.bytes, part.bytes...)
}

// encodePayload returns the payload as the package comment describes it, not
// compressed. Nodes are what encodeNodes returns for p.
func encodePayload(p *collapse.Profile, meta *payloadMeta, color func(collapse.FrameID) RGB, nodes sections) (sections, error) {
	js, err := json.Marshal(meta)
	if err != nil {
		return sections{}, fmt.Errorf("encode profile's metadata: %w", err)
	}
	s := sections{bytes: make([]byte, 0, 4096+len(js)+len(nodes.bytes)+32*len(p.Frames()))}
	s.bytes = binary.AppendUvarint(s.bytes, uint64(len(js)))
	s.bytes = append(s.bytes, js...)
	s.cut()
	s.addFrames(p.Frames())
	s.addColors(len(p.Frames()), color)
	s.add(nodes)
	s.bytes = appendSources(s.bytes, p.Frames())
	s.cut()
	return s, nil
}

func (s *sections) addFrames(frames []collapse.Frame) {
	s.bytes = binary.AppendUvarint(s.bytes, uint64(len(frames)))
	shared, lengths := make([]int, len(frames)), make([]int, len(frames))
	for i := range frames {
		if i > 0 {
			shared[i] = commonPrefix(frames[i-1].Name, frames[i].Name)
		}
		lengths[i] = len(frames[i].Name) - shared[i]
	}
	s.bytes = appendList(s.bytes, shared)
	s.cut()
	s.bytes = appendList(s.bytes, lengths)
	s.cut()
	for i := range frames {
		s.bytes = append(s.bytes, frames[i].Name[shared[i]:]...)
	}
	s.cut()
	for i := range frames {
		s.bytes = append(s.bytes, byte(frames[i].Kind))
	}
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func (s *sections) addColors(frames int, color func(collapse.FrameID) RGB) {
	index := map[RGB]int{}
	var colors []byte
	of := make([]int, frames)
	for f := range frames {
		c := color(collapse.FrameID(f))
		i, ok := index[c]
		if !ok {
			i = len(index)
			index[c] = i
			colors = append(colors, c.R, c.G, c.B)
		}
		of[f] = i
	}
	s.bytes = binary.AppendUvarint(s.bytes, uint64(len(index)))
	s.bytes = appendList(append(s.bytes, colors...), of)
	s.cut()
}

// columnForms returns how each column begins, which for some is all, and the
// columns of the form columnValues.
func columnForms(p *collapse.Profile) (forms [][]byte, values [][]int64) {
	var columns [][]int64
	for t := range p.Types {
		columns = append(columns, p.Self(t))
	}
	for t := range p.Types {
		if base := p.Base(t); base != nil {
			columns = append(columns, base)
		}
	}
	for i, c := range columns {
		form := columnForm(c, columns[:i])
		if form[0] == columnValues {
			values = append(values, c)
		}
		forms = append(forms, form)
	}
	return forms, values
}

func columnForm(c []int64, earlier [][]int64) []byte {
	first := firstNonZero(c)
	if first < 0 {
		return []byte{columnZero}
	}
	for i, e := range earlier {
		if factor, ok := multiple(c, e, first); ok {
			return binary.AppendVarint(binary.AppendUvarint([]byte{columnMultiple}, uint64(i)), factor)
		}
	}
	return []byte{columnValues}
}

func firstNonZero(c []int64) int {
	for i, v := range c {
		if v != 0 {
			return i
		}
	}
	return -1
}

// multiple returns the whole number that gives c when it multiplies every value
// of e. first is the first value of c that is not 0.
func multiple(c, e []int64, first int) (int64, bool) {
	if e[first] == 0 || c[first]%e[first] != 0 || c[first] == math.MinInt64 {
		return 0, false
	}
	factor := c[first] / e[first]
	for i, v := range c {
		if product, ok := mulExact(e[i], factor); !ok || product != v {
			return 0, false
		}
	}
	return factor, true
}

// mulExact returns a times b, and false if that is out of the range of int64.
func mulExact(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	c := a * b
	if a == math.MinInt64 || b == math.MinInt64 {
		return c, a == 1 || b == 1
	}
	return c, c/b == a
}

// appendSources appends the optional section of lines and files, nothing if no
// frame has any.
func appendSources(b []byte, frames []collapse.Frame) []byte {
	index := map[string]int{"": 0}
	var paths []string
	lines := false
	for i := range frames {
		lines = lines || frames[i].Line != 0
		if _, ok := index[frames[i].File]; !ok {
			paths = append(paths, frames[i].File)
			index[frames[i].File] = len(paths)
		}
	}
	if !lines && len(paths) == 0 {
		return b
	}
	for i := range frames {
		b = binary.AppendVarint(b, frames[i].Line)
	}
	b = binary.AppendUvarint(b, uint64(len(paths)))
	lengths := make([]int, len(paths))
	for i, path := range paths {
		lengths[i] = len(path)
	}
	b = appendList(b, lengths)
	for _, path := range paths {
		b = append(b, path...)
	}
	of := make([]int, len(frames))
	for i := range frames {
		of[i] = index[frames[i].File]
	}
	return appendList(b, of)
}
