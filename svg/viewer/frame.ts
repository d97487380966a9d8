/** What can be done with a frame: the items of its menu, most of which have a key, too. */

import { foldedOf, stackOf } from "./details";
import { added, removed, type Filters } from "./filters";
import { isMerged, type Box } from "./layout";
import type { Item } from "./menu";
import { WHOLE } from "./place";
import type { State } from "./state";
import { nameOf, type View } from "./view";

/** A frame, and what the items need to do things with it. */
export interface Target {
	readonly view: View;
	readonly state: State;
	readonly box: Box;
	zoom(): void;
	set(change: Partial<State>): void;
	/** what is a word for the text. */
	copy(text: string, what: string): void;
}

/** The function of a node, as filters have it: the first frame of its name. */
export function functionAt({ tree, profile: { names } }: View, n: number): number {
	return names.same[tree.frame[n]];
}

/** What can be done with the frame; only what makes sense for it. */
export function itemsOf(t: Target): Item[] {
	const { view, box } = t, one = box.n !== 0 && !isMerged(box);
	const items: Item[] = [{ label: box.n === 0 ? "Reset zoom" : "Zoom in", key: "Enter", does: t.zoom }];
	if (one) items.push(...functionItems(t, functionAt(view, box.n)));
	if (!isMerged(box)) items.push({ label: "Copy name", key: "y", does: () => t.copy(nameOf(view, box.n), "the name") });
	if (one) items.push({ label: "Copy stack", key: "C", does: () => t.copy(stackOf(view, box.n), "the stack") });
	items.push({ label: "Copy subtree, folded", key: "Y", does: () => t.copy(foldedOf(view, box), "the subtree") });
	return items;
}

/** What can be done with a function, wherever it stands. */
export function functionItems({ state: { filters }, set }: Pick<Target, "state" | "set">, f: number): Item[] {
	return [
		{ label: "Sandwich: find callers, callees", key: "s", does: () => set({ shape: "sandwich", of: f, zoom: WHOLE }) },
		{ label: "Hide this function", key: "h", does: () => set({ filters: { ...filters, hidden: added(filters.hidden, f) } }) },
		{ label: "Focus: only stacks through it", key: "f", does: () => set({ filters: { ...filters, focused: added(filters.focused, f) } }) },
	];
}

/** A filter that is on, in words. */
export interface Chip {
	readonly kind: "hidden" | "focused";
	readonly name: string;
	readonly without: Filters;
}

/** The filters that are on. */
export function chipsOf({ profile: { names } }: View, filters: Filters): Chip[] {
	const chips = (kind: Chip["kind"]) => filters[kind].map((f) => ({ kind, name: names.get(f), without: { ...filters, [kind]: removed(filters[kind], f) } }));
	return [...chips("focused"), ...chips("hidden")];
}
