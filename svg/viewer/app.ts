/** The application: one state, set() as the only way to change it, and the wiring of the parts to it. */

import { colorsOf, modesOf, type Colors } from "./colors";
import { showChips } from "./chips";
import { attrsOf, describe, showDetails, type Details } from "./details";
import { Dialog } from "./dialog";
import { Picture } from "./draw";
import { listen } from "./events";
import { carried } from "./filters";
import { chipsOf } from "./frame";
import { boxOf, layout, type Box, type Layout } from "./layout";
import { showLegend } from "./legend";
import { Link, partsOf, stateOf, zoomOf } from "./link";
import { Menu } from "./menu";
import { mount, Theme } from "./mount";
import { build, type Parts } from "./parts";
import type { Profile } from "./payload";
import { nodeAt, placeOf, WHOLE, type Place, type Zoom } from "./place";
import { find, type Found } from "./search";
import { showFound, showRank } from "./searchactions";
import { initial, type State } from "./state";
import type { Table } from "./table";
import { showTable, tableOf } from "./tableactions";
import { viewOf, type Range, type View } from "./view";
import { showAs, showHeader } from "./viewactions";
import { ViewMenu } from "./viewmenu";

/**
 * What becomes of the address after a change: "push", and Back returns from it;
 * "soon", for what is being typed, it is replaced in a moment; "keep" it.
 */
type Address = "push" | "soon" | "keep";

/**
 * The application in the place of a static picture. The modules of actions and
 * events, which it gives itself to, read all of it; of what follows from the
 * state they change nothing but through set().
 */
export class App {
	readonly ui: Parts;
	readonly picture: Picture;
	readonly theme: Theme;
	readonly dialog: Dialog;
	readonly menu: Menu;
	readonly table: Table;
	readonly alone: boolean; // the graph is the document itself, not part of a page
	private readonly link: Link;
	private readonly viewMenu: ViewMenu;
	private readonly start: State;
	private readonly attrOf: ReturnType<typeof attrsOf>;

	state: State; // for set() to change

	// What follows from the state.
	view: View;
	layout!: Layout;
	found: Found | null = null;
	colors: Colors;

	// What is no part of it.
	focus = 0; // the node that the keyboard is at
	hovered: Box | undefined; // the box under the pointer
	width = 0; // of the scroll area
	private height = 0;
	matches: readonly number[] = []; // the outermost ones in the zoomed range
	private saying = 0; // a timer, of say
	slash = false; // whether the key "/" is down

	constructor(readonly profile: Profile, root: SVGSVGElement) {
		const options = profile.meta.view;
		this.start = { ...initial(options, profile.types.length, profile.tree.base.length > 0), theme: Theme.stored() };
		this.state = this.start;
		this.view = viewOf(profile, this.state);
		this.colors = colorsOf(this.state.colors, this.state.noise, this.view);
		const differential = profile.tree.base.length > 0;
		this.viewMenu = new ViewMenu(!!profile.tree.ordered, { showAs: (shape) => showAs(this, shape), set: (change) => this.set(change) });
		this.table = tableOf(this, differential);
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
		listen(this);
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
		if (this.view !== oldView || state.shape !== old.shape) showHeader(this);
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
			if (searched) showFound(this);
			if (recolored || state.marked !== old.marked || searched && (hadFound || this.found)) this.picture.repaint(this.scene());
		}
		showTable(this);
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
	restore(): void {
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
	zoomOf({ n, last }: Range): Zoom {
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
		showFound(this);
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

	/** The box that shows a node now, if any. */
	boxOf(n: number): Box | undefined {
		return boxOf(this.layout, n);
	}

	/** What is to be said of a box. */
	describe(box: Box): Details {
		return describe(this.view, this.layout, box, this.attrOf(this.view, box));
	}

	/** Shows a box in the details bar. */
	show(box: Box | undefined): void {
		if (box) showDetails(this.ui, this.describe(box), this.attrOf(this.view, box));
	}

	/** The details that the bar returns to when the pointer leaves. */
	showSelected(): void {
		this.show(this.boxOf(this.focus) || this.boxOf(this.layout.zoom.n));
	}

	/** Makes the focused box the one that Tab comes to. */
	rove(take: boolean): void {
		const box = this.boxOf(this.focus);
		const { name, stats } = box ? this.describe(box) : { name: "", stats: "" };
		this.picture.rove(box, name + ", " + stats, take);
		showRank(this);
	}

	/** Focuses a box as the keyboard does it. */
	focusBox(box: Box | undefined, take = true): void {
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
	get inverted(): boolean {
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

	/** Says something to those who listen, when nothing newer is to be said in a moment. */
	say(text: string): void {
		clearTimeout(this.saying);
		this.saying = setTimeout(() => { this.ui.live.textContent = text; }, 500);
	}

	/** Whether a node is the function of a sandwich. */
	isMiddle(n: number): boolean {
		return this.view.middle >= 0 && (n === 1 || n === this.view.callers);
	}
}

/** Whether two plain values say the same. */
function sameJSON(a: unknown, b: unknown): boolean {
	return JSON.stringify(a) === JSON.stringify(b);
}
