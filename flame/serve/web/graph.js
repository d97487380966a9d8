// What is made of some profiles: the flame graph, the table of functions, and ways
// out. Parameters are those of the API's merge or diff.

import { api, chooser, el, go, link, loading, message, query, trouble } from "./dom.js";
import { amount, percent } from "./units.js";

const views = [["graph", "Flame graph"], ["top", "Top table"], ["profiles", "Single profiles"]];

// result draws the views of one set of profiles into root. list, if given, draws the
// single profiles.
export async function result(root, { path, parameters, view, sample, types, list, signal }) {
	const tabs = views.filter(([name]) => (name === "profiles" ? list : name === "top" ? path === "merge" : true));
	if (!tabs.some(([name]) => name === view)) view = "graph";
	const panel = el("div", { class: "panel", id: "panel", role: "tabpanel", "aria-labelledby": "tab-" + view });
	const open = (name) => go(link({ view: name === "graph" ? null : name }) + (name === "graph" ? location.hash : ""));
	const bar = el("div", { class: "tabs", role: "tablist", "aria-label": "Views" }, tabs.map(([name, text]) =>
		el("button", {
			type: "button", role: "tab", id: "tab-" + name, "aria-selected": String(name === view), "aria-controls": "panel", tabindex: name === view ? "0" : "-1",
			onclick: () => open(name),
			onkeydown: (e) => {
				const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
				if (!step) return;
				const names = tabs.map(([n]) => n);
				sessionStorage.setItem("flame-focus", "tab");
				open(names[(names.indexOf(view) + step + names.length) % names.length]);
			},
		}, text)));
	root.append(el("div", { class: "row between" }, bar, el("div", { class: "row" },
		types && view !== "profiles" ? chooser("Values", types, sample, (v) => go(link({ sample: v }) + location.hash)) : null,
		exits(path, { ...parameters, sample }))), panel);
	if (sessionStorage.getItem("flame-focus") === "tab") {
		sessionStorage.removeItem("flame-focus");
		bar.querySelector("[aria-selected=true]").focus();
	}
	if (view === "profiles") await list(panel);
	else if (view === "top") await table(panel, { ...parameters, title: null, sample }, signal);
	else graph(panel, path, { ...parameters, sample }, signal);
}

// exits are the other forms of a result.
function exits(path, parameters) {
	const forms = [["pb.gz", "pprof"], ["svg", "SVG file"], ["html", "HTML page"], ["folded", "Folded stacks"], ["speedscope", "speedscope"], ["json", "JSON"]];
	const url = (format) => "/api/v1/" + path + query({ ...parameters, format, download: 1 });
	const command = "go tool pprof '" + location.origin + "/api/v1/" + path + query(parameters) + "'";
	return el("details", { class: "menu" }, el("summary", {}, "Export"),
		el("div", { class: "sheet" }, forms.map(([f, text]) => el("a", { href: url(f), download: "" }, text)),
			el("label", { class: "command" }, el("span", {}, "In a terminal"), el("input", { readonly: true, value: command, onfocus: (e) => e.target.select() }))));
}

// graph shows the very page that the API answers with, in a frame. The part of the
// address behind the # is the viewer's, and stays in step with this page's.
export function graph(root, path, parameters, signal) {
	const wait = loading("Merging profiles…");
	const frame = el("iframe", { class: "graph", title: "Flame graph", src: "/api/v1/" + path + query({ ...parameters, format: "html" }) + location.hash });
	frame.classList.add("waiting"); // it must have its size while it loads
	root.append(wait, frame);
	frame.addEventListener("load", () => {
		if (signal.aborted) return;
		const inner = frame.contentDocument;
		if (!inner) return;
		wait.remove();
		if (!inner.querySelector("svg.flame")) {
			let answer = {};
			try {
				answer = JSON.parse(inner.body.textContent);
			} catch {
				// it is no answer of ours
			}
			frame.replaceWith(answer.status === 404 ? nothing() : trouble({ message: answer.error ?? "the flame graph did not come", hint: answer.hint }));
			return;
		}
		frame.classList.remove("waiting");
		follow(frame);
	});
}

export function nothing() {
	return message("empty", "No profile matches in this time", "Choose a longer time, take a label away, or wait for the next profile.");
}

// follow writes what the viewer puts into its address into this page's.
function follow(frame) {
	const inner = frame.contentWindow;
	const mirror = () => {
		const hash = inner.location.hash;
		if (hash !== location.hash) history.replaceState(history.state, "", location.pathname + location.search + hash);
	};
	inner.addEventListener("hashchange", mirror);
	inner.addEventListener("popstate", mirror);
	for (const name of ["pushState", "replaceState"]) {
		const original = inner.history[name].bind(inner.history);
		inner.history[name] = (...a) => {
			original(...a);
			mirror();
		};
	}
}

// table lists functions. It sorts and searches here: all rows that matter are there.
export async function table(root, parameters, signal) {
	const wait = loading();
	root.append(wait);
	let data;
	try {
		data = await api("top", { ...parameters, limit: 1000, sort: "flat" }, { signal });
	} catch (e) {
		wait.remove();
		root.append(e.status === 404 ? nothing() : trouble(e));
		return;
	}
	wait.remove();
	const unit = data.sample_type.unit;
	let by = "flat", down = true, text = "";
	const body = el("tbody");
	const count = el("p", { class: "soft", role: "status" });
	const order = { flat: (r) => r.flat, cum: (r) => r.cum, name: (r) => r.name };
	const draw = () => {
		const found = data.rows.filter((r) => r.name.toLowerCase().includes(text));
		found.sort((a, b) => {
			const x = order[by](a), y = order[by](b);
			return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
		});
		body.replaceChildren(...found.map((r) => el("tr", {},
			el("td", { class: "number" }, amount(r.flat, unit)), el("td", { class: "number share" }, bar(r.flat, data.total), percent(r.flat, data.total)),
			el("td", { class: "number" }, amount(r.cum, unit)), el("td", { class: "number share" }, bar(r.cum, data.total), percent(r.cum, data.total)),
			el("td", { class: "name", title: r.file ? r.name + "\n" + r.file : r.name }, el("bdi", {}, r.name)))));
		count.textContent = found.length + " of " + data.functions + " functions, " + amount(data.total, unit) + " in all";
		for (const th of head.querySelectorAll("th[data-by]")) {
			if (th.dataset.by === by) th.setAttribute("aria-sort", down ? "descending" : "ascending");
			else th.removeAttribute("aria-sort");
		}
	};
	const sortable = (name, title, span) => el("th", { "data-by": name, scope: "col", colspan: span, class: name === "name" ? "" : "number" }, el("button", {
		type: "button", onclick: () => {
			if (by === name) down = !down;
			else {
				by = name;
				down = name !== "name";
			}
			draw();
		},
	}, title));
	const head = el("thead", {}, el("tr", {}, sortable("flat", "Self", 2), sortable("cum", "Total", 2), sortable("name", "Function")));
	root.append(el("div", { class: "row between" }, el("input", {
		type: "search", placeholder: "Find a function", "aria-label": "Find a function", oninput: (e) => {
			text = e.target.value.toLowerCase();
			draw();
		},
	}), count), el("div", { class: "scroll" }, el("table", { class: "top" }, head, body)));
	draw();
}

// bar is a meter behind a share.
function bar(part, whole) {
	const m = el("meter", { min: "0", max: String(whole || 1), value: String(Math.max(0, part)), "aria-hidden": "true" });
	return m;
}
