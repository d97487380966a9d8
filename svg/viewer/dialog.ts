/** Dialogs: a box over the graph that keeps the focus until it is closed, and gives it back. */

import { button, html, icon, on } from "./dom";

export class Dialog {
	private cover: HTMLElement | undefined;
	private back: () => void = () => {};

	/** back takes the focus when a dialog closes. */
	constructor(private readonly host: HTMLElement) {}

	/**
	 * Opens a dialog in the place of another one.
	 * @param first gets the focus, the button that closes if it is missing
	 * @param back gives the focus back when the dialog closes
	 */
	open(label: string, content: Node, back: () => void, first?: HTMLElement): void {
		if (this.cover) this.cover.remove();
		const close = button("Close (Esc)", icon("M4 4l8 8M12 4l-8 8"));
		const box = html("div", { class: "flame-dialog", role: "dialog", "aria-modal": "true", "aria-label": label },
			html("div", { class: "flame-dialog-head" }, html("strong", {}, label), close), content);
		const cover = this.cover = html("div", { class: "flame-cover" }, box);
		this.back = back;
		on(close, "click", () => this.close());
		on(cover, "click", (e) => { if (e.target === cover) this.close(); });
		on<KeyboardEvent>(cover, "keydown", (e) => this.press(e));
		this.host.append(cover);
		(first || close).focus();
	}

	/** Whether one was open. */
	close(): boolean {
		if (!this.cover) return false;
		this.cover.remove();
		this.cover = undefined;
		this.back();
		return true;
	}

	get isOpen(): boolean {
		return !!this.cover;
	}

	/** No key reaches the graph below. */
	private press(e: KeyboardEvent): void {
		e.stopPropagation();
		if (e.key === "Escape" || e.key === "?") {
			e.preventDefault();
			this.close();
		} else if (e.key === "Tab" && this.cover) {
			const all = this.cover.querySelectorAll<HTMLElement>("button, input, textarea, a[href], [tabindex='0']");
			const first = all[0], last = all[all.length - 1], from = e.shiftKey ? first : last;
			if (e.target !== from) return;
			e.preventDefault();
			(e.shiftKey ? last : first).focus();
		}
	}
}
