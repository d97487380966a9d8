package flame_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"flame/collapse"
	"flame/flame"
	"flame/svg"
)

func TestHandlerFilters(t *testing.T) {
	address := serveSelf(t, flame.HandlerOptions{})
	hold(t)
	status, _, body := get(t, address+"?type=heap&sample=inuse_space&focus=flame_test%5C.hold&hide=^testing&granularity=lines&trim_path=/")
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	p, err := svg.Read(strings.NewReader(string(body)), collapse.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	hold := 0
	for _, f := range p.Frames() {
		if strings.HasPrefix(f.Name, "testing") {
			t.Errorf("%s is not hidden", f.Name)
		}
		if strings.HasPrefix(f.Name, "flame/flame_test.hold ") && strings.Contains(f.Name, "handler_test.go:") {
			hold++
		}
	}
	if hold != 1 || p.WholeOf(p.Default) < p.Total(p.Default) {
		t.Errorf("%d frames of hold; %d of %d bytes", hold, p.Total(p.Default), p.WholeOf(p.Default))
	}
	for query, want := range map[string]string{
		"type=heap&focus=(":             `focus is "(": it is no regular expression`,
		"type=heap&granularity=x":       `granularity is "x"; choose one of functions`,
		"type=heap&noinlines=maybe":     `noinlines is "maybe"; give 1 or 0`,
		"type=heap&tagfocus=a=%5B":      `tagfocus is "a=["`,
		"type=heap&focus=no.such.thing": "nothing in the profile matches -focus no.such.thing",
	} {
		status, _, body := get(t, address+"?"+query)
		if status < 400 || status >= 500 || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}

func TestParseFilter(t *testing.T) {
	v, err := url.ParseQuery("ignore=a&show=b&show_from=c&prune_from=d&tagignore=k%3D1kb:&tagroot=x,,y&tagleaf=z&noinlines=1&relative_percentages=true&title=t")
	if err != nil {
		t.Fatal(err)
	}
	f, err := flame.ParseFilter(v)
	if err != nil {
		t.Fatal(err)
	}
	if f.Ignore == nil || f.Show == nil || f.ShowFrom == nil || f.PruneFrom == nil || f.TagIgnore.String() != "k=1kb:" ||
		strings.Join(f.TagRoot, " ") != "x y" || strings.Join(f.TagLeaf, " ") != "z" || !f.NoInlines || !f.Relative || f.Focus != nil {
		t.Errorf("the filter is %+v", f)
	}
	if f.Detail() != collapse.SourceDetail || !f.NeedsLabels() {
		t.Error("it does not ask for files and labels")
	}
}
