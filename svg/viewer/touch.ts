/** Fingers: a long press, and two that part or close. Taps are clicks. */

import { on } from "./dom";
import type { Point } from "./menu";

export interface Gestures {
	/** A finger stays where it is. */
	hold(at: Point): void;
	/** Two fingers around at end scale times as far apart as they began. */
	pinch(at: Point, scale: number): void;
}

/** How long a press is, ms. */
const HOLD = 500;
/** How far a finger may move and be the same press, px. */
const SLIP = 10;

/**
 * Tells gestures on an element. What it returns says whether the press that is
 * just ending was one of them, and so is no tap.
 */
export function gestures(area: Element, does: Gestures): () => boolean {
	let timer = 0, start: Touch | undefined, used = false;
	let pinched: { at: Point; from: number; to: number } | undefined;
	const stop = () => {
		clearTimeout(timer);
		start = undefined;
	};
	on<TouchEvent>(area, "touchstart", (e) => {
		stop();
		const [a, b] = e.touches;
		if (e.touches.length === 1) {
			start = a;
			used = false;
			timer = setTimeout(() => {
				used = true;
				stop();
				does.hold(a);
			}, HOLD);
		} else if (e.touches.length === 2) {
			used = true;
			const from = distance(a, b);
			pinched = { at: { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 }, from, to: from };
		}
	});
	// It must be able to keep the browser from zooming the page.
	area.addEventListener("touchmove", (event) => {
		const e = event as TouchEvent;
		if (start && distance(start, e.touches[0]) > SLIP) stop();
		if (!pinched || e.touches.length !== 2) return;
		if (e.cancelable) e.preventDefault();
		pinched.to = distance(e.touches[0], e.touches[1]);
	}, { passive: false });
	on<TouchEvent>(area, "touchend", (e) => {
		stop();
		if (used && e.cancelable) e.preventDefault(); // no click
		if (!pinched || e.touches.length > 1) return;
		const { at, from, to } = pinched;
		pinched = undefined;
		if (from > 0) does.pinch(at, to / from);
	});
	on(area, "touchcancel", () => {
		stop();
		pinched = undefined;
	});
	return () => used;
}

function distance(a: Point, b: Point): number {
	return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}
