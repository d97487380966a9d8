/** Help: the keys and gestures, as a table for a dialog. */

import { html } from "./dom";
import type { Help } from "./keys";

export function helpTable(rows: Help): HTMLElement {
	const body = html("tbody");
	for (const [keys, does] of rows) {
		const cell = html("th", { scope: "row" });
		keys.split(", ").forEach((key, i) => cell.append(i ? " " : "", html("kbd", {}, key)));
		body.append(html("tr", {}, cell, html("td", {}, does)));
	}
	// It scrolls, so keys must reach it.
	return html("div", { class: "flame-help", tabindex: "0", role: "group", "aria-label": "Keys" }, html("table", {}, body));
}
