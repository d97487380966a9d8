/** Colour modes: a function from a node to its fill, and what the colours mean. */

import { Changes, type LegendEntry } from "./diff";
import { hexColor } from "./payload";
import type { Profile } from "./payload";
import type { View } from "./view";

/**
 * package: what the static picture has, of whatever palette it was drawn with;
 * self: how much of the profile is the node's own; kind: the class of code; hot:
 * flamegraph.pl's. Of differential profiles only: change, flame's scale; perl,
 * flamegraph.pl's.
 */
export type ColorMode = "package" | "self" | "kind" | "hot" | "change" | "perl";

/** "#rrggbb" of a node. */
export type Fill = (n: number) => string;

/** How a view is coloured. */
export interface Colors {
	readonly fill: Fill;
	/** Signs in the labels, where the mode has any. */
	readonly changes: Changes | null;
	readonly legend: readonly LegendEntry[];
}

/** The names of the modes, in the order in which they are offered. */
export const MODE_NAMES: Record<ColorMode, string> = {
	change: "change", perl: "change of self", package: "package", self: "self weight", kind: "kind of code", hot: "name, classic hot",
};

/** The modes that a profile has. */
export function modesOf({ meta, tree }: Profile): ColorMode[] {
	const all = Object.keys(MODE_NAMES) as ColorMode[];
	return all.filter((mode) => mode === "change" ? !!meta.view.diff : mode !== "perl" || tree.base.length > 0);
}

/** The mode that the static picture is in. */
export function firstMode(options: Profile["meta"]["view"], differential: boolean): ColorMode {
	return !differential ? "package" : options.diff ? "change" : "perl";
}

export function colorsOf(mode: ColorMode, noise: number, view: View): Colors {
	return MODES[mode](view, noise);
}

/** Each does what it has to do once for a view, and answers for single nodes then. */
const MODES: Record<ColorMode, (view: View, noise: number) => Colors> = {
	package({ profile, tree }) {
		const { colors, colorOf, meta } = profile;
		return {
			fill: (n) => n === 0 ? "#e4ddd2" : colors[colorOf[tree.frame[n]]],
			changes: null,
			legend: meta.view.legend || [remark("the colours of the static picture")],
		};
	},
	self: bySelf,
	kind: byKind,
	hot({ profile, tree }) {
		return {
			fill: (n) => hot(n === 0 ? "" : annotated(profile, tree.frame[n])),
			changes: null,
			legend: [remark("warm colours that mean nothing but tell names apart: one name, one colour")],
		};
	},
	change,
	perl,
};

function remark(label: string): LegendEntry {
	return { colors: [], label };
}

/** Shares of the whole at which the next colour begins, in percent. */
const SELF_STEPS = [0.03, 0.1, 0.3, 1, 3];
const SELF_COLORS = ["#e2dfd8", "#fce3a6", "#fdbe6f", "#f5913e", "#d9541e", "#97200f"];

function bySelf({ self, all }: View): Colors {
	const step = (share: number) => SELF_STEPS.filter((s) => share >= s).length;
	return {
		fill: (n) => SELF_COLORS[step(all ? 100 * Math.abs(self[n]) / all : 0)],
		changes: null,
		legend: [remark("the frame\u2019s own share of all:"), ...SELF_COLORS.map((c, i) => ({ colors: [c], label: i === 0 ? "under " + SELF_STEPS[0] + "%" : "from " + SELF_STEPS[i - 1] + "%" }))],
	};
}

/** By svg.Class. */
const CLASSES = [
	["#ff9e67", "program"], ["#f7d471", "standard library"], ["#c7bcac", "runtime"], ["#c2a2cd", "garbage collector"],
	["#a2a7df", "kernel"], ["#7dd0c0", "compiled at run time"], ["#d6d4d0", "unknown"],
] as const;

