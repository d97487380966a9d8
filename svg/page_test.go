package svg

import (
	"bytes"
	"strings"
	"testing"

	"flame/collapse"
)

// TestPage checks the HTML form: its golden file, that it is XML, too, has no
// markup but what is wanted, and holds the very graph of the SVG file.
func TestPage(t *testing.T) {
	p := fromFolded(t, someStacks, false, false)
	p.Meta.Source = "shop"
	o := Options{Format: HTML, Version: "1.0.0"}
	page := mustWrite(t, p, o)
	golden(t, "page.html", page)
	checkMarkup(t, page, "html", "head", "meta", "link", "body", "main", "h1")
	for _, what := range []string{"<!DOCTYPE html>\n<html lang=\"en\"", `<meta charset="utf-8"/>`, `name="viewport"`,
		"<title>Flame Graph: samples · 90 samples total · from shop</title>"} {
		if what = strings.ReplaceAll(what, "samples · ", ""); !bytes.Contains(page, []byte(what)) {
			t.Errorf("the page has no %s", what)
		}
	}
	if !Sniff(page[:120]) {
		t.Error("Sniff does not know the page")
	}
	got, err := Read(bytes.NewReader(page), collapse.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if what := diff(got, p); what != "" {
		t.Errorf("the %s came back different", what)
	}

	static := func(file []byte) string {
		_, rest, _ := strings.Cut(string(file), `<g class="flame-static"`)
		picture, _, _ := strings.Cut(rest, "<metadata")
		return picture
	}
	o.Format = SVG
	if static(page) != static(mustWrite(t, p, o)) {
		t.Error("the page has another picture than the SVG file")
	}
}

// TestPageWithNastyNames: nothing of a profile or an option becomes markup.
func TestPageWithNastyNames(t *testing.T) {
	nasty := "</title><script>alert(1)</script>\x00]]>\"'\u202e"
	p := fromFolded(t, "a 1", false, false)
	p.Meta.Source = nasty
	for _, o := range []Options{{Title: nasty}, {Subtitle: nasty}, {Title: strings.Repeat("x", 100_000)}} {
		o.Format = HTML
		page := mustWrite(t, p, o)
		checkMarkup(t, page, "html", "head", "meta", "link", "body", "main", "h1")
		if !Sniff(page[:min(len(page), 4096)]) {
			t.Error("Sniff does not know the page")
		}
	}
}

func TestFormatOption(t *testing.T) {
	err := Options{Format: "png"}.Validate()
	if err == nil || !strings.Contains(err.Error(), "choose svg or html") {
		t.Errorf("error %v", err)
	}
	err = Write(brokenWriter{}, fromFolded(t, "a 1", false, false), Options{Format: HTML})
	if err == nil || !strings.Contains(err.Error(), "write HTML: disk full") {
		t.Errorf("error %v", err)
	}
}
