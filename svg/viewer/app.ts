/** The application: one state, set() as the only way to change it, and the wiring of the parts to it. */

import { colorsOf, modesOf, type Colors } from "./colors";
import { showChips } from "./chips";
import { copy } from "./clipboard";
import { attrsOf, describe, describeFunction, showDetails } from "./details";
import { Dialog } from "./dialog";
import { on } from "./dom";
import { Picture } from "./draw";
import { carried } from "./filters";
import { chipsOf, functionAt, functionItems, itemsOf } from "./frame";
import { helpTable } from "./help";
import { HELP, press, type Actions } from "./keys";
import { WIDTHS } from "./diff";
import { boxOf, isInner, isMerged, layout, nextTo, type Box, type Layout } from "./layout";
import { showLegend } from "./legend";
import { Link, partsOf, stateOf, zoomOf } from "./link";
import { Menu, type Point } from "./menu";
import { mount, Theme } from "./mount";
import { build, type Parts } from "./parts";
import type { Profile } from "./payload";
import { nodeAt, placeOf, WHOLE, type Place, type Zoom } from "./place";
import { find, firstFrom, matchesIn, summary, type Found } from "./search";
import { initial, type State } from "./state";
import { Table } from "./table";
import { topOf, widestOf } from "./top";
import { gestures } from "./touch";
import { viewOf, type Range, type View } from "./view";
import { ViewMenu } from "./viewmenu";
import type { Shape } from "./views";

/**
 * What becomes of the address after a change: "push", and Back returns from it;
 * "soon", for what is being typed, it is replaced in a moment; "keep" it.
 */
type Address = "push" | "soon" | "keep";

export class App implements Actions {
	private readonly ui: Parts;
	private readonly picture: Picture;
	private readonly theme: Theme;
	private readonly link: Link;
	private readonly dialog: Dialog;
	private readonly menu: Menu;
	private readonly viewMenu: ViewMenu;
	private readonly table: Table;
	private readonly start: State;
	private readonly attrOf: ReturnType<typeof attrsOf>;
	private readonly alone: boolean;

	private state: State;

	// What follows from the state.
	private view: View;
	private layout!: Layout;
	private found: Found | null = null;
	private colors: Colors;

	// What is no part of it.
	private focus = 0; // the node that the keyboard is at
	private hovered: Box | undefined; // the box under the pointer
	private width = 0; // of the scroll area
	private height = 0;
	private matches: readonly number[] = []; // the outermost ones in the zoomed range
	private saying = 0; // a timer, of say
	private slash = false; // whether the key "/" is down

	constructor(private readonly profile: Profile, root: SVGSVGElement) {
		const options = profile.meta.view;
		this.start = { ...initial(options, profile.types.length, profile.tree.base.length > 0), theme: Theme.stored() };
		this.state = this.start;
		this.view = viewOf(profile, this.state);
		this.colors = colorsOf(this.state.colors, this.state.noise, this.view);
		const differential = profile.tree.base.length > 0;
		this.viewMenu = new ViewMenu(!!profile.tree.ordered, this);
		this.table = new Table(differential, {
			sortBy: (sort) => this.set({ sort }), mark: (f) => this.mark(f), sandwich: (f) => this.set({ shape: "sandwich", of: f, zoom: WHOLE }),
			zoomToWidest: (f) => this.zoomToWidest(f), actOn: (f, key) => this.actOn(f, key),
		});
		this.ui = build(profile.meta, profile.types, modesOf(profile), differential, this.viewMenu.element, this.table.element);
		this.dialog = new Dialog(this.ui.app);
		this.menu = new Menu(this.ui.app);
		this.picture = new Picture(this.ui, options, (hadFocus) => this.rove(hadFocus));
		this.theme = new Theme(root);
		this.link = new Link([...document.querySelectorAll("svg.flame")].indexOf(root));
		this.attrOf = attrsOf(profile);
		this.alone = document.documentElement.isSameNode(root);

		mount(this.ui, { root, alone: this.alone, fluid: options.fluid, rowsHeight: this.rowsHeight() });
		this.theme.show(this.state.theme);
		this.ui.app.classList.toggle("flame-diff", profile.tree.base.length > 0);
		this.showControls();
		showLegend(this.ui, this.colors);
		this.resized();
		this.restore();
		this.listen();
		new ResizeObserver(() => this.resized()).observe(this.ui.scroll);
		root.dataset.flame = "ready";
		performance.mark("flame-interactive");
	}

