/** The menu of what can be done with a frame. */

import { html, on } from "./dom";

export interface Item {
	readonly label: string;
	/** The key that does the same in the graph, and in the open menu; "" if there is none. */
	readonly key: string;
	does(): void;
}

/** A place on the screen, as pointer events have it. */
export interface Point {
	readonly clientX: number;
	readonly clientY: number;
}

export class Menu {
	private box: HTMLElement | undefined;
	private items: readonly Item[] = [];
	private back: () => void = () => {};
	private readonly away = (e: Event) => {
		if (this.box && !this.box.contains(e.target as Node)) this.close(false);
	};
	private readonly gone = () => this.close(false);

	constructor(private readonly host: HTMLElement) {}

	/**
	 * Opens a menu in the place of another one.
	 * @param label what the items are about
	 * @param back gives the focus back when the menu closes by a key
	 */
	open(label: string, items: readonly Item[], at: Point, back: () => void): void {
		this.close(false);
		this.items = items;
		this.back = back;
		const list = html("div", { role: "menu", "aria-label": label });
		for (const item of items) {
			const row = html("button", { type: "button", role: "menuitem", tabindex: "-1" }, html("span", {}, item.label));
			if (item.key) {
				row.setAttribute("aria-keyshortcuts", item.key);
				row.append(html("kbd", { "aria-hidden": "true" }, item.key));
			}
			on(row, "click", () => this.choose(item));
			on(row, "pointermove", () => row.focus({ preventScroll: true }));
			list.append(row);
		}
		const box = this.box = html("div", { class: "flame-menu" }, html("div", { class: "flame-menu-name", "aria-hidden": "true" }, label), list);
		on<KeyboardEvent>(box, "keydown", (e) => this.press(e));
		on(box, "contextmenu", (e) => e.preventDefault());
		this.host.append(box);
		this.put(box, at);
		this.rows()[0].focus({ preventScroll: true });
		document.addEventListener("pointerdown", this.away, true);
		window.addEventListener("resize", this.gone);
		window.addEventListener("blur", this.gone);
	}

	/** Closes it; with back, what had the focus gets it again. Whether it was open. */
	close(back: boolean): boolean {
		if (!this.box) return false;
		this.box.remove();
		this.box = undefined;
		document.removeEventListener("pointerdown", this.away, true);
		window.removeEventListener("resize", this.gone);
		window.removeEventListener("blur", this.gone);
		if (back) this.back();
		return true;
	}

	get isOpen(): boolean {
		return !!this.box;
	}

	private choose(item: Item): void {
		this.close(true);
		item.does();
	}

	/** Near the place, but all within the host. */
	private put(box: HTMLElement, { clientX, clientY }: Point): void {
		const area = this.host.getBoundingClientRect(), gap = 4;
		const within = (at: number, size: number, room: number) => Math.max(gap, Math.min(at, room - size - gap));
		box.style.maxHeight = area.height - 2 * gap + "px";
		box.style.left = within(clientX - area.left, box.offsetWidth, area.width) + "px";
		box.style.top = within(clientY - area.top, box.offsetHeight, area.height) + "px";
	}

	private rows(): HTMLElement[] {
		return this.box ? [...this.box.querySelectorAll<HTMLElement>("[role=menuitem]")] : [];
	}

	/** No key reaches the graph below. */
	private press(e: KeyboardEvent): void {
		e.stopPropagation();
		const rows = this.rows(), at = rows.indexOf(e.target as HTMLElement), count = rows.length;
		const to: Record<string, number> = { ArrowDown: (at + 1) % count, ArrowUp: (at + count - 1) % count, Home: 0, End: count - 1 };
		const item = this.items.find((i) => i.key !== "" && i.key === e.key);
		if (e.key in to) rows[to[e.key]].focus();
		else if (e.key === "Escape" || e.key === "Tab") this.close(true);
		else if ((e.key === "Enter" || e.key === " ") && at >= 0) this.choose(this.items[at]);
		else if (item && !e.ctrlKey && !e.metaKey && !e.altKey) this.choose(item);
		else return;
		e.preventDefault();
	}
}
