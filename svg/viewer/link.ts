/** The address: the state as a permalink, and back. It names frames, so that a link holds when the profile is drawn anew. */

import { modesOf } from "./colors";
import { WIDTHS } from "./diff";
import type { Names, Profile } from "./payload";
import { nodeAt, placeOf, ROOT, type Place, type Zoom } from "./place";
import type { State } from "./state";
import { SORTS } from "./top";
import { outermost, pathOf } from "./tree";
import { nameOf, nameOfFrame, type View } from "./view";

/**
 * Parts of the address by key. A part that is as in the initial state is "",
 * and left out.
 */
export type Parts = Record<string, string>;

/** The parts of a state, the tree of which is shown in view. */
export function partsOf(state: State, start: State, view: View): Parts {
	const { zoom, search, filters, type } = state, { types, names } = view.profile;
	const single = zoom.first === zoom.last;
	return {
		z: zoom.first.path.length ? nodeKey(view, zoom.first) + (single ? "" : "," + nodeKey(view, zoom.last)) : "",
		s: encode(search.text),
		i: search.fold ? "1" : "",
		r: search.plain ? "0" : "",
		h: functionKeys(names, filters.hidden),
		f: functionKeys(names, filters.focused),
		t: type === start.type ? "" : encode(typeKey(types, type)),
		c: state.colors === start.colors ? "" : state.colors,
		w: state.widths === start.widths ? "" : state.widths,
		v: state.shape === "stacks" ? "" : state.shape,
		o: state.shape === "sandwich" ? functionKey(names, state.of) : "",
		d: state.inverted === start.inverted ? "" : state.inverted ? "icicle" : "flame",
		b: state.heavy ? "weight" : "",
		u: state.recursion ? "folded" : "",
		top: state.table ? (state.sort.down ? "-" : "") + state.sort.by : "",
		m: state.table && state.marked >= 0 ? functionKey(names, state.marked) : "",
		nf: state.noise === start.noise ? "" : String(state.noise),
	};
}

/**
 * What parts say of a state: all but the zoom, which zoomOf finds in the tree
 * that the rest shows, and the theme. What is not known is as at the start.
 */
export function stateOf(parts: Parts, start: State, profile: Profile): Omit<State, "zoom" | "theme"> {
	const { types, names } = profile, get = (key: string) => decode(parts[key] || "");
	const noise = parts.nf ? Number(parts.nf) : NaN;
	const type = types.findIndex((_, i) => typeKey(types, i) === get("t"));
	const { zoom: _zoom, theme: _theme, ...rest } = start;
	const of = functionOf(names, parts.o || ""), sort = /^(-?)(.+)$/.exec(parts.top || "");
	return {
		...rest,
		shape: parts.v === "callers" ? "callers" : parts.v === "sandwich" && of >= 0 ? "sandwich" : "stacks",
		of,
		inverted: parts.d ? parts.d === "icicle" : start.inverted,
		heavy: parts.b === "weight",
		recursion: parts.u === "folded",
		table: !!sort,
		sort: sort ? { by: SORTS.find((by) => by === sort[2]) || "total", down: sort[1] === "-" } : start.sort,
		marked: functionOf(names, parts.m || ""),
		type: type >= 0 ? type : start.type,
		search: { text: get("s"), fold: get("i") === "1", plain: get("r") === "0" },
		filters: { hidden: functionsOf(names, parts.h), focused: functionsOf(names, parts.f) },
		colors: modesOf(profile).find((mode) => mode === parts.c) || start.colors,
		widths: profile.tree.base.length ? WIDTHS.find((widths) => widths === parts.w) || start.widths : start.widths,
		noise: noise >= 0 && noise < 1 ? noise : start.noise,
	};
}

/** The zoom that parts say in a view's tree. */
export function zoomOf(parts: Parts, view: View): Zoom {
	const [first, last] = (parts.z || "").split(",").map((key) => findPlace(view, key));
	return { first, last: last && last.path.slice(0, -1).join() === first.path.slice(0, -1).join() ? last : first };
}

/** The address as one graph of a page sees it: the k-th one adds k to its keys, from the second one on. */
export class Link {
	private readonly suffix: string;
	private timer = 0;

	/** number counts the graphs from 0. */
	constructor(number: number) {
		this.suffix = number > 0 ? String(number + 1) : "";
	}

	/** The parts that are this graph's, encoded as they are in the address. */
	read(): Parts {
		const parts: Parts = {};
		try {
			for (const part of location.hash.slice(1).split("&")) {
				const [key, ...value] = part.split("=");
				if (key.endsWith(this.suffix)) parts[key.slice(0, key.length - this.suffix.length)] = value.join("=");
			}
		} catch { /* about:blank has no location to read */ }
		return parts;
	}

	/** Writes the parts to the address; with push, Back returns from it. */
	write(mine: Parts, push: boolean): void {
		clearTimeout(this.timer);
		const keys = Object.keys(mine).map((k) => k + this.suffix);
		const parts = location.hash.slice(1).split("&").filter((part) => part && !keys.includes(part.split("=")[0]));
		for (const [k, v] of Object.entries(mine)) if (v) parts.push(k + this.suffix + "=" + v);
		// A sandboxed frame, a data: or blob: document may refuse: then there is
		// no permalink, and all else works.
		try {
			const url = parts.length ? "#" + parts.join("&") : location.pathname + location.search;
			if (push) history.pushState(null, "", url);
			else history.replaceState(null, "", url);
		} catch { /* see above */ }
	}

