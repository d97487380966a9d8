/** The choice of a view: a button that says which one there is, and a panel with all. */

import { button, html, icon, on } from "./dom";
import type { State } from "./state";
import type { Shape } from "./views";

export interface ViewActions {
	showAs(shape: Shape): void;
	set(change: Partial<State>): void;
}

/** A choice: its words, its state, whether that is the case, and the key that comes to it. */
type Choice = readonly [string, (s: State) => boolean, (does: ViewActions) => void, string];

const choices = (ordered: boolean): readonly (readonly [string, readonly Choice[]])[] => [
	["Show", [
		["Stacks", (s) => s.shape === "stacks", (a) => a.showAs("stacks"), ""],
		["Callers", (s) => s.shape === "callers", (a) => a.showAs("callers"), "r"],
		["Sandwich", (s) => s.shape === "sandwich", (a) => a.showAs("sandwich"), "s"],
	]],
	["Direction", [
		["Flame, up", (s) => s.shape !== "sandwich" && !s.inverted, (a) => a.set({ inverted: false }), "i"],
		["Icicle, down", (s) => s.shape === "sandwich" || s.inverted, (a) => a.set({ inverted: true }), "i"],
	]],
	["Order", [
		[ordered ? "By time" : "By name", (s) => !s.heavy, (a) => a.set({ heavy: false }), "o"],
		["By weight", (s) => s.heavy, (a) => a.set({ heavy: true }), "o"],
	]],
	["Recursion", [
		["Shown", (s) => !s.recursion, (a) => a.set({ recursion: false }), "R"],
		["Folded", (s) => s.recursion, (a) => a.set({ recursion: true }), "R"],
	]],
];

export class ViewMenu {
	/** The button and its panel. */
	readonly element: HTMLElement;
	private readonly face = html("span");
	private readonly toggle: HTMLButtonElement;
	private readonly panel = html("div", { class: "flame-views", role: "group", "aria-label": "View", hidden: "" });
	private readonly buttons: [HTMLButtonElement, Choice][] = [];
	private readonly away = (e: Event) => {
		if (!this.element.contains(e.target as Node)) this.open(false);
	};

	constructor(ordered: boolean, does: ViewActions) {
		this.toggle = html("button", { type: "button", title: "View", "aria-expanded": "false" }, this.face, icon("M4 6l4 4 4-4"));
		on(this.toggle, "click", () => this.open(this.panel.hidden));
		for (const [label, list] of choices(ordered)) {
			const group = html("div", { role: "group", "aria-label": label });
			for (const choice of list) {
				const b = button(label + ": " + choice[0] + (choice[3] && " (" + choice[3] + ")"), choice[0]);
				on(b, "click", () => choice[2](does));
				this.buttons.push([b, choice]);
				group.append(b);
			}
			this.panel.append(html("span", { "aria-hidden": "true" }, label), group);
		}
		this.element = html("div", { class: "flame-view" }, this.toggle, this.panel);
		on<KeyboardEvent>(this.element, "keydown", (e) => {
			if (e.key !== "Escape" || this.panel.hidden) return;
			e.preventDefault();
			e.stopPropagation();
			this.open(false);
			this.toggle.focus();
		});
		on<FocusEvent>(this.element, "focusout", (e) => {
			if (e.relatedTarget && !this.element.contains(e.relatedTarget as Node)) this.open(false);
		});
	}

	private open(open: boolean): void {
		this.panel.hidden = !open;
		this.toggle.setAttribute("aria-expanded", String(open));
		if (open) document.addEventListener("pointerdown", this.away, true);
		else document.removeEventListener("pointerdown", this.away, true);
	}

	/** The word for the view. */
	get name(): string {
		return this.face.textContent || "";
	}

	show(state: State): void {
		const { shape, inverted } = state;
		const name = shape === "stacks" ? inverted ? "Icicle" : "Flame" : shape === "callers" ? "Callers" : "Sandwich";
		if (this.face.textContent !== name) {
			this.face.textContent = name;
			this.toggle.setAttribute("aria-label", "View: " + name);
		}
		for (const [b, choice] of this.buttons) {
			b.setAttribute("aria-pressed", String(choice[1](state)));
			b.disabled = shape === "sandwich" && choice[3] === "i";
		}
	}
}
