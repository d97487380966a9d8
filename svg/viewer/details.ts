/** Details: what is known of a box, in words, in the bar below the graph and for the clipboard. */

import { html } from "./dom";
import { describeChange } from "./diff";
import { isMerged, type Box, type Layout } from "./layout";
import { visible } from "./names";
import type { Parts } from "./parts";
import type { Attr, Profile } from "./payload";
import { formatFixed, formatValue, percent } from "./units";
import { placesOf, type Top } from "./top";
import { nameOf, nameOfFrame, weightOf, type Range, type View } from "./view";

/** Words for the values of collapse.Kind. */
const KINDS = ["", "inlined", "kernel", "jit", "waker", "unresolved", "truncated"];

export interface Details {
	readonly name: string;
	readonly stats: string;
}

/** A function that says values of the view's sample type as this picture wants them. */
export function speaker({ profile, type }: View): (v: number) => string {
	const t = profile.types[type], { countName, factor, unit } = profile.meta.view;
	return (v) => countName
		? formatFixed(v / (t.scale || 1) * (factor || 1), 0) + " " + countName
		: formatValue(v * (factor || 1), t, unit);
}

/** The details of a box. */
export function describe(view: View, { zoom, weight: zoomWeight }: Layout, box: Box, attr: Attr | undefined): Details {
	const { profile: p, tree, all } = view, { parent, end } = tree, { n, last } = box;
	const show = speaker(view);
	const many = isMerged(box), weight = weightOf(view, box);
	let net = 0, before = 0;
	for (let s = n; s <= last; s = end[s]) {
		net += view.net[s];
		if (view.base) before += view.base[s];
	}
	if (n === 0 && view.weight === view.net) net = view.full;
	const stats = view.base
		? describeChange({
			after: net, before, allAfter: view.net[0], allBefore: view.base[0],
			self: !many && view.baseSelf && n < view.callers ? [view.self[n], view.baseSelf[n]] : null,
		}, p.meta.view.negate, show, percent)
		: [(many ? "" : "total ") + show(net), percent(weight, all) + " of all"];
	if (zoom.n !== 0 && n >= zoom.n && last < end[zoom.last] && n !== zoom.n) stats.push(percent(weight, zoomWeight) + " of zoomed");
	if (n !== 0 && parent[n] !== 0) stats.push(percent(weight, view.weight[parent[n]]) + " of parent");
	if (!many && !view.base && n < view.callers) stats.push("self " + show(view.self[n]) + " (" + percent(Math.abs(view.self[n]), all) + ")");
	if (!many && n !== 0) {
		const f = tree.frame[n];
		stats.push(KINDS[p.kinds[f]], p.sources ? p.sources.file(f) : "", attr && attr.title ? visible(attr.title) : "");
	}
	let name = nameOf(view, n);
	if (many) {
		const inside = end[last] - n;
		name = formatFixed(inside, 0) + (inside === 1 ? " frame" : " frames") + " under 1 px" + (inside === 1 ? ": " : ", from ") + name;
	}
	return { name, stats: stats.filter(Boolean).join(" \u00b7 ") };
}

/** What a function takes of the part that is zoomed, and of all. */
export function describeFunction(view: View, zoom: Range, top: Top, f: number): Details {
	const show = speaker(view), total = top.total[f], self = top.self[f], places = placesOf(view, f);
	const stats = ["total " + show(total), percent(total, view.all) + " of all"];
	if (zoom.n !== 0) stats.push(percent(total, weightOf(view, zoom)) + " of zoomed");
	if (top.base) {
		const change = total - top.base[f];
		stats.push("before " + show(top.base[f]), "change " + (change > 0 ? "+" : "") + show(change));
	}
	stats.push("self " + show(self) + " (" + percent(self, view.all) + ")", "in " + formatFixed(places, 0) + (places === 1 ? " place" : " places"));
	return { name: nameOfFrame(view, f), stats: stats.join(" \u00b7 ") };
}

/** What --nameattr says of a box's frame. */
export function attrsOf(profile: Profile): (view: View, box: Box) => Attr | undefined {
	const byFrame = new Map((profile.meta.view.attrs || []).map((a) => [a.frame, a]));
	return (view, box) => box.n === 0 || isMerged(box) ? undefined : byFrame.get(view.tree.frame[box.n]);
}

/** Puts details into the bar; what stays the same is left alone, for it is read aloud. */
export function showDetails(ui: Parts, { name, stats }: Details, attr: Attr | undefined): void {
	if (attr && attr.href) ui.name.replaceChildren(html("a", { href: attr.href, target: attr.target || "_top", rel: "noopener" }, name));
	else if (ui.name.textContent !== name) ui.name.textContent = name;
	if (ui.stats.textContent !== stats) ui.stats.textContent = stats;
	ui.name.title = name;
}

/** A name as folded text has it, where a semicolon parts frames. */
function foldedName(view: View, n: number): string {
	return nameOf(view, n).replace(/;/g, ":");
}

/** The whole stack of a node as folded text. */
export function stackOf(view: View, at: number): string {
	const names: string[] = [];
	for (let n = at; n !== 0; n = view.tree.parent[n]) names.push(foldedName(view, n));
	return (at < view.callers ? names.reverse() : names).join(";");
}

/** What folded text has behind the name, by collapse.Kind. */
const ANNOTATIONS = ["", "_[i]", "_[k]", "_[j]", "_[w]"];

/**
 * The stacks of a box from its frame inwards, as folded text: a line for each
 * with a value of its own, and of a difference both values, before first.
 */
export function foldedOf(view: View, { n, last }: Range): string {
	const { tree, self, baseSelf, profile } = view, stop = tree.end[last];
	const scale = profile.types[view.type].scale || 1;
	const stacks: string[] = [], nodes: number[] = [], lines: string[] = []; // stacks and nodes are by level
	for (let m = n; m < stop; m++) {
		while (nodes.length && m >= tree.end[nodes[nodes.length - 1]]) nodes.pop();
		const above = nodes.length ? stacks[nodes.length - 1] + ";" : "";
		if (m === 0) continue;
		stacks[nodes.length] = above + foldedName(view, m) + (ANNOTATIONS[profile.kinds[tree.frame[m]]] || "");
		nodes.push(m);
		const before = baseSelf ? baseSelf[m] : 0;
		if (self[m] || before) lines.push(stacks[nodes.length - 1] + (baseSelf ? " " + before / scale : "") + " " + self[m] / scale);
	}
	return lines.join("\n");
}
