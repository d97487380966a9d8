package svg

import (
	"encoding/binary"
	"slices"

	"flame/collapse"
)

// The payload has the tree not node by node but frame by frame. What a function
// calls, and how often it was on the stack itself, is much the same wherever it
// is called from, so nodes of one frame deflate best next to each other: 425,052
// nodes are 15% smaller than in preorder.

// frameID returns a node's frame as the payload counts them, where the root has
// a frame of its own after all others.
func frameID(p *collapse.Profile, n collapse.NodeID) uint32 {
	return min(uint32(p.NodeFrames()[n]), uint32(len(p.Frames())))
}

// byFrame returns the nodes by frame, those of one frame in preorder; the root is
// last. Those of frame f are the stretch [start[f], start[f+1]).
func byFrame(p *collapse.Profile) (order []collapse.NodeID, start []uint32) {
	start = make([]uint32, len(p.Frames())+2)
	for n := range p.Len() {
		start[frameID(p, collapse.NodeID(n))+1]++
	}
	for f := 1; f < len(start); f++ {
		start[f] += start[f-1]
	}
	order = make([]collapse.NodeID, p.Len())
	at := slices.Clone(start)
	for n := range order {
		f := frameID(p, collapse.NodeID(n))
		order[at[f]] = collapse.NodeID(n)
		at[f]++
	}
	return order, start
}

// appendTree appends the tree's section.
func appendTree(b []byte, p *collapse.Profile, order []collapse.NodeID, start []uint32) []byte {
	frames := len(p.Frames())
	b = binary.AppendUvarint(b, uint64(p.Len()))
	for f := range frames {
		b = binary.AppendUvarint(b, uint64(start[f+1]-start[f]))
	}
	var callees, children, steps []byte
	list := make([]uint32, 0, 64)
	listedBy := make([]uint32, frames) // the last frame that has it in its list, from 1
	position := make([]uint32, frames) // in that list
	for f := range frames + 1 {
		nodes := order[start[f]:start[f+1]]
		list = list[:0]
		eachChild(p, nodes, func(child collapse.NodeID, _ bool) {
			if g := p.NodeFrames()[child]; listedBy[g] != uint32(f+1) {
				listedBy[g] = uint32(f + 1)
				list = append(list, uint32(g))
			}
		})
		slices.Sort(list)
		b = binary.AppendUvarint(b, uint64(len(list)))
		before := uint32(0)
		for i, g := range list {
			position[g] = uint32(i)
			callees = binary.AppendUvarint(callees, uint64(g-before))
			before = g
		}
		next, size := uint32(0), uint32(len(list))
		eachChild(p, nodes, func(child collapse.NodeID, first bool) {
			if first {
				next = 0
			}
			at := position[p.NodeFrames()[child]]
			// The siblings of a flame chart may step back: round the list's end.
			steps = binary.AppendUvarint(steps, uint64((at+size-next)%size))
			next = at + 1
		})
		for _, n := range nodes {
			children = binary.AppendUvarint(children, uint64(childCount(p, n)))
		}
	}
	b = append(b, callees...)
	b = append(b, children...)
	return append(b, steps...)
}

// eachChild calls f for the children of the nodes, in order; first says that it
// is the first child of its parent.
func eachChild(p *collapse.Profile, nodes []collapse.NodeID, f func(child collapse.NodeID, first bool)) {
	ends := p.Ends()
	for _, n := range nodes {
		for child := n + 1; child < ends[n]; child = ends[child] {
			f(child, child == n+1)
		}
	}
}

func childCount(p *collapse.Profile, n collapse.NodeID) (count int) {
	ends := p.Ends()
	for child := n + 1; child < ends[n]; child = ends[child] {
		count++
	}
	return count
}

// A flatTree is the payload's tree by node in preorder.
type flatTree struct {
	parent []uint32 // the root's is 0
	frame  []uint32 // the root's is the number of frames
	slot   []uint32 // the node's place in the order by frame
}

