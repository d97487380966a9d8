/** Keys: what each does, in the graph and in the search box. */

import type { Parts } from "./parts";
import type { Shape } from "./views";

/** Rows of the help: keys, and what they do. */
export type Help = readonly (readonly [string, string])[];

/** What keys can ask for. */
export interface Actions {
	move(to: "up" | "down" | "left" | "right"): void;
	zoomIn(): void; // to the focused box
	zoomOut(): void;
	zoomAll(): void;
	openSearch(): void;
	clearSearch(): boolean; // whether there was one
	leaveSearch(): void;
	step(by: 1 | -1, take: boolean): void; // to the next match; take: whether to take the focus, too
	nextColors(): void;
	nextWidths(): void; // of a difference
	toggleLegend(): void;
	openMenu(): void; // of the focused box
	act(key: string): void; // does what the focused box's menu has with that key
	copyDetails(): void;
	openHelp(): void;
	showAs(shape: Shape, toggle: boolean): void;
	toggle(what: "inverted" | "heavy" | "recursion" | "table"): void;
}

/** The keys of the graph by KeyboardEvent.key. */
const GRAPH: Record<string, (a: Actions) => void> = {
	ArrowUp: (a) => a.move("up"),
	ArrowDown: (a) => a.move("down"),
	ArrowLeft: (a) => a.move("left"),
	ArrowRight: (a) => a.move("right"),
	Enter: (a) => a.zoomIn(),
	" ": (a) => a.zoomIn(),
	Escape: (a) => a.clearSearch() || a.zoomOut(),
	Backspace: (a) => a.zoomOut(),
	Home: (a) => a.zoomAll(),
	0: (a) => a.zoomAll(),
	"/": (a) => a.openSearch(),
	n: (a) => a.step(1, true),
	N: (a) => a.step(-1, true),
	p: (a) => a.nextColors(),
	w: (a) => a.nextWidths(),
	l: (a) => a.toggleLegend(),
	c: (a) => a.copyDetails(),
	C: (a) => a.act("C"),
	y: (a) => a.act("y"),
	Y: (a) => a.act("Y"),
	h: (a) => a.act("h"),
	f: (a) => a.act("f"),
	s: (a) => a.showAs("sandwich", false),
	r: (a) => a.showAs("callers", true),
	i: (a) => a.toggle("inverted"),
	o: (a) => a.toggle("heavy"),
	R: (a) => a.toggle("recursion"),
	t: (a) => a.toggle("table"),
	m: (a) => a.openMenu(),
	ContextMenu: (a) => a.openMenu(),
	F10: (a) => a.openMenu(), // with Shift only, see press
	"?": (a) => a.openHelp(),
};

/** The keys that belong to a button when it has the focus. */
const OF_BUTTONS = ["Enter", " "];
const BUTTONS = ["button", "summary", "a"];

/** Elements that all keys belong to. */
const FIELDS = ["select", "input", "textarea"];

/** What the help says of them. */
export const HELP: Help = [
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

/** Does what a key asks for, if it asks for anything. */
export function press(e: KeyboardEvent, ui: Parts, a: Actions): void {
	if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
	if (e.key === "F10" && !e.shiftKey) return;
	if (e.target === ui.search ? !searchKey(e, a) : FIELDS.includes((e.target as Element).localName) || !graphKey(e, a)) return;
	e.preventDefault();
	e.stopPropagation();
}

/** Whether the key did something in the search box. */
function searchKey(e: KeyboardEvent, a: Actions): boolean {
	if (e.key === "Enter") a.step(e.shiftKey ? -1 : 1, false);
	else if (e.key === "Escape") a.clearSearch() || a.leaveSearch();
	else return false;
	return true;
}

/** Whether the key did something in the graph. */
function graphKey(e: KeyboardEvent, a: Actions): boolean {
	if (!Object.prototype.hasOwnProperty.call(GRAPH, e.key)) return false;
	if (OF_BUTTONS.includes(e.key) && BUTTONS.includes((e.target as Element).localName)) return false;
	GRAPH[e.key](a);
	return true;
}
