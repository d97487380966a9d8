/** Layout: which boxes a view has at a zoom and a width. Pure; a walk costs what it yields, not what exists. */

import type { Tree } from "./tree";
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
	readonly row: number;
	readonly x: number;
	w: number;
}

export interface Layout {
	/** The boxes by row, from left to right; rows count from the root. */
	readonly rows: readonly (readonly Box[])[];
	/** What fills the width: what was asked for, or the nearest caller that weighs anything. */
	readonly zoom: Range;
	readonly weight: number; // of zoom
	readonly depth: number; // of zoom, the number of its callers
}

/**
 * Finds the boxes in one walk that steps over what is too narrow. A node's own
 * share is at its left, its children follow.
 */
export function layout(view: View, zoom: Range, width: number): Layout {
	const { tree, own, weight } = view, { parent, end } = tree;
	while (zoom.n !== 0 && !(weightOf(view, zoom) > 0)) zoom = { n: parent[zoom.n], last: parent[zoom.n] };
	const all = weightOf(view, zoom);
	const scale = all > 0 ? width / all : 0; // pixels for one unit of weight
	const base = depthOf(tree, zoom.n);
	const rows: Box[][] = [];
	for (let a = zoom.n, row = base; a !== 0;) {
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
		const x = at[level], w = n === 0 ? width : weight[n] * scale;
		at[level] = x + w;
		const row = level + base;
		const boxes = rows[row] || (rows[row] = []);
		if (w >= MIN_WIDTH || n === 0) {
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
	return { rows, zoom, weight: all, depth: base };
}

export function isMerged(box: Box): boolean {
	return box.w < MIN_WIDTH || box.last !== box.n;
}

/** The box that shows node n, be it merged; undefined if there is none. */
export function boxOf(l: Layout, tree: Tree, n: number): Box | undefined {
	const box = lastWhere(l.rows[depthOf(tree, n)], (b) => b.n <= n);
	return box && n <= box.last ? box : undefined;
}

/** The box of a row at x pixels. */
export function boxAt(l: Layout, row: number, x: number): Box | undefined {
	const box = lastWhere(l.rows[row], (b) => b.x <= x);
	return box && x < box.x + Math.max(box.w, 1) ? box : undefined;
}

/** The widest box on top of this one. */
export function childOf(l: Layout, tree: Tree, box: Box): Box | undefined {
	if (isMerged(box)) return undefined;
	let best: Box | undefined;
	for (const b of l.rows[box.row + 1] || []) {
		if (b.n < tree.end[box.n] && b.n > box.n && (!best || b.w > best.w)) best = b;
	}
	return best;
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
