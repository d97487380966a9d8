/** Layout: which boxes a view has at a zoom and a width. Pure; a walk costs what it yields, not what exists. */

import { depthOf, weightOf, type Range, type View } from "./view";

/** Frames narrower than this many pixels are drawn merged. */
const MIN_WIDTH = 1;
/** A merged box gets no wider than this, so that zooming into it always shows more. */
const MAX_RUN = 24;

/**
 * A drawn box: the sibling nodes from n to last, which is n itself unless they
 * are merged. x and w are in pixels; w is the true width, be it under a pixel.
 */
export interface Box {
	readonly n: number;
	last: number;
	row: number;
	readonly x: number;
	w: number;
}

export interface Layout {
	/** The boxes by row, from left to right; rows count from the root, in a sandwich from the outermost caller. */
	readonly rows: readonly (readonly Box[])[];
	/** What fills the width: what was asked for, or the nearest caller that weighs anything. */
	readonly zoom: Range;
	readonly weight: number; // of zoom
	readonly depth: number; // the row of zoom
	readonly middle: number; // the row that all others grow from: 0, or that of a sandwich's function
	/** The row of a node, be it drawn or not. */
	rowOf(n: number): number;
}

/** Finds the boxes of a zoom; a sandwich fills the width on both sides of its function. */
export function layout(view: View, zoom: Range, width: number): Layout {
	const { tree, callers } = view;
	while (zoom.n !== 0 && !(weightOf(view, zoom) > 0)) zoom = { n: tree.parent[zoom.n], last: tree.parent[zoom.n] };
	if (view.middle < 0) {
		const rowOf = (n: number) => depthOf(tree, n);
		return { rows: walk(view, 0, zoom, width), zoom, weight: weightOf(view, zoom), depth: rowOf(zoom.n), middle: 0, rowOf };
	}
	if (zoom.n === 1 || zoom.n === callers) zoom = { n: 0, last: 0 };
	const side = (top: number) => walk(view, top, zoom.n !== 0 && zoom.n >= callers === top > 1 ? zoom : { n: top, last: top }, width);
	const down = side(1), up = callers < tree.frame.length ? side(callers) : [[]], middle = up.length - 1;
	const rowOf = (n: number) => n === 0 ? middle : n < callers ? middle + depthOf(tree, n) - 1 : middle + 1 - depthOf(tree, n);
	const rows = [...up.slice(1).reverse(), ...down];
	rows.forEach((boxes, row) => { for (const box of boxes) box.row = row; });
	return { rows, zoom, weight: weightOf(view, zoom), depth: rowOf(zoom.n), middle, rowOf };
}

/**
 * The boxes of top, which is the root or a side of a sandwich, by level, in one
 * walk that steps over what is too narrow. A node's own share is at its left, its
 * children follow.
 */
function walk(view: View, top: number, zoom: Range, width: number): Box[][] {
	const { tree, own, weight } = view, { parent, end } = tree;
	const all = weightOf(view, zoom);
	const scale = all > 0 ? width / all : 0; // pixels for one unit of weight
	const base = depthOf(tree, zoom.n) - depthOf(tree, top);
	const rows: Box[][] = [];
	for (let a = zoom.n, row = base; a !== top;) {
		a = parent[a];
		row--;
		rows[row] = [{ n: a, last: a, row, x: 0, w: width }];
	}
	// All by level above the zoomed row: where the next sibling begins, the end of
	// the node that the walk is in, the merged box that may still grow.
	const at = [0], ends: number[] = [], open: (Box | null)[] = [];
	const stop = end[zoom.last];
	let level = 0;
	for (let n = zoom.n; n < stop;) {
		while (level > 0 && n >= ends[level - 1]) level--;
		const x = at[level], w = n === top ? width : weight[n] * scale;
		at[level] = x + w;
		const row = level + base;
		const boxes = rows[row] || (rows[row] = []);
		if (w >= MIN_WIDTH || n === top) {
			boxes.push({ n, last: n, row, x, w });
			open[level] = null;
			ends[level] = end[n];
			at[level + 1] = x + own[n] * scale;
			level++;
			n++;
			continue;
		}
		const run = open[level];
		if (w > 0) {
			if (run && parent[run.n] === parent[n] && run.w < MAX_RUN) {
				run.last = n;
				run.w = x + w - run.x;
			} else {
				boxes.push(open[level] = { n, last: n, row, x, w });
			}
		}
		n = end[n];
	}
	return rows;
}

export function isMerged(box: Box): boolean {
	return box.w < MIN_WIDTH || box.last !== box.n;
}

/** The box that shows node n, be it merged; undefined if there is none. */
export function boxOf(l: Layout, n: number): Box | undefined {
	const row = l.rowOf(n), boxes = l.rows[row];
	if (row === l.middle) return boxes[0];
	const box = lastWhere(boxes, (b) => b.n <= n);
	return box && n <= box.last ? box : undefined;
}

/** Whether a box is a caller of what is zoomed, in the direction that stacks grow. */
export function isOuter({ middle, depth }: Layout, { row }: Box): boolean {
	return row >= middle && row < depth || row <= middle && row > depth;
}

/** The box of a row at x pixels. */
export function boxAt(l: Layout, row: number, x: number): Box | undefined {
	const box = lastWhere(l.rows[row], (b) => b.x <= x);
	return box && x < box.x + Math.max(box.w, 1) ? box : undefined;
}

/** Whether a box is what grows from the zoomed ones. */
export function isInner(l: Layout, box: Box): boolean {
	return box.row !== l.depth && !isOuter(l, box);
}

/** The box next to this one in the next row or the one before: the widest that grows from it, or what it grows from. */
export function nextTo(l: Layout, { tree, callers }: View, box: Box, by: 1 | -1): Box | undefined {
	if ((box.row - l.middle) * by < 0) return boxOf(l, tree.parent[box.n]);
	if (isMerged(box)) return undefined;
	const n = box.row === l.middle && by < 0 ? callers : box.n;
	let best: Box | undefined;
	for (const b of l.rows[box.row + by] || []) {
		if (b.n < tree.end[n] && b.n > n && (!best || b.w > best.w)) best = b;
	}
	return best;
}

/** The widest box that grows from this one; of a sandwich's function, a callee. */
export function childOf(l: Layout, view: View, box: Box): Box | undefined {
	return nextTo(l, view, box, box.row < l.middle ? -1 : 1);
}

/**
 * The last box of a row for which test holds, given that it does up to some
 * box and not after: places and nodes ascend within a row.
 */
function lastWhere(row: readonly Box[] = [], test: (box: Box) => boolean): Box | undefined {
	let lo = 0, hi = row.length;
	while (lo < hi) {
		const mid = lo + hi >> 1;
		if (test(row[mid])) lo = mid + 1; else hi = mid;
	}
	return row[lo - 1];
}