	// ---- state

	/** Changes the state, and then all that follows from it. */
	set(change: Partial<State>, address: Address = "push"): void {
		const old = this.state, oldView = this.view;
		this.state = { ...old, ...change };
		const { state, profile } = this;
		this.view = viewOf(profile, state, oldView);
		const newTree = this.view.tree !== oldView.tree;
		if (newTree && state.zoom === old.zoom && state.filters !== old.filters) this.carryZoom(old);
		const newZoom = this.state.zoom !== old.zoom;
		if (state.zoom !== old.zoom) this.focus = this.nodesOf(state.zoom).n;
		else if (newTree && state.filters !== old.filters) this.focus = this.carry(placeOf(oldView.tree, profile.names, this.focus), old);
		else if (newTree) this.focus = nodeAt(this.view.tree, profile.names, placeOf(oldView.tree, profile.names, this.focus));
		const recolored = this.view !== oldView || state.colors !== old.colors || state.noise !== old.noise;
		if (recolored) this.recolor();
		if (this.view !== oldView || state.shape !== old.shape) this.showHeader();
		const searched = newTree || state.search !== old.search, hadFound = this.found;
		if (searched) this.found = find(state.search, this.view.tree, profile.names);
		if (state.theme !== old.theme) this.theme.show(state.theme);

		this.showControls();
		if (state.shape !== old.shape || state.of !== old.of) this.say([this.viewMenu.name, ...(this.ui.header.hidden ? [] : [this.ui.of.textContent, this.ui.ofStats.textContent])].join(", "));
		if (newZoom || this.view !== oldView || state.inverted !== old.inverted || state.table !== old.table) {
			this.measure();
			this.refresh();
			this.picture.scrollToZoom();
			this.picture.draw();
			this.showSelected();
		} else {
			if (searched) this.showFound();
			if (recolored || state.marked !== old.marked || searched && (hadFound || this.found)) this.picture.repaint(this.scene());
		}
		this.showTable();
		if (address === "soon") this.link.writeSoon(() => this.parts());
		else if (address === "push") this.link.write(this.parts(), true);
	}

	/** The node of this tree for a place in the tree of other filters. */
	private carry(place: Place, old: State): number {
		return carried(this.view.tree, this.profile.names, place, [...old.filters.hidden, ...this.state.filters.hidden]);
	}

	/** Keeps what is zoomed when filters change; one node of it, if it was several. */
	private carryZoom(old: State): void {
		const n = this.carry(old.zoom.first, old), exact = this.nodesOf(old.zoom);
		if (exact.n !== n) this.state = { ...this.state, zoom: this.zoomOf({ n, last: n }) };
	}

	private recolor(): void {
		this.colors = colorsOf(this.state.colors, this.state.noise, this.view);
		showLegend(this.ui, this.colors);
	}

	private parts() {
		return partsOf(this.state, this.start, this.view);
	}

	/** Takes the state from the address; what it does not know it leaves out. */
	private restore(): void {
		const parts = this.link.read();
		const next: State = { ...this.state, ...stateOf(parts, this.start, this.profile) };
		// The zoom is of the tree that the rest of the state shows.
		const zoom = zoomOf(parts, viewOf(this.profile, { ...next, zoom: WHOLE }, this.view)), now = this.state;
		this.set({ ...next, zoom: sameJSON(zoom, now.zoom) ? now.zoom : zoom, search: sameJSON(next.search, now.search) ? now.search : next.search }, "keep");
	}

