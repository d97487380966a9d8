/** Drawing: the boxes on the screen become elements. Nothing else is in the document, and nothing runs while nobody acts. */

import { isDark, type Colors } from "./colors";
import { svg } from "./dom";
import { boxAt, childOf, isMerged, isOuter, type Box, type Layout } from "./layout";
import { fitter } from "./names";
import type { Parts } from "./parts";
import type { Options } from "./payload";
import { isMatched, type Found } from "./search";
import { percent } from "./units";
import { nameOf, weightOf, type View } from "./view";

/**
 * Boxes narrower than this have no element of their own: all of one colour are
 * one path. They are most of the boxes, and elements are what drawing costs.
 */
const THIN = 4;
/** Pixels between a box's edge and its label. */
const PAD = 3;

/** All that a picture depends on but its size. */
export interface Scene {
	readonly view: View;
	readonly layout: Layout;
	readonly colors: Colors;
	readonly found: Found | null;
	readonly inverted: boolean;
	readonly marked: number; // a function, by the first frame of its name; -1 for none
}

/** Path data by the path's class and fill, with a space between. */
type Paths = Map<string, string>;

/** Puts the path data of a class and fill behind what there is. */
function addTo(paths: Paths, key: string, d: string): void {
	paths.set(key, (paths.get(key) || "") + d);
}

export class Picture {
	private readonly fit: ReturnType<typeof fitter>;
	private readonly rowHeight: number;
	private scene!: Scene;
	private width = 0; // of the scroll area
	private height = 0;
	private canvasHeight = 0; // of all rows
	private drawn = [0, 0]; // the rows in the document

	/** drew is called after elements were made, with whether the focus was on one of the old ones. */
	constructor(private readonly ui: Parts, private readonly options: Options, private readonly drew: (hadFocus: boolean) => void) {
		this.fit = fitter(options);
		this.rowHeight = options.frameHeight;
	}

	/** Takes a new scene, of boxes laid out for width; draw draws it. */
	show(scene: Scene, width: number, height: number): void {
		this.scene = scene;
		this.width = width;
		this.height = height;
		this.canvasHeight = Math.max(scene.layout.rows.length * this.rowHeight, height);
		for (const [name, size] of [["width", this.width], ["height", this.canvasHeight]] as const) {
			// Setting what is there already would lay out all of it again.
			if (this.ui.graph.getAttribute(name) !== String(size)) this.ui.graph.setAttribute(name, String(size));
		}
		this.drawn = [0, 0];
	}

	/** The same boxes in other colours. */
	repaint(scene: Scene): void {
		this.scene = scene;
		this.drawn = [0, 0];
		this.draw();
	}

	/** Draws the rows that are on the screen and half a screen around them, if they are not there yet. */
	draw(): void {
		const top = this.ui.scroll.scrollTop, bottom = top + this.height;
		const [first, stop] = this.rowsBetween(top, bottom);
		if (first >= this.drawn[0] && stop <= this.drawn[1]) return;
		this.drawn = this.rowsBetween(top - this.height / 2, bottom + this.height / 2);
		const parts: SVGElement[] = [], paths: Paths = new Map();
		for (let r = this.drawn[0]; r < this.drawn[1]; r++) {
			for (const box of this.scene.layout.rows[r] || []) {
				if (box.w >= THIN) this.addElements(parts, paths, box);
				else this.addPath(paths, box);
			}
		}
		for (const [key, d] of paths) {
			const [fill, ...classes] = key.split(" ");
			parts.push(svg("path", { class: classes.join(" "), ...fill && { fill }, d }));
		}
		const active = document.activeElement;
		const had = active !== null && this.ui.layer.contains(active);
		this.ui.layer.replaceChildren(...parts);
		this.ui.hover.setAttribute("visibility", "hidden");
		this.drew(had);
	}

