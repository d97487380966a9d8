/** Search: which nodes match, and how much of the profile that is. By names only, once for each frame. */

import { ownSizes } from "./diff";
import { isMerged, type Box } from "./layout";
import type { Names } from "./payload";
import { findMatches, matchedWeight, outermost, totals, type Matches, type Tree } from "./tree";
import { formatFixed, percent } from "./units";
import { weightOf, type Range, type View } from "./view";

export interface Search {
	readonly text: string; // "" for none
	readonly fold: boolean; // whether case is ignored
	readonly plain: boolean; // whether text is not a regular expression
}

/** What a search found in one tree. */
export interface Found {
	readonly matches: Matches;
	/** By frame, 1 if it matches. */
	readonly hit: Uint8Array;
	/** Why the text is no regular expression and was searched as it is; "" if that is not so. */
	readonly problem: string;
}

/** What a search finds, null if there is no search. The root never matches. */
export function find(search: Search, tree: Tree, names: Names): Found | null {
	if (!search.text) return null;
	const { test, problem } = matcher(search);
	const hit = new Uint8Array(names.count);
	for (let f = 0; f < hit.length; f++) hit[f] = test(names.get(f)) ? 1 : 0;
	return { matches: findMatches(tree, hit), hit, problem };
}

function matcher(search: Search): { test: (name: string) => boolean; problem: string } {
	let problem = "";
	if (!search.plain) {
		try {
			const re = new RegExp(search.text, search.fold ? "i" : "");
			return { test: (name) => re.test(name), problem };
		} catch (err) {
			problem = String(err);
		}
	}
	const text = search.fold ? search.text.toLowerCase() : search.text;
	return { test: (name) => (search.fold ? name.toLowerCase() : name).includes(text), problem };
}

/** Whether a box has a match in it. */
export function isMatched(found: Found | null, tree: Tree, box: Box): boolean {
	if (!found) return false;
	const { before } = found.matches;
	return before[isMerged(box) ? tree.end[box.last] : box.n + 1] > before[box.n];
}

/** What a search found, in words: of all, of what is zoomed, in how many frames. */
export function summary({ matches, hit, problem }: Found, view: View, zoom: Range): string {
	const { tree, weight } = view, count = tree.frame.length;
	const all = view.middle >= 0 ? matchedThrough(view, hit) : matchedWeight(tree, weight, matches, 0, count);
	let text = percent(all, view.all) + " matched";
	if (zoom.n !== 0 || view.full !== view.all) {
		text += ", " + percent(zoom.n ? matchedWeight(tree, weight, matches, zoom.n, tree.end[zoom.last]) : all, weightOf(view, zoom)) + (zoom.n ? " of zoomed" : " of shown");
	}
	// Of callers only those that can be seen are in the tree: these are counted by their names.
	const { same } = view.profile.names, some = view.callers < Infinity, what = some ? " function" : " frame";
	const many = some ? hit.reduce((sum, h, f) => sum + (h && same[f] === f ? 1 : 0), 0) : matches.before[count];
	return text + " \u00b7 " + (problem ? "as plain text" : formatFixed(many, 0) + what + (many === 1 ? "" : "s"));
}

/** The weight of a sandwich's stacks that have a match anywhere, above the function or below it. */
function matchedThrough({ source, middle, type, widths }: View, hit: Uint8Array): number {
	const weight = totals(ownSizes(widths, source.self[type], source.base[type] || null), source), matches = findMatches(source, hit);
	let sum = 0;
	for (const n of outermost(source, middle)) {
		let up = n;
		while (up !== 0 && !hit[source.frame[up]]) up = source.parent[up];
		sum += up !== 0 ? weight[n] : matchedWeight(source, weight, matches, n, source.end[n]);
	}
	return sum;
}

/** The outermost matches among the siblings of a range and below them, from left to right. */
export function matchesIn({ matches: { before } }: Found, { end }: Tree, { n, last }: Range): number[] {
	const list: number[] = [], stop = end[last];
	for (let m = n; m < stop;) {
		if (before[m + 1] > before[m]) list.push(m);
		else if (before[end[m]] > before[m]) {
			m++;
			continue;
		}
		m = end[m];
	}
	return list;
}

/** The position of the first of ascending numbers that is not less than x. */
export function firstFrom(list: readonly number[], x: number): number {
	let lo = 0, hi = list.length;
	while (lo < hi) {
		const mid = lo + hi >> 1;
		if (list[mid] < x) lo = mid + 1; else hi = mid;
	}
	return lo;
}
