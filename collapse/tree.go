package collapse

// A tree is the growing tree of a [Builder]: nodes with a key, at most one child
// of a key under a parent. The zero tree is empty; its first use makes the root.
//
// A node costs 8 bytes and about 6 to 12 more in the child index, an
// open-addressing table of node ids: 3 to 9 times less than pointers or maps.
type tree struct {
	nodes []treeNode
	slots []uint32 // node id, 0 is free since the root is nobody's child
}

type treeNode struct {
	parent NodeID
	key    uint32
}

// Len returns the number of nodes, the root included.
func (t *tree) Len() int { return len(t.nodes) }

// Parent returns the parent of a node; the root is its own.
func (t *tree) Parent(n NodeID) NodeID { return t.nodes[n].parent }

// Key returns the key of a node; that of the root means nothing.
func (t *tree) Key(n NodeID) uint32 { return t.nodes[n].key }

// Grow makes room for n nodes in all.
func (t *tree) Grow(n int) {
	if t.nodes == nil {
		t.nodes = make([]treeNode, 1, n)
		t.nodes[0].key = uint32(RootFrame)
	}
	size := 512
	for size*2 < n*3 {
		size *= 2
	}
	if size > len(t.slots) {
		t.rehash(size)
	}
}

// Child returns the child of a node with the given key, and whether it was made
// just now.
func (t *tree) Child(parent NodeID, key uint32) (n NodeID, added bool) {
	if t.nodes == nil {
		t.Grow(1)
	}
	mask := uint32(len(t.slots) - 1)
	want := treeNode{parent, key}
	slot := want.hash() & mask
	for t.slots[slot] != 0 {
		if i := t.slots[slot]; t.nodes[i] == want {
			return NodeID(i), false
		}
		slot = (slot + 1) & mask
	}
	t.slots[slot] = uint32(len(t.nodes))
	n = t.Append(parent, key)
	if len(t.nodes)*3 > len(t.slots)*2 {
		t.rehash(2 * len(t.slots))
	}
	return n, true
}

// Append makes a child without asking whether there is one of that key already,
// and without entering it in the index: a tree that Append built is not for Child.
func (t *tree) Append(parent NodeID, key uint32) NodeID {
	if t.nodes == nil {
		t.Grow(1)
	}
	t.nodes = append(t.nodes, treeNode{parent, key})
	return NodeID(len(t.nodes) - 1)
}

// truncate drops the nodes from n on; the index must not be used afterwards.
func (t *tree) truncate(n int) { t.nodes = t.nodes[:n] }

func (t *tree) rehash(size int) {
	t.slots = make([]uint32, size)
	mask := uint32(size - 1)
	for i := 1; i < len(t.nodes); i++ {
		slot := t.nodes[i].hash() & mask
		for t.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = uint32(i)
	}
}

// hash mixes parent and key by one multiplication (Fibonacci hashing) and folds
// the high bits down, which are the good ones.
func (n treeNode) hash() uint32 {
	h := (uint64(n.parent)<<32 | uint64(n.key)) * 0x9E3779B97F4A7C15
	return uint32(h>>32) ^ uint32(h>>17)
}
