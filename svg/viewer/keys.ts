/** Keys: what each does, in the graph and in the search box. */

import type { Help, Parts } from "./parts";

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
	copyDetails(): void;
	copyStack(): void;
	toggleHelp(show?: boolean): boolean; // whether it changed
}

/** The keys of the graph by KeyboardEvent.key. */
const GRAPH: Record<string, (a: Actions) => void> = {
	ArrowUp: (a) => a.move("up"),
	ArrowDown: (a) => a.move("down"),
	ArrowLeft: (a) => a.move("left"),
	ArrowRight: (a) => a.move("right"),
	Enter: (a) => a.zoomIn(),
	" ": (a) => a.zoomIn(),
	Escape: (a) => a.toggleHelp(false) || a.clearSearch() || a.zoomOut(),
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
	C: (a) => a.copyStack(),
	"?": (a) => a.toggleHelp(),
};

/** The keys that belong to a button when it has the focus. */
const OF_BUTTONS = ["Enter", " "];

/** What the help says of them. */
export const HELP: Help = [
	["Click, Enter", "zoom into a frame"],
	["Backspace, Esc", "one level out (Esc clears a search first)"],
	["Home, 0", "reset zoom"],
	["Arrows", "move over the frames"],
	["/", "search"],
	["n, N", "next, previous match"],
	["p, l", "other colours, what they mean"],
	["w", "widths of a difference: both sides, after, before"],
	["c, C", "copy the frame, its whole stack"],
	["?", "these keys"],
];

/** Does what a key asks for, if it asks for anything. */
export function press(e: KeyboardEvent, ui: Parts, a: Actions): void {
	if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
	if (e.target === ui.search ? !searchKey(e, a) : (e.target as Element).localName === "select" || !graphKey(e, a)) return;
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
	if (OF_BUTTONS.includes(e.key) && (e.target as Element).localName === "button") return false;
	GRAPH[e.key](a);
	return true;
}
