/** Views: what changes how the profile is shown. */

import type { App } from "./app";
import { modesOf } from "./colors";
import { describeFunction } from "./details";
import { WIDTHS } from "./diff";
import { functionAt } from "./frame";
import { isMerged } from "./layout";
import { Theme } from "./mount";
import { WHOLE } from "./place";
import { topOf } from "./top";
import type { Shape } from "./views";

/** Shows another view; with toggle, the plain one if that is it already. A sandwich is of what the focus is on. */
export function showAs(app: App, shape: Shape, toggle = false): void {
	const { state, view, focus } = app;
	if (toggle && shape === state.shape) shape = "stacks";
	if (shape !== "sandwich") {
		if (shape !== state.shape) app.set({ shape, zoom: WHOLE });
		return;
	}
	const box = app.boxOf(focus);
	let of = box && box.n !== 0 && !isMerged(box) && !app.isMiddle(box.n) ? functionAt(view, focus) : state.of;
	if (of < 0) { // the one with the largest self value
		const { self } = topOf(view, app.layout.zoom);
		of = self.indexOf(self.reduce((most, v) => Math.max(most, v), 0));
	}
	if (shape !== state.shape || of !== state.of) app.set({ shape, of, zoom: WHOLE });
}

/** Turns a choice of the view over; a sandwich has a direction of its own. */
export function toggle(app: App, what: "inverted" | "heavy" | "recursion" | "table"): void {
	const { state } = app, on = !state[what];
	if (what === "inverted" && app.view.middle >= 0) return;
	const hadFocus = app.table.element.contains(document.activeElement);
	app.set({ [what]: on });
	if (what === "table" && on) app.table.focus();
	else if (what === "table" && hadFocus) app.focusBox(app.boxOf(app.focus));
}

/** The line above a sandwich: of what it is. */
export function showHeader(app: App): void {
	const { ui, view, state: { shape, of } } = app, whole = { n: 0, last: 0 };
	ui.header.hidden = shape !== "sandwich";
	if (shape !== "sandwich") return;
	const top = topOf(view, whole);
	ui.of.textContent = app.profile.names.get(of);
	ui.ofStats.textContent = view.middle >= 0 ? describeFunction(view, whole, top, of).stats : "not on the stacks that are shown";
}

/** Takes the next colours that the profile can have. */
export function nextColors(app: App): void {
	const modes = modesOf(app.profile);
	app.set({ colors: modes[(modes.indexOf(app.state.colors) + 1) % modes.length] });
}

/** Takes the next widths of a difference. */
export function nextWidths(app: App): void {
	if (app.profile.tree.base.length) app.set({ widths: WIDTHS[(WIDTHS.indexOf(app.state.widths) + 1) % WIDTHS.length] });
}

/** Opens the legend, or closes it. */
export function toggleLegend(app: App): void {
	app.ui.legend.open = !app.ui.legend.open;
}

/** Takes the other theme, and keeps it for later visits. */
export function toggleTheme(app: App): void {
	app.set({ theme: app.theme.other }, "keep");
	Theme.store(app.state.theme);
}
