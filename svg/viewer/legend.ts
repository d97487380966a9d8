/** The legend: what the colours mean, below the graph. It folds up, and is folded at first where there is little room. */

import type { Colors } from "./colors";
import { html } from "./dom";

/** The noise floors that a difference offers beside its own. */
const FLOORS = [0, 0.0001, 0.001, 0.01];

export function buildLegend(noise: number | undefined) {
	const entries = html("div", { class: "flame-entries" });
	const floor = html("select", { title: "Noise floor: changes under this part of all count as none", "aria-label": "Noise floor" });
	const summary = html("summary", { title: "What the colours mean (l)" }, "Legend");
	const legend = html("details", { class: "flame-key" }, summary, entries);
	for (const f of noise === undefined ? [] : [...new Set([...FLOORS, noise])].sort((a, b) => a - b)) {
		floor.append(html("option", { value: String(f) }, f ? Number((100 * f).toPrecision(6)) + "% noise floor" : "no noise floor"));
	}
	legend.open = !matchMedia("(max-width: 640px)").matches; // innerWidth would lay out the static picture
	return { legend, entries, floor };
}

/** Shows what the colours mean; with a noise floor it can be chosen here. */
export function showLegend({ entries, floor }: ReturnType<typeof buildLegend>, { legend, changes }: Colors): void {
	entries.replaceChildren(...legend.map(({ colors, label }) => html("span", {},
		...colors.map((color) => {
			const swatch = html("i", {});
			swatch.style.setProperty("background", color); // the script's, which a policy lets through
			return swatch;
		}), label)));
	if (changes) {
		floor.value = String(changes.noise);
		entries.append(floor);
	}
}
