package svg_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"flame/collapse"
	"flame/svg"
)

// A drawnBox is what is to be seen of a frame.
type drawnBox struct {
	Name string
	Row  int // from the top of the graph
	X, W float64
}

// drawnBoxes returns the frames of 5 px and more that are of the zoomed part,
// by row and place.
func (tb *tab) drawnBoxes() []drawnBox {
	tb.Helper()
	list := eval[[]drawnBox](tb, `[...document.querySelectorAll(".flame-graph rect.f:not(.a)")].map(r => ({
		Name: r.getAttribute("aria-label").replace(/, (total .*|[-\d.]+%)$/, ""), Row: Math.round(Number(r.getAttribute("y")) / 16),
		X: Number(r.getAttribute("x")), W: Number(r.getAttribute("width")) + 0.7,
	}))`)
	return inRows(list)
}

func inRows(list []drawnBox) []drawnBox {
	list = slices.DeleteFunc(list, func(b drawnBox) bool { return b.W < 5 })
	slices.SortFunc(list, func(a, b drawnBox) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.X, b.X))
	})
	return list
}

// boxesOf lays out what is at node n of a profile and below it, over a width; rows
// count from n, down for by 1 and up for -1.
func boxesOf(p *collapse.Profile, typ, n int, width float64, by int) []drawnBox {
	l := svg.NewLayout(p, svg.LayoutOptions{Type: typ})
	var from svg.Box
	for _, b := range l.Boxes {
		if int(b.Node) == n {
			from = b
		}
	}
	var list []drawnBox
	for _, b := range l.Boxes {
		if int(b.Node) < n || int(b.Node) >= int(p.Ends()[n]) {
			continue
		}
		name := "all"
		if b.Node != 0 {
			name = p.Frames()[p.NodeFrames()[b.Node]].Name
		}
		scale := width / float64(from.W)
		list = append(list, drawnBox{name, by * int(b.Depth-from.Depth), float64(b.X-from.X) * scale, float64(b.W) * scale})
	}
	return inRows(list)
}

// sameBoxes reports what differs; rows may all be shifted by the same number. A
// box at the limit of width may be in one list only.
func (tb *tab) sameBoxes(got, want []drawnBox, least int) {
	tb.Helper()
	if len(got) == 0 || len(want) < least {
		tb.Errorf("%d boxes are drawn, %d wanted", len(got), len(want))
		return
	}
	shift := got[0].Row - want[0].Row
	has := func(list []drawnBox, b drawnBox, shift int) bool {
		return slices.ContainsFunc(list, func(o drawnBox) bool {
			return o.Name == b.Name && o.Row == b.Row+shift && math.Abs(o.X-b.X) < 0.3 && math.Abs(o.W-b.W) < 0.3
		})
	}
	var wrong []string
	for _, b := range got {
		if b.W > 5.5 && !has(want, b, -shift) {
			wrong = append(wrong, fmt.Sprintf("drawn, but not wanted: %+v", b))
		}
	}
	for _, b := range want {
		if b.W > 5.5 && !has(got, b, shift) {
			wrong = append(wrong, fmt.Sprintf("wanted, but not drawn: %+v", b))
		}
	}
	if len(wrong) > 0 {
		tb.Errorf("%d of %d boxes are wrong, the first of them:\n%s", len(wrong), len(want), strings.Join(wrong[:min(4, len(wrong))], "\n"))
	}
}

