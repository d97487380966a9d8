package svg

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"flame/collapse"
)

func TestPaletteMapRoundTrip(t *testing.T) {
	m := &PaletteMap{}
	m.Set("main.main", RGB{1, 2, 3})
	m.Set("Foo->bar", RGB{4, 5, 6})
	m.Set("a->b->rgb(7,7,7)", RGB{255, 0, 9})
	m.Set("", RGB{9, 9, 9})
	m.Set("sys_read_[k]", RGB{7, 8, 9})
	m.Set("sys_read", RGB{8, 8, 9})
	m.Set("two\nlines", RGB{1, 1, 1})
	var out strings.Builder
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	const want = "->rgb(9,9,9)\nFoo->bar->rgb(4,5,6)\na->b->rgb(7,7,7)->rgb(255,0,9)\nmain.main->rgb(1,2,3)\nsys_read->rgb(8,8,9)\nsys_read_[k]->rgb(7,8,9)\n"
	if out.String() != want {
		t.Errorf("wrote\n%s\nwant\n%s", out.String(), want)
	}
	back, err := ReadPaletteMap(strings.NewReader(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	delete(m.colors, "two\nlines")
	if !maps.Equal(back.colors, m.colors) {
		t.Errorf("read %v, want %v", back.colors, m.colors)
	}
}

func TestReadPaletteMap(t *testing.T) {
	for _, test := range []struct{ in, name, want, err string }{
		{in: "a->rgb(1,2,3)", name: "a", want: "rgb(1,2,3)"},
		{in: "\r\na->rgb(1, 2, 3)\r\n", name: "a", want: "rgb(1,2,3)"},
		{in: "a->#0a0B0c", name: "a", want: "rgb(10,11,12)"},
		{in: "a->rgb(1,2,3)\na->rgb(3,2,1)", name: "a", want: "rgb(3,2,1)"},
		{in: "a rgb(1,2,3)", err: "line 1 is not NAME->rgb(r,g,b)"},
		{in: "a->rgb(1,2,3)\nb->rgb(1,2,256)", err: "line 2 has no colour"},
		{in: "b->", err: "line 1 has no colour"},
		{in: `b->rgb(0,0,0)"/><script>`, err: "line 1 has no colour"},
	} {
		m, err := ReadPaletteMap(strings.NewReader(test.in))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: error %v, want %q", test.in, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", test.in, err)
			continue
		}
		if c, ok := m.Color(test.name); !ok || c.String() != test.want || m.Len() != 1 {
			t.Errorf("%q: %s has %v, %v of %d; want %s", test.in, test.name, c, ok, m.Len(), test.want)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestPaletteMapWriteError(t *testing.T) {
	m := &PaletteMap{}
	m.Set("a", RGB{})
	if err := m.Write(brokenPipe{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v, want the writer's", err)
	}
}

// TestColorerKeepsMap checks that a map comes before the palette and learns what
// it has not.
func TestColorerKeepsMap(t *testing.T) {
	p := profileOf(t, stackOf{[]string{"a", "b_[k]", "-"}, 1})
	m := &PaletteMap{}
	m.Set("b_[k]", RGB{1, 2, 3})
	m.Set("-", RGB{1, 1, 1}) // grey comes first
	c, err := NewColorer(p, ColorOptions{Palette: "mem", Map: m})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := NewColorer(p, ColorOptions{Palette: "mem"})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range p.Frames() {
		got, want := c.Frame(collapse.FrameID(i)), plain.Frame(collapse.FrameID(i))
		if f.Name == "b" {
			want = RGB{1, 2, 3}
		}
		if got != want {
			t.Errorf("%s is %v, want %v", f.Annotated(), got, want)
		}
		if in, ok := m.Color(f.Annotated()); f.Name == "a" && (!ok || in != want) {
			t.Errorf("the map has %v, %v for a, want %v", in, ok, want)
		}
	}
	if m.Len() != 3 {
		t.Errorf("the map has %d names, want 3", m.Len())
	}
}
