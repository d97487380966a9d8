package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestOutputsAreFresh(t *testing.T) {
	outputs, err := bundle("..")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for name, want := range outputs {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("svg/%s is not what svg/viewer makes: run go generate ./svg", name)
		}
		total += len(want)
	}
	const most = 60_000 // every file carries them along
	if total > most {
		t.Errorf("loader, viewer and style are %d bytes, more than %d", total, most)
	}
	t.Logf("loader, viewer and style are %d bytes", total)
}

// TestStyleIsNamespaced checks that no rule reaches beyond a graph: all begin at
// a class of its own, since a graph may stand in a page.
func TestStyleIsNamespaced(t *testing.T) {
	css := ""
	for _, name := range []string{"../style.css", "../static.css"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		css += regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(text), "")
	}
	rules := regexp.MustCompile(`([^{}]*)\{`).FindAllStringSubmatch(css, -1)
	if len(rules) < 20 {
		t.Fatalf("found %d rules", len(rules))
	}
	for _, rule := range rules {
		if selectors := strings.TrimSpace(rule[1]); !strings.HasPrefix(selectors, "@") {
			for selector := range strings.SplitSeq(selectors, ",") {
				if s := strings.TrimSpace(selector); !strings.HasPrefix(s, ".flame") {
					t.Errorf("the style has a rule for %q", s)
				}
			}
		}
	}
}