	/** The nodes of the view's tree that a zoom means. */
	private nodesOf({ first, last }: Zoom): Range {
		const { tree } = this.view, { names } = this.profile;
		const n = nodeAt(tree, names, first), m = last === first ? n : nodeAt(tree, names, last);
		return { n, last: m > n && tree.parent[m] === tree.parent[n] ? m : n };
	}

	/** The zoom to nodes of the view's tree. */
	private zoomOf({ n, last }: Range): Zoom {
		if (n === 0 || this.isMiddle(n)) return WHOLE;
		const first = placeOf(this.view.tree, this.profile.names, n);
		return { first, last: last === n ? first : placeOf(this.view.tree, this.profile.names, last) };
	}

	// ---- what follows from it

	private scene() {
		const { view, layout, colors, found, inverted, state } = this;
		return { view, layout, colors, found, inverted, marked: state.table ? state.marked : -1 };
	}

	/** Lays out what changed with view, zoom or size, for the picture to draw. */
	private refresh(): void {
		const asked = this.nodesOf(this.state.zoom);
		this.layout = layout(this.view, asked, this.width);
		const { zoom } = this.layout;
		if (zoom.n !== asked.n) this.state = { ...this.state, zoom: this.zoomOf(zoom) };
		this.picture.show(this.scene(), this.width, this.height);
		this.hovered = undefined;
		if (!this.boxOf(this.focus)) this.focus = zoom.n;
		this.showFound();
		this.ui.reset.disabled = this.ui.up.disabled = zoom.n === 0;
	}

	/** The controls show the state. */
	private showControls(): void {
		const { ui, state: { type, search, colors, widths } } = this;
		ui.colors.value = colors;
		ui.widths.value = widths;
		ui.types.selectedIndex = type;
		this.viewMenu.show(this.state);
		ui.table.setAttribute("aria-pressed", String(this.state.table));
		this.table.element.hidden = !this.state.table;
		if (ui.search.value !== search.text) ui.search.value = search.text;
		showChips(ui.chips, chipsOf(this.view, this.state.filters), (chip) => this.set({ filters: chip.without }), () => this.focusBox(this.boxOf(this.focus)));
		ui.regexp.setAttribute("aria-pressed", String(!search.plain));
		ui.fold.setAttribute("aria-pressed", String(search.fold));
	}

	private showFound(): void {
		const { ui, found } = this, problem = found && found.problem;
		ui.app.classList.toggle("flame-searching", !!found);
		ui.search.classList.toggle("flame-bad", !!problem);
		if (problem) ui.search.title = "Not a regular expression, so searched as plain text: " + problem;
		else ui.search.removeAttribute("title");
		this.matches = found ? matchesIn(found, this.view.tree, this.layout.zoom) : [];
		ui.prev.disabled = ui.next.disabled = !this.matches.length;
		ui.matched.textContent = found ? summary(found, this.view, this.layout.zoom) : "";
		if (found) this.say(ui.matched.textContent);
		this.showRank();
	}

	private boxOf(n: number): Box | undefined {
		return boxOf(this.layout, n);
	}

	private describe(box: Box) {
		return describe(this.view, this.layout, box, this.attrOf(this.view, box));
	}

	private show(box: Box | undefined): void {
		if (box) showDetails(this.ui, this.describe(box), this.attrOf(this.view, box));
	}

	/** The details that the bar returns to when the pointer leaves. */
	private showSelected(): void {
		this.show(this.boxOf(this.focus) || this.boxOf(this.layout.zoom.n));
	}

	/** Makes the focused box the one that Tab comes to. */
	private rove(take: boolean): void {
		const box = this.boxOf(this.focus);
		const { name, stats } = box ? this.describe(box) : { name: "", stats: "" };
		this.picture.rove(box, name + ", " + stats, take);
		this.showRank();
	}

