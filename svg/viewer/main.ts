/**
 * The viewer of a flame graph: it decodes the profile in this file's <metadata>,
 * hides the static picture and puts a toolbar, the visible frames and a details
 * bar in its place. Whatever fails on the way, the static picture stays.
 */

import { App } from "./app";
import { load } from "./payload";

/**
 * Data of up to this many characters are read in less time than a frame takes.
 * Before greater ones the static picture gets its turn.
 */
const SMALL = 1 << 16;

/** Resolves when a frame has been drawn, or, where none is, soon. */
function painted(): Promise<unknown> {
	return new Promise((resolve) => {
		setTimeout(resolve, 250);
		requestAnimationFrame(() => setTimeout(resolve));
	});
}

function start(): void {
	const script = document.currentScript;
	const root = script && script.closest<SVGSVGElement>("svg.flame");
	const data = root && root.querySelector("metadata.flame-data");
	if (!root || !data || typeof DecompressionStream === "undefined") return;
	const text = data.textContent || "";
	(text.length > SMALL ? painted().then(() => load(text)) : load(text))
		.then((profile) => new App(profile, root))
		.catch((err) => console.warn("flame: the picture stays static:", err));
}

start();