// tree decodes the tree's section.
func (d *decoder) tree(frames int) *flatTree {
	n := d.count(1) // each node has a number of children
	if n == 0 {
		d.fail("it has no root")
	}
	if n > d.limits.Nodes && d.err == nil {
		d.err = &collapse.LimitError{What: "nodes of the call tree", Limit: int64(d.limits.Nodes)}
	}
	if d.err != nil {
		return &flatTree{}
	}
	start := d.starts(d.below(frames, uint64(n)), n-1)
	list := d.starts(d.below(frames+1, anyLength), -1)
	callees := d.callees(list, frames)
	children := d.below(n, uint64(n))
	first := d.starts(children, n-1)
	steps := d.below(n-1, anyLength)
	if d.err != nil {
		return &flatTree{}
	}
	return d.walk(&frameTree{start, list, callees, children, first, steps})
}

// starts returns where stretches of the given sizes begin that follow each other,
// and where the last one ends, which must be at total unless that is negative.
func (d *decoder) starts(sizes []uint32, total int) []uint32 {
	out := make([]uint32, len(sizes)+1)
	sum := uint64(0)
	for i, size := range sizes {
		if sum += uint64(size); sum >= anyLength {
			d.fail("it is too large")
			break
		}
		out[i+1] = uint32(sum)
	}
	if total >= 0 && sum != uint64(total) {
		d.fail("%d nodes, %d where they are counted otherwise", total+1, sum+1)
	}
	return out
}

// callees decodes the frames that each frame calls.
func (d *decoder) callees(list []uint32, frames int) []uint32 {
	out := d.below(int(list[len(list)-1]), uint64(max(frames, 1)))
	if d.err != nil {
		return nil
	}
	for f := range list[1:] {
		sum := uint64(0)
		for i := list[f]; i < list[f+1]; i++ {
			if sum += uint64(out[i]); sum >= uint64(frames) {
				d.fail("a function calls frame %d of %d", sum, frames)
				return nil
			}
			out[i] = uint32(sum)
		}
	}
	return out
}

// A frameTree is the tree as the payload has it: by frame. start, list and first
// are the beginnings of stretches of the nodes, of callees and of steps.
type frameTree struct {
	start    []uint32 // by frame, in the nodes by frame
	list     []uint32 // by frame, in callees
	callees  []uint32
	children []uint32 // by slot
	first    []uint32 // by slot, in steps
	steps    []uint32
}

// walk puts the nodes in preorder.
func (d *decoder) walk(ft *frameTree) *flatTree {
	n, root := len(ft.children), uint32(len(ft.list)-2)
	t := &flatTree{make([]uint32, n), make([]uint32, n), make([]uint32, n)}
	type open struct{ node, left, step, next uint32 }
	stack := []open{{0, ft.children[n-1], ft.first[n-1], 0}}
	t.frame[0], t.slot[0] = root, uint32(n-1)
	used := slices.Clone(ft.start)
	for node := uint32(1); int(node) < n; node++ {
		for len(stack) > 0 && stack[len(stack)-1].left == 0 {
			stack = stack[:len(stack)-1]
		}
		if len(stack) == 0 {
			d.fail("node %d has no parent", node)
			return t
		}
		up := &stack[len(stack)-1]
		f := t.frame[up.node]
		callees := ft.callees[ft.list[f]:ft.list[f+1]]
		if len(callees) == 0 {
			d.fail("node %d has children, but its function calls none", up.node)
			return t
		}
		at := (uint64(up.next) + uint64(ft.steps[up.step])) % uint64(len(callees))
		g := callees[at]
		up.left--
		up.step++
		up.next = uint32(at) + 1
		slot := used[g]
		if slot >= ft.start[g+1] {
			d.fail("frame %d has more nodes than are counted", g)
			return t
		}
		used[g]++
		t.parent[node], t.frame[node], t.slot[node] = up.node, g, slot
		stack = append(stack, open{node, ft.children[slot], ft.first[slot], 0})
		if err := d.limits.CheckDepth(len(stack) - 1); err != nil {
			d.err = err
			return t
		}
	}
	return t
}
