/** The application in the place of the static picture: its size, its theme, and printing. */

import { on, svg } from "./dom";
import type { Parts } from "./parts";
import type { State } from "./state";

export interface Place {
	readonly root: SVGSVGElement;
	readonly alone: boolean; // the graph is the document itself, not part of a page
	readonly fluid: boolean; // as wide as there is room
	readonly rowsHeight: number; // of all rows, px
}

/** Takes the place of the static picture, which paper gets back. */
export function mount(ui: Parts, { root, alone, fluid, rowsHeight }: Place): void {
	const box = svg("foreignObject", { class: "flame-live", x: 0, y: 0, width: "100%", height: "100%" }, ui.app);
	const size = ["viewBox", "width", "height"].map((a) => [a, root.getAttribute(a) || ""]);
	const pictureHeight = Number(root.getAttribute("height")) || 400;
	const live = () => {
		root.removeAttribute("viewBox");
		if (fluid) root.setAttribute("width", "100%");
		if (alone) root.setAttribute("height", "100%");
	};
	// Hidden by its attribute, which the style sheet takes back on paper, for that
	// holds at once: a layout of the picture costs more than all that follows.
	const still = root.querySelector(".flame-static");
	if (still) still.setAttribute("display", "none");
	root.append(box);
	root.classList.add("flame-on");
	live();
	if (!alone) {
		// The toolbar and the details need more than the picture's margins.
		const room = () => {
			const wanted = Math.max(pictureHeight, ui.bar.offsetHeight + ui.details.offsetHeight + Math.min(pictureHeight, rowsHeight));
			root.style.setProperty("height", wanted + "px");
		};
		room();
		new ResizeObserver(room).observe(ui.bar);
	}
	on(window, "beforeprint", () => {
		for (const [a, v] of size) root.setAttribute(a, v);
	});
	on(window, "afterprint", live);
}

/** Keeps a theme on the root: the reader's choice, "" for the system's. */
export class Theme {
	private readonly dark = matchMedia("(prefers-color-scheme: dark)");
	private chosen: State["theme"] = "";

	constructor(private readonly root: SVGSVGElement) {
		on(this.dark, "change", () => this.show(this.chosen));
	}

	/** The choice of an earlier visit, where it may be kept. */
	static stored(): State["theme"] {
		try {
			const theme = localStorage.getItem("flame-theme");
			if (theme === "dark" || theme === "light") return theme;
		} catch { /* no storage here */ }
		return "";
	}

	static store(theme: State["theme"]): void {
		try {
			localStorage.setItem("flame-theme", theme);
		} catch { /* for this page only, then */ }
	}

	show(chosen: State["theme"]): void {
		this.chosen = chosen;
		this.root.dataset.theme = chosen || (this.dark.matches ? "dark" : "light");
	}

	/** The other one of what is shown. */
	get other(): State["theme"] {
		return this.root.dataset.theme === "dark" ? "light" : "dark";
	}
}
