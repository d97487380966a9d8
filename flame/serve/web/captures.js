// Captures on demand: asking for one, watching it, and what came of it.

import { api, chooser, el, go, loading, message, query, trouble } from "./dom.js";
import { result } from "./graph.js";
import { ago, amount } from "./units.js";

export async function captures(root, parameters, signal) {
	root.append(el("h1", {}, "Capture"));
	const wait = loading();
	root.append(wait);
	const [{ targets, profiles }, recent] = await Promise.all([api("targets", {}, { signal }), api("captures", {}, { signal })]);
	wait.remove();
	if (!targets.length) {
		root.append(message("empty", "There is no target to capture", "Start flame with one, or name them in its configuration:", el("pre", {}, "flame serve --target app:6060")));
	} else root.append(form(targets, profiles, recent.max_seconds, parameters));
	root.append(el("h2", {}, "Lately"));
	if (!recent.captures.length) root.append(message("empty", "Nobody captured anything yet", "What is captured is kept like every other profile."));
	else root.append(el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ["Started", "Profile", "Targets", "Who", "State"].map((t) => el("th", { scope: "col" }, t)))),
		el("tbody", {}, recent.captures.map((c) => el("tr", {},
			el("td", {}, el("a", { href: "/capture?id=" + c.id }, ago(c.started))), el("td", {}, c.profile + (c.seconds ? ", " + c.seconds + " s" : "")),
			el("td", { class: "wrap" }, el("bdi", {}, c.targets.map((t) => t.name).slice(0, 3).join(", ") + (c.targets.length > 3 ? " and " + (c.targets.length - 3) + " more" : ""))),
			el("td", {}, c.who), el("td", {}, el("span", { class: "state " + c.state }, c.state))))))));
}

function form(targets, profiles, longest, parameters) {
	const all = [...new Set([...profiles, ...targets.flatMap((t) => t.profiles.map((p) => p.name))])].sort();
	let profile = parameters.get("profile") ?? "cpu";
	const problem = el("div", {});
	const wanted = new Set(parameters.getAll("target"));
	if (!wanted.size && targets.length === 1) wanted.add(targets[0].id);
	const boxes = targets.map((t) => el("label", { class: "option", "data-name": (t.service + " " + t.labels.instance).toLowerCase() },
		el("input", { type: "checkbox", name: "target", value: t.id, checked: wanted.has(t.id) }), el("bdi", {}, t.service), el("span", { class: "soft" }, t.labels.instance)));
	const start = el("button", { type: "submit", class: "primary" }, "Capture");
	return el("form", {
		class: "capture", onsubmit: async (e) => {
			e.preventDefault();
			const data = new FormData(e.target);
			problem.replaceChildren();
			start.disabled = true;
			try {
				const c = await api("captures", {}, {
					method: "POST", headers: { "Content-Type": "application/json" },
					body: JSON.stringify({ targets: data.getAll("target"), profile, seconds: Number(data.get("seconds")) }),
				});
				go("/capture?id=" + c.id);
			} catch (err) {
				problem.replaceChildren(trouble(err));
				start.disabled = false;
			}
		},
	}, el("fieldset", {}, el("legend", {}, "Targets"), targets.length > 8 ? el("input", {
		type: "search", placeholder: "Find a target", "aria-label": "Find a target", oninput: (e) => {
			for (const b of boxes) b.hidden = !b.dataset.name.includes(e.target.value.toLowerCase());
		},
	}) : null, el("div", { class: "options" }, boxes)),
	el("div", { class: "row" }, chooser("Profile", all, profile, (v) => {
		profile = v;
	}), el("label", { class: "field" }, el("span", {}, "Seconds"), el("input", { type: "number", name: "seconds", min: "1", max: String(longest), value: parameters.get("seconds") ?? "10", required: true })), start), problem);
}

const phases = { connecting: "connecting", capturing: "capturing", receiving: "receiving", waiting: "waiting for its turn", done: "done", failed: "failed" };