	/** Focuses a box as the keyboard does it. */
	private focusBox(box: Box | undefined, take = true): void {
		if (!box) return;
		this.focus = box.n;
		this.ui.ring.removeAttribute("data-off");
		this.picture.scrollTo(box);
		this.picture.draw();
		this.rove(take);
		this.show(box);
	}

	private rowsHeight(): number {
		return (this.view.deepest + 1) * this.profile.meta.view.frameHeight;
	}

	/** Whether the root's end is at the top. */
	private get inverted(): boolean {
		return this.state.inverted || this.view.middle >= 0;
	}

	/** Takes the size of the scroll area; whether it is another one. */
	private measure(): boolean {
		const { scroll } = this.ui;
		// Whether there is a scrollbar must not depend on the width, or the two
		// chase each other.
		scroll.classList.toggle("flame-tall", this.rowsHeight() > scroll.clientHeight);
		const w = scroll.clientWidth, h = scroll.clientHeight;
		if (w === this.width && h === this.height || w === 0) return false;
		this.width = w;
		this.height = h;
		return true;
	}

	private resized(): void {
		// What stands at the root's edge of the screen stays there.
		const first = this.height === 0, scrolled = first ? 0 : this.picture.scrolled;
		if (!this.measure()) return;
		this.refresh();
		if (first || this.layout.middle) this.picture.scrollToZoom();
		else this.picture.scrolled = scrolled;
		this.picture.draw();
		this.showSelected();
	}

	// ---- actions

	zoomTo(to: Range): void {
		const now = this.layout.zoom;
		if (this.isMiddle(to.n)) to = { n: 0, last: 0 };
		if (to.n !== now.n || to.last !== now.last) this.set({ zoom: this.zoomOf(to) });
	}

	zoomIn(): void {
		this.zoomTo(this.boxOf(this.focus) || this.layout.rows[this.layout.middle][0]);
	}

	zoomOut(): void {
		if (this.layout.zoom.n === 0 && this.state.shape === "sandwich") return this.showAs("stacks");
		const up = this.view.tree.parent[this.layout.zoom.n];
		this.zoomTo({ n: up, last: up });
	}

	zoomAll(): void {
		this.zoomTo({ n: 0, last: 0 });
	}

	move(to: "up" | "down" | "left" | "right"): void {
		const { layout } = this, box = this.boxOf(this.focus) || layout.rows[layout.middle][0];
		const row = layout.rows[box.row];
		if (to === "left") this.focusBox(row[row.indexOf(box) - 1]);
		else if (to === "right") this.focusBox(row[row.indexOf(box) + 1]);
		else this.focusBox(nextTo(layout, this.view, box, (to === "down") === this.inverted ? 1 : -1));
	}

	private setSearch(change: Partial<State["search"]>): void {
		this.set({ search: { ...this.state.search, ...change } }, "soon");
	}

	openSearch(): void {
		this.slash = true;
		this.ui.search.focus();
		this.ui.search.select();
	}

	clearSearch(): boolean {
		if (!this.state.search.text) return false;
		this.setSearch({ text: "" });
		return true;
	}

	leaveSearch(): void {
		this.focusBox(this.boxOf(this.focus));
	}

	/** Which match the focus is on. */
	private showRank(): void {
		const { matches, ui, view: { tree } } = this, box = this.boxOf(this.focus);
		const i = box ? firstFrom(matches, box.n) : matches.length;
		const on = box && i < matches.length && matches[i] < (isMerged(box) ? tree.end[box.last] : box.n + 1);
		ui.rank.textContent = this.found ? (on ? i + 1 : "\u2013") + "/" + matches.length : "";
	}

	/** Moves to the next of the outermost matches from left to right, or the previous, around the end; out of a merged box at once. */
	step(by: 1 | -1, take: boolean): void {
		const { matches, view: { tree } } = this, count = matches.length;
		if (!count) return;
		const now = this.boxOf(this.focus), stop = now && isMerged(now) ? tree.end[now.last] : this.focus + 1;
		const i = by > 0 ? firstFrom(matches, stop) : firstFrom(matches, now ? now.n : this.focus) - 1;
		let n = matches[(i + count) % count], box = this.boxOf(n);
		while (!box) box = this.boxOf(n = tree.parent[n]);
		this.focusBox(box, take);
	}

