/** A view: the tree that is shown and the sums of the shown sample type. All drawing and counting is of a view. */

import { ownSizes, type Widths } from "./diff";
import type { Profile } from "./payload";
import { visible } from "./names";
import type { State } from "./state";
import { totals, type Column, type Tree } from "./tree";
import { shownOf, type Shown } from "./views";

export interface View extends Shown {
	readonly profile: Profile;
	readonly type: number;
	readonly self: Column;
	/** Sums over the subtrees. */
	readonly net: Column;
	readonly widths: Widths;
	/** What widths are made of: |self|, so that negative values take as much room as positive ones; of a difference what widths says. */
	readonly own: Column;
	/** Sums of own over the subtrees. */
	readonly weight: Column;
	/** The same before, of a differential profile. */
	readonly baseSelf: Column | null;
	readonly base: Column | null;
	/** What percentages are of: the weight of the whole profile, filtered or not, also before the file was made, or the larger total that was asked for. */
	readonly all: number;
	/** What fills the width with the root: all, or what is left of it in this tree. */
	readonly full: number;
	readonly deepest: number; // how many rows there are, less one
}

/** Siblings from n to last, which is n itself for a single node. */
export interface Range {
	readonly n: number;
	readonly last: number;
}

/** The view of a state; old itself where nothing of it has changed. */
export function viewOf(profile: Profile, state: State, old?: View): View {
	const shown = shownOf(profile, state), { tree } = shown, { type, widths } = state;
	if (old && old.tree === tree && old.type === type && old.widths === widths) return old;
	const self = tree.self[type], options = profile.meta.view;
	const baseSelf = tree.base[type] || null, own = ownSizes(widths, self, baseSelf);
	const net = totals(self, tree), base = baseSelf && totals(baseSelf, tree);
	const weight = own === self ? net : base && own === baseSelf ? base : totals(own, tree);
	const whole = tree === profile.tree ? weight[0] : sumOf(ownSizes(widths, profile.tree.self[type], profile.tree.base[type] || null));
	const width = type === options.type ? Math.max(whole, options.total || 0) : whole;
	const before = profile.meta.profile.whole, all = before && !base ? Math.max(width, before[type]) : width;
	return {
		...shown, profile, type, widths, self, net, own, weight, baseSelf, base,
		all, full: shown.middle >= 0 ? weight[1] : weight[0] === whole ? width : weight[0],
		deepest: old && old.tree === tree ? old.deepest : rowsOf(shown) - 1,
	};
}

function sumOf(column: Column): number {
	let sum = 0;
	for (let n = 0; n < column.length; n++) sum += column[n];
	return sum;
}

function rowsOf({ tree, callers, middle }: Shown): number {
	const size = tree.frame.length;
	return middle >= 0 ? deepest(tree, 1, callers) + deepest(tree, callers, size) - 1 : deepest(tree, 1, size) + 1;
}

/** Level of the deepest of the nodes [from, to), which are under the root; 0 if there is none. */
function deepest({ parent, end }: Tree, from: number, to: number): number {
	let most = 0, level = 0, up = 0;
	for (let n = from; n < to; n++) {
		for (; up !== parent[n]; up = parent[up]) level--;
		up = n;
		level++;
		if (end[n] === n + 1 && level > most) most = level;
	}
	return most;
}

/** How far a node is from the root. */
export function depthOf({ parent }: Tree, n: number): number {
	let depth = 0;
	for (; n !== 0; n = parent[n]) depth++;
	return depth;
}

/** Weight of the siblings from n to last. */
export function weightOf(view: View, { n, last }: Range): number {
	if (n === 0) return view.full;
	let sum = 0;
	for (let s = n; s <= last; s = view.tree.end[s]) sum += view.weight[s];
	return sum;
}

/** The name of a node as it is shown, with its line where the profile has lines. */
export function nameOf(view: View, n: number): string {
	if (n === 0) return visible(view.profile.meta.view.rootName || "all");
	// A sandwich's function is in the tree twice.
	return nameOfFrame(view, n === view.callers && view.middle >= 0 ? view.middle : view.tree.frame[n]);
}

export function nameOfFrame({ profile }: View, f: number): string {
	const line = profile.sources && profile.sources.line(f);
	return profile.names.get(f) + (line ? ":" + line : "");
}
