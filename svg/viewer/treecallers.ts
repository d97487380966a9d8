/**
 * Trees of callers: every stack turned round, so that all the ways into a
 * function are in one place.
 *
 * In full such a tree has up to as many nodes as all stacks have frames, tens of
 * millions for a profile of a million stacks. So it is made only as far as it is
 * shown: a node lighter than minWeight is folded, which means that its callers
 * are left out, its total is kept as its self value, and the tree's rest says
 * where the callers are. With a path, only that stack and what is below it are
 * drawn out, which is what a view zoomed to it shows; each zoom makes its own
 * tree, at a cost that follows what it shows.
 */
import type { Column, Tree } from "./tree";
import { outermost } from "./tree";
import { allColumns, ByFrame, Grower, Stack } from "./treegrow";

/** How far to draw out a tree of callers. */
export interface Extent {
	/** Self values of the tree as weights, none negative (see magnitudes). */
	readonly weight: Column;
	/**
	 * Nodes lighter than this are folded; 0 draws out everything, also nodes
	 * without a weight. To show a zoomed node on so many pixels, its weight
	 * divided by them.
	 */
	readonly minWeight: number;
	/** Frames from the root of the result to the node of which the view is; all but it are folded. */
	readonly path?: ArrayLike<number>;
	/** Frames of its siblings that the view is of, too. */
	readonly ends?: ReadonlySet<number>;
}

/**
 * The callers view of a whole tree: below the root the functions with self
 * values, below each its callers. As in collapse.Reverse, a stack's values go to
 * the node of its outermost frame, and stacks without any value are left out.
 * The result is never ordered.
 */
export function reverse(tree: Tree, extent: Extent): Tree {
	const { at, columns } = stacksOf(tree), type = tree.self.indexOf(extent.weight);
	const weight = type >= 0 ? columns[type] : pick(extent.weight, at);
	return climb(tree, at.slice(), columns, weight, extent, allColumns(tree).map((c) => c[0]));
}

/** The stacks that have a value: their innermost nodes, sorted by frame, and columns of values. */
interface Stacks {
	readonly at: Int32Array;
	readonly columns: Column[];
}

/** What reverse has found of a tree, which each zoom asks for again. */
const known = new WeakMap<Tree, Stacks>();

function stacksOf(tree: Tree): Stacks {
	let stacks = known.get(tree);
	if (!stacks) {
		const columns = allColumns(tree), nodes = new Stack();
		for (let n = 1; n < tree.frame.length; n++) {
			for (let c = 0; c < columns.length; c++) {
				if (columns[c][n] !== 0) {
					nodes.push(n);
					break;
				}
			}
		}
		const at = nodes.data.slice(0, nodes.length);
		new ByFrame(tree.frame).sort(at, null, 0, at.length);
		stacks = { at, columns: columns.map((c) => pick(c, at)) };
		known.set(tree, stacks);
	}
	return stacks;
}

function pick(column: Column, nodes: Int32Array): Column {
	const out = new Float64Array(nodes.length);
	for (let i = 0; i < out.length; i++) out[i] = column[nodes[i]];
	return out;
}

/**
 * The callers half of a sandwich: below the root stands the frame, below it its
 * callers, merged. Each outermost node of the frame brings the totals of its
 * subtree, so a recursive stack counts once, and the sums are those of calleesOf.
 */
export function callersOf(tree: Tree, frame: number, extent: Extent): Tree {
	const at = Int32Array.from(outermost(tree, frame)), columns = allColumns(tree);
	const sum = (column: Column): Column => Float64Array.from(at, (n) => {
		let total = 0;
		for (let i = n; i < tree.end[n]; i++) total += column[i];
		return total;
	});
	return climb(tree, at, columns.map(sum), sum(extent.weight), extent, columns.map(() => 0));
}

/**
 * Turns stacks round. The places of the root are all values, those of a child
 * the ones that come to its frame next; so the places of all nodes are stretches
 * of one array, each within its parent's, and a node's children are found by
 * sorting its stretch by the callers' frames.
 * @param at the innermost node of each stack, sorted by frame; the result takes it
 * @param columns values by stack
 * @param weight weights by stack
 * @param root the root's own values
 */
