// The single profiles behind a merge.

import { api, el, go, loading, query, trouble } from "./dom.js";
import { nothing } from "./graph.js";
import { amount, clock, span } from "./units.js";

export async function profileList(root, chosen, sample, signal) {
	const wait = loading();
	root.append(wait);
	let data;
	try {
		data = await api("profiles", { ...chosen, limit: 2000 }, { signal });
	} catch (e) {
		wait.remove();
		root.append(trouble(e));
		return;
	}
	wait.remove();
	if (!data.profiles.length) {
		root.append(nothing());
		return;
	}
	const list = data.profiles.reverse(); // the newest first
	const marked = new Set();
	const merge = el("button", { type: "button", disabled: true, onclick: () => go("/view" + query({ id: [...marked] })) }, "Merge the marked");
	const compare = el("button", {
		type: "button", disabled: true, onclick: () => {
			const [later, earlier] = list.filter((p) => marked.has(p.id));
			go("/diff" + query({ type: later.type, before_id: earlier.id, after_id: later.id }));
		},
	}, "Compare the two marked");
	const rows = list.map((p) => {
		const at = Math.max(0, p.sample_types.findIndex((t) => t.type === sample));
		const labels = Object.entries(p.labels).filter(([k]) => k !== "service" && k !== "job");
		return el("tr", {},
			el("td", {}, el("input", {
				type: "checkbox", "aria-label": "Mark the profile of " + clock(Date.parse(p.time) / 1000), onchange: (e) => {
					if (e.target.checked) marked.add(p.id);
					else marked.delete(p.id);
					merge.disabled = !marked.size;
					compare.disabled = marked.size !== 2;
				},
			})),
			el("td", {}, el("a", { href: "/view" + query({ id: p.id }) }, clock(Date.parse(p.time) / 1000))),
			el("td", { class: "number" }, p.seconds ? span(p.seconds) : "snapshot"),
			el("td", { class: "number" }, amount(p.totals[at], p.sample_types[at].unit)),
			el("td", { class: "number" }, amount(p.bytes, "bytes")),
			el("td", { class: "wrap" }, labels.map(([k, v]) => el("span", { class: "chip" }, el("bdi", {}, k + "=" + v)))),
			el("td", {}, el("a", { href: "/api/v1/profile" + query({ id: p.id, format: "pb.gz" }), download: "" }, "pprof")));
	});
	root.append(el("div", { class: "row" }, merge, compare, el("span", { class: "soft" }, list.length + (data.more ? " or more" : "") + " profiles")),
		el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {},
			["", "Time", "Covers", sample, "Size", "Labels", "File"].map((t, i) => el("th", { scope: "col", class: i > 1 && i < 5 ? "number" : "" }, t || el("span", { class: "hidden" }, "Mark"))))),
		el("tbody", {}, rows))));
}
