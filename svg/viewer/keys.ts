/** Keys: what each does, in the graph and in the search box. */

import type { App } from "./app";
import { act, copyDetails, goBack, openMenu } from "./frameactions";
import { helpTable } from "./help";
import { clearSearch, leaveSearch, openSearch, step } from "./searchactions";
import { nextColors, nextWidths, showAs, toggle, toggleLegend } from "./viewactions";
import { move, zoomAll, zoomIn, zoomOut } from "./zoomactions";

/** Rows of the help: keys, and what they do. */
export type Help = readonly (readonly [string, string])[];

/** The keys of the graph by KeyboardEvent.key. */
const GRAPH: Record<string, (app: App) => void> = {
	ArrowUp: (app) => move(app, "up"),
	ArrowDown: (app) => move(app, "down"),
	ArrowLeft: (app) => move(app, "left"),
	ArrowRight: (app) => move(app, "right"),
	Enter: zoomIn,
	" ": zoomIn,
	Escape: (app) => clearSearch(app) || zoomOut(app),
	Backspace: zoomOut,
	Home: zoomAll,
	0: zoomAll,
	"/": openSearch,
	n: (app) => step(app, 1, true),
	N: (app) => step(app, -1, true),
	p: nextColors,
	w: nextWidths,
	l: toggleLegend,
	c: copyDetails,
	C: (app) => act(app, "C"),
	y: (app) => act(app, "y"),
	Y: (app) => act(app, "Y"),
	h: (app) => act(app, "h"),
	f: (app) => act(app, "f"),
	s: (app) => showAs(app, "sandwich", false),
	r: (app) => showAs(app, "callers", true),
	i: (app) => toggle(app, "inverted"),
	o: (app) => toggle(app, "heavy"),
	R: (app) => toggle(app, "recursion"),
	t: (app) => toggle(app, "table"),
	m: openMenu,
	ContextMenu: openMenu,
	F10: openMenu, // with Shift only, see press
	"?": openHelp,
};

/** The keys that belong to a button when it has the focus. */
const OF_BUTTONS = ["Enter", " "];
const BUTTONS = ["button", "summary", "a"];

/** Elements that all keys belong to. */
const FIELDS = ["select", "input", "textarea"];

/** What the help says of them. */
const HELP: Help = [
	["Click, Enter", "zoom into a frame; a finger selects it first"],
	["Pinch", "zoom to what is between the fingers, or out"],
	["m, Shift+F10, Right click, Long press", "what can be done with a frame"],
	["h", "hide the function everywhere"],
	["f", "focus: only stacks through the function"],
	["s", "sandwich: what calls the function, and what it calls"],
	["r", "callers view: every stack turned round"],
	["i, o, R", "flame or icicle, order by weight, recursion folded"],
	["t", "table of functions; Enter there is a sandwich, Space zooms to the widest place"],
	["Backspace, Esc", "one level out (Esc clears a search first)"],
	["Home, 0", "reset zoom"],
	["Arrows", "move over the frames"],
	["/", "search"],
	["n, N", "next, previous match"],
	["p, l", "other colours, what they mean"],
	["w", "widths of a difference: both sides, after, before"],
	["c, y, C, Y", "copy the details, the name, the stack, the subtree as folded text"],
	["Tab", "to the controls, and back"],
	["?", "these keys"],
];

/** Opens the table of the keys. */
export function openHelp(app: App): void {
	app.dialog.open("Keys", helpTable(HELP), goBack(app));
}

/** Does what a key asks for, if it asks for anything. */
export function press(e: KeyboardEvent, app: App): void {
	if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
	if (e.key === "F10" && !e.shiftKey) return;
	if (e.target === app.ui.search ? !searchKey(e, app) : FIELDS.includes((e.target as Element).localName) || !graphKey(e, app)) return;
	e.preventDefault();
	e.stopPropagation();
}

/** Whether the key did something in the search box. */
function searchKey(e: KeyboardEvent, app: App): boolean {
	if (e.key === "Enter") step(app, e.shiftKey ? -1 : 1, false);
	else if (e.key === "Escape") clearSearch(app) || leaveSearch(app);
	else return false;
	return true;
}

/** Whether the key did something in the graph. */
function graphKey(e: KeyboardEvent, app: App): boolean {
	if (!Object.prototype.hasOwnProperty.call(GRAPH, e.key)) return false;
	if (OF_BUTTONS.includes(e.key) && BUTTONS.includes((e.target as Element).localName)) return false;
	GRAPH[e.key](app);
	return true;
}
