/**
 * Views: the trees that a state shows of the stacks that its filters leave. A
 * change of anything but what a tree depends on gives the same tree again.
 */

import { filtered } from "./filters";
import type { Profile } from "./payload";
import type { Place, Zoom } from "./place";
import type { State } from "./state";
import { findPath, magnitudes, outermost, pathOf, totals, type Column, type Rest, type Tree } from "./tree";
import { callersOf, reverse, type Extent } from "./treecallers";
import { allColumns } from "./treegrow";
import { byWeight, calleesOf, foldRecursion } from "./treeviews";

/**
 * "stacks" is the profile as it is, "callers" has every stack turned round, and
 * "sandwich" what calls a function and what it calls, merged over all its places.
 */
export type Shape = "stacks" | "callers" | "sandwich";

/** A tree and how it is to be read. */
export interface Shown {
	readonly tree: Tree;
	/** What it is made of: the stacks from the outside in, and by name. */
	readonly source: Tree;
	/**
	 * The first node whose children are its callers, Infinity if there is none. In
	 * a sandwich this is the function a second time: node 1 has its callees, this
	 * one its callers.
	 */
	readonly callers: number;
	/** The frame of a sandwich's function in source, -1 if it is none. */
	readonly middle: number;
}

/**
 * Callers are drawn out as far as this many pixels can show them: no screen is
 * wider.
 */
const PIXELS = 4096;

/** A function that gives its last result again while its arguments are the same. */
function once<A extends unknown[], R>(make: (...args: A) => R): (...args: A) => R {
	let last: A | undefined, result!: R;
	return (...args) => {
		if (!last || args.some((v, i) => v !== last![i])) {
			result = make(...args);
			last = args;
		}
		return result;
	};
}

/** The steps on the way to a profile's tree. */
function steps() {
	const folded = once(foldRecursion), named = once(oneName), callees = once(calleesOf), joined = once(join);
	const sizes = once((tree: Tree, type: number) => magnitudes(tree.self[type]));
	const order = () => once((tree: Tree, type: number, heavy: boolean) => heavy ? sort(tree, type) : tree);
	const ordered = order(), orderedDown = order(), orderedUp = order();
	const turned = once((source: Tree, weight: Column, type: number, heavy: boolean, zoom: Zoom) =>
		drawnOut((e) => reverse(source, { weight, ...e }), zoom.first.path, zoom.last.path, (tree) => orderedUp(tree, type, heavy)));
	const above = once((source: Tree, of: number, weight: Column, type: number, heavy: boolean, zoom: Zoom | null) => {
		const path = (place?: Place) => place ? [of, ...place.path.slice(1)] : [];
		return drawnOut((e) => callersOf(source, of, { weight, ...e }), path(zoom?.first), path(zoom?.last), (tree) => orderedUp(tree, type, heavy));
	});
	const plain = once((tree: Tree, source: Tree, callers: number): Shown => ({ tree, source, callers, middle: -1 }));
	return (profile: Profile, { filters, type, zoom, shape, of, heavy, recursion }: State): Shown => {
		let source = filtered(profile, filters);
		if (recursion) source = folded(source);
		if (shape === "stacks") return plain(ordered(source, type, heavy), source, Infinity);
		if (shape === "callers") return plain(turned(source, sizes(source, type), type, heavy, zoom), source, 1);
		source = named(source, profile.names.same, of);
		const down = orderedDown(callees(source, of), type, heavy);
		const up = above(source, of, sizes(source, type), type, heavy, zoom.first.path[0] === profile.names.count ? zoom : null);
		return joined(down, up, source, profile.names.count);
	};
}

const known = new WeakMap<Profile, ReturnType<typeof steps>>();

/** The tree of a state; the same object for states that show the same. */
export function shownOf(profile: Profile, state: State): Shown {
	let make = known.get(profile);
	if (!make) known.set(profile, make = steps());
	return make(profile, state);
}

/**
 * A tree of callers, in order, that is drawn out below the zoomed nodes as far as
 * can be seen. Which these are and what they weigh, a tree with just them says.
 */
function drawnOut(make: (e: Omit<Extent, "weight">) => Tree, first: readonly number[], last: readonly number[], inOrder: (tree: Tree) => Tree): Tree {
	const up = first.slice(0, -1), bare = inOrder(make({ minWeight: Infinity, path: up })), { rest } = bare;
	if (!rest) return bare;
	const n = Math.max(0, findPath(bare, first)), m = findPath(bare, last);
	let weight = 0;
	const ends = new Set<number>();
	for (let s = n; s <= Math.max(n, m); s = bare.end[s]) {
		ends.add(bare.frame[s]);
		for (let i = rest.from[s]; i < rest.to[s]; i++) weight += rest.weight[rest.id[i]];
	}
	return inOrder(make({ minWeight: weight / PIXELS, path: n ? first : [], ends }));
}

