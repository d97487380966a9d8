package main

import (
	"math"
	"math/rand/v2"
)

// deepest is about how deep a stack gets: from here on the tree only fans out.
const deepest = 44

// shallowest is how deep a stack is that has no other one beside it.
const shallowest = 10

// A generator walks a call tree that exists nowhere: a node knows how many
// stacks are to end in its subtree, and deals them out to some of the functions
// that its own one calls. So all stacks come out different and in the order of
// a depth-first walk, and only the path to the present one is in memory.
type generator struct {
	*program
	rnd  *rand.Rand
	tail float64 // mean length of the part of a stack that it shares with no other one
	path []uint32
	emit func(stack []uint32, count int64) error
	err  error // the first one of emit
}

// newGenerator returns a generator of stacks over p. emit takes each stack, the
// root first, which is valid until emit returns.
func newGenerator(p *program, seed uint64, emit func([]uint32, int64) error) *generator {
	return &generator{program: p, rnd: rand.New(rand.NewPCG(seed, 1)), emit: emit}
}

func (g *generator) generate(stacks int) {
	// A profile with more stacks comes from a larger program, whose stacks are
	// deeper; these numbers give the node counts that the command promises.
	g.tail = max(1, tailBase+tailStep*math.Log10(float64(stacks)/100_000))
	g.share(g.entries, stacks)
}

const (
	tailBase = 3.8
	tailStep = 3.4
)

// node makes the subtree of a call of f with so many stacks in it.
func (g *generator) node(f uint32, stacks int) {
	g.path = append(g.path, f)
	defer func() { g.path = g.path[:len(g.path)-1] }()
	if stacks == 1 {
		g.leaf()
		return
	}
	depth := len(g.path)
	if depth > 6 && g.rnd.IntN(6) == 0 {
		g.add() // a stack ends in the middle, where others go on
		stacks--
	}
	g.share(g.callees(f), stacks)
}

// share deals stacks out to calls of some of the functions.
func (g *generator) share(functions []uint32, stacks int) {
	fan := 1
	switch depth := len(g.path); {
	case depth == 0 || depth > deepest:
		fan = len(functions)
	case g.rnd.IntN(100) < 45:
		fan += 1 + int(g.rnd.ExpFloat64()*1.5)
	}
	fan = min(fan, len(functions), stacks)
	first := g.skewed(len(functions))
	for i := range fan {
		n := stacks
		if i < fan-1 {
			// What is left is broken at a random place; each call gets one at least.
			n = 1 + int(float64(stacks-(fan-1-i)-1)*g.rnd.Float64())
		}
		stacks -= n
		g.node(functions[(first+i)%len(functions)], n)
		if g.err != nil {
			return
		}
	}
}

// leaf goes on for some calls that no other stack makes from here.
func (g *generator) leaf() {
	depth := len(g.path)
	length := max(int(g.rnd.ExpFloat64()*g.tail), shallowest-depth)
	for length > 0 && len(g.path) < deepest+12 {
		length--
		callees := g.callees(g.path[len(g.path)-1])
		g.path = append(g.path, callees[g.skewed(len(callees))])
	}
	g.add()
	g.path = g.path[:depth]
}

// add writes the present stack, with a count from a distribution with a long
// tail: three in four are 1.
func (g *generator) add() {
	if g.err == nil {
		g.err = g.emit(g.path, int64(min(math.Pow(1-g.rnd.Float64(), -0.55), 20_000)))
	}
}

// skewed returns a number under n, the small ones far more often.
func (g *generator) skewed(n int) int {
	u := g.rnd.Float64()
	return int(u * u * float64(n))
}