function byKind({ profile, tree }: View): Colors {
	const runs = profile.meta.view.classes || [], classOf = new Uint8Array(profile.names.count);
	for (let i = 0, f = 0; i < runs.length; f += runs[i + 1], i += 2) classOf.fill(runs[i], f, f + runs[i + 1]);
	const colorOf = (c: number) => (CLASSES[c] || CLASSES[6])[0];
	return {
		fill: (n) => n === 0 ? "#e4ddd2" : colorOf(classOf[tree.frame[n]]),
		changes: null,
		legend: CLASSES.filter((_, c) => classOf.includes(c)).map(([color, label]) => ({ colors: [color], label })),
	};
}

/** The annotations that folded text has, by collapse.Kind. */
const ANNOTATIONS = ["", "_[i]", "_[k]", "_[j]", "_[w]"];

function annotated({ names, kinds }: Profile, f: number): string {
	return names.get(f) + (ANNOTATIONS[kinds[f]] || "");
}

/** flamegraph.pl's hot, as svg.Colorer has it: the first number of drand48 after the sum of the name's code points. */
function hot(name: string): string {
	let sum = 0;
	for (const c of name) sum += c.codePointAt(0)!;
	const state = BigInt.asUintN(48, (BigInt(sum) << 16n | 0x330en) * 0x5deece66dn + 0xbn);
	const v = Number(state) / 2 ** 48;
	return hexColor(205 + Math.trunc(50 * v), Math.trunc(230 * v), Math.trunc(55 * v));
}

/** Frames between stacks are grey in every picture of a difference. */
function separatorOf({ profile: { names, kinds }, tree }: View, n: number): string {
	if (n === 0 || kinds[tree.frame[n]] !== 0) return "";
	const name = names.get(tree.frame[n]);
	return name === "--" ? "#a0a0a0" : name === "-" ? "#c8c8c8" : "";
}

/** flame's scale: svg.ChangeColor. */
function change(view: View, noise: number): Colors {
	const { diff, negate } = view.profile.meta.view;
	if (!diff || !view.base) return perl(view);
	const changes = new Changes(view.net, view.base, diff, noise, negate);
	const legend = diff.legend.filter(({ label }) => !label.startsWith("width"))
		.map((e) => e.colors[0] === diff.none ? { colors: e.colors, label: noise ? "changed by under " + Number((100 * noise).toPrecision(6)) + "% of all" : "unchanged" } : e);
	return { fill: (n) => separatorOf(view, n) || changes.color(n), changes, legend };
}

/** flamegraph.pl's scale for a difference: svg.DiffColor. */
function perl(view: View): Colors {
	const { profile, type, self } = view, { negate } = profile.meta.view;
	const base = view.baseSelf || new Float64Array(self.length);
	let most = profile.types[type].scale || 1;
	for (let n = 0; n < self.length; n++) most = Math.max(most, Math.abs(self[n] - base[n]));
	const before = negate ? "after" : "before";
	return {
		fill: (n) => {
			const delta = (self[n] - base[n]) * (negate ? -1 : 1);
			const pale = Math.trunc(210 * (most - Math.abs(delta)) / most);
			return separatorOf(view, n) || (delta > 0 ? hexColor(255, pale, pale) : delta < 0 ? hexColor(pale, pale, 255) : "#ffffff");
		},
		changes: null,
		legend: [
			{ colors: ["#ffd2d2", "#ff6969", "#ff0000"], label: "more of its own than " + before },
			{ colors: ["#d2d2ff", "#6969ff", "#0000ff"], label: "less" },
			{ colors: ["#ffffff"], label: "unchanged" },
			remark("the deeper, the greater a part of the greatest change"),
		],
	};
}

/**
 * Whether white text reads better on a colour than black: by WCAG's luminance,
 * so that one of the two always has a contrast of 4.5.
 */
export function isDark(color: string): boolean {
	const part = (i: number) => {
		const v = parseInt(color.slice(i, i + 2), 16) / 255;
		return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	};
	return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5) < 0.179;
}
