// What is scraped, and how it goes.

import { api, el, loading, message, trouble } from "./dom.js";
import { ago, amount, span } from "./units.js";

const never = (t) => !t || t.startsWith("0001");

export async function targets(root, parameters, signal) {
	const find = el("input", {
		type: "search", placeholder: "Find a target", "aria-label": "Find a target", class: "find", oninput: () => filter(),
	});
	root.append(el("div", { class: "row between" }, el("h1", {}, "Targets"), find));
	const box = el("div", {}, loading());
	root.append(box);
	const filter = () => {
		for (const s of box.querySelectorAll("[data-name]")) s.hidden = !s.dataset.name.includes(find.value.toLowerCase());
	};
	const draw = async () => {
		let data;
		try {
			data = await api("targets", {}, { signal });
		} catch (e) {
			if (!signal.aborted) box.replaceChildren(trouble(e));
			return;
		}
		box.replaceChildren(...sections(data));
		filter();
	};
	await draw();
	const again = setInterval(() => {
		// A reader who is in the middle of something is left in peace.
		if (document.hidden || box.contains(document.activeElement) || String(getSelection())) return;
		draw();
	}, 5000);
	signal.addEventListener("abort", () => clearInterval(again));
}

function* sections({ targets: all, problems }) {
	for (const p of problems) yield message("bad", "A target cannot be used", p);
	if (!all.length) {
		yield message("empty", "There are no targets", "Start flame with some, or name them in its configuration:", el("pre", {}, "flame serve --target app:6060\nflame serve --config flame.yml"));
		return;
	}
	const failing = all.filter((t) => t.profiles.some((p) => p.last_error)).length;
	yield el("p", { class: "soft" }, all.length + (all.length === 1 ? " target" : " targets") + (failing ? ", " + failing + " with an error" : ", all well"));
	for (const t of all) yield section(t);
}

function section(t) {
	return el("section", { class: "card target", "data-name": (t.job + " " + t.service + " " + t.url).toLowerCase() },
		el("div", { class: "row between" },
			el("h2", {}, el("a", { href: "/service?name=" + encodeURIComponent(t.service) }, el("bdi", {}, t.service)), " ", el("span", { class: "soft" }, t.url)),
			el("a", { class: "button", href: "/captures?target=" + t.id }, "Capture")),
		el("p", { class: "chips" }, Object.entries(t.labels).map(([k, v]) => el("span", { class: "chip" }, el("bdi", {}, k + "=" + v)))),
		el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ["Profile", "State", "Every", "Last success", "Took", "Size"].map((h) => el("th", { scope: "col" }, h)))),
			el("tbody", {}, t.profiles.map(profile).flat()))));
}

function profile(p) {
	const state = p.state !== "idle" ? p.state : p.last_error ? "failing" : never(p.last_success) ? "not yet" : "well";
	const row = el("tr", {},
		el("td", { title: p.path }, p.name), el("td", {}, el("span", { class: "state " + state.replace(" ", "-") }, state)),
		el("td", {}, span(p.interval_ns / 1e9) + (p.duration_ns ? ", " + span(p.duration_ns / 1e9) + " long" : "")),
		el("td", {}, never(p.last_success) ? "–" : ago(p.last_success)), el("td", {}, p.took_ns ? amount(p.took_ns, "nanoseconds") : "–"),
		el("td", {}, p.bytes ? amount(p.bytes, "bytes") : "–"));
	if (!p.last_error) return [row];
	return [row, el("tr", { class: "explain" }, el("td", { colspan: "6" }, el("p", { class: "error" }, p.last_error + (p.failures > 1 ? " (" + p.failures + " times in a row)" : ""))))];
}