	copyDetails(): void {
		const { name, stats } = this.ui;
		this.copy(name.textContent + "\n" + stats.textContent, "the details");
	}

	private copy(text: string, what: string): void {
		const { ui } = this;
		copy(text, this.dialog, this.goBack(), () => {
			this.say("Copied " + what);
			ui.copy.textContent = "Copied";
			setTimeout(() => { ui.copy.textContent = "Copy"; }, 1200);
		});
	}

	openHelp(): void {
		this.dialog.open("Keys", helpTable(HELP), this.goBack());
	}

	/** What gives the focus back to where it is now, be that a frame that is drawn anew until then. */
	private goBack(): () => void {
		const e = document.activeElement, { layer, app } = this.ui;
		const inside = e !== null && app.contains(e) && !layer.contains(e) && !this.menu.isOpen;
		return () => {
			if (inside && e.isConnected) (e as HTMLElement).focus();
			else this.focusBox(this.boxOf(this.focus));
		};
	}

	private itemsOf(box: Box) {
		const { view, state } = this;
		return itemsOf({
			view, state, box, zoom: () => this.zoomTo(box), set: (change) => this.set(change), copy: (text, what) => this.copy(text, what),
		});
	}

	/** The menu of the focused box: at a place, or at the box itself. */
	openMenu(at?: Point): void {
		const box = this.boxOf(this.focus);
		if (!box) return;
		if (!at) {
			this.focusBox(box, false);
			at = this.picture.pointOf(box);
		}
		this.menu.open(this.describe(box).name, this.itemsOf(box), at, () => this.focusBox(this.boxOf(this.focus)));
	}

	private openMenuAt(box: Box | undefined, at?: Point): void {
		if (!box) return;
		this.focus = box.n;
		this.rove(false);
		this.show(box);
		this.openMenu(at);
	}

	/** Does what the menu of the focused box has with a key. */
	act(key: string): void {
		const box = this.boxOf(this.focus), item = box && this.itemsOf(box).find((i) => i.key === key);
		if (item) item.does();
	}

	/** Says something to those who listen, when nothing newer is to be said in a moment. */
	private say(text: string): void {
		clearTimeout(this.saying);
		this.saying = setTimeout(() => { this.ui.live.textContent = text; }, 500);
	}

	/** Selects a box as a finger or the menu's pointer does it. */
	private select(box: Box): void {
		this.focusBox(box);
		const { name, stats } = this.describe(box);
		this.say(name + ", " + stats);
	}

	/** Fits the zoom to fingers that made what is at a place scale times as wide. */
	private pinch(at: Point, scale: number): void {
		const { layout, view: { tree }, width } = this, box = this.picture.boxAt(at);
		if (scale < 0.8) {
			let n = layout.zoom.n;
			do n = tree.parent[n]; while (n !== 0 && this.view.weight[n] < layout.weight / scale);
			this.zoomTo({ n, last: n });
		} else if (scale > 1.25 && box && isInner(layout, box)) {
			// The widest one that is no wider than what the fingers leave on the
			// screen, or what they are on.
			let to = box;
			for (let up = this.boxOf(tree.parent[to.n]); up && isInner(layout, up) && up.w <= width / scale; up = this.boxOf(tree.parent[up.n])) to = up;
			this.zoomTo(to);
		}
	}

	/** Whether a node is the function of a sandwich. */
	private isMiddle(n: number): boolean {
		return this.view.middle >= 0 && (n === 1 || n === this.view.callers);
	}

