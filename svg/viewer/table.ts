/** The table of functions: it has elements for the rows on the screen only. */

import { describeFunction, speaker } from "./details";
import { button, html, on } from "./dom";
import { type Found } from "./search";
import { sorted, SORTS, topOf, type Sort, type SortBy, type Top } from "./top";
import { formatFixed, percent } from "./units";
import { nameOfFrame, weightOf, type Range, type View } from "./view";

/** Height of a row, px; the style has it, too. */
const ROW = 24;

/** What the table asks for. f is a function: the first frame of its name. */
export interface TableActions {
	sortBy(sort: Sort): void;
	mark(f: number): void;
	sandwich(f: number): void;
	zoomToWidest(f: number): void;
	/** Does what a key does with a function; whether it does anything. */
	actOn(f: number, key: string): boolean;
}

/** What is counted, behind a number: too long for a column, and in the caption once. Units of time and size are short. */
const NOUN = / (\S{4,}.*)$/;

const COLUMNS: Record<SortBy, string> = { name: "Function", self: "Self", total: "Total", change: "Change" };

/** All that the table depends on. */
interface Content {
	readonly view: View;
	readonly zoom: Range;
	readonly found: Found | null;
	readonly sort: Sort;
}

export class Table {
	readonly element: HTMLElement;
	private readonly body = html("div", { class: "flame-rows", role: "rowgroup" });
	private readonly space = html("div", { role: "presentation" });
	private readonly caption = html("div", { class: "flame-caption" });
	private readonly heads = new Map<SortBy, HTMLElement>();
	private readonly grid: HTMLElement;
	private content: Content | undefined;
	private top: Top | undefined;
	private list: Int32Array = new Int32Array(0);
	private rows = new Map<number, HTMLElement>(); // by position
	private active = 0; // the position that Tab comes to

	constructor(differential: boolean, private readonly does: TableActions) {
		const head = html("div", { class: "flame-row flame-head", role: "row", "aria-rowindex": "1" });
		for (const by of SORTS) {
			if (by === "change" && !differential) continue;
			const face = button("Sort by " + COLUMNS[by].toLowerCase(), COLUMNS[by]);
			face.removeAttribute("title");
			on(face, "click", () => this.sort(by));
			const cell = html("div", { role: "columnheader" }, face);
			this.heads.set(by, cell);
			head.append(cell);
		}
		this.body.append(this.space);
		this.grid = html("div", { class: "flame-grid", role: "grid", "aria-label": "Functions" },
			html("div", { role: "rowgroup" }, head), this.body);
		this.element = html("div", { class: "flame-table", role: "region", "aria-label": "Top functions", hidden: "" }, this.grid, this.caption);
		on(this.body, "scroll", () => this.draw());
		on<MouseEvent>(this.body, "click", (e) => this.click(e));
		on(this.body, "dblclick", () => this.at((f) => does.sandwich(f)));
		on<KeyboardEvent>(this.body, "keydown", (e) => {
			if (e.ctrlKey || e.metaKey || e.altKey || !this.press(e)) return;
			e.preventDefault();
			e.stopPropagation();
		});
		new ResizeObserver(() => this.draw()).observe(this.body);
	}

	/** Shows the functions of a view's zoomed part; marked is the one that is marked, -1 for none. */
	show(content: Content, marked: number): void {
		const old = this.content, { view, zoom, found, sort } = content;
		const newTop = !old || old.view !== view || old.zoom.n !== zoom.n || old.zoom.last !== zoom.last;
		this.content = content;
		if (newTop) this.top = topOf(view, zoom);
		if (newTop || old.found !== found || old.sort !== sort) {
			this.list = sorted(this.top!, sort, found && found.hit);
			this.active = old && old.sort !== sort ? 0 : Math.max(0, this.list.indexOf(marked));
			this.redraw();
		} else if (marked >= 0 && this.list[this.active] !== marked && this.list.includes(marked)) {
			this.active = this.list.indexOf(marked);
			this.redraw();
		}
		this.marked = marked;
		for (const [i, row] of this.rows) row.setAttribute("aria-selected", String(this.list[i] === marked));
		for (const [by, cell] of this.heads) {
			if (by === sort.by) cell.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
			else cell.removeAttribute("aria-sort");
		}
		this.grid.setAttribute("aria-rowcount", String(this.list.length + 1));
		const noun = NOUN.exec(speaker(view)(0));
		this.caption.textContent = formatFixed(this.list.length, 0) + (this.list.length === 1 ? " function" : " functions") +
			(found ? " found" : "") + (noun ? " \u00b7 " + noun[1] : "") + " \u00b7 % of " + (zoom.n ? "zoomed" : view.full === view.all ? "all" : "shown");
	}