	/** The rows that touch a stretch of the canvas, as a half-open range. */
	private rowsBetween(top: number, bottom: number): [number, number] {
		if (!this.scene.inverted) [top, bottom] = [this.canvasHeight - bottom, this.canvasHeight - top];
		return [Math.max(0, Math.floor(top / this.rowHeight)), Math.min(this.scene.layout.rows.length, Math.ceil(bottom / this.rowHeight))];
	}

	/** The top of a row. */
	private topOf(row: number): number {
		return this.scene.inverted ? row * this.rowHeight : this.canvasHeight - (row + 1) * this.rowHeight;
	}

	/** Adds a thin box to the path of its colour. */
	private addPath(paths: Paths, box: Box): void {
		const { colors: { fill }, found, view } = this.scene;
		const s = (isMatched(found, view.tree, box) ? " s" : "") + this.mark(box);
		// Neighbours stand a hair apart, unless that would take most of the box.
		const w = round(box.w > 2 ? box.w - 0.5 : box.w);
		addTo(paths, (isMerged(box) ? " m" : fill(box.n) + " f") + s, `M${round(box.x)} ${this.topOf(box.row)}h${w}v${this.rowHeight - 1}h-${w}z`);
	}

	/** Adds the elements of a box. */
	private addElements(parts: SVGElement[], paths: Paths, box: Box): void {
		const { colors: { fill }, found, view, layout } = this.scene;
		const { n, x, w } = box, y = this.topOf(box.row), h = this.rowHeight, many = isMerged(box);
		const cls = (many ? "m" : "f") + (isOuter(layout, box) ? " a" : "") + (isMatched(found, view.tree, box) ? " s" : "") + this.mark(box);
		const inner = round(w > THIN ? w - 0.7 : w), color = many ? "" : fill(n);
		const rect = svg("rect", {
			class: cls, "data-n": n, x: round(x), y, width: inner, height: h - 1,
			role: "treeitem", "aria-level": box.row + 1, "aria-label": this.spoken(box),
		});
		parts.push(rect);
		if (many) {
			rect.setAttribute("data-last", String(box.last));
			addTo(paths, " bars", `M${round(x)} ${y + (h - 1) / 2}h${inner}`);
			return;
		}
		rect.setAttribute("fill", color);
		const label = this.label(n, w - 2 * PAD);
		if (!label) return;
		parts.push(svg("text", {
			"aria-hidden": "true", ...isDark(color) && { class: "d" }, "data-n": n, x: round(x + PAD), y: round(y + h / 2 + this.options.fontSize * 0.34),
		}, label));
	}

	/** What is written on a node: in a difference a sign, the name, and by how much it changed. */
	private label(n: number, room: number): string {
		const { colors: { changes }, view } = this.scene, name = nameOf(view, n);
		if (!changes) return this.fit(name, room);
		const note = changes.note(n), full = name + " " + note, mark = changes.mark(n);
		const whole = note ? this.fit(full, room, mark) : "";
		return whole === mark + full ? whole : this.fit(name, room, mark);
	}

	/** What a screen reader says of a box that has not the focus. */
	private spoken({ n, last, w }: Box): string {
		const { view } = this.scene, inside = view.tree.end[last] - n;
		return (w < 1 || last !== n ? inside + " narrow frames" : nameOf(view, n)) + ", " + percent(weightOf(view, { n, last }), view.all);
	}

	private mark({ n }: Box): string {
		const { marked, view: { tree, profile } } = this.scene;
		return marked >= 0 && n !== 0 && profile.names.same[tree.frame[n]] === marked ? " k" : "";
	}

	/** Frames a box with a rectangle laid over it, for the pointer or the focus; hides it without a box. */
	outline(e: SVGElement, box: Box | undefined): void {
		e.setAttribute("visibility", box ? "visible" : "hidden");
		if (!box) return;
		e.setAttribute("x", String(round(box.x)));
		e.setAttribute("y", String(this.topOf(box.row)));
		e.setAttribute("width", String(Math.max(1, round(box.w - 0.7))));
		e.setAttribute("height", String(this.rowHeight - 1));
	}

