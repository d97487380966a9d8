/** Names: made visible, and shortened to a width. */

import { XHTML } from "./dom";

/**
 * A name with everything in it visible, as the static picture has it
 * (svg.Visible): no control character, nothing that reorders other text.
 */
export function visible(s: string): string {
	return s.replace(/[\p{Cc}\p{Noncharacter_Code_Point}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (c) => {
		const code = c.codePointAt(0)!;
		if (code < 0x20) return String.fromCharCode(0x2400 + code);
		if (code === 0x7f) return "\u2421";
		if (code < 0xa0 || (code & 0xfffe) === 0xfffe || code >= 0xfdd0) return "\ufffd";
		return "\\u" + code.toString(16).padStart(4, "0");
	});
}

/**
 * Where a qualified name may begin when it is shortened, from longest to
 * shortest: the rules of the static picture (svg.shortenings).
 */
export function shortenings(name: string): number[] {
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

export interface Font {
	readonly fontSize: number; // px
	readonly fontFamily: string; // "" for the default
	readonly fontWidth: number; // of a character, in font sizes, where it cannot be measured
}

/**
 * A function that shortens a label to a width in pixels: the name, or its end
 * from a package's boundary, or the start of that and ".."; "" if not even three
 * characters fit.
 */
export function fitter(font: Font): (name: string, room: number, prefix?: string) => string {
	const canvas = document.createElementNS(XHTML, "canvas") as HTMLCanvasElement;
	const context = canvas.getContext("2d");
	if (context) context.font = font.fontSize + "px " + (font.fontFamily || "Verdana, sans-serif");
	const widths = new Map<string, number>(); // of characters
	const widthOf = (c: string) => {
		let w = widths.get(c);
		if (w === undefined) {
			w = context ? context.measureText(c).width : font.fontSize * font.fontWidth;
			widths.set(c, w);
		}
		return w;
	};
	/** How much of s, from `from` on, fits: the index of the first character that does not. */
	const reach = (s: string, from: number, room: number) => {
		let i = from;
		while (i < s.length) {
			const c = String.fromCodePoint(s.codePointAt(i)!);
			room -= widthOf(c);
			if (room < 0) break;
			i += c.length;
		}
		return i;
	};
	return (name, room, prefix = "") => {
		for (const c of prefix) room -= widthOf(c);
		if (prefix && room < 0) return "";
		const fitted = fit(name, room);
		return prefix && !fitted ? prefix.trim() : prefix + fitted;
	};
	function fit(name: string, room: number): string {
		if (reach(name, 0, room) === name.length) return name;
		let from = 0;
		for (from of shortenings(name)) if (reach(name, from, room) === name.length) return name.slice(from);
		const to = reach(name, from, room - 2 * widthOf("."));
		return to > from + 1 ? name.slice(from, to) + ".." : "";
	}
}
