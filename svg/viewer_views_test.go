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

	"flame/collapse"
	"flame/svg"

	"github.com/chromedp/chromedp"
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