	/** Makes a box the one that Tab comes to, called label there, and with take focuses it. */
	rove(box: Box | undefined, label: string, take: boolean): void {
		const { layer, ring } = this.ui;
		const old = layer.querySelector("[tabindex]");
		if (old && old.classList.contains("thin")) old.remove();
		else if (old) for (const a of ["tabindex", "aria-expanded", "aria-setsize", "aria-posinset"]) old.removeAttribute(a);
		if (!box) return;
		let e = layer.querySelector<SVGElement>(`[data-n="${box.n}"]`);
		if (!e) { // a thin box: it gets an element when it gets the focus
			e = svg("rect", { class: "thin", "data-n": box.n, x: round(box.x), y: this.topOf(box.row), width: round(box.w), height: this.rowHeight - 1 });
			layer.append(e);
		}
		e.setAttribute("tabindex", "0");
		e.setAttribute("role", "treeitem");
		e.setAttribute("aria-level", String(box.row + 1));
		e.setAttribute("aria-label", label);
		const { layout, view: { tree } } = this.scene;
		const siblings = layout.rows[box.row].filter((b) => tree.parent[b.n] === tree.parent[box.n]);
		e.setAttribute("aria-setsize", String(siblings.length));
		e.setAttribute("aria-posinset", String(siblings.indexOf(box) + 1));
		if (childOf(layout, this.scene.view, box)) e.setAttribute("aria-expanded", "true");
		if (take) e.focus({ preventScroll: true });
		if (!ring.hasAttribute("data-off")) this.outline(ring, box);
	}

	/** The box at a pointer's place, since thin boxes have no element. */
	boxAt(e: { clientX: number; clientY: number }): Box | undefined {
		const area = this.ui.graph.getBoundingClientRect(), y = e.clientY - area.top;
		const row = Math.floor((this.scene.inverted ? y : this.canvasHeight - y) / this.rowHeight);
		return boxAt(this.scene.layout, row, e.clientX - area.left);
	}

	/** A place on a box, for a menu that no pointer asked for. */
	pointOf(box: Box): { clientX: number; clientY: number } {
		const area = this.ui.graph.getBoundingClientRect(), { left, right } = this.ui.scroll.getBoundingClientRect();
		return { clientX: Math.min(Math.max(area.left + box.x + 8, left), right), clientY: area.top + this.topOf(box.row) + this.rowHeight };
	}

	/** Scrolls as far as it takes to see a box. */
	scrollTo(box: Box): void {
		const { scroll } = this.ui, h = this.rowHeight, y = this.topOf(box.row), top = scroll.scrollTop;
		if (y < top) scroll.scrollTop = y - h;
		else if (y + h > top + this.height) scroll.scrollTop = y + 2 * h - this.height;
	}

	/** Puts the zoomed row near the end that the root is at, with some callers. */
	scrollToZoom(): void {
		const { depth, middle } = this.scene.layout;
		if (middle) {
			this.ui.scroll.scrollTop = this.topOf(depth) - this.height / 2;
			return;
		}
		const y = this.topOf(depth - Math.min(3, depth));
		this.ui.scroll.scrollTop = this.scene.inverted ? y : y + this.rowHeight - this.height;
	}

	/** How far the end that the root is at is from the screen's edge there, to come back to after a change of size. */
	get scrolled(): number {
		const { scrollTop, clientHeight } = this.ui.scroll;
		if (this.scene.inverted) return scrollTop;
		// Where the area has grown at its end, the browser has scrolled already.
		return scrollTop + clientHeight > this.canvasHeight - 1 ? 0 : this.canvasHeight - scrollTop - this.height;
	}

	set scrolled(distance: number) {
		if (!this.scene.inverted) this.ui.scroll.scrollTop = this.canvasHeight - distance - this.height;
	}
}

function round(x: number): number {
	return Math.round(x * 10) / 10;
}
