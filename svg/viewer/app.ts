/** The application: one state, set() as the only way to change it, and the wiring of the parts to it. */

import { colorsOf, modesOf, type Colors } from "./colors";
import { attrsOf, copy, describe, showDetails, stackOf } from "./details";
import { on } from "./dom";
import { Picture } from "./draw";
import { HELP, press, type Actions } from "./keys";
import { WIDTHS } from "./diff";
import { boxOf, childOf, layout, type Box, type Layout } from "./layout";
import { showLegend } from "./legend";
import { Link, partsOf, stateOf, zoomOf } from "./link";
import { mount, Theme } from "./mount";
import { build, type Parts } from "./parts";
import type { Profile } from "./payload";
import { nodeAt, placeOf, WHOLE, type Zoom } from "./place";
import { find, isMatched, summary, type Found } from "./search";
import { initial, type State } from "./state";
import { viewOf, type Range, type View } from "./view";

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
	private slash = false; // whether the key "/" is down

	constructor(private readonly profile: Profile, root: SVGSVGElement) {
		const options = profile.meta.view;
		this.start = { ...initial(options, profile.types.length, profile.tree.base.length > 0), theme: Theme.stored() };
		this.state = this.start;
		this.view = viewOf(profile, this.state);
		this.colors = colorsOf(this.state.colors, this.state.noise, this.view);
		this.ui = build(profile.meta, profile.types, HELP, modesOf(profile), profile.tree.base.length > 0);
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
		const newTree = this.view.tree !== oldView.tree, newZoom = state.zoom !== old.zoom;
		if (newZoom) this.focus = this.nodesOf(state.zoom).n;
		else if (newTree) this.focus = nodeAt(this.view.tree, profile.names, placeOf(oldView.tree, profile.names, this.focus));
		const recolored = this.view !== oldView || state.colors !== old.colors || state.noise !== old.noise;
		if (recolored) this.recolor();
		const searched = newTree || state.search !== old.search, hadFound = this.found;
		if (searched) this.found = find(state.search, this.view.tree, profile.names);
		if (state.theme !== old.theme) this.theme.show(state.theme);

		this.showControls();
		if (newZoom || this.view !== oldView || state.inverted !== old.inverted) {
			this.refresh();
			this.picture.scrollToZoom();
			this.picture.draw();
			this.showSelected();
		} else {
			if (searched) this.showFound();
			if (recolored || searched && (hadFound || this.found)) this.picture.repaint(this.scene());
		}
		if (address === "soon") this.link.writeSoon(() => this.parts());
		else if (address === "push") this.link.write(this.parts(), true);
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
		const zoom = zoomOf(parts, viewOf(this.profile, next, this.view)), now = this.state;
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
		if (n === 0) return WHOLE;
		const first = placeOf(this.view.tree, this.profile.names, n);
		return { first, last: last === n ? first : placeOf(this.view.tree, this.profile.names, last) };
	}

	// ---- what follows from it

	private scene() {
		const { view, layout, colors, found, state } = this;
		return { view, layout, colors, found, inverted: state.inverted };
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
		if (ui.search.value !== search.text) ui.search.value = search.text;
		ui.regexp.setAttribute("aria-pressed", String(!search.plain));
		ui.fold.setAttribute("aria-pressed", String(search.fold));
	}

	private showFound(): void {
		const { ui, found } = this, problem = found && found.problem;
		ui.app.classList.toggle("flame-searching", !!found);
		ui.search.classList.toggle("flame-bad", !!problem);
		if (problem) ui.search.title = "Not a regular expression, so searched as plain text: " + problem;
		else ui.search.removeAttribute("title");
		ui.prev.disabled = ui.next.disabled = !found;
		ui.matched.textContent = found ? summary(found, this.view, this.layout.zoom) : "";
	}

	private boxOf(n: number): Box | undefined {
		return boxOf(this.layout, this.view.tree, n);
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

	private resized(): void {
		const { scroll } = this.ui;
		// Whether there is a scrollbar must not depend on the width, or the two
		// chase each other.
		scroll.classList.toggle("flame-tall", this.rowsHeight() > scroll.clientHeight);
		const w = scroll.clientWidth, h = scroll.clientHeight;
		if (w === this.width && h === this.height || w === 0) return;
		// What stands at the root's edge of the screen stays there.
		const first = this.height === 0, scrolled = first ? 0 : this.picture.scrolled;
		this.width = w;
		this.height = h;
		this.refresh();
		if (first) this.picture.scrollToZoom();
		else this.picture.scrolled = scrolled;
		this.picture.draw();
		this.showSelected();
	}

	// ---- actions

	zoomTo(to: Range): void {
		const now = this.layout.zoom;
		if (to.n !== now.n || to.last !== now.last) this.set({ zoom: this.zoomOf(to) });
	}

	zoomIn(): void {
		this.zoomTo(this.boxOf(this.focus) || this.layout.rows[0][0]);
	}

	zoomOut(): void {
		const up = this.view.tree.parent[this.layout.zoom.n];
		this.zoomTo({ n: up, last: up });
	}

	zoomAll(): void {
		this.zoomTo({ n: 0, last: 0 });
	}

	move(to: "up" | "down" | "left" | "right"): void {
		const { layout, view: { tree } } = this, box = this.boxOf(this.focus) || layout.rows[0][0];
		const row = layout.rows[box.row];
		if (to === "left") this.focusBox(row[row.indexOf(box) - 1]);
		else if (to === "right") this.focusBox(row[row.indexOf(box) + 1]);
		else if ((to === "up") === this.state.inverted) this.focusBox(this.boxOf(tree.parent[box.n]));
		else this.focusBox(childOf(layout, tree, box));
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

	/** Moves to the next drawn match in preorder, or the previous, around the end. */
	step(by: 1 | -1, take: boolean): void {
		const { found, focus, view: { tree } } = this;
		if (!found) return;
		const matches: Box[] = [];
		for (const row of this.layout.rows) for (const box of row) if (isMatched(found, tree, box)) matches.push(box);
		matches.sort((a, b) => by * (a.n - b.n));
		this.focusBox(matches.find((b) => by * (b.n - focus) > 0) || matches[0], take);
	}

	copyDetails(): void {
		const { name, stats, text } = this.ui;
		copy(this.ui, name.textContent + "\n" + stats.textContent, text);
	}

	copyStack(): void {
		copy(this.ui, stackOf(this.view, this.focus), this.ui.name);
	}

	toggleHelp(show?: boolean): boolean {
		const was = this.ui.help.hidden;
		this.ui.help.hidden = show === undefined ? !was : !show;
		return this.ui.help.hidden !== was;
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
		on(ui.about, "click", () => this.toggleHelp());
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
			if (!box) return;
			this.focus = box.n;
			this.rove(true);
			this.zoomTo(box);
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
