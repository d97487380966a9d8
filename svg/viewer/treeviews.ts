/**
 * Other trees of the same stacks, made from the outermost frame inwards: with
 * frames hidden or folded, of one function's callees, of some stacks only, or in
 * another order. Every result is a Tree like its source, and its values sum up to
 * those of the stacks it holds. See treecallers.ts for the way outwards.
 */
import type { Column, Tree } from "./tree";
import { outermost } from "./tree";
import { allColumns, ByFrame, Grower, Stack } from "./treegrow";

/**
 * The tree without some frames: the callees of a hidden node become callees of
 * its caller, merged with those of the same frame, and its self value becomes the
 * caller's. (pprof's -hide.) On an ordered tree only neighbours merge.
 * @param hidden by frame, not 0 if it is to go
 */
export function hide(tree: Tree, hidden: Uint8Array): Tree {
	const frame = tree.frame, absorbed = new Uint8Array(frame.length);
	for (let n = 1; n < frame.length; n++) absorbed[n] = hidden[frame[n]] ? 1 : 0;
	return merge(tree, null, absorbed, !!tree.ordered);
}

/**
 * The tree with direct recursion folded: a chain of nodes of one frame, each the
 * caller of the next, is one node with the self values of all, and all their
 * callees, merged by frame. Recursion by way of other functions (a, b, a) stays.
 */
export function foldRecursion(tree: Tree): Tree {
	const { frame, parent } = tree, absorbed = new Uint8Array(frame.length);
	for (let n = 1; n < frame.length; n++) absorbed[n] = frame[n] === frame[parent[n]] ? 1 : 0;
	return merge(tree, null, absorbed, !!tree.ordered);
}

/**
 * The callees half of a sandwich: below the root stands the frame, and below it
 * what it calls wherever it stands, merged. Where it recurs, the inner node is in
 * the subtree of the outermost one and nowhere else, so nothing counts twice. The
 * result is just a root if no node has the frame; it is never ordered.
 */
export function calleesOf(tree: Tree, frame: number): Tree {
	return merge(tree, outermost(tree, frame), null, false);
}

/**
 * The stacks with a frame that matches, and no others. (pprof's -focus, but that
 * nodes without any value stay.) What ends in a caller outside of a match is
 * dropped, and so that caller's self value is 0.
 * @param hit by frame, not 0 if it matches
 */
export function focus(tree: Tree, hit: Uint8Array): Tree {
	const { frame, parent, end } = tree;
	const kept = new Uint8Array(frame.length); // 1: for what is in it; 2: with its value
	let count = 1;
	kept[0] = 1;
	for (let n = 1; n < frame.length;) {
		if (!hit[frame[n]]) {
			n++;
			continue;
		}
		kept.fill(2, n, end[n]);
		count += end[n] - n;
		for (let up = parent[n]; !kept[up]; up = parent[up]) {
			kept[up] = 1;
			count++;
		}
		n = end[n];
	}
	const from = allColumns(tree), out = new Grower(tree.self.length, tree.base.length > 0, count);
	const place = new Int32Array(frame.length);
	for (let n = 0; n < frame.length; n++) {
		if (!kept[n]) continue;
		const m = place[n] = out.add(place[parent[n]], frame[n], n);
		if (kept[n] === 2) for (let c = 0; c < from.length; c++) out.columns[c][m] = from[c][n];
	}
	return out.tree({ ordered: tree.ordered });
}

/**
 * The same tree with siblings by falling weight, by frame where it is equal. The
 * result's origin leads back. Nothing but byWeight, layout and questions of
 * tree.ts takes such a tree, so sort last.
 * @param weight totals of the tree
 */
export function byWeight(tree: Tree, weight: Column): Tree {
	const { frame, parent, end } = tree, size = frame.length;
	const from = allColumns(tree), out = new Grower(tree.self.length, tree.base.length > 0, size);
	const place = new Int32Array(size), todo = new Stack();
	todo.push(0);
	while (todo.length > 0) {
		const n = todo.pop();
		const m = place[n] = out.add(place[parent[n]], frame[n], n);
		for (let c = 0; c < from.length; c++) out.columns[c][m] = from[c][n];
		const first = todo.length;
		for (let child = n + 1; child < end[n]; child = end[child]) todo.push(child);
		// The heaviest goes on top; a first sibling of equal weight, too.
		if (todo.length - first > 1) {
			todo.data.subarray(first, todo.length).sort((a, b) => weight[a] - weight[b] || b - a);
		}
	}
	return out.tree({});
}

