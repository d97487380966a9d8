package svg

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"main.main":            "main.main",
		"a\x00b\tc\nd\x7f":     "a␀b␉c␊d␡",
		"é 日本 🔥":               "é 日本 🔥",
		"\xff\xed\xa0\x80x":    "\ufffd\ufffd\ufffd\ufffdx", // a lone surrogate is no UTF-8
		"\u0085\ufffe\ufdd0":   "\ufffd\ufffd\ufffd",
		"a\u202eb\u2066\u200f": `a\u202eb\u2066\u200f`,
		"l\u2028m":             `l\u2028m`,
		"שלום":                 "שלום",
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestAppendText: whatever the string, an XML parser gives back what Visible
// makes of it, in text and in attributes.
func TestAppendText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		if rapid.Bool().Draw(t, "markup") {
			s += `]]></text><script>&amp;"'`
		}
		doc := append(appendText([]byte(`<a b="`), s), `" c='`...)
		doc = append(append(appendText(doc, s), `'>`...), appendText(nil, s)...)
		doc = append(doc, `</a>`...)
		var got struct {
			B    string `xml:"b,attr"`
			C    string `xml:"c,attr"`
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal(doc, &got); err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		want := Visible(s)
		if got.B != want || got.C != want || got.Text != want || !utf8.ValidString(want) {
			t.Fatalf("%q came back as %q", want, got)
		}
		if Visible(want) != want {
			t.Fatalf("Visible changes its own result %q", want)
		}
	})
}

func TestFit(t *testing.T) {
	method := "github.com/a/b/pkg.(*T).Method"
	generic := "github.com/a/b/pkg.Map[go.shape.int,github.com/x/y.Z]"
	for _, c := range []struct {
		name string
		room int
		want string
	}{
		{method, 30, method},
		{method, 29, "pkg.(*T).Method"},
		{method, 14, "(*T).Method"},
		{method, 10, "Method"},
		{method, 5, "Met.."},
		{method, 3, "M.."},
		{method, 2, ""},
		{generic, 45, "pkg.Map[go.shape.int,github.com/x/y.Z]"},
		{generic, 20, "Map[go.shape.int,g.."},
		{"github.com/a/b/pkg.(*T[github.com/x/y.Z]).M", 20, "M"},
		{"net/http.HandlerFunc.ServeHTTP", 27, "http.HandlerFunc.ServeHTTP"},
		{"main.main.func1.2", 12, "main.func1.2"},
		{"std::vector<int>::push_back(int&&)", 12, "std::vecto.."},
		{"java.util.concurrent.ThreadPoolExecutor.runWorker", 12, "java.util..."},
		{"/usr/lib/libc.so.6", 12, "libc.so.6"},
		{"[libc.so.6]", 8, "[libc..."},
		{"日本語の関数", 4, "日本.."},
		{"pkg.", 3, "p.."},
		{"", 10, ""},
	} {
		if got := fit(c.name, c.room); got != c.want {
			t.Errorf("fit(%q, %d) = %q, want %q", c.name, c.room, got, c.want)
		}
	}
}

func TestFitNeverOverflows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-c/.(*)\[\]: é]{0,40}`).Draw(t, "name")
		room := rapid.IntRange(0, 45).Draw(t, "room")
		got := fit(name, room)
		if n := utf8.RuneCountInString(got); n > room {
			t.Fatalf("fit(%q, %d) = %q has %d", name, room, got, n)
		}
		if whole := strings.TrimSuffix(got, ".."); !strings.Contains(name, whole) {
			t.Fatalf("fit(%q, %d) = %q is no part of it", name, room, got)
		}
	})
}

func TestIsolate(t *testing.T) {
	if got := isolate("main.go"); got != "main.go" {
		t.Errorf("%q", got)
	}
	if got := isolate("שלום.go"); got != "\u2068שלום.go\u2069" {
		t.Errorf("%q", got)
	}
}
