/** Searching: what the search box and its buttons do, and what they show. */

import type { App } from "./app";
import { isMerged } from "./layout";
import { firstFrom, matchesIn, summary } from "./search";
import type { State } from "./state";

/** Changes the search as it is being typed. */
export function setSearch(app: App, change: Partial<State["search"]>): void {
	app.set({ search: { ...app.state.search, ...change } }, "soon");
}

/** Brings the focus to the search box. */
export function openSearch(app: App): void {
	app.slash = true;
	app.ui.search.focus();
	app.ui.search.select();
}

/** Ends a search; whether there was one. */
export function clearSearch(app: App): boolean {
	if (!app.state.search.text) return false;
	setSearch(app, { text: "" });
	return true;
}

/** Gives the focus back to the graph. */
export function leaveSearch(app: App): void {
	app.focusBox(app.boxOf(app.focus));
}

/** Moves to the next of the outermost matches from left to right, or the previous, around the end; out of a merged box at once. take: whether it takes the focus, too. */
export function step(app: App, by: 1 | -1, take: boolean): void {
	const { matches, view: { tree } } = app, count = matches.length;
	if (!count) return;
	const now = app.boxOf(app.focus), stop = now && isMerged(now) ? tree.end[now.last] : app.focus + 1;
	const i = by > 0 ? firstFrom(matches, stop) : firstFrom(matches, now ? now.n : app.focus) - 1;
	let n = matches[(i + count) % count], box = app.boxOf(n);
	while (!box) box = app.boxOf(n = tree.parent[n]);
	app.focusBox(box, take);
}

/** Shows what was found in the zoomed range, and says it. */
export function showFound(app: App): void {
	const { ui, found } = app, problem = found && found.problem;
	ui.app.classList.toggle("flame-searching", !!found);
	ui.search.classList.toggle("flame-bad", !!problem);
	if (problem) ui.search.title = "Not a regular expression, so searched as plain text: " + problem;
	else ui.search.removeAttribute("title");
	app.matches = found ? matchesIn(found, app.view.tree, app.layout.zoom) : [];
	ui.prev.disabled = ui.next.disabled = !app.matches.length;
	ui.matched.textContent = found ? summary(found, app.view, app.layout.zoom) : "";
	if (found) app.say(ui.matched.textContent);
	showRank(app);
}

/** Which match the focus is on. */
export function showRank(app: App): void {
	const { matches, ui, view: { tree } } = app, box = app.boxOf(app.focus);
	const i = box ? firstFrom(matches, box.n) : matches.length;
	const on = box && i < matches.length && matches[i] < (isMerged(box) ? tree.end[box.last] : box.n + 1);
	ui.rank.textContent = app.found ? (on ? i + 1 : "\u2013") + "/" + matches.length : "";
}