	/** Shows another view; with toggle, the plain one if that is it already. A sandwich is of what the focus is on. */
	showAs(shape: Shape, toggle = false): void {
		const { state, view, focus } = this;
		if (toggle && shape === state.shape) shape = "stacks";
		if (shape !== "sandwich") {
			if (shape !== state.shape) this.set({ shape, zoom: WHOLE });
			return;
		}
		const box = this.boxOf(focus);
		let of = box && box.n !== 0 && !isMerged(box) && !this.isMiddle(box.n) ? functionAt(view, focus) : state.of;
		if (of < 0) { // the one with the largest self value
			const { self } = topOf(view, this.layout.zoom);
			of = self.indexOf(self.reduce((most, v) => Math.max(most, v), 0));
		}
		if (shape !== state.shape || of !== state.of) this.set({ shape, of, zoom: WHOLE });
	}

	toggle(what: "inverted" | "heavy" | "recursion" | "table"): void {
		const { state } = this, on = !state[what];
		if (what === "inverted" && this.view.middle >= 0) return;
		const hadFocus = this.table.element.contains(document.activeElement);
		this.set({ [what]: on });
		if (what === "table" && on) this.table.focus();
		else if (what === "table" && hadFocus) this.focusBox(this.boxOf(this.focus));
	}

	private showTable(): void {
		const { view, found, state } = this;
		if (state.table) this.table.show({ view, zoom: this.layout.zoom, found, sort: state.sort }, state.marked);
	}

	/** Marks a function in the graph, and moves to its widest place there. */
	private mark(f: number): void {
		const { view } = this, box = this.boxOf(this.focus = widestOf(view, f));
		this.set({ marked: f }, "soon");
		if (box) {
			this.picture.scrollTo(box);
			this.picture.draw();
		}
		this.rove(false);
		showDetails(this.ui, this.table.describe(f), undefined);
	}

	private zoomToWidest(f: number): void {
		const { tree, ...view } = viewOf(this.profile, { ...this.state, shape: "stacks", zoom: WHOLE }), n = widestOf({ tree, ...view }, f);
		const first = placeOf(tree, this.profile.names, n);
		this.set({ shape: "stacks", zoom: { first, last: first } });
	}

	/** Does what a key does with a function; whether it does anything. */
	private actOn(f: number, key: string): boolean {
		const item = functionItems({ state: this.state, set: (change) => this.set(change) }, f).find((i) => i.key === key);
		if (item) item.does();
		return !!item;
	}

	/** The line above a sandwich: of what it is. */
	private showHeader(): void {
		const { ui, view, state: { shape, of } } = this, whole = { n: 0, last: 0 };
		ui.header.hidden = shape !== "sandwich";
		if (shape !== "sandwich") return;
		const top = topOf(view, whole);
		ui.of.textContent = this.profile.names.get(of);
		ui.ofStats.textContent = view.middle >= 0 ? describeFunction(view, whole, top, of).stats : "not on the stacks that are shown";
	}

	nextColors(): void {
		const modes = modesOf(this.profile);
		this.set({ colors: modes[(modes.indexOf(this.state.colors) + 1) % modes.length] });
	}

	nextWidths(): void {
		if (this.profile.tree.base.length) this.set({ widths: WIDTHS[(WIDTHS.indexOf(this.state.widths) + 1) % WIDTHS.length] });
	}

	toggleLegend(): void {
		this.ui.legend.open = !this.ui.legend.open;
	}

	private toggleTheme(): void {
		this.set({ theme: this.theme.other }, "keep");
		Theme.store(this.state.theme);
	}

	// ---- events

	/** The box of an element. */
	private boxOfTarget(e: Event): Box | undefined {
		const n = (e.target as Element).getAttribute("data-n");
		return n === null ? undefined : this.boxOf(Number(n));
	}

