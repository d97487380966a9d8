/**
 * The call tree as flat arrays, and what can be asked of it. The modules
 * treeviews.ts and treecallers.ts make other trees of one.
 *
 * All functions are pure and take time in proportion to the nodes they speak of.
 * None recurses: a stack may be ten thousand frames deep.
 */

/** One number for each node, in stored units. Sums beyond 2^53 may round. */
export type Column = Float64Array;

/**
 * A tree of stacks. Nodes are numbered in preorder, node 0 is the root, and the
 * subtree of n is the range [n, end[n]), so a walk can step over it. Siblings
 * ascend by frame, so by name, and each frame is at most once among them, unless
 * the tree is ordered or came out of byWeight. A tree is never changed once made.
 */
export interface Tree {
	/** Frame id by node, -1 for the root. */
	readonly frame: Int32Array;
	/** Parent by node; the root is its own. */
	readonly parent: Int32Array;
	/** The id after the last of a node's subtree. */
	readonly end: Int32Array;
	/** Self values by sample type. */
	readonly self: readonly Column[];
	/** What the self values are compared with, by sample type; empty if not differential. */
	readonly base: readonly Column[];
	/** Set on a flame chart: siblings stand in the order of time, and frames repeat among them. */
	readonly ordered?: boolean;
	/**
	 * By node, the one node of the tree it was made of that it stands for, -1
	 * where it stands for several or for none. It is missing from trees that no
	 * view made, and from trees of callers, whose nodes stand for parts of nodes.
	 */
	readonly origin?: Int32Array;
	/** Set on a tree of callers that is not drawn out in full. */
	readonly rest?: Rest;
}

/**
 * What a tree of callers leaves out (see treecallers.ts). A place is one stack's
 * value on its way outwards; the places of node n are [from[n], to[n]).
 */
export interface Rest {
	/** 1 for nodes whose callers are left out; their self values are their totals. */
	readonly folded: Uint8Array;
	readonly from: Int32Array;
	readonly to: Int32Array;
	/** By place, which value it is. */
	readonly id: Int32Array;
	/** By place of a folded node, the node of source it has come to. */
	readonly at: Int32Array;
	/** By value, its weight. */
	readonly weight: Column;
	/** The tree that the callers are from. */
	readonly source: Tree;
}

/** Sums of the column over the subtree of each node. */
export function totals(column: Column, tree: Tree): Column {
	const total = column.slice(), parent = tree.parent;
	for (let n = total.length - 1; n > 0; n--) total[parent[n]] += total[n];
	return total;
}

/**
 * What a column's widths are made of: its magnitudes, so that negative values
 * take as much room as positive ones. The column itself if nothing is negative.
 */
export function magnitudes(column: Column): Column {
	for (let n = 0; n < column.length; n++) {
		if (column[n] < 0) return column.map(Math.abs);
	}
	return column;
}

/** The number of frames from the root to each node; 0 for the root. */
export function depths(tree: Tree): Int32Array {
	const parent = tree.parent, depth = new Int32Array(parent.length);
	for (let n = 1; n < depth.length; n++) depth[n] = depth[parent[n]] + 1;
	return depth;
}

/** The frames of a node's stack, outermost first; empty for the root. */
export function pathOf(tree: Tree, node: number): number[] {
	const path = [];
	for (let n = node; n > 0; n = tree.parent[n]) path.push(tree.frame[n]);
	return path.reverse();
}

/** The first node with this stack, outermost frame first; -1 if there is none. */
export function findPath(tree: Tree, path: ArrayLike<number>): number {
	const { frame, end } = tree;
	// Where frames repeat among siblings a later one may be it, so a node that
	// leads nowhere is left for its next sibling. depth counts the path's frames
	// above n; open has where the subtree of each of them ends.
	const open = [end[0]];
	for (let n = 1; ;) {
		if (open.length > path.length) return n - 1;
		while (n >= open[open.length - 1]) {
			open.pop();
			if (open.length === 0) return -1;
		}
		if (frame[n] === path[open.length - 1]) {
			open.push(end[n]);
			n++;
		} else {
			n = end[n];
		}
	}
}

