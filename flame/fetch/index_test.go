package fetch

import (
	"context"
	"net/url"
	"slices"
	"testing"
)

func TestProfiles(t *testing.T) {
	s := serve(t, pprofMux())
	names, err := client(t, Options{}).Profiles(context.Background(), mustParse(t, s.URL, TargetOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"allocs", "goroutine", "heap", "profile", "trace"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing in %v", want, names)
		}
	}
	if slices.Contains(names, "cmdline") || slices.Contains(names, "symbol") || !slices.IsSorted(names) {
		t.Errorf("%v", names)
	}
	s = answer(t, 200, "<html><a href='/login'>heap</a>")
	_, err = client(t, Options{}).Profiles(context.Background(), mustParse(t, s.URL, TargetOptions{}))
	wantError(t, err, "not an index of profiles")
}

func TestParseIndex(t *testing.T) {
	base, _ := url.Parse("http://h/x/debug/pprof/")
	for page, want := range map[string][]string{
		`<td>0</td><td><a href=block?debug=1>block</a><tr><a href=heap?debug=1>heap</a>`:                                    {"block", "heap"},
		`<a href='heap?debug=1'>heap</a><a href='goroutine?debug=1'>g</a><a href="goroutine?debug=2">full</a>`:              {"goroutine", "heap"},
		`<A class=x HREF="./a:b?debug=1">a:b</A> <a href='github.com/me/pool?debug=1'>p</a><a href='heap'>h</a>`:            {"a:b", "github.com/me/pool", "heap"},
		`<a href='/x/debug/pprof/heap'>h</a><a href='/elsewhere'>e</a><a href='http://other/heap'>o</a><a href='../../x'>`:  {"heap"},
		`<a href='heap'>h</a><a href='a&amp;b?debug=1'>&amp;</a><a href='%1b[2J'>evil</a><a href='%zz'>bad</a><a href=''>e`: {"a&b", "heap"},
		`<a href="/login">sign in</a><a href="about">about</a>`:                                                             nil,
		``: nil,
	} {
		if got := parseIndex([]byte(page), base); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}
