/** The profile that the file holds: the payload of version 2, as the Go package's comment has it. */

import type { LegendEntry, Scale } from "./diff";
import { visible } from "./names";
import type { Column, Tree } from "./tree";
import type { Unit, ValueType } from "./units";

/** What is measured, as it was read. Nothing changes it: all that is shown is derived. */
export interface Profile {
	readonly meta: Meta;
	readonly names: Names;
	readonly kinds: Uint8Array; // by frame: an index into details.ts's KINDS
	readonly colors: readonly string[]; // "#rrggbb", the static picture's
	readonly colorOf: Uint32Array; // by frame: an index into colors
	readonly types: readonly ValueType[];
	readonly sources: Sources | null;
	readonly tree: Tree;
}

/** How the profile was taken and is to be shown: payloadMeta in Go, as far as the viewer uses it. */
export interface Meta {
	readonly profile: { readonly types: ValueType[]; readonly differential: boolean; readonly ordered: boolean; readonly notes: string[]; readonly whole?: number[] };
	readonly view: Options;
}

export interface Options {
	readonly title: string;
	readonly subtitle: string;
	readonly type: number;
	readonly fluid: boolean;
	readonly frameHeight: number; // px
	readonly fontSize: number; // px
	readonly fontFamily: string;
	readonly fontWidth: number;
	readonly countName: string;
	readonly inverted: boolean;
	readonly total: number; // 0 if it is what the stacks sum up to
	readonly factor: number;
	readonly rootName: string;
	readonly unit?: Unit; // that times or sizes are shown in; else each in the one that fits
	readonly negate: boolean;
	readonly diff?: Scale; // of a difference in flame's colours
	readonly diffWidth: string; // "max" or "after"
	readonly classes?: readonly number[]; // of the frames, as runs: class, number of frames
	readonly legend?: readonly LegendEntry[]; // of the frames' colours
	readonly attrs?: readonly Attr[];
}

/** What --nameattr says of a frame. */
export interface Attr {
	readonly frame: number;
	readonly title?: string;
	readonly href?: string;
	readonly target?: string;
}

/** The frames' names. */
export interface Names {
	readonly count: number;
	/** The name as it is shown. */
	get(f: number): string;
	/** FNV-1a of the name's bytes, for permalinks. */
	hash(f: number): number;
	/** By frame: the first frame of the same name, since frames may differ in file, line or kind only. */
	readonly same: Uint32Array;
}

export interface Sources {
	line(f: number): number; // 0 if it has none
	file(f: number): string; // "" if it has none
}

/** A cursor over the payload. */
class Reader {
	at = 0;
	constructor(readonly bytes: Uint8Array) {}

	/** An unsigned varint; exact up to 2^53, and never cut to 32 bits. */
	uint(): number {
		let b = this.bytes[this.at++];
		if (b < 128) return b;
		let v = b & 127, unit = 128;
		do {
			b = this.bytes[this.at++];
			v += (b & 127) * unit;
			unit *= 128;
		} while (b > 127);
		return v;
	}

	/**
	 * A zigzag varint. The sign is the first byte's low bit and is taken from
	 * there, for in a value over 2^53 it is rounded away.
	 */
	int(): number {
		let b = this.bytes[this.at++];
		const negative = b & 1;
		let v = (b & 127) >> 1, unit = 64;
		while (b > 127) {
			b = this.bytes[this.at++];
			v += (b & 127) * unit;
			unit *= 128;
		}
		return negative ? -v - 1 : v;
	}

	/** A list of numbers of up to 32 bits: all their first bytes, then the second bytes of those that have one, and so on. */
	uints(n: number): Uint32Array {
		const out = new Uint32Array(n);
		const plane = this.take(n);
		let more: number[] = []; // the numbers that the next plane goes on with
		for (let i = 0; i < n; i++) {
			out[i] = plane[i] & 127;
			if (plane[i] > 127) more.push(i);
		}
		for (let shift = 7; more.length; shift += 7) {
			const plane = this.take(more.length), left: number[] = [];
			for (let k = 0; k < more.length; k++) {
				out[more[k]] |= (plane[k] & 127) << shift;
				if (plane[k] > 127) left.push(more[k]);
			}
			more = left;
		}
		return out;
	}