export async function capture(root, parameters, signal) {
	const id = parameters.get("id") ?? "";
	let state;
	try {
		state = await api("captures/" + encodeURIComponent(id), {}, { signal });
	} catch (e) {
		if (e.status !== 404) throw e;
		root.append(el("h1", {}, "Capture"), message("empty", "This capture is forgotten", "Captures are remembered until flame starts anew; their profiles are among those of their services.", el("p", {}, el("a", { href: "/captures" }, "See the latest"))));
		return;
	}
	const title = el("h1", {}, "Capture of " + state.profile);
	const who = el("p", { class: "soft" }, "asked for by " + state.who + " " + ago(state.started));
	const stop = el("button", {
		type: "button", onclick: async () => {
			stop.disabled = true;
			try {
				await api("captures/" + id, {}, { method: "DELETE" });
			} catch (e) {
				list.after(trouble(e));
			}
		},
	}, "Cancel");
	const list = el("ul", { class: "progress", "aria-live": "polite" });
	const after = el("div", {});
	root.append(el("div", { class: "row between" }, title, stop), who, list, after);
	const show = (s) => {
		stop.hidden = s.state !== "running";
		list.replaceChildren(...s.targets.map((t) => row(t, s)));
		if (s.state !== "running") finish(s);
	};
	const finish = (s) => {
		if (s.ids.length) {
			const lasting = "/view" + query({ id: s.ids });
			after.replaceChildren(el("p", {}, "The result stays at ", el("a", { href: lasting }, "its own link"), " for as long as its profiles are kept."));
			result(after, { path: "merge", parameters: { id: s.ids, title: state.profile + " on demand" }, view: "graph", signal });
		} else if (s.state === "cancelled") after.replaceChildren(message("empty", "It was cancelled", el("p", {}, el("a", { href: "/captures" }, "Capture again"))));
		else after.replaceChildren(message("bad", "No target brought a profile", el("p", {}, el("a", { href: "/captures" }, "Capture again"))));
	};
	show(state);
	if (state.state !== "running") return;
	const events = new EventSource("/api/v1/captures/" + id + "/events");
	signal.addEventListener("abort", () => events.close());
	const take = (e) => {
		state = JSON.parse(e.data);
		show(state);
		if (state.state !== "running") events.close();
	};
	events.addEventListener("progress", take);
	events.addEventListener("done", take);
	const tick = setInterval(() => {
		if (state.state !== "running") return;
		for (const t of state.targets) if (t.phase === "capturing") t.elapsed_seconds += 0.25;
		list.replaceChildren(...state.targets.map((t) => row(t, state)));
	}, 250);
	signal.addEventListener("abort", () => clearInterval(tick));
}

function row(t, s) {
	const part = t.phase === "done" || t.phase === "receiving" ? 1 : t.phase === "capturing" && t.total_seconds ? Math.min(1, t.elapsed_seconds / t.total_seconds) : 0;
	const text = s.state === "cancelled" && t.phase !== "done" ? "cancelled" : phases[t.phase] ?? t.phase;
	const detail = t.phase === "capturing" && t.total_seconds ? `${Math.min(t.total_seconds, t.elapsed_seconds).toFixed(0)} of ${t.total_seconds} s` : t.bytes ? amount(t.bytes, "bytes") : "";
	return el("li", {}, el("div", { class: "row between" }, el("bdi", {}, t.name), el("span", { class: "soft" }, text + (detail ? ", " + detail : ""))),
		el("progress", { max: "1", value: part, "aria-label": t.name }), t.error ? el("p", { class: "error" }, t.error) : null);
}

// view shows profiles by their ids: the lasting link of a capture.
export async function view(root, parameters, signal) {
	const ids = parameters.getAll("id");
	root.append(el("h1", {}, ids.length === 1 ? "One profile" : ids.length + " profiles merged"));
	if (!ids.length) {
		root.append(message("empty", "No profile is named", el("p", {}, el("a", { href: "/" }, "See all services"))));
		return;
	}
	const service = decodeURIComponent(ids[0].split("/")[0]);
	root.append(el("p", { class: "soft" }, "of ", el("a", { href: "/service?name=" + encodeURIComponent(service) }, el("bdi", {}, service))));
	await result(root, { path: "merge", parameters: { id: ids, title: service + " " + decodeURIComponent(ids[0].split("/")[1] ?? "") }, view: parameters.get("view") ?? "graph", sample: parameters.get("sample"), signal });
}
