/** The viewer's style, which is a part of its script. */

import { html } from "./dom";

/** style.css; the bundler puts it here. */
declare const STYLE: string;

/** Gives the document the style, once. A sheet that is made here needs no leave of the page's policy. */
export function addStyle(root: Element): void {
	const sheets = document.adoptedStyleSheets as (CSSStyleSheet & { flame?: string })[] | undefined;
	if (!sheets) {
		root.append(html("style", {}, STYLE));
		return;
	}
	if (sheets.some((s) => s.flame === STYLE)) return;
	const sheet: CSSStyleSheet & { flame?: string } = new CSSStyleSheet();
	sheet.replaceSync(STYLE);
	sheet.flame = STYLE;
	document.adoptedStyleSheets = [...sheets, sheet];
}
