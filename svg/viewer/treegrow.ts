/**
 * What the makers of trees share: a tree that grows node by node, and the sorting
 * of nodes by their frames.
 */
import type { Column, Tree } from "./tree";

/** A copy of an array with room for size entries. */
function grown<A extends Int32Array | Float64Array>(array: A, size: number): A {
	const out = new (array.constructor as new (n: number) => A)(size);
	out.set(array);
	return out;
}

/** The first size entries; a copy if the array is much longer. */
function cut<A extends Int32Array | Float64Array>(array: A, size: number): A {
	return (size * 4 < array.length * 3 ? array.slice(0, size) : array.subarray(0, size)) as A;
}

/** A tree to which nodes are added in preorder. */
export class Grower {
	frame: Int32Array;
	parent: Int32Array;
	origin: Int32Array;
	/** Self columns, then base columns. */
	columns: Float64Array[];
	count = 0;

	/**
	 * @param types how many sample types there are
	 * @param differential whether they have base values
	 * @param room for how many nodes to begin with
	 */
	constructor(readonly types: number, differential: boolean, room: number) {
		const size = Math.max(room, 16);
		this.frame = new Int32Array(size);
		this.parent = new Int32Array(size);
		this.origin = new Int32Array(size);
		this.columns = Array.from({ length: types * (differential ? 2 : 1) }, () => new Float64Array(size));
	}

	/** Makes room for more nodes. */
	reserve(more: number): void {
		const need = this.count + more;
		if (need <= this.frame.length) return;
		const size = Math.max(need, 2 * this.frame.length);
		this.frame = grown(this.frame, size);
		this.parent = grown(this.parent, size);
		this.origin = grown(this.origin, size);
		this.columns = this.columns.map((c) => grown(c, size));
	}

	/** Adds a node without a value; parent is the root's own id for the root. */
	add(parent: number, frame: number, origin: number): number {
		this.reserve(1);
		const n = this.count++;
		this.frame[n] = frame;
		this.parent[n] = parent;
		this.origin[n] = origin;
		return n;
	}

	/** The tree; the Grower is not to be used any more. */
	tree(more: Partial<Tree>): Tree {
		const size = this.count, parent = cut(this.parent, size), end = new Int32Array(size);
		for (let n = size - 1; n >= 0; n--) {
			if (end[n] <= n) end[n] = n + 1;
			if (end[parent[n]] < end[n]) end[parent[n]] = end[n];
		}
		const columns = this.columns.map((c) => cut(c, size));
		return {
			frame: cut(this.frame, size), parent, end, origin: cut(this.origin, size),
			self: columns.slice(0, this.types), base: columns.slice(this.types),
			...more,
		};
	}
}

/** Self columns, then base columns. */
export function allColumns(tree: Tree): Column[] {
	return [...tree.self, ...tree.base];
}

/** A list of numbers that grows; entries past length mean nothing. */
export class Stack {
	data = new Int32Array(64);
	length = 0;

	push(v: number): void {
		if (this.length === this.data.length) this.data = grown(this.data, 2 * this.length);
		this.data[this.length++] = v;
	}

	pop(): number {
		return this.data[--this.length];
	}
}

/**
 * Sorts stretches of nodes by frame, stably, in time linear in their number but
 * for the different frames.
 */
export class ByFrame {
	/** By frame: how many there are, then where the next one goes; 0 between sorts. */
	private at: Int32Array;
	private nodes = new Int32Array(0);
	private others = new Int32Array(0);

	/** @param frame frame id by node, of the tree that the nodes are of */
	constructor(private readonly frame: Int32Array) {
		let most = 0;
		for (let n = 1; n < frame.length; n++) if (frame[n] > most) most = frame[n];
		this.at = new Int32Array(most + 1);
	}

	/** Sorts nodes[lo, hi) and moves the entries of other, if given, along with them. */
	sort(nodes: Int32Array, other: Int32Array | null, lo: number, hi: number): void {
		const frame = this.frame;
		let i = lo + 1;
		while (i < hi && frame[nodes[i - 1]] <= frame[nodes[i]]) i++;
		if (i >= hi) return;
		if (hi - lo > 24) return this.count(nodes, other, lo, hi);
		for (; i < hi; i++) {
			const n = nodes[i], o = other ? other[i] : 0, f = frame[n];
			let j = i;
			for (; j > lo && frame[nodes[j - 1]] > f; j--) {
				nodes[j] = nodes[j - 1];
				if (other) other[j] = other[j - 1];
			}
			nodes[j] = n;
			if (other) other[j] = o;
		}
	}

	private count(nodes: Int32Array, other: Int32Array | null, lo: number, hi: number): void {
		const { frame, at } = this, size = hi - lo;
		if (this.nodes.length < size) {
			this.nodes = new Int32Array(2 * size);
			this.others = new Int32Array(other ? 2 * size : 0);
		}
		const copy = this.nodes, others = this.others, seen = [];
		for (let i = lo; i < hi; i++) {
			const f = frame[nodes[i]];
			if (at[f]++ === 0) seen.push(f);
			copy[i - lo] = nodes[i];
			if (other) others[i - lo] = other[i];
		}
		const frames = Int32Array.from(seen).sort();
		let next = lo;
		for (const f of frames) {
			const many = at[f];
			at[f] = next;
			next += many;
		}
		for (let i = 0; i < size; i++) {
			const to = at[frame[copy[i]]]++;
			nodes[to] = copy[i];
			if (other) other[to] = others[i];
		}
		for (const f of frames) at[f] = 0;
	}
}
