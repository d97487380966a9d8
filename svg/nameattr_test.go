package svg

import (
	"slices"
	"strings"
	"testing"
)

func TestReadNameAttrs(t *testing.T) {
	const in = "main.main\ttitle=the \"main\" = one\thref=https://example.com/?a=b\n" +
		"\n" +
		"sys_read_[k]\thref=\"/docs#read\"\ttarget=_blank\tid=x\tclass=y\r\n" +
		"evil\thref=javascript:alert(1)\tg_extra=onclick=\"x\"\ta_extra=z\ttitle=<b>\n" +
		"evil2\thref=JavaScript:x\ttarget=a b\tonload=1\n" +
		"main.main\ttarget=docs"
	a, err := ReadNameAttrs(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]NameAttr{
		"main.main":    {Title: `the "main" = one`, Href: "https://example.com/?a=b", Target: "_top"},
		"sys_read_[k]": {Href: "/docs#read", Target: "_blank"},
		"evil":         {Title: "<b>", Target: "_top"},
		"evil2":        {Target: "_top"},
	} {
		if name == "main.main" {
			want.Target = "docs" // a later line adds to an earlier one
		}
		if got := a.ByName[name]; got != want {
			t.Errorf("%s has %+v, want %+v", name, got, want)
		}
	}
	want := []string{
		"name attributes: left out a link that is neither http, https nor relative (2 times)",
		"name attributes: left out a target that is no window name (1 times)",
		"name attributes: left out a_extra, which would be markup (1 times)",
		"name attributes: left out class, which would be markup (1 times)",
		"name attributes: left out g_extra, which would be markup (1 times)",
		"name attributes: left out id, which would be markup (1 times)",
		`name attributes: left out the unknown attribute "onload" (1 times)`,
	}
	if !slices.Equal(a.Notes, want) {
		t.Errorf("notes\n%s\nwant\n%s", strings.Join(a.Notes, "\n"), strings.Join(want, "\n"))
	}
}

func TestReadNameAttrsErrors(t *testing.T) {
	for in, want := range map[string]string{
		"a\ttitle=x\nno tab here": "line 2 is not FUNCTION<TAB>key=value",
		"a\ttitle":                `line 1: "title" is not key=value`,
	} {
		if _, err := ReadNameAttrs(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", in, err, want)
		}
	}
}

func TestSafeHref(t *testing.T) {
	for href, want := range map[string]bool{
		"http://a": true, "HTTPS://a/b": true, "/a": true, "a/b:c": true, "#frag": true, "?q=javascript:x": true, "//host/x": true, "a.html": true,
		"": false, "javascript:x": false, "JAVASCRIPT:x": false, " javascript:x": false, "java\tscript:x": false, "java\nscript:x": false,
		"data:text/html,x": false, "vbscript:x": false, "file:///etc/passwd": false, "blob:x": false, "\x01javascript:x": false, "http://a b": false,
		"java\u0085script:x": false,
	} {
		if got := SafeHref(href); got != want {
			t.Errorf("SafeHref(%q) = %v, want %v", href, got, want)
		}
	}
}