function climb(tree: Tree, at: Int32Array, columns: Column[], weight: Column, extent: Extent, root: number[]): Tree {
	const { frame, parent } = tree;
	const { minWeight, path = [], ends } = extent;
	const out = new Grower(tree.self.length, tree.base.length > 0, 1024), sorter = new ByFrame(frame);
	const id = new Int32Array(at.length);
	for (let i = 0; i < id.length; i++) id[i] = i;
	const from = new Stack(), to = new Stack(), folded = new Stack();
	/** What to do: parent in the result, first place, the place after the last, and how much of path it is. */
	const todo = new Stack();

	/** Schedules the children of a node, whose places are sorted, the first on top. */
	const schedule = (node: number, start: number, stop: number, along: number): void => {
		for (let hi = stop; hi > start;) {
			const f = frame[at[hi - 1]], lo = firstOf(frame, at, start, hi);
			todo.push(node);
			todo.push(lo);
			todo.push(hi);
			const on = along >= 0 && (f === path[along] || along === path.length - 1 && !!ends && ends.has(f));
			todo.push(along === path.length ? along : on ? along + 1 : -1);
			hi = lo;
		}
	};

	/** Gives a node the values of its places [lo, hi). */
	const give = (node: number, lo: number, hi: number): void => {
		for (let c = 0; c < columns.length; c++) {
			let sum = 0;
			for (let i = lo; i < hi; i++) sum += columns[c][id[i]];
			out.columns[c][node] += sum;
		}
	};

	const add = (up: number, lo: number, hi: number): number => {
		from.push(lo);
		to.push(hi);
		folded.push(0);
		return out.add(up, lo < hi ? frame[at[lo]] : -1, -1);
	};

	add(0, 0, 0);
	to.data[0] = at.length;
	for (let c = 0; c < columns.length; c++) out.columns[c][0] = root[c];
	schedule(0, 0, at.length, 0);
	let anyFolded = false;
	while (todo.length > 0) {
		const along = todo.pop(), hi = todo.pop(), lo = todo.pop(), node = add(todo.pop(), lo, hi);
		if (along < path.length ? along >= 0 : minWeight <= 0 || sumOf(weight, id, lo, hi) >= minWeight) {
			const rest = stepOut(parent, at, id, lo, hi);
			give(node, lo, rest);
			sorter.sort(at, id, rest, hi);
			schedule(node, rest, hi, along);
		} else {
			give(node, lo, hi);
			if (!outermostAll(parent, at, lo, hi)) {
				folded.data[node] = 1;
				anyFolded = true;
			}
		}
	}
	const size = out.count;
	return out.tree({
		origin: undefined,
		rest: anyFolded ? {
			folded: Uint8Array.from(folded.data.subarray(0, size)), from: from.data.slice(0, size), to: to.data.slice(0, size),
			id, at, weight, source: tree,
		} : undefined,
	});
}

/** The first of the places [start, hi), which are sorted by frame, that has the frame of the last. */
function firstOf(frame: Int32Array, at: Int32Array, start: number, hi: number): number {
	// In strides that grow, then shrink: most of the time of a zoomed view would
	// go into looking at all places.
	const f = frame[at[hi - 1]];
	let lo = hi - 1, stride = 1;
	for (; lo - stride >= start && frame[at[lo - stride]] === f; stride *= 2) lo -= stride;
	for (; stride >= 1; stride >>= 1) if (lo - stride >= start && frame[at[lo - stride]] === f) lo -= stride;
	return lo;
}

/**
 * Moves the places [lo, hi) one caller outwards, those that are at the end of
 * their stacks to the front; returns the first that is not.
 */
function stepOut(parent: Int32Array, at: Int32Array, id: Int32Array, lo: number, hi: number): number {
	let rest = lo;
	for (let i = lo; i < hi; i++) {
		const up = parent[at[i]];
		if (up !== 0) {
			at[i] = up;
			continue;
		}
		const v = id[i];
		at[i] = at[rest];
		id[i] = id[rest];
		at[rest] = 0;
		id[rest++] = v;
	}
	return rest;
}

function sumOf(weight: Column, id: Int32Array, lo: number, hi: number): number {
	let sum = 0;
	for (let i = lo; i < hi; i++) sum += weight[id[i]];
	return sum;
}

/** Whether all places are at the end of their stacks. */
function outermostAll(parent: Int32Array, at: Int32Array, lo: number, hi: number): boolean {
	for (let i = lo; i < hi; i++) if (parent[at[i]] !== 0) return false;
	return true;
}