/**
 * The tree of all children of the root, or below a node of their frame of all
 * the nodes in starts, merged: a node of the result stands for one or more nodes
 * of the source, its places, and its children for the children of all of these.
 * An absorbed node is no child, but a part of the node above it.
 *
 * Nodes come out in preorder. What is left to do is a stack of lists of places,
 * of which the next node's is on top; so all lists together are never longer than
 * the source has nodes.
 */
function merge(tree: Tree, starts: number[] | null, absorbed: Uint8Array | null, ordered: boolean): Tree {
	const { frame, end } = tree;
	const out = new Grower(tree.self.length, tree.base.length > 0, starts ? 1024 : frame.length);
	const from = allColumns(tree), sorter = new ByFrame(frame);
	const before = absorbed && counts(absorbed);
	const wholes = ordered || !tree.ordered; // whether a subtree may be taken over as it is
	const places = new Stack(), children = new Stack();
	/** What to do: parent in the result, and how many places there are. */
	const todo = new Stack();

	/** Moves children to places, those of one frame as one thing to do, the first on top. */
	const schedule = (parent: number): void => {
		const list = children.data, size = children.length;
		if (!ordered) sorter.sort(list, null, 0, size);
		for (let hi = size; hi > 0;) {
			let lo = hi - 1;
			while (lo > 0 && frame[list[lo - 1]] === frame[list[lo]]) lo--;
			for (let i = lo; i < hi; i++) places.push(list[i]);
			todo.push(parent);
			todo.push(hi - lo);
			hi = lo;
		}
		children.length = 0;
	};

	/** Adds the value of one place to a node, and lists its children. */
	const take = (place: number, node: number): void => {
		for (let c = 0; c < from.length; c++) out.columns[c][node] += from[c][place];
		for (let n = place + 1; n < end[place];) {
			if (absorbed && absorbed[n]) {
				for (let c = 0; c < from.length; c++) out.columns[c][node] += from[c][n];
				n++; // into its children
			} else {
				children.push(n);
				n = end[n];
			}
		}
	};

	const root = out.add(0, -1, starts ? -1 : 0);
	if (starts) for (const n of starts) children.push(n);
	else take(0, root);
	schedule(root);
	while (todo.length > 0) {
		const many = todo.pop(), parent = todo.pop();
		places.length -= many;
		const at = places.length, first = places.data[at];
		if (many === 1 && wholes && !(before && before[end[first]] > before[first + 1])) {
			copy(tree, from, first, out, parent);
			continue;
		}
		const node = out.add(parent, frame[first], many === 1 ? first : -1);
		for (let i = at; i < at + many; i++) take(places.data[i], node);
		schedule(node);
	}
	return out.tree({ ordered: ordered || undefined });
}

/** Copies the subtree of n to below parent. */
function copy(tree: Tree, from: Column[], n: number, out: Grower, parent: number): void {
	const stop = tree.end[n], size = stop - n;
	out.reserve(size);
	const to = out.count, by = to - n;
	for (let i = n; i < stop; i++) {
		out.frame[i + by] = tree.frame[i];
		out.parent[i + by] = tree.parent[i] + by;
		out.origin[i + by] = i;
	}
	out.parent[to] = parent;
	for (let c = 0; c < from.length; c++) {
		const source = from[c], target = out.columns[c];
		for (let i = n; i < stop; i++) target[i + by] = source[i];
	}
	out.count += size;
}

/** By index, how many marks are before it; one more entry for all. */
function counts(marks: Uint8Array): Int32Array {
	const before = new Int32Array(marks.length + 1);
	for (let i = 0; i < marks.length; i++) before[i + 1] = before[i] + marks[i];
	return before;
}
