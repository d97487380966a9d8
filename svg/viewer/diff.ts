/** Differences: how much a node changed, in the steps and words of the static picture (svg.ChangeLevel), held to them by testdata/diff.json. */

import { magnitudes, type Column } from "./tree";
import { formatFixed } from "./units";

/** What widths of a differential profile are: the larger of both sides, so that what is gone shows, or one side. */
export type Widths = "both" | "after" | "before";
export const WIDTHS: readonly Widths[] = ["both", "after", "before"];

/** flame's scale for differences: metaDiff in Go. */
export interface Scale {
	readonly noise: number; // part of the larger total
	readonly steps: readonly number[]; // relative changes at which the next level begins
	readonly none: string; // "#rrggbb"
	readonly more: readonly string[]; // by level, from 1; the last is of what is on one side only
	readonly less: readonly string[];
	readonly legend: readonly LegendEntry[];
}

/** What colours mean; without colours it is a remark. */
export interface LegendEntry {
	readonly colors: readonly string[]; // "#rrggbb"
	readonly label: string;
}

/** What widths are made of, by node: sizes of the own values. */
export function ownSizes(widths: Widths, self: Column, base: Column | null): Column {
	if (!base || widths === "after") return magnitudes(self);
	if (widths === "before") return magnitudes(base);
	return self.map((v, n) => Math.max(Math.abs(v), Math.abs(base[n])));
}

/**
 * The level of a change: 0 for none or less than the noise floor, to ±steps+1,
 * and ±(steps+2) where one side is 0. whole is the larger of the totals.
 */
export function levelOf(scale: Scale, noise: number, after: number, before: number, whole: number): number {
	const d = after - before;
	if (d === 0 || Math.abs(d) < noise * whole) return 0;
	let level = scale.steps.length + 2;
	if (after !== 0 && before !== 0) {
		const r = Math.abs(d) / Math.max(Math.abs(after), Math.abs(before));
		level = 1 + scale.steps.filter((step) => r >= step).length;
	}
	return d < 0 ? -level : level;
}

/** A change in percent of what was, or what became of it: "+12%", "new", "gone"; "" if there is none. */
export function relative(after: number, before: number): string {
	if (after === before) return "";
	if (before === 0) return "new";
	if (after === 0) return "gone";
	const percent = 100 * (after - before) / Math.abs(before);
	const text = formatFixed(percent, Math.abs(percent) < 9.5 ? 1 : 0) + "%";
	return percent > 0 ? "+" + text : text.replace("-", "\u2212");
}

/** The changes of a tree's totals; negated, they are from after to before. */
export class Changes {
	private readonly whole: number;

	constructor(
		private readonly after: Column, private readonly before: Column,
		readonly scale: Scale, readonly noise: number, private readonly negate: boolean,
	) {
		this.whole = Math.max(Math.abs(after[0]), Math.abs(before[0]));
	}

	level(n: number): number {
		const level = levelOf(this.scale, this.noise, this.after[n], this.before[n], this.whole);
		return this.negate ? -level : level;
	}

	color(n: number): string {
		const level = this.level(n), { more, less, none } = this.scale;
		return level > 0 ? more[level - 1] : level < 0 ? less[-level - 1] : none;
	}

	/** The sign that a label begins with: colours alone would leave out who sees none. */
	mark(n: number): string {
		const level = this.level(n);
		return level > 0 ? "\u25b2 " : level < 0 ? "\u25bc " : "";
	}

	/** What a label ends with where there is room. */
	note(n: number): string {
		const after = this.after[n], before = this.before[n];
		if (this.level(n) === 0) return "";
		return this.negate && after !== 0 && before !== 0 ? relative(before, after) : relative(after, before);
	}
}

/** The columns and sums that a change is told of. */
interface Sides {
	readonly after: number;
	readonly before: number;
	readonly allAfter: number;
	readonly allBefore: number;
	readonly self: readonly [number, number] | null; // after and before
}

/** A change in words: absolute and relative, of the total and of the own value. */
export function describeChange(s: Sides, negate: boolean, show: (v: number) => string, percent: (part: number, whole: number) => string): string[] {
	const change = (what: string, after: number, before: number) => {
		const [to, from] = negate ? [before, after] : [after, before], d = to - from;
		if (d === 0) return what + "unchanged";
		// What is new or gone is so whichever way the change is looked at.
		const word = after === 0 || before === 0 ? relative(after, before) : relative(to, from);
		return what + "change " + (negate ? "back " : "") + (d > 0 ? "+" : "\u2212") + show(Math.abs(d)) + ", " + word;
	};
	const stats = [
		"total " + show(s.after) + " (" + percent(s.after, s.allAfter) + ")",
		"before " + show(s.before) + " (" + percent(s.before, s.allBefore) + ")",
		change("", s.after, s.before),
	];
	if (s.self) {
		const [after, before] = s.self;
		stats.push("self " + show(after) + ", before " + show(before));
		if (after !== before) stats.push(change("self ", after, before));
	}
	return stats;
}
