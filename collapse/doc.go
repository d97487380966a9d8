// Package collapse holds flame's model of a profile and the pure operations on it.
//
// A [Profile] is one call tree. Its frames are interned: a function is stored
// once, and a node of the tree refers to it by [FrameID]. The tree is a struct of
// arrays indexed by [NodeID]; each sample type of the profile has one column of
// self values, so a heap profile keeps all four of its types in one tree.
//
// Every Profile is in canonical form, whoever made it:
//
//   - Node 0 is the root. It stands for the whole profile, has no frame of its
//     own ([RootFrame]) and carries the value of samples that had no stack.
//   - Nodes are numbered in preorder: a node's id is greater than its parent's,
//     and the nodes of a subtree are the ids [n, End(n)).
//   - One function under one parent is one node, and siblings ascend by the
//     name of their frame. Both are given up only for a flame chart (see
//     [Profile.Ordered]), whose siblings stand in the order of time.
//   - Frames are numbered in the order of their names, with none unused.
//
// So equal stacks give equal profiles, whatever order they arrived in, and a
// layout, a folded text or a data file is one walk over the arrays from first to
// last.
//
// A profile may be detailed: its frames are then known apart by file, binary, line,
// address and by being inlined (see [Profile.Detailed]). Decoders make it so when
// they are asked to, for filters to be exact; [Aggregate] ends it. Likewise the
// labels of samples are there when they are asked for, as the last frame of their
// stack (see [Label]).
//
// A [Filter] applies pprof's filters in pprof's order; each of them is a transform
// of its own too. [Compare], [Subtract] and [Normalize] put two profiles together.
//
// A [Builder] makes profiles: decoders add stacks to it and call
// [Builder.Profile]. Transforms take a Profile and return another; they never
// change the one they were given.
//
// The package also reads and writes folded stacks, the text format of Brendan
// Gregg's FlameGraph (see [ReadFolded] for the grammar). It imports only the
// standard library.
package collapse
