package svg

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"flame/collapse"
	"flame/svg/base91"

	"github.com/klauspost/compress/zlib"
)

// dataMark is how the element with the profile is found, in a file of ours as in
// an HTML page that holds one.
const dataMark = `class="flame-data"`

// Sniff reports whether head, the first bytes of a file, begins what [Read]
// should be asked about: an SVG file, whoever wrote it, or a page with a graph of
// ours near its top.
func Sniff(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if !bytes.HasPrefix(head, []byte("<")) {
		return false
	}
	if bytes.Contains(head, []byte(pageMark)) {
		return true // whose title may be longer than head
	}
	i := bytes.Index(head, []byte("<svg"))
	if i < 0 {
		return false
	}
	if !bytes.Contains(bytes.ToLower(head[:i]), []byte("<html")) {
		return true
	}
	tag, _, _ := bytes.Cut(head[i:], []byte(">"))
	return bytes.Contains(tag, []byte(`class="flame"`))
}

// Read returns the profile that an SVG file of flame holds, the first one if it
// is a page with several. What [Write] was given comes back whole, in every
// sample type. Nothing in the file is trusted: its profile is built anew within
// the limits.
func Read(r io.Reader, limits collapse.Limits) (*collapse.Profile, error) {
	limits = limits.WithDefaults()
	file, err := readAll(r, limits.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read SVG: %w", err)
	}
	data, err := findData(file)
	if err != nil {
		return nil, err
	}
	packed, err := unpack(data)
	if err != nil {
		return nil, err
	}
	inflater, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, damaged(err)
	}
	payload, err := readAll(inflater, limits.Bytes)
	if limit := (*collapse.LimitError)(nil); errors.As(err, &limit) {
		return nil, fmt.Errorf("read SVG: %w", err)
	} else if err != nil {
		return nil, damaged(err)
	}
	p, err := decodePayload(payload, limits)
	if err != nil {
		return nil, fmt.Errorf("read SVG: %w", err)
	}
	return p, nil
}

// dataVersion begins the text in the metadata element. Before version 2 the text
// was base64 with no version in front of it.
const dataVersion = "FLM2:"

// unpack returns the bytes of the text in the metadata element.
func unpack(text []byte) ([]byte, error) {
	if packed, ok := bytes.CutPrefix(text, []byte(dataVersion)); ok {
		b, err := base91.Decode(packed)
		if err != nil {
			return nil, damaged(err)
		}
		return b, nil
	}
	if bytes.HasPrefix(text, []byte("eJ")) {
		return nil, errors.New("read SVG: an older flame wrote this file, and this one does not read its data (version 1) any more: write the file again from the profile")
	}
	var version int
	if n, _ := fmt.Sscanf(string(text[:min(len(text), 20)]), "FLM%d:", &version); n == 1 {
		return nil, fmt.Errorf("read SVG: the profile in it is of version %d, this flame reads version 2: use a newer flame", version)
	}
	return nil, damaged(errors.New("it begins with other characters than a profile does"))
}

// damaged is the error of data that was cut off or changed.
func damaged(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	return fmt.Errorf("read SVG: the profile in it is damaged, write the file again: %w", err)
}

// readAll is io.ReadAll that refuses to hold more than limit bytes.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil || int64(len(b)) < limit {
		return b, err
	}
	if n, _ := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return nil, &collapse.LimitError{What: "bytes", Limit: limit}
	}
	return b, nil
}

