// The controls that say which profiles are meant: a time, and labels.

import { chooser, el, go, link } from "./dom.js";
import { clock, moment } from "./units.js";

const spans = [["now-15m", "15 min"], ["now-1h", "1 h"], ["now-6h", "6 h"], ["now-24h", "24 h"], ["now-7d", "7 d"]];

// times are the buttons and fields of a window of time. What was chosen within the
// old window is dropped.
export function times(from, until) {
	const set = (f, u) => go(link({ from: f === "now-1h" ? null : f, until: u === "now" ? null : u, a: null, b: null }));
	const field = (label, name, value) => el("label", { class: "field" }, el("span", {}, label), el("input", {
		class: "time", name, value, title: "now-2h, 2026-11-24T08:00:00Z or seconds since 1970", spellcheck: "false",
	}));
	return el("form", {
		class: "row", "aria-label": "Time", onsubmit: (e) => {
			e.preventDefault();
			const data = new FormData(e.target);
			set(data.get("from").trim() || "now-1h", data.get("until").trim() || "now");
		},
	}, el("div", { class: "buttons", role: "group", "aria-label": "The last" }, spans.map(([f, text]) =>
		el("button", { type: "button", "aria-pressed": String(f === from && until === "now"), onclick: () => set(f, "now") }, text))),
	field("From", "from", from), field("Until", "until", until), el("button", { type: "submit" }, "Show"));
}

// selector is the PromQL selector of labels: {service="api",env="prod"}.
export function selector(labels) {
	const parts = Object.entries(labels).filter(([, v]) => v).map(([k, v]) => k + "=" + JSON.stringify(v));
	return "{" + parts.join(",") + "}";
}

// labelsOf are the label=value parameters of an address, under l.
export function labelsOf(parameters) {
	const out = {};
	for (const p of parameters.getAll("l")) {
		const at = p.indexOf("=");
		if (at > 0) out[p.slice(0, at)] = p.slice(at + 1);
	}
	return out;
}

// labelFields are choosers for the labels that have more than one value.
export function labelFields(all, chosen) {
	return Object.entries(all).filter(([name, values]) => name !== "service" && (values.length > 1 || chosen[name])).slice(0, 8).map(([name, values]) =>
		chooser(name, [["", "any"], ...values.slice(0, 500).map((v) => [v, v])], chosen[name] ?? "", (v) => {
			const next = { ...chosen, [name]: v };
			go(link({ l: Object.entries(next).filter(([, x]) => x).map(([k, x]) => k + "=" + x) }));
		}));
}

// windowOf reads the window of an address: as it is written, and in seconds.
export function windowOf(parameters) {
	const from = parameters.get("from") ?? "now-1h", until = parameters.get("until") ?? "now";
	const now = Date.now() / 1000;
	return { from, until, start: moment(from, now), end: moment(until, now) };
}

// pair reads a range a or b, written as from-until in seconds.
export function pair(text) {
	const m = /^(\d+)-(\d+)$/.exec(text ?? "");
	return m && +m[1] < +m[2] ? [+m[1], +m[2]] : null;
}

export function rangeText(r) {
	return clock(r[0]) + " – " + clock(r[1]);
}
