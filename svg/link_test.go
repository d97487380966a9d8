package svg_test

import (
	"testing"

	"flame/svg"
)

// A link that Go makes is what the viewer itself would write: it opens the graph
// with the stacks through that function only, and stays.
func TestFocusLink(t *testing.T) {
	const name = "shop/cart.(*Cart).Add"
	link := svg.FocusLink(name)
	tb := newTab(t)
	tb.open(fileOf(t, draw(t, shop(t), svg.Options{})) + link)
	if got := tb.chips(); got != "only through "+name {
		t.Errorf("%s opens the graph with %q", link, got)
	}
	tb.keys("i") // any other action writes the address anew
	if got := tb.fragment(); got != link[1:]+"&d=icicle" && got != "d=icicle&"+link[1:] {
		t.Errorf("the viewer's own link is %q, not %q", got, link[1:])
	}
}
