// One service: its timeline, and what is made of the range chosen on it.

import { api, chooser, el, go, link, loading, message, trouble } from "./dom.js";
import { bestType } from "./overview.js";
import { nothing, result } from "./graph.js";
import { labelFields, labelsOf, pair, rangeText, selector, times, windowOf } from "./range.js";
import { timeline } from "./timeline.js";
import { profileList } from "./profiles.js";

export async function service(root, parameters, signal) {
	const name = parameters.get("name") ?? "";
	const wait = loading();
	root.append(el("h1", {}, el("bdi", {}, name)), wait);
	const { types } = await api("types", { service: name }, { signal });
	wait.remove();
	if (!types.length) {
		root.append(message("empty", "There are no profiles of this service", "Perhaps they were deleted for their age, or the name is another.", el("p", {}, el("a", { href: "/" }, "See all services"))));
		return;
	}
	const w = windowOf(parameters);
	const labels = labelsOf(parameters);
	const query = selector({ service: name, ...labels });
	const type = parameters.get("type") ?? (await typeWithData(types, query, w, signal));
	const a = pair(parameters.get("a")), b = pair(parameters.get("b"));
	root.append(el("div", { class: "row controls" },
		chooser("Profile", types, type, (v) => go(link({ type: v, sample: null }))), times(w.from, w.until)));
	const more = el("div", { class: "row controls labels" });
	const chart = el("section", { class: "chart", "aria-label": "Timeline" }, loading());
	const below = el("section", { "aria-label": "Profiles of the range" });
	root.append(more, chart, below);
	api("labels", { query: selector({ service: name }), type, from: w.from, until: w.until }, { signal })
		.then((r) => more.append(...labelFields(r.labels, labels)), () => {});
	const data = await drawChart(chart, { query, type, w, a, b, wanted: parameters.get("sample"), signal });
	const sampleTypes = data?.series.map((s) => s.sample_type.type);
	if (!sampleTypes?.length) {
		below.append(nothing());
		return;
	}
	const sample = [parameters.get("sample"), data.default, sampleTypes[0]].find((t) => sampleTypes.includes(t));
	const view = parameters.get("view") ?? "graph";
	if (a && b) {
		below.append(el("div", { class: "row between" }, el("p", { class: "soft" }, "Before: " + rangeText(a) + ". After: " + rangeText(b) + "."),
			el("button", { type: "button", onclick: () => go(link({ b: null })) }, "Stop comparing")));
		await result(below, {
			path: "diff", view, sample, types: sampleTypes, signal,
			parameters: { type, before_query: query, before_from: a[0], before_until: a[1], after_query: query, after_from: b[0], after_until: b[1] },
		});
		return;
	}
	const range = a ? { from: a[0], until: a[1] } : { from: w.from, until: w.until };
	const chosen = { query, type, ...range };
	await result(below, { path: "merge", parameters: { ...chosen, title: name + " " + type }, view, sample, types: sampleTypes, list: (panel) => profileList(panel, chosen, sample, signal), signal });
}

// typeWithData is the best type that has something to show: the CPU profile of an
// idle program is empty.
async function typeWithData(types, query, w, signal) {
	const first = bestType(types);
	for (const type of [first, ...types.filter((t) => t !== first)]) {
		try {
			const { series } = await api("series", { query, type, from: w.from, until: w.until, step: "1h" }, { signal });
			if (series.some((s) => s.points.some((p) => p[1] > 0))) return type;
		} catch (e) {
			if (signal.aborted) throw e;
			return first;
		}
	}
	return first;
}

async function drawChart(root, { query, type, w, a, b, wanted, signal }) {
	let data;
	try {
		data = await api("series", { query, type, from: w.from, until: w.until }, { signal });
	} catch (e) {
		if (signal.aborted) throw e;
		root.replaceChildren(trouble(e));
		return null;
	}
	const named = (type) => data.series.find((x) => x.sample_type.type === type);
	const s = named(wanted) ?? named(data.default) ?? data.series[0];
	let comparing = false;
	const choose = (r, second) => {
		const text = r[0] + "-" + r[1];
		go(link((second || comparing) && a ? { b: text } : { a: text, b: null }));
	};
	const button = el("button", {
		type: "button", "aria-pressed": "false", hidden: !a || b, onclick: () => {
			comparing = !comparing;
			button.setAttribute("aria-pressed", String(comparing));
			hint.textContent = comparing ? "Drag the second range, the one after." : idle;
		},
	}, "Compare with…");
	const idle = a ? "" : "Drag to choose a range.";
	const hint = el("span", { class: "soft", role: "status" }, idle);
	root.replaceChildren(
		timeline({
			points: s?.points ?? [], from: Date.parse(data.from) / 1000, until: Date.parse(data.until) / 1000, step: data.step_seconds,
			unit: s?.sample_type.unit, gauge: s?.gauge, chosen: [a, b], comparing: !!b, choose, signal,
		}),
		el("div", { class: "row" }, a && !b ? el("span", { class: "soft" }, rangeText(a)) : null, button,
			a ? el("button", { type: "button", onclick: () => go(link({ a: null, b: null })) }, "Show the whole time") : null, hint));
	return data;
}
