/**
 * The viewer of a flame graph: it decodes the profile in this file's <metadata>,
 * hides the static picture and puts a toolbar, the visible frames and a details
 * bar in its place. Whatever fails on the way, the static picture stays.
 */

import { App } from "./app";
import { load } from "./payload";

function start(): void {
	const script = document.currentScript;
	const root = script && script.closest<SVGSVGElement>("svg.flame");
	const data = root && root.querySelector("metadata.flame-data");
	if (!root || !data || typeof DecompressionStream === "undefined") return;
	load(data.textContent || "")
		.then((profile) => new App(profile, root))
		.catch((err) => console.warn("flame: the picture stays static:", err));
}

start();
