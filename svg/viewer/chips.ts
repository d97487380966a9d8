/** Chips: the filters that are on, each a button that takes it back. */

import { html, icon, on } from "./dom";
import type { Chip } from "./frame";

const WORDS = { hidden: "hidden", focused: "only through" };

/** Shows chips; the focus stays on the place of one that goes, or left() takes it. */
export function showChips(list: HTMLElement, chips: readonly Chip[], remove: (chip: Chip) => void, left: () => void): void {
	const old = [...list.children], at = old.findIndex((c) => c.contains(document.activeElement));
	list.replaceChildren(...chips.map((chip) => {
		const word = WORDS[chip.kind], title = "Remove the filter \u201c" + word + " " + chip.name + "\u201d";
		const face = html("button", { type: "button", title, "aria-label": title },
			html("span", {}, word + " "), html("bdi", {}, chip.name), icon("M4 4l8 8M12 4l-8 8"));
		on(face, "click", () => remove(chip));
		return html("li", {}, face);
	}));
	list.hidden = !chips.length;
	if (at < 0) return;
	const next = list.children[Math.min(at, chips.length - 1)];
	if (next) (next.firstElementChild as HTMLElement).focus();
	else left();
}
