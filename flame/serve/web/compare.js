// Two sets of profiles side by side: any services, labels and times.

import { api, chooser, el, go, loading, message, query } from "./dom.js";
import { result } from "./graph.js";

const sides = [["before", "Before"], ["after", "After"]];

export async function compare(root, parameters, signal) {
	root.append(el("h1", {}, "Compare"));
	if (parameters.get("before_id")) {
		root.append(el("p", { class: "soft" }, "Two single profiles. Orange frames have more than before, blue ones less."));
		await result(root, {
			path: "diff", view: "graph", signal,
			parameters: { before_id: parameters.getAll("before_id"), after_id: parameters.getAll("after_id") },
		});
		return;
	}
	const wait = loading();
	root.append(wait);
	const { services } = await api("services", {}, { signal });
	wait.remove();
	if (!services.length) {
		root.append(message("empty", "There is nothing to compare yet", "Profiles come from targets, or are pushed.", el("p", {}, el("a", { href: "/targets" }, "See the targets"))));
		return;
	}
	const types = [...new Set(services.flatMap((s) => s.types))].sort();
	const type = parameters.get("type") ?? (types.includes("cpu") ? "cpu" : types[0]);
	const first = services.find((s) => s.types.includes(type)) ?? services[0];
	const starts = { before: ["now-2h", "now-1h"], after: ["now-1h", "now"] };
	const value = (side, name) => parameters.get(side + "_" + name);
	const field = (name, label, text, size) => el("label", { class: "field" }, el("span", {}, label), el("input", { name, value: text, size, spellcheck: "false", required: true }));
	const form = el("form", {
		class: "sides", "aria-label": "What to compare", onsubmit: (e) => {
			e.preventDefault();
			go("/diff" + query({ ...Object.fromEntries(new FormData(form)), type }));
		},
	}, sides.map(([side, title]) => el("fieldset", {}, el("legend", { class: side }, title),
		field(side + "_query", "Profiles", value(side, "query") ?? `{service=${JSON.stringify(first.name)}}`, 34),
		el("div", { class: "row" }, field(side + "_from", "From", value(side, "from") ?? starts[side][0], 14), field(side + "_until", "Until", value(side, "until") ?? starts[side][1], 14)))),
	el("div", { class: "row" }, chooser("Profile", types, type, (v) => go("/diff" + query({ ...Object.fromEntries(new FormData(form)), type: v }))), el("button", { type: "submit", class: "primary" }, "Compare")));
	root.append(form);
	const asked = ["before_query", "before_from", "before_until", "after_query", "after_from", "after_until"];
	if (!asked.some((n) => parameters.get(n))) {
		root.append(message("empty", "Choose two sets of profiles", 'Profiles are chosen as in PromQL: {service="api",env=~"prod.*"}. Two releases, two regions, or today and yesterday (now-25h until now-24h).'));
		return;
	}
	const chosen = { type };
	for (const n of asked) chosen[n] = parameters.get(n);
	await result(root, { path: "diff", parameters: chosen, view: "graph", sample: parameters.get("sample"), signal });
}
