/**
 * Places: which node is meant, said so that it holds in another tree. Node
 * numbers are good for one tree only; whatever outlives it has a Place.
 */

import type { Names } from "./payload";
import { pathOf, type Tree } from "./tree";

/**
 * A node by its stack: the frames from the root's child to it, compared by name,
 * and the position among the nodes of that stack, of which a tree of ordered
 * samples has many. The root's path is empty.
 */
export interface Place {
	readonly path: readonly number[];
	readonly nth: number; // from 0, in preorder
}

/** What fills the width: the siblings from first to last, one place twice if it is a single node. */
export interface Zoom {
	readonly first: Place;
	readonly last: Place;
}

export const ROOT: Place = { path: [], nth: 0 };
export const WHOLE: Zoom = { first: ROOT, last: ROOT };

/** Calls visit with each node of that stack, in preorder, until it returns true. */
function each(tree: Tree, names: Names, path: readonly number[], visit: (n: number) => boolean): void {
	const ends: number[] = []; // by level: of the matching nodes that the walk is in
	const want = path.map((f) => names.same[f]);
	for (let n = 1; n < tree.frame.length;) {
		while (ends.length && n >= ends[ends.length - 1]) ends.pop();
		if (names.same[tree.frame[n]] !== want[ends.length]) {
			n = tree.end[n];
		} else if (ends.length < want.length - 1) {
			ends.push(tree.end[n++]);
		} else {
			if (visit(n)) return;
			n = tree.end[n];
		}
	}
}

export function placeOf(tree: Tree, names: Names, n: number): Place {
	if (n === 0) return ROOT;
	const path = pathOf(tree, n);
	let nth = 0;
	each(tree, names, path, (m) => m === n || (nth++, false));
	return { path, nth };
}

/** The node at a place, the last of its stack if there are fewer; 0 if there is none. */
export function nodeAt(tree: Tree, names: Names, { path, nth }: Place): number {
	let found = 0, left = nth;
	if (path.length) each(tree, names, path, (n) => (found = n, left-- === 0));
	return found;
}
