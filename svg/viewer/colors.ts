/** Colour modes: a function from a node to its fill, one for each mode. */

import { hexColor } from "./payload";
import type { View } from "./view";

/** "package" is what the static picture has, of whatever palette it was drawn with; "diff" is of differential profiles only. */
export type ColorMode = "package" | "diff";

/** "#rrggbb" of a node. */
export type Fill = (n: number) => string;

/** The modes. Each does what it has to do once for a view, and answers for single nodes then. */
const MODES: Record<ColorMode, (view: View) => Fill> = {
	package: ({ profile, tree }) => (n) => n === 0 ? "#d7d7dc" : profile.colors[profile.colorOf[tree.frame[n]]],
	diff,
};

export function fillOf(mode: ColorMode, view: View): Fill {
	return MODES[mode](view);
}

/** FlameGraph's colours for a difference: svg.DiffColor. */
function diff({ profile, type, self, baseSelf }: View): Fill {
	const base = baseSelf || new Float64Array(self.length);
	let most = profile.types[type].scale || 1;
	for (let n = 0; n < self.length; n++) most = Math.max(most, Math.abs(self[n] - base[n]));
	return (n) => {
		const delta = (self[n] - base[n]) * (profile.meta.view.negate ? -1 : 1);
		const pale = Math.trunc(210 * (most - Math.abs(delta)) / most);
		return delta > 0 ? hexColor(255, pale, pale) : delta < 0 ? hexColor(pale, pale, 255) : "#ffffff";
	};
}

/**
 * Whether white text reads better on a colour than black: by WCAG's luminance,
 * so that one of the two always has a contrast of 4.5.
 */
export function isDark(color: string): boolean {
	const part = (i: number) => {
		const v = parseInt(color.slice(i, i + 2), 16) / 255;
		return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	};
	return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5) < 0.179;
}