/**
 * The outermost nodes of a frame, ascending: those of which no caller is the
 * same frame. Their subtrees are disjoint, so sums over them count each stack
 * once, however often it recurs.
 */
export function outermost(tree: Tree, frame: number): number[] {
	const found = [];
	for (let n = 1; n < tree.frame.length;) {
		if (tree.frame[n] === frame) {
			found.push(n);
			n = tree.end[n];
		} else {
			n++;
		}
	}
	return found;
}

/** What is known of each frame, by frame. */
export interface Tops {
	/** Sum of the self values of all its nodes. */
	readonly self: Column;
	/** Sum of the totals of its outermost nodes: a recursive stack counts once. */
	readonly total: Column;
	/** How many nodes it has. */
	readonly nodes: Int32Array;
}

/**
 * Sums of a column by frame.
 * @param column self values of the tree
 * @param total its totals
 * @param frames how many frames there are
 * @param from,to of the nodes [from, to) only, subtrees of siblings
 */
export function tops(tree: Tree, column: Column, total: Column, frames: number, from = 1, to = tree.frame.length): Tops {
	const { frame, end } = tree;
	const out = { self: new Float64Array(frames), total: new Float64Array(frames), nodes: new Int32Array(frames) };
	// In preorder, a node is in the subtree of an outer one of its frame if it is
	// before that one's end.
	const outerEnd = new Int32Array(frames);
	for (let n = from; n < to; n++) {
		const f = frame[n];
		out.self[f] += column[n];
		out.nodes[f]++;
		if (n >= outerEnd[f]) {
			outerEnd[f] = end[n];
			out.total[f] += total[n];
		}
	}
	return out;
}

/** Where the frames that a search matches are in a tree. */
export interface Matches {
	/** By node, how many matching nodes are before it; one more entry for all. */
	readonly before: Int32Array;
	/**
	 * For a tree with a rest: by node of its source, 1 if one of its callers
	 * matches.
	 */
	readonly above: Uint8Array | null;
}

/**
 * Finds matching nodes.
 * @param hit by frame, not 0 if it matches
 */
export function findMatches(tree: Tree, hit: Uint8Array): Matches {
	const { frame, rest } = tree;
	const before = new Int32Array(frame.length + 1);
	for (let n = 1; n < frame.length; n++) before[n + 1] = before[n] + (hit[frame[n]] ? 1 : 0);
	if (!rest) return { before, above: null };
	const source = rest.source, above = new Uint8Array(source.frame.length);
	for (let n = 1; n < above.length; n++) {
		const up = source.parent[n];
		above[n] = up > 0 && (above[up] || hit[source.frame[up]]) ? 1 : 0;
	}
	return { before, above };
}

/**
 * The weight of all stacks in the nodes [from, to) that have a match there: the
 * outermost matches only, so that none counts twice. What a tree of callers
 * leaves out counts, too. Subtrees without a match are stepped over.
 * @param weight totals of the tree, of the same values as its rest's weight
 * @param from,to a node and its end, or siblings from the first to the last one's end
 */
export function matchedWeight(tree: Tree, weight: Column, matches: Matches, from: number, to: number): number {
	const { end, rest } = tree, { before, above } = matches;
	let sum = 0;
	for (let n = from; n < to;) {
		if (before[n + 1] > before[n]) {
			sum += weight[n];
			n = end[n];
		} else if (rest && above && rest.folded[n]) {
			for (let i = rest.from[n]; i < rest.to[n]; i++) {
				if (above[rest.at[i]]) sum += rest.weight[rest.id[i]];
			}
			n++;
		} else {
			// A rest may hide a match anywhere.
			n = rest || before[end[n]] > before[n] ? n + 1 : end[n];
		}
	}
	return sum;
}
