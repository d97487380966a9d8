/** The top functions: what each one takes in the stacks that are shown. Pure. */

import type { Names } from "./payload";
import { outermost, tops, totals, type Column, type Tops, type Tree } from "./tree";
import type { Range, View } from "./view";
import { partOf } from "./views";

export type SortBy = "name" | "self" | "total" | "change";

export interface Sort {
	readonly by: SortBy;
	readonly down: boolean; // the greatest first
}

export const SORTS: readonly SortBy[] = ["name", "self", "total", "change"];
export const TOTAL_FIRST: Sort = { by: "total", down: true };

/** What there is of each function, by the first frame of its name; a stack counts once for a function that it has twice. */
export interface Top extends Tops {
	/** Totals before, of a differential profile. */
	readonly base: Column | null;
}

/** Functions by node, as the first frame of their name. */
const functions = new WeakMap<Tree, Int32Array>();

function named(tree: Tree, { same }: Names): Tree {
	let frame = functions.get(tree);
	if (!frame) {
		frame = tree.frame.map((f) => f < 0 ? f : same[f]);
		functions.set(tree, frame);
	}
	return { ...tree, frame };
}

/** The functions on the stacks of a range: of the plain view, those from the range on. */
export function topOf(view: View, { n, last }: Range): Top {
	const { names } = view.profile, { tree, from, to, has } = partOf(view, n, last);
	const masked = (column: Column) => has ? column.map((v, m) => has[m] ? v : 0) : column;
	const by = (column: Column, total?: Column) => {
		column = masked(column);
		return tops(named(tree, names), column, total || totals(column, tree), names.count, from, to);
	};
	const plain = tree === view.tree, base = tree.base[view.type];
	return {
		...by(tree.self[view.type], plain ? view.net : undefined),
		base: base ? by(base, plain && view.base ? view.base : undefined).total : null,
	};
}

/** The functions that have any value, in order; with hit, which is by frame, only those that match. */
export function sorted({ self, total, base }: Top, { by, down }: Sort, hit: Uint8Array | null): Int32Array {
	const list: number[] = [];
	for (let f = 0; f < total.length; f++) {
		if ((total[f] || self[f] || base && base[f]) && (!hit || hit[f])) list.push(f);
	}
	const sign = down ? -1 : 1;
	const value = by === "self" ? self : by === "change" && base ? total.map((v, f) => v - base[f]) : total;
	// Frames are numbered in the order of their names.
	return Int32Array.from(list).sort(by === "name" ? (a, b) => sign * (a - b) : (a, b) => sign * (value[a] - value[b]) || a - b);
}

/** At how many places a function is, recursion aside. */
export function placesOf({ source, profile }: View, f: number): number {
	return outermost(named(source, profile.names), f).length;
}

/** The widest place of a function in the shown tree; 0 if there is none. */
export function widestOf({ tree, weight, profile: { names } }: View, f: number): number {
	let found = 0;
	for (let n = 1; n < tree.frame.length; n++) {
		if (names.same[tree.frame[n]] === f && (!found || weight[n] > weight[found])) found = n;
	}
	return found;
}
