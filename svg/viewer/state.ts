/** What a reader has chosen. All of it is in the address (link.ts), but for the theme, which stays with the reader. */

import { firstMode, type ColorMode } from "./colors";
import type { Widths } from "./diff";
import { NO_FILTERS, type Filters } from "./filters";
import type { Options } from "./payload";
import { WHOLE, type Zoom } from "./place";
import type { Search } from "./search";
import { TOTAL_FIRST, type Sort } from "./top";
import type { Shape } from "./views";

export interface State {
	readonly type: number; // sample type
	readonly zoom: Zoom;
	readonly search: Search;
	readonly filters: Filters; // of all views
	readonly colors: ColorMode;
	readonly noise: number; // part of the whole that a change must reach to be shown
	readonly widths: Widths; // of a difference
	readonly inverted: boolean; // the root at the top
	readonly shape: Shape;
	readonly of: number; // the function of a sandwich: the first frame of its name; -1 before there was one
	readonly heavy: boolean; // siblings by falling weight
	readonly recursion: boolean; // chains of one function are one frame
	readonly table: boolean; // whether the table of functions is shown
	readonly sort: Sort; // of the table
	readonly marked: number; // the function that the table is at, marked in the graph; -1 for none
	readonly theme: "" | "light" | "dark"; // "" is the system's
}

/** The state of a file that nobody has touched: what the address leaves out. */
export function initial(options: Options, types: number, differential: boolean): State {
	return {
		type: options.type < types ? options.type : 0,
		zoom: WHOLE,
		search: { text: "", fold: false, plain: false },
		filters: NO_FILTERS,
		colors: firstMode(options, differential),
		noise: options.diff ? options.diff.noise : 0,
		widths: options.diffWidth === "max" ? "both" : "after",
		inverted: options.inverted,
		shape: "stacks",
		of: -1,
		heavy: false,
		recursion: false,
		table: false,
		sort: TOTAL_FIRST,
		marked: -1,
		theme: "",
	};
}
