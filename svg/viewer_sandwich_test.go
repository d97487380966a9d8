package svg_test

import (
	"fmt"
	"strings"
	"testing"

	"flame/collapse"
	"flame/svg"

	"github.com/chromedp/chromedp"
)

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
