package svg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"flame/collapse"
)

// drawProfile makes up a profile of any kind.
func drawProfile(t *rapid.T) *collapse.Profile {
	columns := rapid.IntRange(1, 3).Draw(t, "columns")
	b := collapse.NewBuilder(columns, collapse.Limits{})
	b.Ordered = rapid.Bool().Draw(t, "ordered")
	name := rapid.OneOf(rapid.StringMatching(`[a-c]{1,2}`), rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	frame := rapid.Custom(func(t *rapid.T) collapse.Frame {
		f := collapse.Frame{Name: name.Draw(t, "name"), Kind: collapse.Kind(rapid.IntRange(0, 6).Draw(t, "kind"))}
		if rapid.IntRange(0, 3).Draw(t, "has line") == 0 {
			f.Line, f.File = rapid.Int64().Draw(t, "line"), name.Draw(t, "file")
		}
		return f
	})
	value := rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64())
	pool := rapid.SliceOfN(frame, 1, 8).Draw(t, "frames")
	differential := rapid.Bool().Draw(t, "differential")
	for range rapid.IntRange(0, 12).Draw(t, "stacks") {
		n := collapse.Root
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(pool)-1), 0, 8).Draw(t, "stack") {
			n = b.Child(n, b.Frame(pool[i]))
		}
		for c := range columns {
			v := value.Draw(t, "value")
			if c > 0 && rapid.Bool().Draw(t, "small") {
				v = 10
			}
			b.Add(n, c, v)
			if differential {
				b.AddBase(n, c, value.Draw(t, "base"))
			}
		}
	}
	text := rapid.String()
	var types []collapse.ValueType
	for range columns {
		types = append(types, collapse.ValueType{Type: text.Draw(t, "type"), Unit: "count", Scale: rapid.Int64Range(0, 100).Draw(t, "scale")})
	}
	p, err := b.Profile(types, columns-1)
	if err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "has meta") {
		p.Meta = collapse.Meta{
			Source:     text.Draw(t, "source"),
			Time:       time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 123456789).UTC(),
			Duration:   time.Duration(rapid.Int64().Draw(t, "duration")),
			Period:     rapid.Int64().Draw(t, "period"),
			PeriodType: types[0],
			Comments:   []string{text.Draw(t, "comment")},
			Notes:      []string{text.Draw(t, "note"), "b"},
		}
	}
	return p
}

// diff returns what differs between two profiles, "" if nothing does.
func diff(got, want *collapse.Profile) string {
	switch {
	case !reflect.DeepEqual(got.Frames(), want.Frames()):
		return "frames"
	case !reflect.DeepEqual(got.Parents(), want.Parents()) || !reflect.DeepEqual(got.NodeFrames(), want.NodeFrames()):
		return "tree"
	case !reflect.DeepEqual(got.Types, want.Types) || got.Default != want.Default:
		return "types"
	case got.Ordered != want.Ordered:
		return "ordered"
	case !reflect.DeepEqual(got.Meta, want.Meta):
		return "meta"
	}
	for c := range want.Types {
		if !reflect.DeepEqual(got.Self(c), want.Self(c)) {
			return "self values"
		}
		if !reflect.DeepEqual(got.Base(c), want.Base(c)) {
			return "base values"
		}
	}
	return ""
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProfile(t)
		o := Options{
			Title:    rapid.String().Draw(t, "title"),
			MinWidth: rapid.SampledFrom([]string{"", "0", "1%"}).Draw(t, "min width"),
			Inverted: rapid.Bool().Draw(t, "inverted"),
			Notes:    rapid.StringMatching(`[^<>-]*`).Draw(t, "notes"),
		}
		var file bytes.Buffer
		if err := Write(&file, p, o); err != nil {
			t.Fatal(err)
		}
		checkXML(t, file.Bytes())
		if !Sniff(file.Bytes()[:200]) {
			t.Fatal("Sniff does not know the file")
		}
		got, err := Read(bytes.NewReader(file.Bytes()), collapse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if err := got.CheckValid(); err != nil {
			t.Fatal(err)
		}
		if what := diff(got, p); what != "" {
			t.Fatalf("the %s came back different", what)
		}
	})
}

