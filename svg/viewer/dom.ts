/**
 * Elements. What comes from a profile reaches the document as text of these
 * functions, never as markup. There are no ids: several
 * graphs can stand in one page.
 */

export const XHTML = "http://www.w3.org/1999/xhtml";
const SVG = "http://www.w3.org/2000/svg";

/** An XHTML element; children that are strings become text. */
export function html<K extends keyof HTMLElementTagNameMap>(
	tag: K, attributes: Record<string, string> = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
	const e = document.createElementNS(XHTML, tag) as HTMLElementTagNameMap[K];
	for (const name in attributes) e.setAttribute(name, attributes[name]);
	e.append(...children);
	return e;
}

export function svg<K extends keyof SVGElementTagNameMap>(
	tag: K, attributes: Record<string, string | number> = {}, ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
	const e = document.createElementNS(SVG, tag);
	for (const name in attributes) e.setAttribute(name, String(attributes[name]));
	e.append(...children);
	return e;
}

/** Adds a listener; E is the event that the caller knows the type to have. */
export function on<E extends Event>(target: EventTarget, type: string, does: (e: E) => void): void {
	target.addEventListener(type, does as (e: Event) => void);
}

/** A small picture for a button, drawn in the text's colour: no font has to have the sign. */
export function icon(path: string): SVGElement {
	return svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, class: "flame-icon", "aria-hidden": "true" }, svg("path", { d: path }));
}

export function button(title: string, face: Node | string): HTMLButtonElement {
	return html("button", { type: "button", title, "aria-label": title }, face);
}