	/** Writes what parts() says in a moment: typing must not fill the browser's history. */
	writeSoon(parts: () => Parts): void {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.write(parts(), false), 300);
	}
}

/** A sample type's name in the address. */
function typeKey(types: Profile["types"], t: number): string {
	const name = types[t].type;
	return types.findIndex((o) => o.type === name) === t ? name : String(t);
}

/** The hash of a caller's stack with one more name. */
function addHash(stack: number, name: number): number {
	const h = Math.imul(stack + 0x9e3779b9 ^ name, 0x85ebca6b);
	return (h ^ h >>> 15) >>> 0;
}

/**
 * "HASH-NAME", or "HASH.K-NAME" for the K-th node of the same stack (a flame
 * chart has many): the hash of the stack's names finds the node, the name is for
 * the reader and for a profile where the stack is another.
 */
function nodeKey(view: View, place: Place): string {
	const { tree, profile: { names } } = view;
	let h = 0;
	for (const f of place.path) h = addHash(h, names.hash(f));
	return h.toString(36) + (place.nth ? "." + place.nth : "") + "-" + encode(shortName(view, nodeAt(tree, names, place)));
}

/**
 * The key of a function, given by the first frame of its name: "HASH-NAME" as of
 * a node, where the hash is of the name alone.
 */
export function functionKey(names: Names, f: number): string {
	return (names.hash(f) >>> 0).toString(36) + "-" + encode(shortened(names.get(f)));
}

/** The function of a key, -1 if the profile has none of that name. */
export function functionOf(names: Names, key: string): number {
	const hash = parseInt(key, 36);
	if (!(hash >= 0)) return -1;
	for (let f = 0; f < names.count; f++) {
		if (names.same[f] === f && names.hash(f) >>> 0 === hash) return f;
	}
	return -1;
}

function functionKeys(names: Names, functions: readonly number[]): string {
	return functions.map((f) => functionKey(names, f)).join(",");
}

function functionsOf(names: Names, keys = ""): number[] {
	return keys ? keys.split(",").map((key) => functionOf(names, key)).filter((f) => f >= 0) : [];
}

/** The part of a node's name that a permalink shows. */
function shortName(view: View, n: number): string {
	return shortened(nameOf(view, n));
}

function shortened(name: string): string {
	return [...name.slice(0, 120)].slice(0, 60).join("").replace(/[\ud800-\udfff]$/, "");
}

/** The place of a key, the root if there is none. */
function findPlace(view: View, key: string): Place {
	const m = /^([0-9a-z]+)(?:\.(\d+))?-(.*)$/.exec(key);
	if (!m) return ROOT;
	const hash = parseInt(m[1], 36), name = decode(m[3]), n = nodeOfStack(view, hash, name, Number(m[2] || 0));
	const path = n ? null : callersPath(view, hash, name);
	return path ? { path, nth: 0 } : placeOf(view.tree, view.profile.names, n || widest(view, name));
}

/** A path of callers by its hash and its last name, which may be where the tree is not drawn out; null if there is none. */
function callersPath(view: View, hash: number, name: string): number[] | null {
	const { source: { frame, parent }, source, middle, callers, profile: { names } } = view;
	if (callers === Infinity) return null;
	const ofFrame = Uint32Array.from({ length: names.count + 1 }, (_, f) => names.hash(f)), starts = middle < 0 ? frame.keys() : outermost(source, middle);
	for (const n of starts) {
		const path: number[] = [];
		for (let at = n, h = 0; at !== 0; at = parent[at]) {
			path.push(at === n && middle >= 0 ? names.count : frame[at]);
			h = addHash(h, ofFrame[path[path.length - 1]]);
			if (h === hash && shortened(nameOfFrame(view, frame[at])) === name) return path;
		}
	}
	return null;
}

/** The nth node of a stack by its hash and its last name, the last one if there are fewer, 0 if there is none. */
function nodeOfStack(view: View, hash: number, name: string, nth: number): number {
	const { tree, profile: { names } } = view, { frame, parent } = tree;
	const hashes = new Uint32Array(frame.length), ofFrame = new Uint32Array(names.count + 1); // with that of a sandwich's callers
	for (let f = 0; f < ofFrame.length; f++) ofFrame[f] = names.hash(f);
	for (let n = 1; n < frame.length; n++) {
		hashes[n] = addHash(hashes[parent[n]], ofFrame[frame[n]]);
		if (hashes[n] === hash && shortName(view, n) === name) return nodeAt(tree, names, { path: pathOf(tree, n), nth });
	}
	return 0;
}

/** The stack is gone: the widest node of that name is the best guess. */
function widest(view: View, name: string): number {
	const { tree: { frame }, weight, profile: { names } } = view;
	const same = new Uint8Array(names.count);
	for (let f = 0; f < same.length; f++) same[f] = names.get(f).startsWith(name) ? 1 : 0;
	let found = 0;
	for (let n = 1; n < frame.length; n++) {
		if (same[frame[n]] && (!found || weight[n] > weight[found]) && shortName(view, n) === name) found = n;
	}
	return found;
}

/** Like encodeURIComponent, for links in running text too. */
function encode(s: string): string {
	return encodeURIComponent(s).replace(/[!'()*~]/g, (c) => "%" + c.charCodeAt(0).toString(16));
}

function decode(s: string): string {
	try {
		return decodeURIComponent(s);
	} catch {
		return s;
	}
}
