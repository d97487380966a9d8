/** Events: what the application does when its elements and the page tell of something. */

import type { App } from "./app";
import { modesOf } from "./colors";
import { WIDTHS } from "./diff";
import { on } from "./dom";
import { copyDetails, openMenu, openMenuAt } from "./frameactions";
import { openHelp, press } from "./keys";
import type { Box } from "./layout";
import { setSearch, step } from "./searchactions";
import { gestures } from "./touch";
import { showAs, toggle, toggleTheme } from "./viewactions";
import { pinch, zoomAll, zoomOut, zoomTo } from "./zoomactions";

/** Listens to all that the application reacts to; once, as long as it lives. */
export function listen(app: App): void {
	const { ui } = app;
	listenToGraph(app);
	on(ui.table, "click", () => toggle(app, "table"));
	on(ui.leave, "click", () => showAs(app, "stacks"));
	on(ui.types, "change", () => app.set({ type: ui.types.selectedIndex }));
	on(ui.colors, "change", () => app.set({ colors: modesOf(app.profile)[ui.colors.selectedIndex] }));
	on(ui.widths, "change", () => app.set({ widths: WIDTHS[ui.widths.selectedIndex] }));
	on(ui.floor, "change", () => app.set({ noise: Number(ui.floor.value) }));
	on<InputEvent>(ui.search, "beforeinput", (e) => {
		// The key that brought the focus here is no part of the search: some
		// input methods send its character all the same.
		if (app.slash && e.data === "/") e.preventDefault();
	});
	on(window, "keyup", () => { app.slash = false; });
	on(ui.search, "input", () => setSearch(app, { text: ui.search.value }));
	on(ui.regexp, "click", () => setSearch(app, { plain: !app.state.search.plain }));
	on(ui.fold, "click", () => setSearch(app, { fold: !app.state.search.fold }));
	on(ui.prev, "click", () => step(app, -1, false));
	on(ui.next, "click", () => step(app, 1, false));
	on(ui.up, "click", () => zoomOut(app));
	on(ui.reset, "click", () => zoomAll(app));
	on(ui.copy, "click", () => copyDetails(app));
	on(ui.about, "click", () => openHelp(app));
	on(ui.more, "click", () => openMenu(app));
	on(ui.theme, "click", () => toggleTheme(app));
	on<KeyboardEvent>(app.alone ? document : ui.app, "keydown", (e) => press(e, app));
	on(window, "popstate", () => app.restore());
	on(window, "hashchange", () => app.restore());
}

/** The pointer, fingers, and the focus in the graph. */
function listenToGraph(app: App): void {
	const { ui, picture } = app;
	const hover = (box: Box | undefined) => {
		if (box === app.hovered) return;
		app.hovered = box;
		picture.outline(ui.hover, box);
		if (box) app.show(box);
		else app.showSelected();
	};
	on<PointerEvent>(ui.graph, "pointermove", (e) => hover(picture.boxAt(e)));
	on(ui.graph, "pointerleave", () => hover(undefined));
	let pressed: PointerEvent | undefined;
	on<PointerEvent>(ui.graph, "pointerdown", (e) => { pressed = e; });
	on<MouseEvent>(ui.graph, "click", (e) => {
		// A click that a key or a screen reader made has no place. One that a
		// finger made has another: browsers move it to what can be focused.
		const box = e.detail ? picture.boxAt(pressed || e) : boxOfTarget(app, e);
		if (!box || ended()) return;
		// A finger cannot point without a click, so its first one does that.
		if (e.detail && pressed && pressed.pointerType === "touch" && box.n !== app.focus) return select(app, box);
		app.focus = box.n;
		app.rove(true);
		zoomTo(app, box);
	});
	const ended = gestures(ui.graph, {
		hold: (at) => openMenuAt(app, picture.boxAt(at), at),
		pinch: (at, scale) => pinch(app, at, scale),
	});
	on<MouseEvent>(ui.graph, "contextmenu", (e) => {
		// A key's event has no place of its own.
		const key = e.button !== 2 && boxOfTarget(app, e), box = key || picture.boxAt(e);
		if (!box) return;
		e.preventDefault();
		if (!app.menu.isOpen) openMenuAt(app, box, key ? undefined : e);
	});
	on(ui.layer, "focusin", (e) => {
		// A click focuses too, and needs no ring.
		ui.ring.toggleAttribute("data-off", !(e.target as Element).matches(":focus-visible"));
		picture.outline(ui.ring, ui.ring.hasAttribute("data-off") ? undefined : boxOfTarget(app, e));
		app.show(boxOfTarget(app, e));
	});
	on(ui.layer, "focusout", () => picture.outline(ui.ring, undefined));
	on(ui.scroll, "scroll", () => picture.draw());
}

/** The box of an element. */
function boxOfTarget(app: App, e: Event): Box | undefined {
	const n = (e.target as Element).getAttribute("data-n");
	return n === null ? undefined : app.boxOf(Number(n));
}

/** Selects a box as a finger or the menu's pointer does it. */
function select(app: App, box: Box): void {
	app.focusBox(box);
	const { name, stats } = app.describe(box);
	app.say(name + ", " + stats);
}