// settle waits until the picture has the size of its place.
func (tb *tab) settle() {
	tb.Helper()
	eval[int](tb, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(0), 50))))`)
}

func (tb *tab) width() float64 {
	tb.Helper()
	return eval[float64](tb, `document.querySelector(".flame-scroll").clientWidth`)
}

// back goes back in the history and waits for the address to end so.
func (tb *tab) back(fragment string) {
	tb.Helper()
	tb.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	tb.wait(fmt.Sprintf(`location.hash.slice(1) === %q`, fragment))
	tb.settle()
}

// reloaded checks that the address alone brings back what is drawn.
func (tb *tab) reloaded() {
	tb.Helper()
	before, link := tb.drawnBoxes(), tb.fragment()
	tb.do(chromedp.Reload())
	tb.wait(ready)
	if after := tb.drawnBoxes(); !slices.Equal(before, after) {
		tb.Errorf("%s shows %v after loading, want %v", link, after, before)
	}
}

// The callers view is the reversed profile, at every zoom.
func TestCallersView(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	reversed, err := collapse.Reverse(p)
	if err != nil {
		t.Fatal(err)
	}
	tb := openProfile(t, p, svg.Options{Inverted: true})
	tb.window(1200, 1600)
	tb.wait(`document.querySelector(".flame-scroll").clientHeight > 1400`)
	tb.keys("r")
	tb.sameBoxes(tb.drawnBoxes(), boxesOf(reversed, p.Default, 0, tb.width(), 1), 80)
	// Along the heaviest callers, all the way to where the drawing of the whole
	// leaves them out.
	total := reversed.Totals(reversed.Self(p.Default))
	n := 0
	for range 12 {
		child := 0
		for c := n + 1; c < int(reversed.Ends()[n]); c = int(reversed.Ends()[c]) {
			if child == 0 || total[c] > total[child] {
				child = c
			}
		}
		if child == 0 {
			break
		}
		n = child
		tb.keys("Down", "Enter")
		tb.sameBoxes(tb.drawnBoxes(), boxesOf(reversed, p.Default, n, tb.width(), 1), 1)
	}
	tb.reloaded()
	tb.keys("o") // by weight: the same boxes elsewhere
	weights := tb.drawnBoxes()
	for i := 1; i < len(weights); i++ {
		if a, b := weights[i-1], weights[i]; a.Row == b.Row && math.Abs(a.X+a.W-b.X) < 0.2 && b.W > a.W+0.3 && a.Row == weights[0].Row+1 {
			t.Errorf("%v comes before %v", a, b)
		}
	}
	tb.reloaded()
	tb.keys("o", "Home", "r")
	tb.sameBoxes(tb.drawnBoxes(), boxesOf(p, p.Default, 0, tb.width(), 1), 80)
	if f := tb.fragment(); f != "" {
		t.Errorf("back at the start the address ends in %q", f)
	}
}

// sandwich returns the callees and the callers of a function, each with the
// function itself at the top, merged over its outermost places.
func sandwich(t testing.TB, p *collapse.Profile, name string) (callees, callers *collapse.Profile) {
	t.Helper()
	frames, parents := p.Frames(), p.Parents()
	is := func(n int) bool { return n != 0 && frames[p.NodeFrames()[n]].Name == name }
	var of collapse.Frame
	for _, f := range frames {
		if f.Name == name {
			of = f
			break
		}
	}
	down, up := collapse.NewBuilder(len(p.Types), collapse.Limits{}), collapse.NewBuilder(len(p.Types), collapse.Limits{})
	frame := func(b *collapse.Builder, n int) collapse.FrameID {
		if is(n) {
			return b.Frame(of)
		}
		return b.Frame(frames[p.NodeFrames()[n]])
	}
	for n := 1; n < p.Len(); n++ {
		top := 0
		var stack []int
		for m := n; m != 0; m = int(parents[m]) {
			stack = append(stack, m)
			if is(m) {
				top = len(stack)
			}
		}
		if top == 0 {
			continue
		}
		a, b := collapse.Root, collapse.Root
		for i := top - 1; i >= 0; i-- {
			a = down.Child(a, frame(down, stack[i]))
		}
		for _, m := range stack[top-1:] {
			b = up.Child(b, frame(up, m))
		}
		for typ := range p.Types {
			down.Add(a, typ, p.Self(typ)[n])
			up.Add(b, typ, p.Self(typ)[n])
		}
	}
	for _, x := range []struct {
		b *collapse.Builder
		p **collapse.Profile
	}{{down, &callees}, {up, &callers}} {
		var err error
		if *x.p, err = x.b.Profile(p.Types, p.Default); err != nil {
			t.Fatal(err)
		}
	}
	return callees, callers
}

// isSandwich compares both sides of the drawn sandwich.
func (tb *tab) isSandwich(p *collapse.Profile, name string, typ int) {
	tb.Helper()
	callees, callers := sandwich(tb, p, name)
	want := boxesOf(callees, typ, 1, tb.width(), 1)
	for _, b := range boxesOf(callers, typ, 1, tb.width(), -1) {
		if b.Row != 0 {
			want = append(want, b)
		}
	}
	tb.sameBoxes(tb.drawnBoxes(), inRows(want), 1)
	if got := tb.text(".flame-of bdi"); got != name {
		tb.Errorf("the header is of %q, want %q", got, name)
	}
}

func TestSandwich(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	for _, name := range []string{"runtime.mallocgc", "math/big.nat.sqr", "main.handleReport", "net/http.(*conn).serve", "runtime.memclrNoHeapPointers"} {
		t.Run(name, func(t *testing.T) {
			tb := openProfile(t, p, svg.Options{})
			tb.window(1200, 1800)
			tb.wait(`document.querySelector(".flame-scroll").clientHeight > 1600`)
			tb.search("^" + strings.NewReplacer("(", `\(`, ")", `\)`, "*", `\*`, ".", `\.`).Replace(name) + "$")
			tb.hover("all")
			tb.keys("t", "Enter", "t")
			tb.search("")
			tb.wait(`document.querySelector(".flame-matched").textContent === ""`)
			tb.settle()
			tb.isSandwich(p, name, p.Default)
			callees, _ := sandwich(t, p, name)
			total := callees.Totals(callees.Self(p.Default))[0]
			all := p.Totals(p.Self(p.Default))[0]
			stats := tb.text(".flame-of span")
			if want := fmt.Sprintf("total %s \u00b7 %.2f%% of all", svg.FormatValue(total, p.Types[p.Default]), 100*float64(total)/float64(all)); !strings.HasPrefix(stats, want) {
				t.Errorf("the header says %q, want %q", stats, want)
			}
			tb.do(chromedp.SendKeys(chromedp.CSS(".flame-app select[aria-label='Sample type']"), "samples"))
			tb.wait(`location.hash.includes("t=")`)
			tb.isSandwich(p, name, eval[int](tb, `document.querySelector(".flame-app select[aria-label='Sample type']").selectedIndex`))
			tb.reloaded()
		})
	}
}

// In a sandwich arrows lead to callers and callees, and each side is zoomed by itself.
func TestSandwichByKeys(t *testing.T) {
	p := shop(t)
	tb := openProfile(t, p, svg.Options{})
	tb.click("shop/price.Sum")
	zoomed := tb.fragment()
	tb.keys("s")
	name := func(want string) {
		t.Helper()
		if got, _ := tb.details(); got != want {
			t.Errorf("details are of %q, want %q", got, want)
		}
	}
	name("shop/price.Sum")
	if _, stats := tb.details(); !strings.HasPrefix(stats, "total 45 samples \u00b7 45.00% of all") {
		t.Errorf("the function is %q", stats)
	}
	if got := tb.text(".flame-of span"); !strings.HasSuffix(got, "self 45 samples (45.00%) \u00b7 in 2 places") {
		t.Errorf("the header says %q", got)
	}
	tb.isSandwich(p, "shop/price.Sum", 0)
	whole := tb.fragment()
	tb.keys("Up")
	name("shop/cart.(*Cart).Add")
	tb.keys("Right")
	name("shop/order.Submit")
	if _, stats := tb.details(); !strings.HasPrefix(stats, "total 5 samples \u00b7 5.00% of all \u00b7 11.11% of parent") {
		t.Errorf("the caller is %q", stats)
	}
	tb.keys("Enter")
	tb.reloaded()
	name("shop/order.Submit")
	tb.keys("Up")
	name("main.main")
	tb.keys("Down", "Down")
	name("shop/price.Sum")
	tb.search("main") // a caller of it, or a caller of these callers
	if got := tb.text(".flame-matched"); !strings.HasPrefix(got, "45.00% matched, 100.00% of zoomed") {
		t.Errorf("matched is %q", got)
	}
	tb.search("")
	tb.wait(`!location.hash.includes("s=")`)
	tb.back(whole)
	tb.isSandwich(p, "shop/price.Sum", 0)
	tb.back(zoomed)
	tb.isZoomed(p, "shop/price.Sum")
	tb.do(chromedp.Evaluate[chromedp.Void](`history.forward()`))
	tb.wait(`!document.querySelector(".flame-of").hidden`)
	tb.keys("Backspace")
	if eval[bool](tb, `!document.querySelector(".flame-of").hidden`) {
		t.Error("Backspace does not leave the sandwich")
	}
	tb.isZoomed(p, "all")
}

// A sandwich of a difference keeps both sides' values.
func TestSandwichOfDifference(t *testing.T) {
	p := differenceOf(t, "main;a;hot 10 30\nmain;b;hot 5 1\nmain;b 4 4\n")
	tb := openProfile(t, p, svg.Options{})
	tb.click("\u25b2 hot")
	tb.keys("s")
	_, stats := tb.details()
	if !strings.HasPrefix(stats, "total 31 samples") || !strings.Contains(stats, "before 15 samples") {
		t.Errorf("the function is %q", stats)
	}
	tb.keys("t")
	tb.search("^hot")
	if got := tb.row(1); len(got) != 4 || got[0] != "hot" || !strings.HasPrefix(got[2], "31 ") || !strings.HasPrefix(got[3], "+16 ") {
		t.Errorf("the table says %q", got)
	}
}

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

// Each choice of the panel is in the address, and Back takes it back.
func TestViewMenu(t *testing.T) {
	p := differenceFree(t)
	tb := openProfile(t, p, svg.Options{})
	open := func() { tb.do(chromedp.Click(chromedp.CSS(".flame-view > button"))) }
	for _, c := range []struct{ button, part string }{
		{"Show: Callers", "v=callers"}, {"Direction: Icicle", "d=icicle"}, {"Order: By weight", "b=weight"}, {"Recursion: Folded", "u=folded"},
	} {
		before, was := tb.fragment(), tb.drawnBoxes()
		open()
		tb.button(c.button)
		tb.keys("Escape")
		if got := tb.fragment(); !strings.Contains(got, c.part) {
			t.Errorf("%s: the address ends in %q, want %s", c.button, got, c.part)
		}
		if slices.Equal(tb.drawnBoxes(), was) {
			t.Errorf("%s changes nothing", c.button)
		}
		tb.reloaded()
		tb.back(before)
		if got := tb.drawnBoxes(); !slices.Equal(got, was) {
			t.Errorf("back from %s there is %v, want %v", c.button, got, was)
		}
	}
	// The keys do the same.
	for _, key := range []string{"r", "i", "o", "R"} {
		was := tb.drawnBoxes()
		tb.keys(key)
		once := tb.drawnBoxes()
		tb.keys(key)
		if slices.Equal(once, was) || !slices.Equal(tb.drawnBoxes(), was) {
			t.Errorf("%s does not change the view to and fro", key)
		}
	}
}

// differenceFree is a small profile that every view shows differently.
func differenceFree(t testing.TB) *collapse.Profile {
	return foldedProfile(t, "a;f;f;f;x:2 b;f;y:9 c;z:4 c;a:8", false)
}

// Nothing is wider than a narrow window, whatever is open.
func TestViewsFitNarrow(t *testing.T) {
	p := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	tb := openProfile(t, p, svg.Options{})
	tb.keys("t", "Down", "Enter")
	for _, width := range []int64{390, 320} {
		tb.window(width, 740)
		tb.wait(fmt.Sprintf(`document.querySelector(".flame-app").clientWidth === %d`, width))
		tb.do(chromedp.Click(chromedp.CSS(".flame-view > button")))
		over := eval[[]string](tb, `[...document.querySelectorAll(".flame-app button, .flame-app select, .flame-app input, .flame-views, .flame-row, .flame-row > div, .flame-of, .flame-caption")]
			.filter(e => { const r = e.getBoundingClientRect(); return r.width > 0 && (r.left < -0.5 || r.right > innerWidth + 0.5); }).map(e => e.className + e.textContent)`)
		if len(over) > 0 {
			t.Errorf("at %d px these are not all in the window: %q", width, over)
		}
		small := eval[[]string](tb, `[...document.querySelectorAll(".flame-view button, .flame-table button, .flame-of button, .flame-rows .flame-row")]
			.filter(e => { const r = e.getBoundingClientRect(); return r.width > 0 && (r.height < 24 || r.width < 24); }).map(e => e.textContent)`)
		if len(small) > 0 {
			t.Errorf("at %d px these are too small for a finger: %q", width, small)
		}
		tb.keys("Escape")
	}
}

// TestLargeViews logs what views of a large profile take, and checks that the
// table has few elements.
func TestLargeViews(t *testing.T) {
	p := realProfile(t, "pprof/large/pprof-large.cpu.pb.gz")
	tb := openProfile(t, p, svg.Options{})
	for _, key := range []string{"t", "Down", "Down", "Enter", "Backspace", "r", "r", "o", "R"} {
		from := time.Now()
		tb.keys(key)
		eval[int](tb, `new Promise(done => requestAnimationFrame(() => done(document.body ? 1 : 0)))`)
		t.Logf("%s: %v with the way to the browser", key, time.Since(from))
	}
	if n := eval[int](tb, `document.querySelectorAll(".flame-rows [role=row]").length`); n < 10 || n > 60 {
		t.Errorf("%d rows are in the document", n)
	}
	if got := tb.text(".flame-caption"); !strings.HasPrefix(got, "23,") {
		t.Errorf("the table says %q", got)
	}
}

// Whatever is pressed, nothing fails, and the address alone brings back what is
// to be seen.
func TestAnyKeysInViews(t *testing.T) {
	real := realProfile(t, "pprof/typical/server.cpu.labels.pb.gz")
	for name, p := range map[string]*collapse.Profile{
		"small":      differenceFree(t),
		"chart":      foldedProfile(t, "a;b:1 a;c:2 a;b:4 d:8 a;b;x:16 a;x;b:32 a;a;b:7", true),
		"difference": differenceOf(t, "main;a;hot 10 30\nmain;b;hot 5 1\nmain;b;gone 4 0\nmain;main;new 0 9\n"),
		"real":       real,
	} {
		t.Run(name, func(t *testing.T) {
			tb := openProfile(t, p, svg.Options{})
			random := rand.New(rand.NewPCG(1, uint64(len(name))))
			pressed := []string{"r", "s", "o", "i", "R", "Up", "Down", "Left", "Right", "Up", "Down", "Enter", "Enter", "Backspace", "h", "f", "t", "s", "w", "Home"}
			var all []string
			for range 6 {
				for range 8 {
					key := pressed[random.IntN(len(pressed))]
					all = append(all, key)
					tb.keys(key)
				}
				if got := tb.labels(); len(got) == 0 {
					t.Fatalf("nothing is drawn after %q", all)
				}
				tb.settle()
				before, link := tb.drawnBoxes(), tb.fragment()
				tb.do(chromedp.Reload())
				tb.wait(ready)
				tb.settle()
				if after := tb.drawnBoxes(); !slices.Equal(before, after) {
					t.Fatalf("after %q %s shows %v, want %v", all, link, after, before)
				}
			}
		})
	}
}

// A change of the view is told to who does not see it.
func TestViewIsSpoken(t *testing.T) {
	tb := openProfile(t, shop(t), svg.Options{})
	tb.click("shop/order.Submit")
	tb.keys("s")
	tb.wait(`document.querySelector(".flame-live-text").textContent.startsWith("Sandwich, shop/order.Submit, total 30 samples")`)
	tb.keys("r")
	tb.wait(`document.querySelector(".flame-live-text").textContent === "Callers"`)
}
