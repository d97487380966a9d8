// A timeline: an area of values over time, on which a range is chosen by dragging
// or with the keyboard, and a second one to compare with it.

import { el, svg } from "./dom.js";
import { amount, clock, span } from "./units.js";

const height = 150, top = 8, bottom = 22;

// timeline draws values, [seconds, value, profiles], between from and until. chosen
// are up to two ranges, [from, until]; choose(range, second) is called with a new
// one. mean shows the value of one profile instead of the sum.
export function timeline({ points, from, until, step, unit, gauge, chosen, comparing, choose, signal }) {
	const values = points.map(([t, v, n]) => [t, gauge || !n ? v : v / n]);
	const most = Math.max(0, ...values.map(([, v]) => v)) || 1;
	const box = el("div", {
		class: "timeline", tabindex: "0", role: "group",
		"aria-label": "Timeline. Left and right move, with Shift they choose a range, Enter takes it, Escape gives up.",
	});
	const tip = el("div", { class: "tip", role: "status" });
	const picture = svg("svg", { "aria-hidden": "true" });
	box.append(picture, tip);
	let width = 0, cursor = null, anchor = null;
	const x = (t) => ((t - from) / (until - from)) * width;
	const y = (v) => height - bottom - (v / most) * (height - top - bottom);
	const time = (px) => from + (Math.max(0, Math.min(width, px)) / width) * (until - from);
	const cursors = svg("g");

	function draw() {
		width = box.clientWidth;
		picture.setAttribute("width", width);
		picture.setAttribute("height", height);
		picture.replaceChildren(...grid(), ...area(), ...ranges(), cursors);
		drawCursor();
	}
	function* grid() {
		const n = Math.max(2, Math.min(8, Math.floor(width / 130)));
		for (let i = 0; i <= n; i++) {
			const t = from + ((until - from) * i) / n;
			yield svg("line", { class: "grid", x1: x(t), x2: x(t), y1: top, y2: height - bottom });
			const text = svg("text", { x: x(t), y: height - 6, "text-anchor": i === 0 ? "start" : i === n ? "end" : "middle" });
			text.textContent = clock(t, until - from < 600);
			yield text;
		}
		const text = svg("text", { class: "most", x: 4, y: top + 10 });
		text.textContent = points.length ? amount(most, unit) + (gauge ? "" : " per profile") : "";
		yield text;
	}
	// A gap of more than two steps is a gap, not a slope.
	function* area() {
		const gap = Math.max(step * 2.5, 1);
		let run = [];
		const flush = () => {
			const shapes = [];
			if (run.length === 1) {
				const [t, v] = run[0];
				shapes.push(svg("rect", { class: "area", x: x(t), y: y(v), width: Math.max(2, x(t + step) - x(t)), height: Math.max(1, height - bottom - y(v)) }));
			} else if (run.length) {
				const line = run.map(([t, v]) => x(t + step / 2).toFixed(1) + "," + y(v).toFixed(1)).join(" L");
				const first = x(run[0][0] + step / 2).toFixed(1), last = x(run[run.length - 1][0] + step / 2).toFixed(1);
				shapes.push(svg("path", { class: "area", d: `M${first},${height - bottom} L${line} L${last},${height - bottom} Z` }), svg("path", { class: "line", d: "M" + line }));
			}
			run = [];
			return shapes;
		};
		for (const p of values) {
			if (run.length && p[0] - run[run.length - 1][0] > gap) yield* flush();
			run.push(p);
		}
		yield* flush();
	}
	function* ranges() {
		for (const [i, r] of chosen.entries()) {
			if (!r) continue;
			const a = Math.max(from, r[0]), b = Math.min(until, r[1]);
			yield svg("rect", { class: "range " + (i ? "after" : "before"), x: x(a), y: top, width: Math.max(2, x(b) - x(a)), height: height - top - bottom });
			if (!comparing) continue;
			const text = svg("text", { class: "which " + (i ? "after" : "before"), x: x(a) + 4, y: top + 26 });
			text.textContent = i ? "after" : "before";
			yield text;
		}
	}
	function drawCursor() {
		cursors.replaceChildren();
		if (cursor === null) {
			tip.textContent = "";
			return;
		}
		if (anchor !== null) {
			const a = Math.min(anchor, cursor), b = Math.max(anchor, cursor);
			cursors.append(svg("rect", { class: "range new", x: x(a), y: top, width: Math.max(1, x(b) - x(a)), height: height - top - bottom }));
			tip.textContent = clock(a) + " to " + clock(b) + " (" + span(b - a) + ")";
		} else {
			const near = values.reduce((best, p) => (best && Math.abs(best[0] - cursor) <= Math.abs(p[0] - cursor) ? best : p), null);
			const close = near && Math.abs(near[0] + step / 2 - cursor) <= Math.max(step, (until - from) / 60);
			tip.textContent = clock(cursor) + (close ? ": " + amount(near[1], unit) : "");
		}
		cursors.append(svg("line", { class: "cursor", x1: x(cursor), x2: x(cursor), y1: top, y2: height - bottom }));
	}

	const place = (e) => time(e.clientX - box.getBoundingClientRect().left);
	let second = false;
	box.addEventListener("pointerdown", (e) => {
		if (e.button !== 0) return;
		box.setPointerCapture(e.pointerId);
		anchor = cursor = place(e);
		second = e.shiftKey;
	});
	box.addEventListener("pointermove", (e) => {
		cursor = place(e);
		drawCursor();
	});
	box.addEventListener("pointerup", () => {
		if (anchor === null) return;
		const a = Math.min(anchor, cursor), b = Math.max(anchor, cursor);
		anchor = null;
		if (x(b) - x(a) < 4) drawCursor();
		else choose([Math.floor(a), Math.ceil(b)], second);
	});
	const drop = () => {
		anchor = cursor = null;
		drawCursor();
	};
	box.addEventListener("pointercancel", drop);
	box.addEventListener("pointerleave", () => {
		if (anchor === null) drop();
	});
	box.addEventListener("keydown", (e) => {
		const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
		if (by) {
			e.preventDefault();
			cursor ??= until;
			if (e.shiftKey) anchor ??= cursor;
			else anchor = null;
			cursor = Math.max(from, Math.min(until, cursor + (by * (until - from)) / 60));
		} else if (e.key === "Enter" && anchor !== null && anchor !== cursor) {
			choose([Math.floor(Math.min(anchor, cursor)), Math.ceil(Math.max(anchor, cursor))], false);
			return;
		} else if (e.key === "Escape") anchor = cursor = null;
		else return;
		drawCursor();
	});
	const sized = new ResizeObserver(() => {
		if (box.clientWidth !== width) draw();
	});
	sized.observe(box);
	signal.addEventListener("abort", () => sized.disconnect());
	return box;
}

// sparkline is a small line of values.
export function sparkline(points, from, until) {
	const w = 160, h = 36;
	const most = Math.max(...points.map((p) => p[1]), 1e-300);
	const at = (p) => (((p[0] - from) / (until - from)) * w).toFixed(1) + "," + (h - 2 - (p[1] / most) * (h - 6)).toFixed(1);
	const s = svg("svg", { class: "spark", viewBox: `0 0 ${w} ${h}`, "aria-hidden": "true", preserveAspectRatio: "none" });
	if (points.length > 1) {
		const line = points.map(at).join(" L");
		s.append(svg("path", { class: "area", d: `M${at([points[0][0], 0])} L${line} L${at([points[points.length - 1][0], 0])} Z` }), svg("path", { class: "line", d: "M" + line }));
	} else if (points.length) {
		const [cx, cy] = at(points[0]).split(",");
		s.append(svg("circle", { class: "dot", cx, cy, r: 2.5 }));
	}
	return s;
}
