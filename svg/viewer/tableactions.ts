/** The table of functions: what it does in the graph. */

import type { App } from "./app";
import { showDetails } from "./details";
import { functionItems } from "./frame";
import { placeOf, WHOLE } from "./place";
import { Table } from "./table";
import { widestOf } from "./top";
import { viewOf } from "./view";

/** The table of an application; differential: whether it has a column for changes. */
export function tableOf(app: App, differential: boolean): Table {
	return new Table(differential, {
		sortBy: (sort) => app.set({ sort }), mark: (f) => mark(app, f), sandwich: (f) => app.set({ shape: "sandwich", of: f, zoom: WHOLE }),
		zoomToWidest: (f) => zoomToWidest(app, f), actOn: (f, key) => actOn(app, f, key),
	});
}

/** Brings the table up to date, if it is shown. */
export function showTable(app: App): void {
	const { view, found, state } = app;
	if (state.table) app.table.show({ view, zoom: app.layout.zoom, found, sort: state.sort }, state.marked);
}

/** Marks a function in the graph, and moves to its widest place there. */
function mark(app: App, f: number): void {
	const { view } = app, box = app.boxOf(app.focus = widestOf(view, f));
	app.set({ marked: f }, "soon");
	if (box) {
		app.picture.scrollTo(box);
		app.picture.draw();
	}
	app.rove(false);
	showDetails(app.ui, app.table.describe(f), undefined);
}

/** Zooms to the widest place of a function in the plain view. */
function zoomToWidest(app: App, f: number): void {
	const { tree, ...view } = viewOf(app.profile, { ...app.state, shape: "stacks", zoom: WHOLE }), n = widestOf({ tree, ...view }, f);
	const first = placeOf(tree, app.profile.names, n);
	app.set({ shape: "stacks", zoom: { first, last: first } });
}

/** Does what a key does with a function; whether it does anything. */
function actOn(app: App, f: number, key: string): boolean {
	const item = functionItems({ state: app.state, set: (change) => app.set(change) }, f).find((i) => i.key === key);
	if (item) item.does();
	return !!item;
}