func TestRoundTripOfRealProfiles(t *testing.T) {
	for _, name := range []string{
		largest, "pprof/typical/server.heap.pb.gz", "pprof/typical/parca-alloc_space_delta.negative.pb.gz",
		"weird/deep-10000.pb.gz", "weird/wide-20000-siblings.pb.gz", "weird/nasty-names.pb.gz",
	} {
		p := dataProfile(t, name)
		got, err := Read(bytes.NewReader(mustWrite(t, p, Options{})), collapse.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// A profile's own texts need not be UTF-8, JSON is.
		for i := range p.Types {
			p.Types[i].Type = strings.ToValidUTF8(p.Types[i].Type, "\ufffd")
		}
		if what := diff(got, p); what != "" {
			t.Errorf("%s: the %s came back different", name, what)
		}
	}
}

func TestReadFromPage(t *testing.T) {
	p := fromFolded(t, "main;work 3\nmain;rest 4", false, false)
	file := mustWrite(t, p, Options{})
	_, inline, _ := bytes.Cut(file, []byte("?>\n"))
	// The mark in the viewer's script, in text and in another element is not it.
	page := "<!doctype html><html><body><p title='" + dataMark + "'>" + dataMark + "</p><metadata>" + dataMark + "</metadata>" +
		"<script>x = '" + dataMark + "'</script>" + string(inline) + "</body></html>"
	got, err := Read(strings.NewReader(page), collapse.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if what := diff(got, p); what != "" {
		t.Errorf("the %s came back different", what)
	}
	if head := page[strings.Index(page, "<html"):]; !Sniff([]byte("<!doctype html>" + head[:6] + string(inline[:300]))) {
		t.Error("Sniff does not know the page")
	}
}

func TestSniff(t *testing.T) {
	for head, want := range map[string]bool{
		`<?xml version="1.0" standalone="no"?><!DOCTYPE svg PUBLIC ""><svg version="1.1"`: true,
		"\xef\xbb\xbf\n <svg>":                               true,
		"<!DOCTYPE html><html><head><title>404 page</title>": false,
		`<html><body><svg class="icon">`:                     false,
		"main;<svg> 3":                                       false,
		"":                                                   false,
		"\x1f\x8b":                                           false,
		`<html><svg xmlns="http://www.w3.org/2000/svg" class="flame" viewBox="">`: true,
	} {
		if got := Sniff([]byte(head)); got != want {
			t.Errorf("Sniff(%q) = %v", head, got)
		}
	}
}

func TestReadErrors(t *testing.T) {
	p := fromFolded(t, "main;work 3\nmain;rest 4\nother 1", false, false)
	file := string(mustWrite(t, p, Options{}))
	i := strings.Index(file, dataMark) + len(dataMark) + 1
	end := i + strings.IndexByte(file[i:], '<')
	cases := map[string]struct{ file, want string }{
		"nothing":      {"", "this is no SVG file"},
		"perl":         {`<svg version="1.1"><g id="frames"><title>all (7 samples, 100%)</title></g></svg>`, "was not written by flame"},
		"data removed": {file[:strings.Index(file, "<metadata")] + "</svg>", "was removed from this file"},
		"cut in data":  {file[:i+20], "damaged"},
		"empty data":   {file[:i] + file[end:], "damaged"},
		"no version":   {file[:i] + "!" + file[i+1:], "damaged"},
		"old version":  {file[:i] + "eJwAAAD//wEAAP//AAAAAQ==" + file[end:], "an older flame wrote this file, and this one does not read its data (version 1) any more: write the file again"},
		"new version":  {file[:i] + "FLM3:" + file[i+5:], "of version 3, this flame reads version 2: use a newer flame"},
		"no base91":    {file[:i+5] + "&" + file[i+6:], "damaged"},
		"data cut":     {file[:end-24] + file[end:], "damaged"},
		"no zlib":      {file[:i+5] + "AAAA" + file[i+9:], "damaged"},
	}
	for name, c := range cases {
		_, err := Read(strings.NewReader(c.file), collapse.Limits{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestReadLimits(t *testing.T) {
	p := fromFolded(t, "aaaaaaaaaa;b;c;d;e;f 3", false, false)
	file := mustWrite(t, p, Options{})
	for _, limits := range []collapse.Limits{{Bytes: 100}, {Bytes: int64(len(file)) - 1}, {Depth: 5}, {Nodes: 6}, {StringBytes: 14}} {
		_, err := Read(bytes.NewReader(file), limits)
		if limit := (*collapse.LimitError)(nil); !errors.As(err, &limit) {
			t.Errorf("%+v: error %v, want a LimitError", limits, err)
		}
	}
	for _, limits := range []collapse.Limits{{Bytes: int64(len(file))}, {Depth: 6}, {Nodes: 7}, {StringBytes: 15}} {
		if _, err := Read(bytes.NewReader(file), limits); err != nil {
			t.Errorf("%+v: %v", limits, err)
		}
	}
}

// TestDecodeBombs: few bytes that tell of much are refused before room is made.
func TestDecodeBombs(t *testing.T) {
	meta := func(types int) []byte {
		js := `{"profile":{"types":[{}` + strings.Repeat(",{}", types-1) + `],"default":0}}`
		return append(binary.AppendUvarint(nil, uint64(len(js))), js...)
	}
	huge := binary.AppendUvarint(nil, math.MaxUint64)
	name := strings.Repeat("a", 1000)
	names := binary.AppendUvarint(nil, 1000) // each the one before and a letter
	for i := range 1000 {
		names = binary.AppendUvarint(names, uint64(i))
	}
	names = append(names, bytes.Repeat([]byte{1}, 1000)...)
	names = append(append(names, name...), make([]byte, 1000)...)
	cases := map[string][]byte{
		"frames":  append(meta(1), huge...),
		"names":   append(meta(1), names...),
		"meta":    huge,
		"nodes":   append(append(meta(1), 0, 0), huge...),
		"columns": append(append(meta(5000), 0, 0, 1, 0, 0), make([]byte, 5000)...),
	}
	limits := collapse.Limits{StringBytes: 10_000, Bytes: 30_000}.WithDefaults()
	for what, payload := range cases {
		if _, err := decodePayload(payload, limits); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

func FuzzDecode(f *testing.F) {
	seed := func(p *collapse.Profile) {
		pic, err := newPicture(p, Options{})
		if err != nil {
			f.Fatal(err)
		}
		b, err := encodePayload(p, pic.meta(), pic.colors.Frame, encodeNodes(p))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b.bytes)
	}
	seed(fromFolded(f, "main;work 3\nmain;rest 4\nother;main 1", false, false))
	seed(fromFolded(f, "a;b_[k] 1\na;c 2\na;b_[k] 3\na;b_[k];a 9", false, true))
	seed(fromFolded(f, "a;b 0 1\na;c 2 2", true, false))
	limits := collapse.Limits{Bytes: 1 << 20, Nodes: 1 << 12, Depth: 1 << 10, StringBytes: 1 << 16}
	f.Fuzz(func(t *testing.T, payload []byte) {
		p, err := decodePayload(payload, limits.WithDefaults())
		if err != nil {
			return
		}
		if err := p.CheckValid(); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := Write(&file, p, Options{}); err != nil {
			t.Fatal(err)
		}
		checkXML(t, file.Bytes())
		again, err := Read(&file, collapse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if what := diff(again, p); what != "" {
			t.Fatalf("the %s came back different", what)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(mustWrite(f, fromFolded(f, "main;work 3", false, false), Options{}))
	f.Add([]byte(`<svg class="flame"><metadata class="flame-data">FLM2:!!</metadata></svg>`))
	f.Add([]byte(`<svg><g id="frames"/></svg>`))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := Read(bytes.NewReader(file), collapse.Limits{Bytes: 1 << 20})
		if err == nil {
			err = p.CheckValid()
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