	private marked = -1;

	/** Puts the focus on the active row. */
	focus(): void {
		const row = this.rows.get(this.active);
		if (row) row.focus({ preventScroll: true });
	}

	private redraw(): void {
		const had = this.body.contains(document.activeElement);
		for (const row of this.rows.values()) row.remove();
		this.rows.clear();
		this.space.style.height = this.list.length * ROW + "px";
		this.reveal();
		this.draw();
		if (had) this.focus();
	}

	/** Scrolls as far as it takes to see the active row. */
	private reveal(): void {
		const y = this.active * ROW, { scrollTop, clientHeight } = this.body;
		if (y < scrollTop) this.body.scrollTop = y;
		else if (y + ROW > scrollTop + clientHeight) this.body.scrollTop = y + ROW - clientHeight;
	}

	/** Makes the rows on the screen, and drops all others but the active one, which may have the focus. */
	private draw(): void {
		const { scrollTop, clientHeight } = this.body;
		if (!clientHeight || !this.content) return;
		const first = Math.max(0, Math.floor(scrollTop / ROW) - 4), stop = Math.min(this.list.length, Math.ceil((scrollTop + clientHeight) / ROW) + 4);
		for (const [i, row] of this.rows) {
			if (i >= first && i < stop || i === this.active) continue;
			row.remove();
			this.rows.delete(i);
		}
		for (let i = first; i < stop; i++) this.make(i);
		if (this.list.length) this.make(this.active);
	}

	private make(i: number): void {
		if (this.rows.has(i)) return;
		const f = this.list[i], { view, zoom } = this.content!, { self, total, base } = this.top!;
		const words = speaker(view), whole = weightOf(view, zoom);
		const say = (v: number) => words(v).replace(NOUN, "");
		const value = (v: number, sign = "") => html("div", { role: "gridcell" }, sign + say(v), html("span", {}, " " + percent(v, whole)));
		const name = nameOfFrame(view, f);
		const row = html("div", {
			class: "flame-row", role: "row", "aria-rowindex": String(i + 2), tabindex: i === this.active ? "0" : "-1", "data-i": String(i),
			"aria-selected": String(f === this.marked),
		}, html("div", { role: "gridcell", title: name }, html("bdi", {}, name)), value(self[f]), value(total[f]));
		if (base) row.append(value(total[f] - base[f], total[f] > base[f] ? "+" : ""));
		row.style.top = i * ROW + "px";
		// In the order of the list, for screen readers; the active row may be far from the others.
		let next: HTMLElement | null = null, nearest = Infinity;
		for (const [j, other] of this.rows) if (j > i && j < nearest) [nearest, next] = [j, other];
		this.space.insertBefore(row, next);
		this.rows.set(i, row);
	}

	private sort(by: SortBy): void {
		const { sort } = this.content!;
		this.does.sortBy({ by, down: sort.by === by ? !sort.down : by !== "name" });
	}

	private at(does: (f: number) => void): void {
		if (this.active < this.list.length) does(this.list[this.active]);
	}

	/** Makes a position the active one, and marks its function. */
	private go(i: number): void {
		i = Math.max(0, Math.min(i, this.list.length - 1));
		const old = this.rows.get(this.active);
		if (old) old.tabIndex = -1;
		this.active = i;
		this.reveal();
		this.draw();
		const row = this.rows.get(i);
		if (row) row.tabIndex = 0;
		this.focus();
		this.at((f) => this.does.mark(f));
	}

	private click(e: MouseEvent): void {
		const row = (e.target as Element).closest("[data-i]");
		if (row) this.go(Number(row.getAttribute("data-i")));
	}

	/** Whether the key did something. */
	private press({ key, shiftKey }: KeyboardEvent): boolean {
		const { active } = this, page = Math.max(1, Math.floor(this.body.clientHeight / ROW) - 1);
		const to: Record<string, number> = {
			ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: this.list.length,
		};
		if (!this.list.length) return false;
		if (key in to) this.go(to[key]);
		else if (key === "Enter" && !shiftKey) this.at((f) => this.does.sandwich(f));
		else if (key === "Enter" || key === " ") this.at((f) => this.does.zoomToWidest(f));
		else return this.does.actOn(this.list[active], key);
		return true;
	}

	/** What the table knows of a function, for the bar of details. */
	describe(f: number) {
		return describeFunction(this.content!.view, this.content!.zoom, this.top!, f);
	}
}
