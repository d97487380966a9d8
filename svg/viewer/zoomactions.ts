/** Moving: what the zoom and the focus do when they are asked to. */

import type { App } from "./app";
import { isInner, nextTo } from "./layout";
import type { Point } from "./menu";
import type { Range } from "./view";
import { showAs } from "./viewactions";

/** Zooms to nodes of the view's tree; to a sandwich's own function is to all of it. */
export function zoomTo(app: App, to: Range): void {
	const now = app.layout.zoom;
	if (app.isMiddle(to.n)) to = { n: 0, last: 0 };
	if (to.n !== now.n || to.last !== now.last) app.set({ zoom: app.zoomOf(to) });
}

/** Zooms to the focused box. */
export function zoomIn(app: App): void {
	zoomTo(app, app.boxOf(app.focus) || app.layout.rows[app.layout.middle][0]);
}

/** Zooms one level out; out of a whole sandwich to the plain view. */
export function zoomOut(app: App): void {
	if (app.layout.zoom.n === 0 && app.state.shape === "sandwich") return showAs(app, "stacks");
	const up = app.view.tree.parent[app.layout.zoom.n];
	zoomTo(app, { n: up, last: up });
}

/** Resets the zoom. */
export function zoomAll(app: App): void {
	zoomTo(app, { n: 0, last: 0 });
}

/** Moves the focus to the next box that way, as the screen has it. */
export function move(app: App, to: "up" | "down" | "left" | "right"): void {
	const { layout } = app, box = app.boxOf(app.focus) || layout.rows[layout.middle][0];
	const row = layout.rows[box.row];
	if (to === "left") app.focusBox(row[row.indexOf(box) - 1]);
	else if (to === "right") app.focusBox(row[row.indexOf(box) + 1]);
	else app.focusBox(nextTo(layout, app.view, box, (to === "down") === app.inverted ? 1 : -1));
}

/** Fits the zoom to fingers that made what is at a place scale times as wide. */
export function pinch(app: App, at: Point, scale: number): void {
	const { layout, view: { tree }, width } = app, box = app.picture.boxAt(at);
	if (scale < 0.8) {
		let n = layout.zoom.n;
		do n = tree.parent[n]; while (n !== 0 && app.view.weight[n] < layout.weight / scale);
		zoomTo(app, { n, last: n });
	} else if (scale > 1.25 && box && isInner(layout, box)) {
		// The widest one that is no wider than what the fingers leave on the
		// screen, or what they are on.
		let to = box;
		for (let up = app.boxOf(tree.parent[to.n]); up && isInner(layout, up) && up.w <= width / scale; up = app.boxOf(tree.parent[up.n])) to = up;
		zoomTo(app, to);
	}
}
