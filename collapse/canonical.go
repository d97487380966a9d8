package collapse

// canonical moves the builder's tree into p in canonical form. All steps are
// linear but the sort of the frames' names:
//
//  1. rank the frames by name;
//  2. order the nodes by (parent, rank) with two counting sorts;
//  3. number them in preorder: a child's number is its parent's, plus one, plus
//     the sizes of the siblings before it;
//  4. permute the columns.
func (b *Builder) canonical(p *Profile) {
	rank := b.rankFrames(p)
	byParent, first := b.sortNodes(rank)
	pos, size := b.number(byParent, first)

	n := b.tree.Len()
	p.alloc(n, b.columns, b.base != nil)
	p.frame[0] = RootFrame
	p.end[0] = NodeID(n)
	for i := 1; i < n; i++ {
		node := b.tree.nodes[i]
		p.parent[pos[i]] = pos[node.parent]
		p.frame[pos[i]] = rank[node.key]
		p.end[pos[i]] = pos[i] + NodeID(size[i])
	}
	permute(p.self, b.self, pos)
	permute(p.base, b.base, pos)
}

// rankFrames gives p the frames that nodes have, and returns their new ids.
func (b *Builder) rankFrames(p *Profile) []FrameID {
	for i := 1; i < b.tree.Len(); i++ {
		b.frames.rankOf[b.tree.nodes[i].key] = 1
	}
	frames, rank := b.frames.rank()
	p.frames = frames
	return rank
}

// sortNodes returns all nodes but the root ordered by parent, those of one
// parent by rank (or by age, if Ordered); those of parent n are the stretch
// [first[n], first[n+1]).
func (b *Builder) sortNodes(rank []FrameID) (byParent []NodeID, first []uint32) {
	nodes := b.tree.nodes
	byRank := make([]NodeID, len(nodes)-1)
	if b.Ordered {
		for i := range byRank {
			byRank[i] = NodeID(i + 1)
		}
	} else {
		start := make([]uint32, len(rank)+1)
		for _, node := range nodes[1:] {
			start[rank[node.key]+1]++
		}
		for i := 1; i < len(start); i++ {
			start[i] += start[i-1]
		}
		for i, node := range nodes[1:] {
			at := &start[rank[node.key]]
			byRank[*at] = NodeID(i + 1)
			*at++
		}
	}
	// first is filled one place to the right of where it is needed, and moves
	// into place as the stretches fill.
	first = make([]uint32, len(nodes)+2)
	for _, node := range nodes[1:] {
		first[node.parent+2]++
	}
	for i := 2; i < len(first); i++ {
		first[i] += first[i-1]
	}
	byParent = make([]NodeID, len(nodes)-1)
	for _, n := range byRank {
		at := &first[nodes[n].parent+1]
		byParent[*at] = n
		*at++
	}
	return byParent, first
}

// number returns each node's place in preorder and the size of its subtree.
func (b *Builder) number(byParent []NodeID, first []uint32) (pos []NodeID, size []uint32) {
	nodes := b.tree.nodes
	size = make([]uint32, len(nodes))
	for n := len(nodes) - 1; n >= 0; n-- {
		size[n]++
		if n > 0 {
			size[nodes[n].parent] += size[n]
		}
	}
	pos = make([]NodeID, len(nodes))
	for n := range nodes { // a parent is always numbered before its children
		next := pos[n] + 1
		for _, child := range byParent[first[n]:first[n+1]] {
			pos[child] = next
			next += NodeID(size[child])
		}
	}
	return pos, size
}

func permute(to, from [][]int64, pos []NodeID) {
	for i, column := range from {
		for n, v := range column {
			to[i][pos[n]] = v
		}
	}
}
