/**
 * The viewer of a flame graph: it decodes the profile in this file's <metadata>,
 * hides the static picture and puts a toolbar, the visible frames and a details
 * bar in its place. Whatever fails on the way, the static picture stays.
 *
 * Everything is kept in flat arrays by node, nodes in preorder, as in package
 * collapse: a subtree is the range [n, end[n]), so a walk can step over it. Only
 * what is on the screen is in the document, and nothing runs while nobody acts.
 *
 * There are no ids: several graphs can stand in one page. What comes from a
 * profile reaches the document through textContent or escape() only.
 */
(function () {
"use strict";

const XHTML = "http://www.w3.org/1999/xhtml";
const SVG = "http://www.w3.org/2000/svg";

/** Frames narrower than this many pixels are drawn merged. */
const MIN_WIDTH = 1;
/** A merged box gets no wider than this, so that zooming into it always shows more. */
const MAX_RUN = 24;
/**
 * Boxes narrower than this have no element of their own: all of one colour are
 * one path. They are most of the boxes, and elements are what drawing costs.
 */
const THIN = 4;
/** Pixels between a box's edge and its label. */
const PAD = 3;
/** Words for the values of collapse.Kind. */
const KINDS = ["", "inlined", "kernel", "jit", "waker", "unresolved", "truncated"];

/**
 * A drawn box: the sibling nodes from n to last, which is n itself unless they
 * are merged. x and w are in pixels; w is the true width, be it under a pixel.
 * @typedef {{n: number, last: number, row: number, x: number, w: number}} Box
 *
 * @typedef {{type: string, unit: string, scale?: number}} ValueType
 *
 * @typedef {ReturnType<typeof decode>} Profile
 */

const script = document.currentScript;
const root = /** @type {SVGSVGElement} */ (script && script.closest("svg.flame"));
const data = root && root.querySelector("metadata.flame-data");
if (!data || typeof DecompressionStream === "undefined") return;

inflate(fromBase64(data.textContent || ""))
	.then((bytes) => view(decode(bytes)))
	.catch((err) => console.warn("flame: the picture stays static:", err));

// ---------------------------------------------------------------- decoding

/**
 * Bytes of a base64 text. atob would make a string of them first, which takes
 * several times as long; fetch of a data: URL is stopped by most CSPs.
 * @param {string} text
 */
function fromBase64(text) {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const value = new Uint8Array(256);
	for (let i = 0; i < 64; i++) value[digits.charCodeAt(i)] = i;
	const s = text.replace(/[\s=]+/g, "");
	const out = new Uint8Array(s.length * 3 >> 2);
	for (let i = 0, o = 0; i < s.length; i += 4, o += 3) {
		// Past the end charCodeAt is NaN, whose value is undefined, which shifts as 0.
		const v = value[s.charCodeAt(i)] << 18 | value[s.charCodeAt(i + 1)] << 12 |
			value[s.charCodeAt(i + 2)] << 6 | value[s.charCodeAt(i + 3)];
		out[o] = v >> 16;
		out[o + 1] = v >> 8;
		out[o + 2] = v;
	}
	return out;
}

/** @param {Uint8Array<ArrayBuffer>} bytes a zlib stream */
async function inflate(bytes) {
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A cursor over the payload. */
class Reader {
	/** @param {Uint8Array} bytes */
	constructor(bytes) {
		this.bytes = bytes;
		this.at = 0;
	}

	/** An unsigned varint; exact up to 2^53, and never cut to 32 bits. */
	uint() {
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
	int() {
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

	/** @param {number} n */
	uints(n) {
		const out = new Uint32Array(n);
		for (let i = 0; i < n; i++) out[i] = this.uint();
		return out;
	}

	/** @param {number} n */
	take(n) {
		this.at += n;
		if (!(this.at <= this.bytes.length)) throw new Error("the profile data ends early");
		return this.bytes.subarray(this.at - n, this.at);
	}
}

/** The profile of a payload, version 1 (see the Go package's comment). @param {Uint8Array} bytes */
function decode(bytes) {
	const r = new Reader(bytes);
	if (String.fromCharCode(...r.take(4)) !== "FLM\x01") throw new Error("unknown version of the profile data");
	const meta = JSON.parse(new TextDecoder().decode(r.take(r.uint())));

	const names = decodeNames(r);
	const kinds = r.take(names.count);
	const rgb = r.take(3 * r.uint());
	const colors = [];
	for (let i = 0; i < rgb.length; i += 3) colors.push(hexColor(rgb[i], rgb[i + 1], rgb[i + 2]));
	const colorOf = r.uints(names.count);

	const tree = decodeTree(r, names.count);
	/** @type {ValueType[]} */
	const types = meta.profile.types;
	/** @type {Float64Array[]} */
	const columns = [];
	const wanted = types.length * (meta.profile.differential ? 2 : 1);
	while (columns.length < wanted) columns.push(decodeColumn(r, tree.slot, columns));
	const sources = decodeSources(r, names.count);
	if (r.at > bytes.length) throw new Error("the profile data ends early");
	return {
		meta, names, kinds, colors, colorOf, types, sources, ...tree,
		self: columns.slice(0, types.length),
		base: columns.slice(types.length),
	};
}

/**
 * The frames' names stay bytes until they are asked for: a large profile has
 * tens of thousands, a screen some hundreds.
 * @param {Reader} r
 */
function decodeNames(r) {
	const count = r.uint(), shared = r.uints(count), rest = r.uints(count);
	const start = new Uint32Array(count + 1);
	for (let i = 0; i < count; i++) start[i + 1] = start[i] + shared[i] + rest[i];
	const text = new Uint8Array(start[count]);
	for (let i = 0; i < count; i++) {
		if (shared[i]) text.copyWithin(start[i], start[i - 1], start[i - 1] + shared[i]);
		text.set(r.take(rest[i]), start[i] + shared[i]);
	}
	// One decoding of all bytes as single characters makes a plain ASCII name,
	// as nearly all are, a slice of it.
	const ascii = new TextDecoder("latin1").decode(text);
	const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
	/** @type {string[]} */
	const cache = new Array(count);
	return {
		count,
		/** The name as it is shown. @param {number} f */
		get(f) {
			let name = cache[f];
			if (name === undefined) {
				name = ascii.slice(start[f], start[f + 1]);
				if (/[^ -~]/.test(name)) name = visible(utf8.decode(text.subarray(start[f], start[f + 1])));
				cache[f] = name;
			}
			return name;
		},
		/** FNV-1a of the name's bytes, for permalinks. @param {number} f */
		hash(f) {
			let h = 0x811c9dc5;
			for (let i = start[f]; i < start[f + 1]; i++) h = Math.imul(h ^ text[i], 0x01000193);
			return h;
		},
	};
}

/** Where stretches of these sizes begin that follow each other. @param {Uint32Array} sizes */
function starts(sizes) {
	const out = new Uint32Array(sizes.length + 1);
	for (let i = 0; i < sizes.length; i++) out[i + 1] = out[i] + sizes[i];
	return out;
}

/**
 * The tree, which the payload has by frame; slot is a node's place in that
 * order.
 * @param {Reader} r
 * @param {number} frames the root's frame
 */
function decodeTree(r, frames) {
	const count = r.uint();
	const slots = starts(r.uints(frames)), calls = r.uints(frames + 1), list = starts(calls);
	const callee = r.uints(list[frames + 1]);
	for (let f = 0; f <= frames; f++) {
		for (let i = list[f] + 1; i < list[f + 1]; i++) callee[i] += callee[i - 1];
	}
	const children = r.uints(count), first = starts(children), step = r.uints(count - 1);
	const frame = new Uint32Array(count), parent = new Uint32Array(count), slot = new Uint32Array(count);
	const end = new Uint32Array(count), depth = new Uint32Array(count);
	// By node: children still to come, their place in step, the position after the last one.
	const left = new Uint32Array(count), at = new Uint32Array(count), next = new Uint32Array(count);
	frame[0] = frames;
	slot[0] = count - 1;
	left[0] = children[count - 1];
	at[0] = first[count - 1];
	let up = 0, deepest = 0;
	for (let n = 1; n < count; n++) {
		while (left[up] === 0) {
			if (up === 0) throw new Error("the profile's tree is broken");
			end[up] = n;
			up = parent[up];
		}
		left[up]--;
		const f = frame[up], position = (next[up] + step[at[up]++]) % calls[f];
		next[up] = position + 1;
		const g = callee[list[f] + position], s = slots[g]++;
		frame[n] = g;
		parent[n] = up;
		slot[n] = s;
		depth[n] = depth[up] + 1;
		left[n] = children[s];
		at[n] = first[s];
		if (depth[n] > deepest) deepest = depth[n];
		up = n;
	}
	for (; up !== 0; up = parent[up]) end[up] = count;
	end[0] = count;
	return { count, frame, parent, end, depth, deepest, slot };
}

/** @param {Reader} r @param {Uint32Array} slot @param {Float64Array[]} earlier */
function decodeColumn(r, slot, earlier) {
	const form = r.uint();
	if (form === 0) return new Float64Array(slot.length);
	if (form === 2) {
		const of = earlier[r.uint()], factor = r.int();
		return of.map((v) => v * factor);
	}
	if (form !== 1) throw new Error("unknown form of a column");
	const values = new Float64Array(slot.length), column = new Float64Array(slot.length);
	for (let i = 0; i < values.length; i++) values[i] = r.int();
	for (let n = 0; n < column.length; n++) column[n] = values[slot[n]];
	return column;
}

/** Lines and files of the frames, where the profile has any. @param {Reader} r @param {number} frames */
function decodeSources(r, frames) {
	if (r.at >= r.bytes.length) return null;
	const lines = Array.from({ length: frames }, () => r.int());
	const lengths = r.uints(r.uint());
	const utf8 = new TextDecoder();
	const files = ["", ...Array.from(lengths, (n) => visible(utf8.decode(r.take(n))))];
	const fileOf = r.uints(frames);
	return { line: (/** @type {number} */ f) => lines[f], file: (/** @type {number} */ f) => files[fileOf[f]] };
}

// -------------------------------------------------------------------- text

/**
 * A name with everything in it visible, as the static picture has it
 * (svg.Visible): no control character, nothing that reorders other text.
 * @param {string} s
 */
function visible(s) {
	return s.replace(/[\p{Cc}\p{Noncharacter_Code_Point}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (c) => {
		const code = /** @type {number} */ (c.codePointAt(0));
		if (code < 0x20) return String.fromCharCode(0x2400 + code);
		if (code === 0x7f) return "\u2421";
		if (code < 0xa0 || (code & 0xfffe) === 0xfffe || code >= 0xfdd0) return "\ufffd";
		return "\\u" + code.toString(16).padStart(4, "0");
	});
}

/** @param {string} s */
function escape(s) {
	return /[&<>"]/.test(s)
		? s.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;")
		: s;
}

/**
 * Where a qualified name may begin when it is shortened, from longest to
 * shortest: the rules of the static picture (svg.shortenings).
 * @param {string} name
 */
function shortenings(name) {
	let plain = name;
	const bracket = plain.search(/[[( <]/);
	if (bracket >= 0 && !plain.startsWith("(*", bracket)) plain = plain.slice(0, bracket);
	const star = plain.indexOf(".(*");
	const slash = (star < 0 ? plain : plain.slice(0, star)).lastIndexOf("/") + 1;
	const at = slash > 0 ? [slash] : [];
	const dot = plain.indexOf(".", slash) - slash;
	const foreign = name.startsWith("/") || plain.includes("::") ||
		slash === 0 && star < 0 && plain.split(".").length > 4;
	const pkg = slash + dot + 1;
	if (dot <= 0 || foreign || pkg === plain.length) return at;
	at.push(pkg);
	const end = plain.indexOf(").", pkg);
	if (star >= 0 && end >= 0 && end + 2 < name.length) at.push(end + 2);
	return at;
}

/** How many of a unit make the next one. @type {[string, number][]} */
const TIMES = [["ns", 1000], ["\u00b5s", 1000], ["ms", 1000], ["s", 60], ["min", 60], ["h", 24], ["d", Infinity]];
/** @type {[string, number][]} */
const SIZES = [["B", 1024], ["KiB", 1024], ["MiB", 1024], ["GiB", 1024], ["TiB", 1024], ["PiB", Infinity]];
/** What profiles call times, in ns. @type {Record<string, number>} */
const TIME_UNITS = {
	ns: 1, nanosecond: 1, us: 1e3, "\u00b5s": 1e3, microsecond: 1e3, ms: 1e6, millisecond: 1e6, s: 1e9, second: 1e9,
};
/** What profiles call sizes, in bytes. @type {Record<string, number>} */
const SIZE_UNITS = {
	b: 1, byte: 1, kb: 2 ** 10, kilobyte: 2 ** 10, mb: 2 ** 20, megabyte: 2 ** 20, gb: 2 ** 30, gigabyte: 2 ** 30,
};

/** A value in stored units as a person reads it (svg.FormatValue). @param {number} v @param {ValueType} type */
function formatValue(v, type) {
	const scale = type.scale || 1;
	for (const unit of [type.unit.toLowerCase(), type.unit.toLowerCase().replace(/s$/, "")]) {
		if (Object.hasOwn(TIME_UNITS, unit)) return formatLadder(v / scale * TIME_UNITS[unit], TIMES);
		if (Object.hasOwn(SIZE_UNITS, unit)) return formatLadder(v / scale * SIZE_UNITS[unit], SIZES);
	}
	return formatFixed(v / scale, scale === 1 ? 0 : 3) + " " + noun(type);
}

/** @param {number} x in the ladder's first unit @param {[string, number][]} ladder */
function formatLadder(x, ladder) {
	let rung = 0;
	// The step up comes a rounding error early: 999.7 ns is "1 µs".
	while (Math.abs(x) >= ladder[rung][1] * 0.9995) x /= ladder[rung++][1];
	const size = Math.abs(x);
	return formatFixed(x, size < 9.995 ? 2 : size < 99.95 ? 1 : 0) + " " + ladder[rung][0];
}

/** @param {ValueType} type */
function noun(type) {
	if (type.unit && type.unit !== "count") return type.unit;
	const name = type.type.replace(/^alloc_/, "").replace(/^inuse_/, "");
	return { "": "samples", goroutine: "goroutines", threadcreate: "threads" }[name] || name;
}

/** x with commas, at most so many decimals, no trailing zeros. @param {number} x @param {number} decimals */
function formatFixed(x, decimals) {
	const pow = 10 ** decimals;
	let n = Math.abs(x) * pow;
	if (n < 2 ** 52) n = Math.floor(n + 0.5); // what is greater has no fraction
	let s = (n / pow).toFixed(decimals);
	if (decimals > 0) s = s.replace(/\.?0+$/, "");
	const [whole, fraction] = s.split(".");
	return (x < 0 && n !== 0 ? "-" : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction ? "." + fraction : "");
}

/** @param {number} part @param {number} whole */
function percent(part, whole) {
	return whole ? (100 * part / whole).toFixed(2) + "%" : "0%";
}

/** @param {number} r @param {number} g @param {number} b */
function hexColor(r, g, b) {
	return "#" + (1 << 24 | r << 16 | g << 8 | b).toString(16).slice(1);
}

/**
 * Whether white text reads better on a colour than black: by WCAG's luminance,
 * so that one of the two always has a contrast of 4.5.
 * @param {string} color
 */
function isDark(color) {
	const part = (/** @type {number} */ i) => {
		const v = parseInt(color.slice(i, i + 2), 16) / 255;
		return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	};
	return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5) < 0.179;
}

// --------------------------------------------------------------------- DOM

/**
 * An XHTML element; children that are strings become text.
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {any}
 */
function html(tag, attributes, ...children) {
	const e = document.createElementNS(XHTML, tag);
	for (const name in attributes) e.setAttribute(name, attributes[name]);
	e.append(...children);
	return e;
}

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...Node} children @returns {any} */
function svg(tag, attributes, ...children) {
	const e = document.createElementNS(SVG, tag);
	for (const name in attributes) e.setAttribute(name, String(attributes[name]));
	e.append(...children);
	return e;
}

/** @param {EventTarget} target @param {string} type @param {(e: any) => void} does */
function on(target, type, does) {
	target.addEventListener(type, does);
}

/**
 * A small picture for a button, drawn in the text's colour: no font has to
 * have the sign.
 * @param {string} path
 */
function icon(path) {
	return svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, class: "flame-icon", "aria-hidden": "true" }, svg("path", { d: path }));
}

/** @param {string} title @param {Node | string} face @returns {HTMLButtonElement} */
function button(title, face) {
	return html("button", { type: "button", title, "aria-label": title }, face);
}

/** The parts of the application, in document order. @param {any} meta @param {ValueType[]} types */
function build(meta, types) {
	const parts = {
		types: html("select", { title: "Sample type", "aria-label": "Sample type" }),
		search: html("input", { type: "text", placeholder: "Search ( / )", "aria-label": "Search the frames", spellcheck: "false", autocomplete: "off", autocapitalize: "off" }),
		regexp: button("Regular expression", ".*"),
		fold: button("Ignore case", "a=A"),
		prev: button("Previous match (N)", icon("M4 10l4-4 4 4")),
		next: button("Next match (n)", icon("M4 6l4 4 4-4")),
		matched: html("output", { class: "flame-matched", "aria-live": "polite" }),
		up: button("Zoom out one level (Backspace)", icon("M8 13V4M4 8l4-4 4 4")),
		reset: button("Reset zoom (Home)", "Reset"),
		theme: button("Dark or light", icon("M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12")),
		about: button("Keys (?)", "?"),
		layer: svg("g", {}),
		hover: svg("rect", { class: "flame-hover", visibility: "hidden" }),
		ring: svg("rect", { class: "flame-ring", visibility: "hidden", "data-off": "" }),
		name: html("bdi", { class: "flame-frame-name" }),
		stats: html("div", { class: "flame-stats" }),
		copy: button("Copy these details (c)", "Copy"),
		help: html("div", { class: "flame-help", hidden: "" }),
	};
	for (const t of types) {
		const plain = !t.unit || t.unit === "count";
		parts.types.append(html("option", {}, visible((t.type || "samples") + (plain ? "" : " (" + t.unit + ")"))));
	}
	parts.types.disabled = types.length < 2;
	for (const [key, does] of [
		["Click, Enter", "zoom into a frame"], ["Backspace, Esc", "one level out (Esc clears a search first)"],
		["Home, 0", "reset zoom"], ["Arrows", "move over the frames"], ["/", "search"],
		["n, N", "next, previous match"], ["c, C", "copy the frame, its whole stack"], ["?", "these keys"],
	]) parts.help.append(html("kbd", {}, key), html("span", {}, does));

	const graph = svg("svg", {
		class: "flame-graph", role: "tree", "aria-label": "Flame graph",
		"font-size": meta.view.fontSize, "font-family": meta.view.fontFamily || "Verdana, sans-serif",
	}, parts.layer, parts.hover, parts.ring);
	const scroll = html("div", { class: "flame-scroll" }, graph);
	const bar = html("div", { class: "flame-bar", role: "toolbar", "aria-label": "Flame graph" },
		html("div", { class: "flame-heading", title: visible(meta.view.subtitle) },
			html("strong", {}, visible(meta.view.title)), html("span", {}, visible(meta.view.subtitle))),
		parts.types,
		html("div", { class: "flame-search", role: "search" }, parts.search, parts.regexp, parts.fold, parts.prev, parts.next),
		parts.matched,
		html("div", { class: "flame-buttons" }, parts.up, parts.reset, parts.theme, parts.about));
	const details = html("div", { class: "flame-status", role: "status", "aria-live": "polite" },
		html("div", { class: "flame-text" }, parts.name, parts.stats), parts.copy);
	const notes = meta.profile.notes.length ? [html("div", { class: "flame-note" }, visible(meta.profile.notes.join("; ")))] : [];
	const app = html("div", { class: "flame-app" }, bar, ...notes, parts.help, scroll, details);
	return { ...parts, graph, scroll, bar, details, app };
}

// -------------------------------------------------------------------- view

/** @param {Profile} p */
function view(p) {
	const { frame, parent, end, depth } = p;
	const options = p.meta.view;
	const rowHeight = options.frameHeight;
	const rootName = visible(options.rootName || "all");
	const alone = document.documentElement.isSameNode(root); // the file itself, not part of a page
	const ui = build(p.meta, p.types);

	// What is shown. zoom is a box's range of siblings: the nodes that take the
	// full width. focus is the node that the keyboard is at.
	let type = options.type < p.types.length ? options.type : 0;
	let zoom = { n: 0, last: 0 };
	let focus = 0;
	let search = { text: "", fold: false, plain: false };

	// What follows from it.
	let sums = totalsOf(type);
	/** @type {string[] | null} colours by node, of a differential profile */
	let deltaColors = null;
	/** @type {Uint8Array | null} which frames match, by frame; null without a search */
	let hit = null;
	/** @type {Uint32Array} how many matching nodes there are before a node */
	let hitsBefore = new Uint32Array(0);
	/** @type {Box[][]} the boxes by row, from left to right; rows count from the root */
	let rows = [];
	let scale = 0; // pixels for one unit of weight
	let zoomWeight = 0;
	let width = 0, height = 0; // of the scroll area
	let canvasHeight = 0; // of all rows
	let drawn = [0, 0]; // the rows in the document
	/** @type {Box | undefined} the box under the pointer */
	let hovered;
	let slash = false; // whether the key "/" is down

	const fit = fitter(options);
	/** @type {Map<number, {title?: string, href?: string, target?: string}>} what --nameattr says of a frame */
	const attrs = new Map((options.attrs || []).map((/** @type {any} */ a) => [a.frame, a]));

	// ---- sums

	/**
	 * weight is what widths are made of: sums of |self| over the subtree, so that
	 * negative values take as much room as positive ones. net is the plain sum.
	 * @param {number} t
	 */
	function totalsOf(t) {
		const self = p.self[t];
		const net = sumUp(self);
		const weight = self.some((v) => v < 0) ? sumUp(self.map(Math.abs)) : net;
		const base = p.base.length ? sumUp(p.base[t]) : null;
		const all = t === options.type ? Math.max(weight[0], options.total || 0) : weight[0];
		return { self, net, weight, base, baseSelf: p.base[t], all };
	}

	/** @param {Float64Array} self */
	function sumUp(self) {
		const total = self.slice();
		for (let n = p.count - 1; n > 0; n--) total[parent[n]] += total[n];
		return total;
	}

	/** Weight of the siblings from n to last. @param {{n: number, last: number}} range */
	function weightOf({ n, last }) {
		if (n === 0) return sums.all;
		let sum = 0;
		for (let s = n; s <= last; s = end[s]) sum += sums.weight[s];
		return sum;
	}

	/** FlameGraph's colours for a difference: svg.DiffColor. */
	function colorDeltas() {
		let most = p.types[type].scale || 1;
		const self = sums.self, base = sums.baseSelf;
		for (let n = 0; n < p.count; n++) most = Math.max(most, Math.abs(self[n] - base[n]));
		return Array.from(self, (v, n) => {
			const delta = (v - base[n]) * (options.negate ? -1 : 1);
			const pale = Math.trunc(210 * (most - Math.abs(delta)) / most);
			return delta > 0 ? hexColor(255, pale, pale) : delta < 0 ? hexColor(pale, pale, 255) : "#ffffff";
		});
	}

	/** @param {number} n */
	function colorOf(n) {
		if (deltaColors) return deltaColors[n];
		return n === 0 ? "#d7d7dc" : p.colors[p.colorOf[frame[n]]];
	}

	/** @param {number} n */
	function nameOf(n) {
		if (n === 0) return rootName;
		const line = p.sources && p.sources.line(frame[n]);
		return p.names.get(frame[n]) + (line ? ":" + line : "");
	}

	// ---- layout

	/**
	 * Finds the boxes of the present zoom in one walk that steps over what is
	 * too narrow. A node's own share is at its left, its children follow.
	 */
	function layout() {
		while (zoom.n !== 0 && !(weightOf(zoom) > 0)) zoom = { n: parent[zoom.n], last: parent[zoom.n] };
		zoomWeight = weightOf(zoom);
		scale = zoomWeight > 0 ? width / zoomWeight : 0;
		const base = depth[zoom.n];
		rows = [];
		for (let a = zoom.n; a !== 0;) {
			a = parent[a];
			rows[depth[a]] = [{ n: a, last: a, row: depth[a], x: 0, w: width }];
		}
		const at = [0]; // by row from base: where the next sibling begins
		/** @type {(Box | null)[]} by row from base: the merged box that may still grow */
		const open = [];
		const stop = end[zoom.last];
		for (let n = zoom.n; n < stop;) {
			const level = depth[n] - base;
			const x = at[level], w = n === 0 ? width : sums.weight[n] * scale;
			at[level] = x + w;
			const row = rows[level + base] || (rows[level + base] = []);
			if (w >= MIN_WIDTH || n === 0) {
				row.push({ n, last: n, row: level + base, x, w });
				open[level] = null;
				at[level + 1] = x + Math.abs(sums.self[n]) * scale;
				n++;
				continue;
			}
			const run = open[level];
			if (w > 0) {
				if (run && parent[run.n] === parent[n] && run.w < MAX_RUN) {
					run.last = n;
					run.w = x + w - run.x;
				} else {
					row.push(open[level] = { n, last: n, row: level + base, x, w });
				}
			}
			n = end[n];
		}
		canvasHeight = Math.max(rows.length * rowHeight, height);
	}

	/** The top of a row. @param {number} row */
	function topOf(row) {
		return options.inverted ? row * rowHeight : canvasHeight - (row + 1) * rowHeight;
	}

	// ---- drawing

	/** Lays out and draws what changed with type, zoom or size. */
	function refresh() {
		layout();
		ui.graph.setAttribute("width", String(width));
		ui.graph.setAttribute("height", String(canvasHeight));
		drawn = [0, 0];
		hovered = undefined;
		if (!boxOf(focus)) focus = zoom.n;
		showMatched();
		ui.reset.disabled = ui.up.disabled = zoom.n === 0;
	}

	/** Draws the rows that are on the screen and half a screen around them. */
	function draw() {
		const top = ui.scroll.scrollTop, bottom = top + height;
		const [first, stop] = rowsBetween(top, bottom);
		if (first >= drawn[0] && stop <= drawn[1]) return;
		drawn = rowsBetween(top - height / 2, bottom + height / 2);
		const parts = [];
		/** @type {Map<string, string>} path data by the path's other attributes */
		const paths = new Map();
		for (let r = drawn[0]; r < drawn[1]; r++) {
			for (const box of rows[r] || []) {
				if (box.w >= THIN) parts.push(element(box, paths));
				else addPath(paths, box);
			}
		}
		for (const [attributes, d] of paths) parts.push(`<path ${attributes} d="${d}"/>`);
		const active = document.activeElement;
		const had = active && ui.layer.contains(active);
		ui.layer.innerHTML = parts.join("");
		ui.hover.setAttribute("visibility", "hidden");
		rove(had);
	}

	/** The rows that touch a stretch of the canvas, as a half-open range. @param {number} top @param {number} bottom */
	function rowsBetween(top, bottom) {
		if (!options.inverted) [top, bottom] = [canvasHeight - bottom, canvasHeight - top];
		return [Math.max(0, Math.floor(top / rowHeight)), Math.min(rows.length, Math.ceil(bottom / rowHeight))];
	}

	/** @param {Box} box */
	function merged(box) {
		return box.w < MIN_WIDTH || box.last !== box.n;
	}

	/** Whether a box has a match in it. @param {Box} box */
	function matched(box) {
		return hit !== null && hitsBefore[merged(box) ? end[box.last] : box.n + 1] > hitsBefore[box.n];
	}

	/** Adds a thin box to the path of its colour. @param {Map<string, string>} paths @param {Box} box */
	function addPath(paths, box) {
		const s = matched(box) ? " s" : "";
		const key = merged(box) ? `class="m${s}"` : `class="f${s}" fill="${colorOf(box.n)}"`;
		// Neighbours stand a hair apart, unless that would take most of the box.
		const w = round(box.w > 2 ? box.w - 0.5 : box.w);
		paths.set(key, (paths.get(key) || "") + `M${round(box.x)} ${topOf(box.row)}h${w}v${rowHeight - 1}h-${w}z`);
	}

	/** The elements of a box. @param {Box} box @param {Map<string, string>} paths */
	function element(box, paths) {
		const { n, x, w } = box, y = topOf(box.row), many = merged(box);
		const cls = (many ? "m" : "f") + (box.row < depth[zoom.n] ? " a" : "") + (matched(box) ? " s" : "");
		const inner = round(w > THIN ? w - 0.7 : w), color = many ? "" : colorOf(n);
		const rect = `<rect class="${cls}" data-n="${n}" x="${round(x)}" y="${y}" width="${inner}" height="${rowHeight - 1}"`;
		if (many) {
			const bars = 'class="bars"';
			paths.set(bars, (paths.get(bars) || "") + `M${round(x)} ${y + (rowHeight - 1) / 2}h${inner}`);
			return rect + ` data-last="${box.last}"/>`;
		}
		const label = fit.label(nameOf(n), w - 2 * PAD);
		return rect + ` fill="${color}"/>` + (!label ? "" :
			`<text${isDark(color) ? ' class="d"' : ""} data-n="${n}" x="${round(x + PAD)}" y="${round(y + rowHeight / 2 + options.fontSize * 0.34)}">${escape(label)}</text>`);
	}

	/** @param {number} x */
	function round(x) {
		return Math.round(x * 10) / 10;
	}

	/** The box that shows node n, be it merged; undefined if there is none. @param {number} n */
	function boxOf(n) {
		const box = lastWhere(rows[depth[n]], (b) => b.n <= n);
		return box && n <= box.last ? box : undefined;
	}

	/**
	 * The last box of a row for which test holds, given that it does up to some
	 * box and not after: places and nodes ascend within a row.
	 * @param {Box[] | undefined} row
	 * @param {(box: Box) => boolean} test
	 * @returns {Box | undefined}
	 */
	function lastWhere(row = [], test) {
		let lo = 0, hi = row.length;
		while (lo < hi) {
			const mid = lo + hi >> 1;
			if (test(row[mid])) lo = mid + 1; else hi = mid;
		}
		return row[lo - 1];
	}

	/** Frames of another rectangle laid around a box: hover and focus. @param {SVGElement} e @param {Box | undefined} box */
	function outline(e, box) {
		e.setAttribute("visibility", box ? "visible" : "hidden");
		if (!box) return;
		e.setAttribute("x", String(round(box.x)));
		e.setAttribute("y", String(topOf(box.row)));
		e.setAttribute("width", String(Math.max(1, round(box.w - 0.7))));
		e.setAttribute("height", String(rowHeight - 1));
	}

	// ---- details

	/** The lines of the details bar for a box. @param {Box} box */
	function describe(box) {
		const { n, last } = box;
		const type_ = p.types[type];
		const show = (/** @type {number} */ v) => options.countName
			? formatFixed(v / (type_.scale || 1) * (options.factor || 1), 0) + " " + options.countName
			: formatValue(v * (options.factor || 1), type_);
		const signed = (/** @type {number} */ v) => (v > 0 ? "+" : "") + show(v);
		const many = merged(box);
		let net = 0, before = 0;
		const weight = weightOf(box);
		for (let s = n; s <= last; s = end[s]) {
			net += sums.net[s];
			if (sums.base) before += sums.base[s];
		}
		if (n === 0 && sums.weight === sums.net) net = sums.all;
		const stats = [(many ? "" : "total ") + show(net), percent(weight, sums.all) + " of all"];
		if (zoom.n !== 0 && n >= zoom.n && last < end[zoom.last] && n !== zoom.n) stats.push(percent(weight, zoomWeight) + " of zoomed");
		if (n !== 0 && parent[n] !== 0) stats.push(percent(weight, sums.weight[parent[n]]) + " of parent");
		if (sums.base) stats.push("before " + show(before), "change " + signed(net - before) + " (" + (net > before ? "+" : "") + percent(net - before, sums.all) + ")");
		if (!many) {
			stats.push("self " + show(sums.self[n]) + " (" + percent(Math.abs(sums.self[n]), sums.all) + ")");
			if (sums.base) stats.push("self change " + signed(sums.self[n] - sums.baseSelf[n]));
		}
		if (!many && n !== 0) {
			const f = frame[n], attr = attrs.get(f);
			stats.push(KINDS[p.kinds[f]], p.sources ? p.sources.file(f) : "", attr && attr.title ? visible(attr.title) : "");
		}
		let name = nameOf(n);
		if (many) {
			const inside = end[last] - n;
			name = formatFixed(inside, 0) + (inside === 1 ? " frame" : " frames") + " under 1 px" + (inside === 1 ? ": " : ", from ") + name;
		}
		return { name, stats: stats.filter(Boolean).join(" \u00b7 ") };
	}

	/** @param {Box | undefined} box */
	function showDetails(box) {
		if (!box) return;
		const { name, stats } = describe(box);
		const attr = box.n === 0 || merged(box) ? undefined : attrs.get(frame[box.n]);
		if (attr && attr.href) ui.name.replaceChildren(html("a", { href: attr.href, target: attr.target || "_top", rel: "noopener" }, name));
		else if (ui.name.textContent !== name) ui.name.textContent = name;
		if (ui.stats.textContent !== stats) ui.stats.textContent = stats;
		ui.name.title = name;
	}

	/** The details that the bar returns to when the pointer leaves. */
	function showSelected() {
		showDetails(boxOf(focus) || boxOf(zoom.n));
	}

	// ---- search

	/**
	 * Finds which frames match: by name, once for each function, however many
	 * nodes it has.
	 */
	function find() {
		hit = null;
		ui.search.classList.remove("flame-bad");
		ui.search.removeAttribute("title");
		if (!search.text) return;
		const test = matcher();
		hit = new Uint8Array(p.names.count + 1); // the root's frame never matches
		for (let f = 0; f < p.names.count; f++) hit[f] = test(p.names.get(f)) ? 1 : 0;
		hitsBefore = new Uint32Array(p.count + 1);
		for (let n = 0; n < p.count; n++) hitsBefore[n + 1] = hitsBefore[n] + hit[frame[n]];
	}

	/** @returns {(name: string) => boolean} */
	function matcher() {
		if (!search.plain) {
			try {
				const re = new RegExp(search.text, search.fold ? "i" : "");
				return (name) => re.test(name);
			} catch (err) {
				ui.search.classList.add("flame-bad");
				ui.search.title = "Not a regular expression, so searched as plain text: " + err;
			}
		}
		const text = search.fold ? search.text.toLowerCase() : search.text;
		return (name) => (search.fold ? name.toLowerCase() : name).includes(text);
	}

	/**
	 * Weight of all stacks of a range that have a match in them: the outermost
	 * matches only, so that none counts twice.
	 * @param {number} from
	 * @param {number} to
	 */
	function matchedWeight(from, to) {
		let sum = 0;
		for (let n = from; n < to;) {
			if (hitsBefore[n + 1] > hitsBefore[n]) {
				sum += sums.weight[n];
				n = end[n];
			} else {
				n = hitsBefore[end[n]] > hitsBefore[n] ? n + 1 : end[n];
			}
		}
		return sum;
	}

	function showMatched() {
		ui.app.classList.toggle("flame-searching", !!hit);
		ui.prev.disabled = ui.next.disabled = !hit;
		let text = "";
		if (hit) {
			text = percent(matchedWeight(0, p.count), sums.all) + " matched";
			if (zoom.n !== 0) text += ", " + percent(matchedWeight(zoom.n, end[zoom.last]), zoomWeight) + " of zoomed";
			const nodes = hitsBefore[p.count];
			text += " \u00b7 " + (ui.search.title ? "as plain text" : formatFixed(nodes, 0) + (nodes === 1 ? " frame" : " frames"));
		}
		ui.matched.textContent = text;
	}

	/**
	 * Moves to the next drawn match in preorder, or the previous, around the end.
	 * @param {number} by 1 or -1
	 * @param {boolean} take whether to take the focus, too
	 */
	function step(by, take) {
		if (!hit) return;
		const matches = rows.flat().filter(matched).sort((a, b) => a.n - b.n);
		if (!matches.length) return;
		const at = by > 0 ? matches.findIndex((b) => b.n > focus) : matches.findLastIndex((b) => b.n < focus);
		focusBox(matches[at >= 0 ? at : by > 0 ? 0 : matches.length - 1], take);
	}

	// ---- focus

	/** Makes the focused box the one that Tab comes to. @param {boolean | null} [take] whether to take the focus, too */
	function rove(take) {
		const old = ui.layer.querySelector("[tabindex]");
		if (old && old.classList.contains("thin")) old.remove();
		else if (old) for (const a of ["tabindex", "role", "aria-label", "aria-level"]) old.removeAttribute(a);
		const box = boxOf(focus);
		if (!box) return;
		let e = ui.layer.querySelector(`[data-n="${box.n}"]`);
		if (!e) { // a thin box: it gets an element when it gets the focus
			e = svg("rect", { class: "thin", "data-n": box.n, x: round(box.x), y: topOf(box.row), width: round(box.w), height: rowHeight - 1 });
			ui.layer.append(e);
		}
		const { name, stats } = describe(box);
		e.setAttribute("tabindex", "0");
		e.setAttribute("role", "treeitem");
		e.setAttribute("aria-level", box.row + 1);
		e.setAttribute("aria-label", name + ", " + stats);
		if (take) e.focus({ preventScroll: true });
		if (!ui.ring.hasAttribute("data-off")) outline(ui.ring, box);
	}

	/** Focuses a box as the keyboard does it. @param {Box | undefined} box @param {boolean} [take] */
	function focusBox(box, take = true) {
		if (!box) return;
		focus = box.n;
		ui.ring.removeAttribute("data-off");
		const y = topOf(box.row), top = ui.scroll.scrollTop;
		if (y < top) ui.scroll.scrollTop = y - rowHeight;
		else if (y + rowHeight > top + height) ui.scroll.scrollTop = y + 2 * rowHeight - height;
		draw();
		rove(take);
		showDetails(box);
	}

	/** The widest box on top of this one. @param {Box} box */
	function childOf(box) {
		if (merged(box)) return undefined;
		let best;
		for (const b of rows[box.row + 1] || []) {
			if (b.n < end[box.n] && b.n > box.n && (!best || b.w > best.w)) best = b;
		}
		return best;
	}

	// ---- changes

	/** @param {{n: number, last: number}} to @param {boolean} [restoring] whether the address already says so */
	function zoomTo(to, restoring) {
		if (to.n === zoom.n && to.last === zoom.last) return;
		zoom = { n: to.n, last: to.last };
		focus = zoom.n;
		refresh();
		scrollToZoom();
		draw();
		showSelected();
		if (!restoring) remember(true);
	}

	function zoomOut() {
		const up = parent[zoom.n];
		zoomTo({ n: up, last: up });
	}

	/** Puts the zoomed row near the end that the root is at, with some callers. */
	function scrollToZoom() {
		const callers = Math.min(3, depth[zoom.n]);
		const y = topOf(depth[zoom.n] - callers);
		ui.scroll.scrollTop = options.inverted ? y : y + rowHeight - height;
	}

	/** @param {number} to @param {boolean} [restoring] */
	function setType(to, restoring) {
		if (to === type || !p.types[to]) return;
		type = to;
		sums = totalsOf(type);
		deltaColors = p.base.length ? colorDeltas() : null;
		refresh();
		scrollToZoom();
		draw();
		showSelected();
		ui.types.selectedIndex = type;
		if (!restoring) remember(true);
	}

	/** @param {Partial<typeof search>} change @param {boolean} [restoring] */
	function setSearch(change, restoring) {
		search = { ...search, ...change };
		if (ui.search.value !== search.text) ui.search.value = search.text;
		ui.regexp.setAttribute("aria-pressed", String(!search.plain));
		ui.fold.setAttribute("aria-pressed", String(search.fold));
		const before = hit;
		find();
		showMatched();
		if (before || hit) {
			drawn = [0, 0];
			draw();
		}
		if (!restoring) rememberSoon();
	}

	// ---- the address

	// The k-th graph of a page adds k to its keys, from the second one on.
	const number = [...document.querySelectorAll("svg.flame")].indexOf(root);
	const suffix = number > 0 ? String(number + 1) : "";
	let timer = 0;

	/** Typing in the search box must not fill the browser's history. */
	function rememberSoon() {
		clearTimeout(timer);
		timer = setTimeout(() => remember(false), 300);
	}

	/** Writes the state to the address. @param {boolean} push whether Back returns from it */
	function remember(push) {
		clearTimeout(timer);
		const mine = {
			z: zoom.n === 0 ? "" : nodeKey(zoom.n) + (zoom.last === zoom.n ? "" : "," + nodeKey(zoom.last)),
			s: encode(search.text),
			i: search.fold ? "1" : "",
			r: search.plain ? "0" : "",
			t: type === options.type ? "" : encode(typeKey(type)),
		};
		const keys = Object.keys(mine).map((k) => k + suffix);
		const parts = location.hash.slice(1).split("&").filter((part) => part && !keys.includes(part.split("=")[0]));
		for (const [k, v] of Object.entries(mine)) if (v) parts.push(k + suffix + "=" + v);
		// A sandboxed frame, a data: or blob: document may refuse: then there is
		// no permalink, and all else works.
		try {
			const url = parts.length ? "#" + parts.join("&") : location.pathname + location.search;
			if (push) history.pushState(null, "", url);
			else history.replaceState(null, "", url);
		} catch { /* see above */ }
	}

	/** Takes the state from the address; what it does not know it leaves out. */
	function restore() {
		/** @type {Record<string, string>} */
		const got = {};
		try {
			for (const part of location.hash.slice(1).split("&")) {
				const [key, ...value] = part.split("=");
				got[key] = decode_(value.join("="));
			}
		} catch { /* about:blank has no location to read */ }
		const t = p.types.findIndex((_, i) => typeKey(i) === got["t" + suffix]);
		setType(t >= 0 ? t : options.type, true);
		setSearch({ text: got["s" + suffix] || "", fold: got["i" + suffix] === "1", plain: got["r" + suffix] === "0" }, true);
		zoomTo(findZoom((location.hash.match(new RegExp("[#&]z" + suffix + "=([^&]*)")) || [])[1]), true);
	}

	/** A sample type's name in the address. @param {number} t */
	function typeKey(t) {
		const name = p.types[t].type;
		return p.types.findIndex((o) => o.type === name) === t ? name : String(t);
	}

	/** @type {Uint32Array | undefined} */
	let hashes;
	/**
	 * A hash of each node's stack. It depends on names only, so that a permalink
	 * holds when the profile is drawn anew.
	 */
	function stackHashes() {
		if (hashes) return hashes;
		const names = new Uint32Array(p.names.count);
		for (let f = 0; f < names.length; f++) names[f] = p.names.hash(f);
		hashes = new Uint32Array(p.count);
		for (let n = 1; n < p.count; n++) {
			let h = Math.imul(hashes[parent[n]] + 0x9e3779b9 ^ names[frame[n]], 0x85ebca6b);
			hashes[n] = h ^ h >>> 15;
		}
		return hashes;
	}

	/** The part of a name that a permalink shows. @param {number} n */
	function shortName(n) {
		return [...nameOf(n).slice(0, 120)].slice(0, 60).join("").replace(/[\ud800-\udfff]$/, "");
	}

	/**
	 * "HASH-NAME", or "HASH.K-NAME" for the K-th node of the same stack (a flame
	 * chart has many): the hash finds the node, the name is for the reader and
	 * for a profile where the stack is another.
	 * @param {number} n
	 */
	function nodeKey(n) {
		const h = stackHashes();
		let k = 0;
		for (let i = 1; i < n; i++) if (h[i] === h[n]) k++;
		return h[n].toString(36) + (k ? "." + k : "") + "-" + encode(shortName(n));
	}

	/** @param {string} key @returns {number} the node, 0 if there is none */
	function findNode(key) {
		const m = /^([0-9a-z]+)(?:\.(\d+))?-(.*)$/.exec(key);
		if (!m) return 0;
		const name = decode_(m[3]), h = stackHashes(), want = parseInt(m[1], 36);
		let k = Number(m[2] || 0), found = 0;
		for (let n = 1; n < p.count; n++) {
			if (h[n] !== want) continue;
			found = n;
			if (k-- === 0) break;
		}
		if (found && shortName(found) === name) return found;
		// The stack is gone: the widest node of that name is the best guess.
		const same = new Uint8Array(p.names.count);
		for (let f = 0; f < same.length; f++) same[f] = p.names.get(f).startsWith(name) ? 1 : 0;
		found = 0;
		for (let n = 1; n < p.count; n++) {
			if (same[frame[n]] && (!found || sums.weight[n] > sums.weight[found]) && shortName(n) === name) found = n;
		}
		return found;
	}

	/** @param {string | undefined} value of z= */
	function findZoom(value) {
		const [n, last] = (value || "").split(",").map(findNode);
		return { n, last: last > n && parent[last] === parent[n] ? last : n };
	}

	/** Like encodeURIComponent, for links in running text too. @param {string} s */
	function encode(s) {
		return encodeURIComponent(s).replace(/[!'()*~]/g, (c) => "%" + c.charCodeAt(0).toString(16));
	}

	/** @param {string} s */
	function decode_(s) {
		try {
			return decodeURIComponent(s);
		} catch {
			return s;
		}
	}

	// ---- copying

	/** @param {boolean} [stack] the whole stack as folded text, else the details */
	function copy(stack) {
		let text = ui.name.textContent + "\n" + ui.stats.textContent;
		if (stack) {
			const names = [];
			for (let n = focus; n !== 0; n = parent[n]) names.push(nameOf(n));
			text = names.reverse().join(";");
		}
		const failed = () => {
			// No clipboard here: the text is marked, so that one key copies it.
			const marked = getSelection();
			if (marked) marked.selectAllChildren(stack ? ui.name : ui.name.parentNode);
		};
		const done = () => {
			ui.copy.textContent = "Copied";
			setTimeout(() => { ui.copy.textContent = "Copy"; }, 1200);
		};
		try {
			navigator.clipboard.writeText(text).then(done, failed);
		} catch {
			failed();
		}
	}

	// ---- events

	/** The box of an element. @param {Event} e */
	function boxOfTarget(e) {
		const n = /** @type {Element} */ (e.target).getAttribute("data-n");
		return n === null ? undefined : boxOf(Number(n));
	}

	/**
	 * The box at a pointer's place, since thin boxes have no element.
	 * @param {{clientX: number, clientY: number}} e
	 * @returns {Box | undefined}
	 */
	function boxAt(e) {
		const area = ui.graph.getBoundingClientRect();
		const y = e.clientY - area.top, x = e.clientX - area.left;
		const row = Math.floor((options.inverted ? y : canvasHeight - y) / rowHeight);
		const box = lastWhere(rows[row], (b) => b.x <= x);
		return box && x < box.x + Math.max(box.w, 1) ? box : undefined;
	}

	function listen() {
		const hover = (/** @type {Box | undefined} */ box) => {
			if (box === hovered) return;
			hovered = box;
			outline(ui.hover, box);
			if (box) showDetails(box);
			else showSelected();
		};
		on(ui.graph, "pointermove", (e) => hover(boxAt(e)));
		on(ui.graph, "pointerleave", () => hover(undefined));
		/** @type {PointerEvent | undefined} */
		let pressed;
		on(ui.graph, "pointerdown", (e) => { pressed = e; });
		on(ui.graph, "click", (e) => {
			// A click that a key or a screen reader made has no place. One that a
			// finger made has another: browsers move it to what can be focused.
			const box = e.detail ? boxAt(pressed || e) : boxOfTarget(e);
			if (!box) return;
			focus = box.n;
			rove(true);
			zoomTo(box);
		});
		on(ui.layer, "focusin", (e) => {
			// A click focuses too, and needs no ring.
			ui.ring.toggleAttribute("data-off", !e.target.matches(":focus-visible"));
			outline(ui.ring, ui.ring.hasAttribute("data-off") ? undefined : boxOfTarget(e));
			showDetails(boxOfTarget(e));
		});
		on(ui.layer, "focusout", () => outline(ui.ring, undefined));
		on(ui.scroll, "scroll", draw);
		on(ui.types, "change", () => setType(ui.types.selectedIndex));
		on(ui.search, "beforeinput", (e) => {
			// The key that brought the focus here is no part of the search: some
			// input methods send its character all the same.
			if (slash && e.data === "/") e.preventDefault();
		});
		on(window, "keyup", () => { slash = false; });
		on(ui.search, "input", () => setSearch({ text: ui.search.value }));
		on(ui.regexp, "click", () => setSearch({ plain: !search.plain }));
		on(ui.fold, "click", () => setSearch({ fold: !search.fold }));
		on(ui.prev, "click", () => step(-1, false));
		on(ui.next, "click", () => step(1, false));
		on(ui.up, "click", zoomOut);
		on(ui.reset, "click", () => zoomTo({ n: 0, last: 0 }));
		on(ui.copy, "click", () => copy());
		on(ui.about, "click", () => { ui.help.hidden = !ui.help.hidden; });
		on((alone ? document : ui.app), "keydown", keydown);
		on(window, "popstate", restore);
		on(window, "hashchange", restore);
	}

	/** @param {any} e a KeyboardEvent */
	function keydown(e) {
		if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
		if (e.target === ui.search ? !searchKey(e) : e.target === ui.types || !graphKey(e)) return;
		e.preventDefault();
		e.stopPropagation();
	}

	/** @param {KeyboardEvent} e @returns {boolean} whether the key did something */
	function searchKey(e) {
		if (e.key === "Enter") step(e.shiftKey ? -1 : 1, false);
		else if (e.key === "Escape" && search.text) setSearch({ text: "" });
		else if (e.key === "Escape") focusBox(boxOf(focus));
		else return false;
		return true;
	}

	/** @param {KeyboardEvent} e @returns {boolean} whether the key did something */
	function graphKey(e) {
		const box = boxOf(focus) || rows[0][0];
		const row = rows[box.row], at = row.indexOf(box);
		const onButton = /** @type {Element} */ (e.target).localName === "button";
		switch (e.key) {
			case "ArrowUp": focusBox(options.inverted ? boxOf(parent[box.n]) : childOf(box)); break;
			case "ArrowDown": focusBox(options.inverted ? childOf(box) : boxOf(parent[box.n])); break;
			case "ArrowLeft": focusBox(row[at - 1]); break;
			case "ArrowRight": focusBox(row[at + 1]); break;
			case "Enter":
			case " ":
				if (onButton) return false;
				zoomTo(box);
				break;
			case "Escape":
				if (!ui.help.hidden) ui.help.hidden = true;
				else if (search.text) setSearch({ text: "" });
				else zoomOut();
				break;
			case "Backspace": zoomOut(); break;
			case "Home":
			case "0": zoomTo({ n: 0, last: 0 }); break;
			case "/":
				slash = true;
				ui.search.focus();
				ui.search.select();
				break;
			case "n": step(1, true); break;
			case "N": step(-1, true); break;
			case "c": copy(); break;
			case "C": copy(true); break;
			case "?": ui.help.hidden = !ui.help.hidden; break;
			default: return false;
		}
		return true;
	}

	// ---- theme

	/** The reader's choice where it may be kept, else the system's. */
	function theme() {
		const dark = matchMedia("(prefers-color-scheme: dark)");
		let chosen = "";
		try {
			chosen = localStorage.getItem("flame-theme") || "";
		} catch { /* no storage here */ }
		const show = () => { root.dataset.theme = chosen || (dark.matches ? "dark" : "light"); };
		on(dark, "change", show);
		on(ui.theme, "click", () => {
			chosen = root.dataset.theme === "dark" ? "light" : "dark";
			try {
				localStorage.setItem("flame-theme", chosen);
			} catch { /* for this page only, then */ }
			show();
		});
		show();
	}

	// ---- size

	/** Takes the place of the static picture. */
	function mount() {
		const box = svg("foreignObject", { class: "flame-live", x: 0, y: 0, width: "100%", height: "100%" }, ui.app);
		const size = ["viewBox", "width", "height"].map((a) => [a, root.getAttribute(a) || ""]);
		const pictureHeight = Number(root.getAttribute("height")) || 400;
		const live = () => {
			root.removeAttribute("viewBox");
			if (options.fluid) root.setAttribute("width", "100%");
			if (alone) root.setAttribute("height", "100%");
		};
		root.append(box);
		root.classList.add("flame-on");
		live();
		if (!alone) {
			// The toolbar and the details need more than the picture's margins.
			const room = () => {
				const wanted = Math.max(pictureHeight, ui.bar.offsetHeight + ui.details.offsetHeight + Math.min(pictureHeight, (p.deepest + 1) * rowHeight));
				root.style.setProperty("height", wanted + "px");
			};
			room();
			new ResizeObserver(room).observe(ui.bar);
		}
		// Paper gets the static picture.
		on(window, "beforeprint", () => {
			for (const [a, v] of size) root.setAttribute(a, v);
		});
		on(window, "afterprint", live);
	}

	function resized() {
		// Whether there is a scrollbar must not depend on the width, or the two
		// chase each other.
		ui.scroll.classList.toggle("flame-tall", (p.deepest + 1) * rowHeight > ui.scroll.clientHeight);
		const w = ui.scroll.clientWidth, h = ui.scroll.clientHeight;
		if (w === width && h === height || w === 0) return;
		// What stands at the root's edge of the screen stays there.
		const below = canvasHeight - ui.scroll.scrollTop - height;
		const first = height === 0;
		width = w;
		height = h;
		refresh();
		if (first) scrollToZoom();
		else if (!options.inverted) ui.scroll.scrollTop = canvasHeight - below - height;
		draw();
		showSelected();
	}

	mount();
	theme();
	if (p.base.length) {
		deltaColors = colorDeltas();
		ui.app.classList.add("flame-diff");
	}
	ui.types.selectedIndex = type;
	resized();
	restore();
	listen();
	new ResizeObserver(resized).observe(ui.scroll);
	root.dataset.flame = "ready";
	performance.mark("flame-interactive");
	setTimeout(stackHashes, 200); // before the first zoom asks for them
}

/** Shortens labels to a width in pixels. @param {{fontSize: number, fontFamily: string, fontWidth: number}} font */
function fitter(font) {
	const canvas = /** @type {HTMLCanvasElement} */ (document.createElementNS(XHTML, "canvas"));
	const context = canvas.getContext("2d");
	if (context) context.font = font.fontSize + "px " + (font.fontFamily || "Verdana, sans-serif");
	/** @type {Map<string, number>} widths of characters */
	const widths = new Map();
	const widthOf = (/** @type {string} */ c) => {
		let w = widths.get(c);
		if (w === undefined) {
			w = context ? context.measureText(c).width : font.fontSize * font.fontWidth;
			widths.set(c, w);
		}
		return w;
	};
	/**
	 * How much of s, from `from` on, fits: the index of the first character that does not.
	 * @param {string} s
	 * @param {number} from
	 * @param {number} room
	 */
	const reach = (s, from, room) => {
		let i = from;
		while (i < s.length) {
			const c = String.fromCodePoint(/** @type {number} */ (s.codePointAt(i)));
			room -= widthOf(c);
			if (room < 0) break;
			i += c.length;
		}
		return i;
	};
	return {
		/**
		 * The name, or its end from a package's boundary, or the start of that and
		 * ".."; "" if not even three characters fit.
		 * @param {string} name
		 * @param {number} room
		 */
		label(name, room) {
			if (reach(name, 0, room) === name.length) return name;
			let from = 0;
			for (from of shortenings(name)) if (reach(name, from, room) === name.length) return name.slice(from);
			const to = reach(name, from, room - 2 * widthOf("."));
			return to > from + 1 ? name.slice(from, to) + ".." : "";
		},
	};
}
})();