	private listen(): void {
		const { ui } = this;
		this.listenToGraph();
		on(ui.table, "click", () => this.toggle("table"));
		on(ui.leave, "click", () => this.showAs("stacks"));
		on(ui.types, "change", () => this.set({ type: ui.types.selectedIndex }));
		on(ui.colors, "change", () => this.set({ colors: modesOf(this.profile)[ui.colors.selectedIndex] }));
		on(ui.widths, "change", () => this.set({ widths: WIDTHS[ui.widths.selectedIndex] }));
		on(ui.floor, "change", () => this.set({ noise: Number(ui.floor.value) }));
		on<InputEvent>(ui.search, "beforeinput", (e) => {
			// The key that brought the focus here is no part of the search: some
			// input methods send its character all the same.
			if (this.slash && e.data === "/") e.preventDefault();
		});
		on(window, "keyup", () => { this.slash = false; });
		on(ui.search, "input", () => this.setSearch({ text: ui.search.value }));
		on(ui.regexp, "click", () => this.setSearch({ plain: !this.state.search.plain }));
		on(ui.fold, "click", () => this.setSearch({ fold: !this.state.search.fold }));
		on(ui.prev, "click", () => this.step(-1, false));
		on(ui.next, "click", () => this.step(1, false));
		on(ui.up, "click", () => this.zoomOut());
		on(ui.reset, "click", () => this.zoomAll());
		on(ui.copy, "click", () => this.copyDetails());
		on(ui.about, "click", () => this.openHelp());
		on(ui.more, "click", () => this.openMenu());
		on(ui.theme, "click", () => this.toggleTheme());
		on<KeyboardEvent>(this.alone ? document : ui.app, "keydown", (e) => press(e, ui, this));
		on(window, "popstate", () => this.restore());
		on(window, "hashchange", () => this.restore());
	}

	private listenToGraph(): void {
		const { ui, picture } = this;
		const hover = (box: Box | undefined) => {
			if (box === this.hovered) return;
			this.hovered = box;
			picture.outline(ui.hover, box);
			if (box) this.show(box);
			else this.showSelected();
		};
		on<PointerEvent>(ui.graph, "pointermove", (e) => hover(picture.boxAt(e)));
		on(ui.graph, "pointerleave", () => hover(undefined));
		let pressed: PointerEvent | undefined;
		on<PointerEvent>(ui.graph, "pointerdown", (e) => { pressed = e; });
		on<MouseEvent>(ui.graph, "click", (e) => {
			// A click that a key or a screen reader made has no place. One that a
			// finger made has another: browsers move it to what can be focused.
			const box = e.detail ? picture.boxAt(pressed || e) : this.boxOfTarget(e);
			if (!box || ended()) return;
			// A finger cannot point without a click, so its first one does that.
			if (e.detail && pressed && pressed.pointerType === "touch" && box.n !== this.focus) return this.select(box);
			this.focus = box.n;
			this.rove(true);
			this.zoomTo(box);
		});
		const ended = gestures(ui.graph, {
			hold: (at) => this.openMenuAt(picture.boxAt(at), at),
			pinch: (at, scale) => this.pinch(at, scale),
		});
		on<MouseEvent>(ui.graph, "contextmenu", (e) => {
			// A key's event has no place of its own.
			const key = e.button !== 2 && this.boxOfTarget(e), box = key || picture.boxAt(e);
			if (!box) return;
			e.preventDefault();
			if (!this.menu.isOpen) this.openMenuAt(box, key ? undefined : e);
		});
		on(ui.layer, "focusin", (e) => {
			// A click focuses too, and needs no ring.
			ui.ring.toggleAttribute("data-off", !(e.target as Element).matches(":focus-visible"));
			picture.outline(ui.ring, ui.ring.hasAttribute("data-off") ? undefined : this.boxOfTarget(e));
			this.show(this.boxOfTarget(e));
		});
		on(ui.layer, "focusout", () => picture.outline(ui.ring, undefined));
		on(ui.scroll, "scroll", () => picture.draw());
	}
}

/** Whether two plain values say the same. */
function sameJSON(a: unknown, b: unknown): boolean {
	return JSON.stringify(a) === JSON.stringify(b);
}