	/** Passes over varints. */
	skip(n: number): void {
		const bytes = this.bytes;
		let at = this.at;
		while (n > 0 && at < bytes.length) if (bytes[at++] < 128) n--;
		this.at = n > 0 ? bytes.length + 1 : at;
	}

	take(n: number): Uint8Array {
		this.at += n;
		if (!(this.at <= this.bytes.length)) throw new Error("the profile data ends early");
		return this.bytes.subarray(this.at - n, this.at);
	}
}

/** Reads the payload. */
export function decode(bytes: Uint8Array): Profile {
	const r = new Reader(bytes);
	const meta: Meta = JSON.parse(new TextDecoder().decode(r.take(r.uint())));

	const names = decodeNames(r);
	const kinds = r.take(names.count).slice(); // the bytes around it can go
	const rgb = r.take(3 * r.uint());
	const colors: string[] = [];
	for (let i = 0; i < rgb.length; i += 3) colors.push(hexColor(rgb[i], rgb[i + 1], rgb[i + 2]));
	const colorOf = r.uints(names.count);

	const { order, ...shape } = decodeTree(r, names.count);
	const types = meta.profile.types;
	const columns = decodeColumns(r, order, types.length * (meta.profile.differential ? 2 : 1));
	const sources = decodeSources(r, names.count);
	if (r.at > bytes.length) throw new Error("the profile data ends early");
	const tree: Tree = { ...shape, ordered: meta.profile.ordered, self: lazily(columns.slice(0, types.length)), base: lazily(columns.slice(types.length)) };
	return { meta, names, kinds, colors, colorOf, types, sources, tree };
}

export function hexColor(r: number, g: number, b: number): string {
	return "#" + (1 << 24 | r << 16 | g << 8 | b).toString(16).slice(1);
}

/**
 * The frames' names stay bytes until they are asked for: a large profile has
 * tens of thousands, a screen some hundreds.
 */
function decodeNames(r: Reader): Names {
	const count = r.uint(), shared = r.uints(count), rest = r.uints(count);
	const start = new Uint32Array(count + 1), same = new Uint32Array(count);
	for (let i = 0; i < count; i++) start[i + 1] = start[i] + shared[i] + rest[i];
	const text = new Uint8Array(start[count]);
	for (let i = 0; i < count; i++) {
		if (shared[i]) text.copyWithin(start[i], start[i - 1], start[i - 1] + shared[i]);
		text.set(r.take(rest[i]), start[i] + shared[i]);
		// Frames are in the order of their names.
		same[i] = i > 0 && rest[i] === 0 && shared[i] === start[i] - start[i - 1] ? same[i - 1] : i;
	}
	// One decoding of all bytes as single characters makes a plain ASCII name,
	// as nearly all are, a slice of it.
	const ascii = new TextDecoder("latin1").decode(text);
	const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
	const cache = new Array<string | undefined>(count);
	return {
		count,
		same,
		get(f) {
			let name = cache[f];
			if (name === undefined) {
				name = ascii.slice(start[f], start[f + 1]);
				if (/[^ -~]/.test(name)) name = visible(utf8.decode(text.subarray(start[f], start[f + 1])));
				cache[f] = name;
			}
			return name;
		},
		hash(f) {
			let h = 0x811c9dc5;
			for (let i = start[f]; i < start[f + 1]; i++) h = Math.imul(h ^ text[i], 0x01000193);
			return h;
		},
	};
}

/** Where stretches of these sizes begin that follow each other. */
function starts(sizes: Uint32Array): Uint32Array {
	const out = new Uint32Array(sizes.length + 1);
	for (let i = 0; i < sizes.length; i++) out[i + 1] = out[i] + sizes[i];
	return out;
}

