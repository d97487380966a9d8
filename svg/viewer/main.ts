/**
 * The viewer of a flame graph, which the loader runs: it decodes the profile,
 * hides the static picture and puts a toolbar, the visible frames and a details
 * bar in its place.
 */

import { App } from "./app";
import type { ViewerScript } from "./loader";
import { decode } from "./payload";
import { addStyle } from "./style";

(document.currentScript as ViewerScript).view = (root, payload) => {
	const profile = decode(payload); // before anything shows: it may be damaged
	addStyle(root);
	new App(profile, root);
};