/** The tree by weight, with what a tree of callers leaves out. */
function sort(tree: Tree, type: number): Tree {
	const out = byWeight(tree, totals(magnitudes(tree.self[type]), tree)), { rest } = tree, { origin } = out;
	if (!rest || !origin) return out;
	const of = (a: Int32Array) => origin.map((n) => a[n]);
	return { ...out, rest: { ...rest, folded: rest.folded.map((_, n) => rest.folded[origin[n]]), from: of(rest.from), to: of(rest.to) } };
}

/** The tree with all frames of a function's name as one, since they may differ in line or kind. */
function oneName(tree: Tree, same: Uint32Array, of: number): Tree {
	if (same.lastIndexOf(of) === of) return tree;
	// Such frames may be siblings: as in a flame chart, from which calleesOf makes one node.
	return { ...tree, frame: tree.frame.map((f) => f >= 0 && same[f] === of ? of : f), ordered: true };
}

/**
 * A sandwich in one tree: below the root the function with its callees, and the
 * function with its callers. The second one has the frame `second`, which is no
 * frame of the profile, so that paths tell the two apart; it is not drawn.
 */
function join(down: Tree, up: Tree, source: Tree, second: number): Shown {
	const size = down.frame.length, count = size + up.frame.length - 1;
	const ints = (a: Int32Array, b: Int32Array, by: number) => {
		const out = new Int32Array(count);
		out.set(a);
		for (let n = 1; n < b.length; n++) out[size + n - 1] = b[n] + by;
		return out;
	};
	const columns = (a: Tree, b: Tree) => allColumns(a).map((c, i) => {
		const out = new Float64Array(count);
		out.set(c);
		out.set(allColumns(b)[i].subarray(1), size);
		return out;
	});
	const frame = ints(down.frame, up.frame, 0), parent = ints(down.parent, up.parent, size - 1), end = ints(down.end, up.end, size - 1);
	if (count > size) {
		frame[size] = second;
		parent[size] = 0;
	}
	end[0] = count;
	const all = columns(down, up), types = down.self.length;
	const rest: Rest | undefined = up.rest && {
		...up.rest, from: ints(new Int32Array(size), up.rest.from, 0), to: ints(new Int32Array(size), up.rest.to, 0),
		folded: Uint8Array.from(ints(new Int32Array(size), Int32Array.from(up.rest.folded), 0)),
	};
	return {
		tree: { frame, parent, end, self: all.slice(0, types), base: all.slice(types), rest }, source,
		callers: size, middle: down.frame.length > 1 ? down.frame[1] : -1,
	};
}

/** The columns of a shown tree's stacks that are in the nodes from n to last, as columns of the source. */
export interface Part {
	readonly tree: Tree;
	/** Nodes outside of [from, to) have no part. */
	readonly from: number;
	readonly to: number;
	/** Which nodes of tree have their values in it; null if all have. */
	readonly has: Uint8Array | null;
}

/** The stacks that nodes of a shown tree, siblings from n to last, stand for. */
export function partOf({ tree, source, callers, middle }: Shown, n: number, last: number): Part {
	if (callers === Infinity) return { tree, from: Math.max(n, 1), to: tree.end[last], has: null };
	const whole = { tree: source, from: 1, to: source.frame.length };
	if (n === 0 && middle < 0) return { ...whole, has: null };
	// The frames at the end of the path, and those on the way there.
	const ends = new Set<number>();
	for (let s = n; s <= last; s = tree.end[s]) ends.add(tree.frame[s]);
	const path = pathOf(tree, n), outwards = n >= callers, has = new Uint8Array(source.frame.length);
	const fits = (at: number, i: number) => i === path.length - 1 ? ends.has(source.frame[at]) : source.frame[at] === path[i];
	const climbs = (at: number, from: number) => {
		for (let i = from; i < path.length; i++, at = source.parent[at]) if (at === 0 || !fits(at, i)) return false;
		return true;
	};
	if (middle < 0) {
		for (let m = 1; m < has.length; m++) has[m] = climbs(m, 0) ? 1 : 0;
		return { ...whole, has };
	}
	let found = outermost(source, middle);
	if (outwards) found = found.filter((at) => climbs(source.parent[at], 1));
	for (let i = 1; !outwards && i < path.length; i++) {
		const next: number[] = [];
		for (const at of found) for (let c = at + 1; c < source.end[at]; c = source.end[c]) if (fits(c, i)) next.push(c);
		found = next;
	}
	for (const at of found) has.fill(1, at, source.end[at]);
	return { ...whole, has };
}