// findData returns the text of the metadata element. The mark also stands in the
// viewer's script, so it counts only within such an element's tag.
func findData(file []byte) ([]byte, error) {
	for rest := file; ; {
		i := bytes.Index(rest, []byte(dataMark))
		if i < 0 {
			break
		}
		tag := rest[max(0, i-256):i]
		tag = tag[bytes.LastIndexByte(tag, '<')+1:]
		rest = rest[i+len(dataMark):]
		if !bytes.HasPrefix(tag, []byte("metadata")) || bytes.IndexByte(tag, '>') >= 0 {
			continue
		}
		_, text, ok := bytes.Cut(rest, []byte(">"))
		if !ok {
			break
		}
		text, _, ok = bytes.Cut(text, []byte("<"))
		if !ok {
			return nil, damaged(io.ErrUnexpectedEOF)
		}
		return bytes.TrimSpace(text), nil
	}
	switch {
	case !bytes.Contains(file, []byte("<svg")):
		return nil, errors.New("read SVG: this is no SVG file")
	case bytes.Contains(file, []byte(`class="flame-static"`)):
		return nil, errors.New("read SVG: the profile was removed from this file, as image editors do: use the file that flame wrote")
	}
	return nil, errors.New("read SVG: it was not written by flame (other tools' SVG files keep only what they draw): use the profile or the folded stacks it was made from")
}

// decodePayload is the inverse of encodePayload. Of each number it asks whether
// as much can follow before it makes room for it, so memory is bounded by the
// payload's size.
func decodePayload(payload []byte, limits collapse.Limits) (*collapse.Profile, error) {
	d := &decoder{b: payload, limits: limits}
	meta := d.meta()
	frames := d.frames()
	d.colors(len(frames))
	t := d.tree(len(frames))
	if d.err == nil {
		d.err = d.checkCells(len(t.slot), meta)
	}
	columns := d.columns(t.slot, meta)
	if len(d.b) > 0 {
		d.sources(frames)
	}
	if d.err != nil {
		return nil, d.err
	}
	return d.build(meta, frames, t, columns)
}

// build makes the profile of the decoded parts.
func (d *decoder) build(meta *metaProfile, frames []collapse.Frame, t *flatTree, columns [][]int64) (*collapse.Profile, error) {
	types := make([]collapse.ValueType, len(meta.Types))
	for i, typ := range meta.Types {
		types[i] = collapse.ValueType(typ)
	}
	b := collapse.NewBuilder(len(types), d.limits)
	b.Ordered = meta.Ordered
	ids := make([]collapse.FrameID, len(frames))
	for i, f := range frames {
		ids[i] = b.Frame(f)
	}
	if meta.Differential {
		b.AddBase(collapse.Root, 0, 0)
	}
	nodes := make([]collapse.NodeID, len(t.parent))
	for i := range nodes {
		if i > 0 {
			nodes[i] = b.Child(nodes[t.parent[i]], ids[t.frame[i]])
		}
		if b.Err() != nil {
			break
		}
		for c, column := range columns {
			if c < len(types) {
				b.Add(nodes[i], c, column[i])
			} else {
				b.AddBase(nodes[i], c-len(types), column[i])
			}
		}
	}
	p, err := b.Profile(types, meta.Default)
	if err != nil {
		return nil, err
	}
	p.Meta = meta.meta()
	if len(meta.Whole) == len(types) {
		p.Whole = meta.Whole
	}
	if len(meta.Gross) == len(types) {
		p.Meta.Gross = meta.Gross
	}
	return p, nil
}

// meta decodes the JSON and checks what the rest relies on.
func (d *decoder) meta() *metaProfile {
	var m payloadMeta
	js := d.bytes(d.count(1))
	if d.err != nil {
		return &m.Profile
	}
	if err := json.Unmarshal(js, &m); err != nil {
		d.fail("its description is no valid JSON")
		return &m.Profile
	}
	p := &m.Profile
	if len(p.Types) == 0 || p.Default < 0 || p.Default >= len(p.Types) {
		d.fail("default type %d of %d", p.Default, len(p.Types))
	}
	return p
}

func (m *metaProfile) meta() collapse.Meta {
	meta := collapse.Meta{
		Source:     m.Source,
		Duration:   time.Duration(m.DurationNanos),
		Period:     m.Period,
		PeriodType: collapse.ValueType(m.PeriodType),
	}
	if len(m.Comments) > 0 {
		meta.Comments = m.Comments
	}
	if len(m.Notes) > 0 {
		meta.Notes = m.Notes
	}
	if t, err := time.Parse(time.RFC3339Nano, m.Time); err == nil {
		meta.Time = t.UTC()
	}
	return meta
}
