/** What is done with frames: their menu, its items by key, and copying. */

import type { App } from "./app";
import { copy } from "./clipboard";
import { itemsOf } from "./frame";
import type { Box } from "./layout";
import type { Item, Point } from "./menu";
import { zoomTo } from "./zoomactions";

/** The menu of the focused box: at a place, or at the box itself. */
export function openMenu(app: App, at?: Point): void {
	const box = app.boxOf(app.focus);
	if (!box) return;
	if (!at) {
		app.focusBox(box, false);
		at = app.picture.pointOf(box);
	}
	app.menu.open(app.describe(box).name, itemsFor(app, box), at, () => app.focusBox(app.boxOf(app.focus)));
}

/** Opens the menu of a box, which gets the focus. */
export function openMenuAt(app: App, box: Box | undefined, at?: Point): void {
	if (!box) return;
	app.focus = box.n;
	app.rove(false);
	app.show(box);
	openMenu(app, at);
}

/** Does what the menu of the focused box has with a key. */
export function act(app: App, key: string): void {
	const box = app.boxOf(app.focus), item = box && itemsFor(app, box).find((i) => i.key === key);
	if (item) item.does();
}

/** What can be done with a box, and by which keys. */
function itemsFor(app: App, box: Box): Item[] {
	const { view, state } = app;
	return itemsOf({
		view, state, box, zoom: () => zoomTo(app, box), set: (change) => app.set(change), copy: (text, what) => copyText(app, text, what),
	});
}

/** Copies what the details bar shows. */
export function copyDetails(app: App): void {
	const { name, stats } = app.ui;
	copyText(app, name.textContent + "\n" + stats.textContent, "the details");
}

/** Copies text, which what is a word for, and says so; where the browser does not let it, a dialog shows the text. */
function copyText(app: App, text: string, what: string): void {
	const { ui } = app;
	copy(text, app.dialog, goBack(app), () => {
		app.say("Copied " + what);
		ui.copy.textContent = "Copied";
		setTimeout(() => { ui.copy.textContent = "Copy"; }, 1200);
	});
}

/** What gives the focus back to where it is now, be that a frame that is drawn anew until then. */
export function goBack(app: App): () => void {
	const e = document.activeElement, { ui } = app;
	const inside = e !== null && ui.app.contains(e) && !ui.layer.contains(e) && !app.menu.isOpen;
	return () => {
		if (inside && e.isConnected) (e as HTMLElement).focus();
		else app.focusBox(app.boxOf(app.focus));
	};
}
