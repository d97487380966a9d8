package svg_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"flame/collapse"
	"flame/svg"

	"github.com/chromedp/chromedp"
)

// row returns the cells of a row of the table, counted from 1.
func (tb *tab) row(i int) []string {
	tb.Helper()
	return eval[[]string](tb, fmt.Sprintf(`[...(document.querySelector(".flame-rows [aria-rowindex='%d']") || document.createElement("p")).children].map(c => c.textContent)`, i+1))
}

// A topRow is what a function takes.
type topRow struct {
	name        string
	self, total int64
}

// topRows returns the functions on the stacks under n, with recursion counted once.
func topRows(p *collapse.Profile, typ, n int) []topRow {
	byName := map[string]*topRow{}
	for m := n; m < int(p.Ends()[n]); m++ {
		v := p.Self(typ)[m]
		seen := map[string]bool{}
		for up := m; up != 0; up = int(p.Parents()[up]) {
			name := p.Frames()[p.NodeFrames()[up]].Name
			if byName[name] == nil {
				byName[name] = &topRow{name: name}
			}
			if up == m {
				byName[name].self += v
			}
			if !seen[name] {
				byName[name].total += v
			}
			seen[name] = true
			if up == n {
				break
			}
		}
	}
	var rows []topRow
	for _, r := range byName {
		if r.total != 0 {
			rows = append(rows, *r)
		}
	}
	return rows
}

func TestTable(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	typ := p.Default
	tb := openProfile(t, p, svg.Options{})
	tb.keys("t")
	check := func(n int, order func(a, b topRow) int, keep func(string) bool) {
		t.Helper()
		whole := p.Totals(p.Self(typ))[n]
		rows := slices.DeleteFunc(topRows(p, typ, n), func(r topRow) bool { return !keep(r.name) })
		slices.SortFunc(rows, func(a, b topRow) int { return cmp.Or(order(a, b), cmp.Compare(a.name, b.name)) })
		say := func(v int64) string {
			return fmt.Sprintf("%s %.2f%%", svg.FormatValue(v, p.Types[typ]), 100*float64(v)/float64(whole))
		}
		for i := range min(15, len(rows)) {
			if got, want := tb.row(i+1), []string{rows[i].name, say(rows[i].self), say(rows[i].total)}; !slices.Equal(got, want) {
				t.Errorf("row %d is %q, want %q", i+1, got, want)
			}
		}
		if got := eval[string](tb, `document.querySelector(".flame-grid").getAttribute("aria-rowcount")`); got != itoa(len(rows)+1) {
			t.Errorf("%s rows, want %d", got, len(rows)+1)
		}
	}
	any := func(string) bool { return true }
	byTotal := func(a, b topRow) int { return cmp.Compare(b.total, a.total) }
	bySelf := func(a, b topRow) int { return cmp.Compare(b.self, a.self) }
	sort := func(column, want string) {
		t.Helper()
		tb.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(".flame-head button[aria-label='Sort by %s']", column))))
		if got := eval[string](tb, fmt.Sprintf(`document.querySelector(".flame-head button[aria-label='Sort by %s']").parentNode.getAttribute("aria-sort")`, column)); got != want {
			t.Errorf("%s is sorted %q, want %q", column, got, want)
		}
	}
	check(0, byTotal, any)
	sort("self", "descending")
	check(0, bySelf, any)
	sort("self", "ascending")
	sort("function", "ascending")
	check(0, func(a, b topRow) int { return strings.Compare(a.name, b.name) }, any)
	sort("self", "descending")
	tb.search("mark|scan")
	check(0, bySelf, func(s string) bool { return strings.Contains(s, "mark") || strings.Contains(s, "scan") })
	tb.search("")
	tb.settle()
	serve := nodeOf(t, p, "net/http.(*conn).serve")
	tb.click("net/http.(*conn).serve")
	check(serve, bySelf, any)
	tb.reloaded()
	check(serve, bySelf, any)
	tb.keys("r") // of the same stacks, turned round
	check(0, bySelf, any)
}

// The table has a keyboard way to all of it, and marks in the graph what it is at.
func TestTableByKeys(t *testing.T) {
	p := shop(t)
	tb := openProfile(t, p, svg.Options{})
	tb.keys("t")
	at := func() string {
		return eval[string](tb, `(document.activeElement.querySelector("bdi") || document.activeElement).textContent`)
	}
	if got := at(); got != "main.main" {
		t.Errorf("the table opens at %q", got)
	}
	tb.keys("Down", "Down")
	if got := at(); got != "shop/price.Sum" {
		t.Errorf("two rows down there is %q", got)
	}
	if n := eval[int](tb, `document.querySelectorAll(".flame-graph rect.k").length`); n != 2 {
		t.Errorf("%d frames are marked, want 2", n)
	}
	if name, stats := tb.details(); name != "shop/price.Sum" || stats != "total 45 samples \u00b7 45.00% of all \u00b7 self 45 samples (45.00%) \u00b7 in 2 places" {
		t.Errorf("details are %s: %s", name, stats)
	}
	if n := eval[int](tb, `document.querySelectorAll(".flame-rows [tabindex='0']").length`); n != 1 {
		t.Errorf("Tab comes to %d rows", n)
	}
	tb.keys("Enter")
	tb.isSandwich(p, "shop/price.Sum", 0)
	if got := at(); got != "shop/price.Sum" {
		t.Errorf("in the sandwich the focus is on %q", got)
	}
	tb.keys(" ")
	tb.isZoomed(p, "shop/price.Sum")
	tb.keys("h") // of the table's function, though the graph has others
	if !strings.Contains(tb.fragment(), "h=") || slices.Contains(tb.labels(), "shop/price.Sum") {
		t.Errorf("h does not hide the function of the row: %s", tb.fragment())
	}
	tb.keys("t")
	if eval[bool](tb, `!document.querySelector(".flame-table").hidden || document.activeElement === document.body`) {
		t.Error("t does not close the table and give the focus to the graph")
	}
}
