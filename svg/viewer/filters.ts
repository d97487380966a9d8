/** Filters: which stacks, and which of their frames, all views are made of. */

import type { Names, Profile } from "./payload";
import { nodeAt, type Place } from "./place";
import type { Tree } from "./tree";
import { focus, hide } from "./treeviews";

/** The filters of a state: functions by the first frame of their name, in the order in which they were added. */
export interface Filters {
	/** Functions that stacks are shown without. */
	readonly hidden: readonly number[];
	/** Functions that a stack must all have to be shown. */
	readonly focused: readonly number[];
}

export const NO_FILTERS: Filters = { hidden: [], focused: [] };

/** The filtered trees that were made last, since a view may come and go over the same one. */
const made = new WeakMap<Tree, { filters: Filters; tree: Tree }>();

/**
 * The profile's tree with only the stacks and frames that the filters leave: the
 * tree itself without filters. Equal filters give the same object.
 */
export function filtered({ tree, names }: Profile, filters: Filters): Tree {
	if (!filters.hidden.length && !filters.focused.length) return tree;
	const old = made.get(tree);
	if (old && same(old.filters, filters)) return old.tree;
	let out = tree;
	for (const f of filters.focused) out = focus(out, framesOf(names, [f]));
	if (filters.hidden.length) out = hide(out, framesOf(names, filters.hidden));
	made.set(tree, { filters, tree: out });
	return out;
}

function same(a: Filters, b: Filters): boolean {
	return a.hidden.join() === b.hidden.join() && a.focused.join() === b.focused.join();
}

/** By frame, 1 if it has the name of one of those, whatever its file and line. */
export function framesOf(names: Names, functions: readonly number[]): Uint8Array {
	const hit = new Uint8Array(names.count);
	for (let f = 0; f < hit.length; f++) hit[f] = functions.includes(names.same[f]) ? 1 : 0;
	return hit;
}

/** A list of functions with one more, or without it. */
export function added(list: readonly number[], f: number): readonly number[] {
	return list.includes(f) ? list : [...list, f];
}

export function removed(list: readonly number[], f: number): readonly number[] {
	return list.filter((g) => g !== f);
}

/**
 * The node of a tree for a place in the same tree under other filters: functions
 * that are hidden in one of both are no part of what is compared. The last caller
 * that there is, if the node itself is gone.
 */
export function carried(tree: Tree, names: Names, place: Place, hidden: readonly number[]): number {
	const exact = nodeAt(tree, names, place);
	if (exact || !place.path.length) return exact;
	const want = place.path.map((f) => names.same[f]).filter((f) => !hidden.includes(f));
	const ends: number[] = []; // by level: of the nodes that match so far
	let deepest = 0, found = 0;
	for (let n = 1; n < tree.frame.length && deepest < want.length;) {
		while (ends.length && n >= ends[ends.length - 1]) ends.pop();
		const f = names.same[tree.frame[n]];
		if (f === want[ends.length]) {
			ends.push(tree.end[n]);
			if (ends.length > deepest) {
				deepest = ends.length;
				found = n;
			}
			n++;
		} else {
			n = hidden.includes(f) ? n + 1 : tree.end[n];
		}
	}
	return found;
}
