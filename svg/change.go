package svg

import (
	"math"
	"strings"

	"flame/collapse"
)

// noiseShare is the noise floor of a difference: a node whose total changed by
// less than this part of the larger profile's total counts as unchanged. Two
// captures of one program differ by more than that in any single frame.
const noiseShare = 0.001

// changeSteps are the relative changes at which the next colour of
// [ChangeColor] begins, after the noise floor.
var changeSteps = [...]float64{0.05, 0.2, 0.5}

// changeNew is the level of what is only on one side.
const changeNew = len(changeSteps) + 2

// The colours of a difference, by level, pale to deep. They were chosen in OKLCH
// in pairs of one lightness: blue against orange is told apart with every common
// form of colour blindness, and in grey the depth remains, beside which the labels
// have a sign. Either black or white text has a contrast of 6.5:1 and more on
// each.
var (
	changeNone = RGB{0xe2, 0xe2, 0xe2}
	changeMore = [changeNew]RGB{{0xfd, 0xde, 0xc8}, {0xfc, 0xbd, 0x8e}, {0xf0, 0x9a, 0x53}, {0xd8, 0x77, 0x10}, {0x83, 0x40, 0x18}}
	changeLess = [changeNew]RGB{{0xcf, 0xe8, 0xff}, {0x9d, 0xd1, 0xff}, {0x6a, 0xb6, 0xff}, {0x3b, 0x98, 0xee}, {0x1e, 0x58, 0x8d}}
)

// ChangeLevel returns how much a node's total changed from before to after, as a
// step of flame's scale for differences: positive for more, negative for less.
// whole is the larger of the two profiles' totals, each without its sign. With
//
//	d = after - before, r = |d| / max(|after|, |before|)
//
// all in float64, so that the viewer comes to the same, the level is
//
//	0   if d = 0 or |d| < 0.001 whole, the noise floor
//	±5  if before = 0 (new) or after = 0 (gone)
//	±1  if r < 0.05,  ±2 if r < 0.2,  ±3 if r < 0.5,  ±4 otherwise
//
// The step says how much of the node changed, its width how much there is of it:
// a wide pale frame and a narrow deep one are the same amount, which one look at
// the coloured area adds up.
func ChangeLevel(after, before int64, whole float64) int {
	a, b := float64(after), float64(before)
	d := a - b
	if d == 0 || math.Abs(d) < noiseShare*whole {
		return 0
	}
	level := 1
	if a == 0 || b == 0 {
		level = changeNew
	} else {
		r := math.Abs(d) / max(math.Abs(a), math.Abs(b))
		for _, step := range changeSteps {
			if r >= step {
				level++
			}
		}
	}
	if d < 0 {
		return -level
	}
	return level
}

// ChangeColor returns the colour of a level of [ChangeLevel]: grey for none,
// orange for more, blue for less.
func ChangeColor(level int) RGB {
	switch {
	case level > 0:
		return changeMore[min(level, changeNew)-1]
	case level < 0:
		return changeLess[min(-level, changeNew)-1]
	}
	return changeNone
}

// changes are the totals of a difference's nodes on both sides, in the order in
// which they are compared: negated, after is before.
type changes struct {
	after, before []int64
	whole         float64
	negate        bool
}

func newChanges(p *collapse.Profile, typ int, negate bool) *changes {
	c := &changes{after: p.Totals(p.Self(typ)), before: p.Totals(p.Base(typ)), negate: negate}
	if negate {
		c.after, c.before = c.before, c.after
	}
	c.whole = max(math.Abs(float64(c.after[0])), math.Abs(float64(c.before[0])))
	return c
}

func (c *changes) level(n collapse.NodeID) int {
	return ChangeLevel(c.after[n], c.before[n], c.whole)
}

// mark returns the sign that a label begins with, "" for what did not change:
// the colours alone would leave out who sees none.
func (c *changes) mark(n collapse.NodeID) string {
	switch level := c.level(n); {
	case level > 0:
		return "▲ "
	case level < 0:
		return "▼ "
	}
	return ""
}

// note returns what a label ends with where there is room: "+12%" of before,
// "new" or "gone", "" for what did not change.
func (c *changes) note(n collapse.NodeID) string {
	switch c.level(n) {
	case 0:
		return ""
	case changeNew, -changeNew:
		// Negated, the profile that is compared from is the second.
		if (c.before[n] == 0) == c.negate {
			return "gone"
		}
		return "new"
	}
	before := float64(c.before[n])
	percent := 100 * (float64(c.after[n]) - before) / math.Abs(before)
	decimals := 0
	if math.Abs(percent) < 9.5 {
		decimals = 1
	}
	text := formatFixed(percent, decimals) + "%"
	if percent > 0 {
		return "+" + text
	}
	return strings.Replace(text, "-", "−", 1)
}
