package svg_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"flame/collapse"
	"flame/collapse/pprof"
	"flame/svg"
)

func itoa(n int) string { return strconv.Itoa(n) }

// realProfile reads one of the shared profiles, or skips the test.
func realProfile(t testing.TB, name string) *collapse.Profile {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("skipped: the shared data are not here: %v", err)
	}
	defer f.Close()
	p, err := pprof.Decode(f, pprof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// matchedShare returns which part of the stacks under node n have a function
// that matches, from n on, and in how many nodes of the profile it does.
func matchedShare(p *collapse.Profile, typ, n int, match func(string) bool) (share float64, nodes int) {
	total := p.Totals(p.Self(typ))
	hit := func(i int) bool { return i > 0 && match(p.Frames()[p.NodeFrames()[i]].Name) }
	var sum int64
	for i := n; i < int(p.Ends()[n]); {
		if hit(i) {
			sum += total[i]
			i = int(p.Ends()[i])
		} else {
			i++
		}
	}
	for i := range p.Len() {
		if hit(i) {
			nodes++
		}
	}
	return float64(sum) / float64(total[n]), nodes
}

func TestSearch(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	typ := p.Default
	tb := openProfile(t, p, svg.Options{})
	for _, test := range []struct {
		query   string
		fold    bool
		plain   bool // whether regular expressions are switched off
		match   func(string) bool
		asPlain bool // whether the query is no regular expression
	}{
		{query: "runtime", match: func(s string) bool { return strings.Contains(s, "runtime") }},
		{query: `^main\.`, match: regexp.MustCompile(`^main\.`).MatchString},
		{query: `karatsuba|Write$`, match: regexp.MustCompile(`karatsuba|Write$`).MatchString},
		{query: "MALLOC", match: func(s string) bool { return strings.Contains(s, "MALLOC") }},
		{query: "MALLOC", fold: true, match: regexp.MustCompile(`(?i)malloc`).MatchString},
		{query: "(*", match: func(s string) bool { return strings.Contains(s, "(*") }, asPlain: true},
		{query: "samples", match: func(s string) bool { return strings.Contains(s, "samples") }}, // of names only
		{query: ".", plain: true, match: func(s string) bool { return strings.Contains(s, ".") }},
	} {
		t.Run(fmt.Sprint(test.query, test.fold, test.plain), func(t *testing.T) {
			set := func(title string, on bool) {
				now := eval[bool](tb, fmt.Sprintf(`document.querySelector("button[title^='%s']").getAttribute("aria-pressed") === "true"`, title))
				if now != on {
					tb.button(title)
				}
			}
			set("Ignore case", test.fold)
			set("Regular expression", !test.plain)
			tb.search(test.query)
			share, nodes := matchedShare(p, typ, 0, test.match)
			got := tb.text(".flame-matched")
			if want := fmt.Sprintf("%.2f%% matched", 100*share); !strings.HasPrefix(got, want) {
				t.Errorf("%q, want %s", got, want)
			}
			wantNodes := fmt.Sprintf(" %d frame", nodes)
			if test.asPlain {
				wantNodes = "as plain text"
			}
			if got := strings.ReplaceAll(got, ",", ""); !strings.Contains(got, wantNodes) {
				t.Errorf("%q, want %q", got, wantNodes)
			}
			if bad := eval[bool](tb, `document.querySelector(".flame-search input").classList.contains("flame-bad")`); bad != test.asPlain {
				t.Errorf("marked as no regular expression: %v", bad)
			}
			for n, f := range tb.frames() {
				if n > 0 && f.Match != test.match(p.Frames()[p.NodeFrames()[n]].Name) {
					t.Errorf("frame %s is marked: %v", p.Frames()[p.NodeFrames()[n]].Name, f.Match)
				}
			}
		})
	}
}

// TestSearchZoomed checks the part of the zoomed frame, too.
func TestSearchZoomed(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	tb := openProfile(t, p, svg.Options{})
	tb.search("runtime")
	tb.click("net/http.(*conn).serve")
	match := func(s string) bool { return strings.Contains(s, "runtime") }
	all, nodes := matchedShare(p, p.Default, 0, match)
	part, _ := matchedShare(p, p.Default, nodeOf(t, p, "net/http.(*conn).serve"), match)
	got := strings.ReplaceAll(tb.text(".flame-matched"), ",", "")
	if want := fmt.Sprintf("%.2f%% matched %.2f%% of zoomed \u00b7 %d frames", 100*all, 100*part, nodes); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// Clearing brings all back.
	tb.search("")
	if got := tb.text(".flame-matched"); got != "" {
		t.Errorf("without a search %q is matched", got)
	}
}

// TestNextMatch goes through all matches, around the end, and back.
func TestNextMatch(t *testing.T) {
	p := shop(t)
	tb := openProfile(t, p, svg.Options{})
	tb.search("price")
	tb.hover("all") // n is a key of the graph, not of the search box
	var seen []string
	for range 4 {
		tb.keys("n")
		_, stats := tb.details()
		seen = append(seen, stats[:strings.Index(stats, " \u00b7")])
	}
	if got, want := strings.Join(seen, ", "), "total 10 samples, total 40 samples, total 5 samples, total 10 samples"; got != want {
		t.Errorf("n goes to %s, want %s", got, want)
	}
	tb.keys("N")
	if _, stats := tb.details(); !strings.HasPrefix(stats, "total 5 samples") {
		t.Errorf("N goes to %s", stats)
	}
}
