// The pages: which one an address names, and what all have in common.

import { api, el, go, message, trouble } from "./dom.js";
import { overview } from "./overview.js";
import { service } from "./service.js";
import { compare } from "./compare.js";
import { captures, capture, view } from "./captures.js";
import { targets } from "./targets.js";

const pages = {
	"/": ["Services", overview],
	"/service": ["Service", service],
	"/diff": ["Compare", compare],
	"/captures": ["Capture", captures],
	"/capture": ["Capture", capture],
	"/view": ["Profiles", view],
	"/targets": ["Targets", targets],
};

const main = document.getElementById("main");
let leave = null; // ends the page that is shown
let shown = "";

// show draws the page of the address. A page returns what ends it, if it has to be
// ended; a change of parameters draws it anew.
async function show() {
	leave?.();
	leave = null;
	const here = location.pathname + location.search;
	const [title, page] = pages[location.pathname] ?? ["Not found", null];
	const parameters = new URLSearchParams(location.search);
	document.title = (parameters.get("name") ?? title) + " – flame";
	for (const a of document.querySelectorAll("nav a")) {
		const current = a.pathname === location.pathname || (a.pathname === "/captures" && location.pathname === "/capture") || (a.pathname === "/" && location.pathname === "/service");
		if (current) a.setAttribute("aria-current", "page");
		else a.removeAttribute("aria-current");
	}
	const root = el("div", { class: "page" });
	const stop = new AbortController();
	leave = () => stop.abort();
	const before = shown;
	shown = location.pathname;
	main.replaceChildren(root);
	if (before && before !== shown) {
		main.focus({ preventScroll: true });
		scrollTo(0, 0);
	}
	if (!page) {
		root.append(message("empty", "There is no such page", el("p", {}, el("a", { href: "/" }, "See all services"))));
		return;
	}
	try {
		await page(root, parameters, stop.signal);
	} catch (e) {
		if (!stop.signal.aborted) root.replaceChildren(trouble(e));
	}
	if (location.pathname + location.search === here) document.documentElement.dataset.shown = here;
}

addEventListener("popstate", show);
addEventListener("flame:go", show);
document.addEventListener("click", (e) => {
	const a = e.target.closest?.("a[href]");
	if (!a || e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || a.target || a.hasAttribute("download")) return;
	if (a.origin !== location.origin || !(a.pathname in pages) || a.getAttribute("href").startsWith("#")) return;
	e.preventDefault();
	go(a.href);
});

// The theme is the system's until somebody chooses.
const themes = { "": ["◐", "as the system"], light: ["☀", "light"], dark: ["☾", "dark"] };
const button = document.getElementById("theme");
function theme(name) {
	if (name) document.documentElement.dataset.theme = name;
	else delete document.documentElement.dataset.theme;
	button.textContent = themes[name][0];
	button.setAttribute("aria-label", "Theme: " + themes[name][1]);
	button.title = "Theme: " + themes[name][1];
}
const remembered = () => {
	try {
		return localStorage.getItem("flame-theme") ?? "";
	} catch {
		return ""; // no storage in this window
	}
};
button.addEventListener("click", () => {
	const names = Object.keys(themes);
	const next = names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % names.length];
	theme(next);
	try {
		localStorage.setItem("flame-theme", next);
	} catch {
		// it holds for this page then
	}
});
theme(remembered() in themes ? remembered() : "");

// What a person should know whatever page they are on.
async function watch() {
	const alarm = document.getElementById("alarm");
	try {
		const { store } = await api("status");
		const fresh = store.last_error && Date.now() - new Date(store.last_error_time) < 10 * 60e3;
		alarm.textContent = fresh ? "Store: " + store.last_error : "";
	} catch (e) {
		alarm.textContent = e.status === 403 ? "" : e.message;
	}
}
watch();
setInterval(watch, 15000);
show();
