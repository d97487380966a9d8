// All services, and how much each uses.

import { api, el, loading, message, trouble } from "./dom.js";
import { sparkline } from "./timeline.js";
import { amount } from "./units.js";
import { selector } from "./range.js";

// Which type stands for a service, if it has it.
const preferred = ["cpu", "fgprof", "heap", "memory", "goroutine", "allocs"];

export const bestType = (types) => preferred.find((t) => types.includes(t)) ?? types[0];

export async function overview(root, _parameters, signal) {
	root.append(el("div", { class: "row between" }, el("h1", {}, "Services"), el("input", {
		type: "search", placeholder: "Find a service", "aria-label": "Find a service", class: "find", oninput: (e) => {
			for (const c of cards.children) c.hidden = !c.dataset.name.includes(e.target.value.toLowerCase());
		},
	})));
	const cards = el("ul", { class: "cards" });
	const wait = loading();
	root.append(wait, cards);
	const { services } = await api("services", {}, { signal });
	wait.remove();
	if (!services.length) {
		root.append(message("empty", "There are no profiles yet",
			"flame takes its own profile first: it is here in some seconds. To have others:",
			el("pre", {}, "flame serve --target app:6060\ncurl --data-binary @cpu.pb.gz '" + location.origin + "/api/v1/profiles?service=app'"),
			el("p", {}, el("a", { href: "/targets" }, "See the targets"))));
		const again = setTimeout(() => root.isConnected && dispatchEvent(new Event("flame:go")), 2000);
		signal.addEventListener("abort", () => clearTimeout(again));
		return;
	}
	// A few at a time, from the top.
	const queue = services.map((s) => ({ ...s, card: card(s) }));
	cards.append(...queue.map((s) => s.card));
	const work = async () => {
		for (let s = queue.shift(); s && !signal.aborted; s = queue.shift()) await fillCard(s, signal);
	};
	await Promise.all([work(), work(), work()]);
}

function card(s) {
	return el("li", { class: "card", "data-name": s.name.toLowerCase() },
		el("a", { class: "title", href: "/service?name=" + encodeURIComponent(s.name) }, el("bdi", {}, s.name)),
		el("div", { class: "figure" }), el("p", { class: "value soft" }, "…"),
		el("p", { class: "chips" }, s.types.map((t) => el("a", { class: "chip", href: "/service?name=" + encodeURIComponent(s.name) + "&type=" + encodeURIComponent(t) }, t))));
}

async function fillCard(s, signal) {
	const type = bestType(s.types);
	const value = s.card.querySelector(".value");
	try {
		const r = await api("series", { query: selector({ service: s.name }), type, from: "now-1h", step: "1m" }, { signal });
		const x = r.series.find((s) => s.sample_type.type === r.default) ?? r.series[0];
		if (!x?.points.length) {
			value.textContent = "nothing in the last hour";
			return;
		}
		const from = Date.parse(r.from) / 1000, until = Date.parse(r.until) / 1000;
		const points = x.points.map(([t, v, n]) => [t, x.gauge ? v : v / n]);
		s.card.querySelector(".figure").append(sparkline(points, from, until));
		const mean = points.reduce((sum, p) => sum + p[1], 0) / points.length;
		const profiles = x.points.reduce((n, p) => n + p[2], 0);
		value.textContent = type + ": " + amount(mean, x.sample_type.unit) + (x.gauge ? " on average" : " per profile") + ", " + profiles + (profiles === 1 ? " profile" : " profiles") + " in an hour";
	} catch (e) {
		if (!signal.aborted) value.replaceChildren(trouble(e));
	}
}
