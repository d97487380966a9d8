/** The parts of the application, made once; what they do is wired up in events.ts. */

import { MODE_NAMES, type ColorMode } from "./colors";
import { WIDTHS } from "./diff";
import { button, html, icon, svg } from "./dom";
import { buildLegend } from "./legend";
import { visible } from "./names";
import type { Meta } from "./payload";
import type { ValueType } from "./units";

export type Parts = ReturnType<typeof build>;

/** Builds all parts; app has them in document order. */
export function build(meta: Meta, types: readonly ValueType[], modes: readonly ColorMode[], differential: boolean, view: HTMLElement, top: HTMLElement) {
	const controls = buildControls(types, modes), key = buildLegend(meta.view.diff && meta.view.diff.noise);
	const { table, regexp, fold, rank, prev, next, up, reset, theme, about } = controls;
	const layer = svg("g"); // the boxes
	const hover = svg("rect", { class: "flame-hover", visibility: "hidden" });
	const ring = svg("rect", { class: "flame-ring", visibility: "hidden", "data-off": "" });
	const graph = svg("svg", {
		class: "flame-graph", role: "tree", "aria-label": "Flame graph",
		"font-size": meta.view.fontSize, "font-family": meta.view.fontFamily || "Verdana, sans-serif",
	}, layer, hover, ring);
	const scroll = html("div", { class: "flame-scroll" }, graph);
	const of = html("bdi"), ofStats = html("span"), leave = button("Leave the sandwich (Backspace)", icon("M4 4l8 8M12 4l-8 8"));
	const header = html("div", { class: "flame-of", role: "region", "aria-label": "Sandwich", hidden: "" }, html("div", { tabindex: "0" }, "Sandwich of ", of, ofStats), leave);
	const chips = html("ul", { class: "flame-chips", "aria-label": "Filters", hidden: "" });
	const bar = html("div", { class: "flame-bar", role: "toolbar", "aria-label": "Flame graph" },
		html("div", { class: "flame-heading", title: visible(meta.view.subtitle) },
			html("strong", {}, visible(meta.view.title)), html("span", {}, visible(meta.view.subtitle))),
		view, table, controls.types, controls.colors, ...(differential ? [controls.widths] : []),
		html("div", { class: "flame-search", role: "search" }, controls.search, regexp, fold, rank, prev, next),
		controls.matched,
		html("div", { class: "flame-buttons" }, up, reset, theme, about),
		chips);

	const name = html("bdi", { class: "flame-frame-name" });
	const stats = html("div", { class: "flame-stats" });
	const copy = button("Copy these details (c)", "Copy");
	const more = button("Actions on this frame (m)", icon("M3 8h.01M8 8h.01M13 8h.01"));
	const text = html("div", { class: "flame-text", tabindex: "0", role: "group", "aria-label": "Selected frame" }, name, stats);
	const details = html("div", { class: "flame-status", role: "region", "aria-label": "Details" }, text, more, copy);
	// What is shown under a moving pointer is not for the ear: here is what is.
	const live = html("div", { class: "flame-live-text", role: "status", "aria-live": "polite" });

	const notes = meta.profile.notes.length ? [html("div", { class: "flame-note" }, visible(meta.profile.notes.join("; ")))] : [];
	const app = html("div", { class: "flame-app" }, bar, ...notes, header, html("div", { class: "flame-main" }, top, scroll), key.legend, details, live);
	return { ...controls, ...key, layer, hover, ring, graph, scroll, header, of, ofStats, leave, bar, name, stats, text, copy, more, details, chips, live, app };
}

/** The controls of the toolbar. */
function buildControls(valueTypes: readonly ValueType[], modes: readonly ColorMode[]) {
	const types = html("select", { title: "Sample type", "aria-label": "Sample type" });
	for (const t of valueTypes) {
		const plain = !t.unit || t.unit === "count";
		types.append(html("option", {}, visible((t.type || "samples") + (plain ? "" : " (" + t.unit + ")"))));
	}
	types.disabled = valueTypes.length < 2;
	const colors = html("select", { title: "Colours (p)", "aria-label": "Colours" });
	for (const mode of modes) colors.append(html("option", { value: mode }, "by " + MODE_NAMES[mode]));
	const widths = html("select", { title: "Widths (w)", "aria-label": "Widths" });
	for (const w of WIDTHS) widths.append(html("option", { value: w }, w === "both" ? "width: the larger" : "width: " + w));
	return {
		types, colors, widths,
		search: html("input", { type: "text", placeholder: "Search ( / )", "aria-label": "Search the frames", spellcheck: "false", autocomplete: "off", autocapitalize: "off" }),
		table: button("Table of functions (t)", "Table"),
		regexp: button("Regular expression", ".*"),
		fold: button("Ignore case (Aa)", "Aa"),
		rank: html("output", { class: "flame-rank", "aria-live": "off", title: "Which match this is, of all that are shown" }),
		prev: button("Previous match (N)", icon("M4 10l4-4 4 4")),
		next: button("Next match (n)", icon("M4 6l4 4 4-4")),
		matched: html("output", { class: "flame-matched", "aria-live": "off" }),
		up: button("Zoom out one level (Backspace)", icon("M8 13V4M4 8l4-4 4 4")),
		reset: button("Reset zoom (Home)", "Reset"),
		theme: button("Dark or light", icon("M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12")),
		about: button("Keys (?)", "?"),
	};
}