/** The tree, which the payload has by frame; order has the nodes as they stand there. frames is the root's frame there. */
function decodeTree(r: Reader, frames: number) {
	const count = r.uint();
	const slots = starts(r.uints(frames)), calls = r.uints(frames + 1), list = starts(calls);
	const callee = r.uints(list[frames + 1]);
	for (let f = 0; f <= frames; f++) {
		for (let i = list[f] + 1; i < list[f + 1]; i++) callee[i] += callee[i - 1];
	}
	const children = r.uints(count), first = starts(children), step = r.uints(count - 1);
	const frame = new Int32Array(count), parent = new Int32Array(count), end = new Int32Array(count);
	const order = new Uint32Array(count);
	// Of the node that the walk is in and its callers, by level: children still to
	// come, their place in step, the position after the last one.
	const left = [children[count - 1]], at = [first[count - 1]], next = [0];
	frame[0] = frames;
	order[count - 1] = 0;
	let up = 0, level = 0;
	for (let n = 1; n < count; n++) {
		while (left[level] === 0) {
			if (up === 0) throw new Error("the profile's tree is broken");
			end[up] = n;
			up = parent[up];
			level--;
		}
		left[level]--;
		const f = frame[up];
		let position = next[level] + step[at[level]++];
		if (position >= calls[f]) position -= calls[f];
		next[level] = position + 1;
		const g = callee[list[f] + position], s = slots[g]++;
		frame[n] = g;
		parent[n] = up;
		order[s] = n;
		level++;
		left[level] = children[s];
		at[level] = first[s];
		next[level] = 0;
		up = n;
	}
	for (; up !== 0; up = parent[up]) end[up] = count;
	end[0] = count;
	frame[0] = -1;
	return { frame, parent, end, order };
}

/**
 * The columns, each as a function that decodes it: a reader looks at one or two,
 * and of a large profile each takes as much room as the tree.
 */
function decodeColumns(r: Reader, order: Uint32Array, count: number): (() => Column)[] {
	const columns: (() => Column)[] = [];
	while (columns.length < count) {
		const form = r.uint();
		if (form === 0) {
			columns.push(() => new Float64Array(order.length));
		} else if (form === 1) {
			// A copy, so that not all of the payload stays in memory.
			const from = r.at;
			r.skip(order.length);
			const bytes = r.bytes.slice(from, r.at);
			columns.push(() => decodeColumn(new Reader(bytes), order));
		} else if (form === 2) {
			const of = columns[r.uint()], factor = r.int();
			columns.push(() => {
				const column = of(); // made for us alone
				for (let n = 0; n < column.length; n++) column[n] *= factor;
				return column;
			});
		} else {
			throw new Error("unknown form of a column");
		}
	}
	return columns;
}

function decodeColumn(r: Reader, order: Uint32Array): Column {
	const column = new Float64Array(order.length);
	for (let i = 0; i < order.length; i++) column[order[i]] = r.int();
	return column;
}

/** An array of what the functions return, each called when its element is first asked for. */
function lazily<T>(make: readonly (() => T)[]): T[] {
	const out = new Array<T>(make.length);
	make.forEach((f, i) => Object.defineProperty(out, i, {
		configurable: true, enumerable: true,
		get() {
			const value = f();
			Object.defineProperty(out, i, { value, enumerable: true });
			return value;
		},
	}));
	return out;
}

/** Lines and files of the frames, where the profile has any. */
function decodeSources(r: Reader, frames: number): Sources | null {
	if (r.at >= r.bytes.length) return null;
	// Loops, for what a function here refers to stays in memory as long as the result.
	const lines: number[] = [], files = [""], utf8 = new TextDecoder();
	for (let f = 0; f < frames; f++) lines.push(r.int());
	for (const n of r.uints(r.uint())) files.push(visible(utf8.decode(r.take(n))));
	const fileOf = r.uints(frames);
	return { line: (f) => lines[f], file: (f) => files[fileOf[f]] };
}
