// Elements, requests and navigation. Text of profiles only ever becomes text.

// el makes an element: attributes, listeners (onclick: f) and children, of which
// strings become text and null nothing.
export function el(tag, attributes = {}, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

const svgNamespace = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
	return fill(document.createElementNS(svgNamespace, tag), attributes, children);
}

function fill(e, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (value === null || value === undefined || value === false) continue;
		if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
		else if (name === "value" || name === "checked" || name === "selected") e[name] = value;
		else e.setAttribute(name, value === true ? "" : value);
	}
	e.append(...children.flat().filter((c) => c !== null && c !== undefined));
	return e;
}

// A Problem is an error with what to do about it.
export class Problem extends Error {
	constructor(message, hint, status) {
		super(message);
		this.hint = hint;
		this.status = status;
	}
}

// query writes parameters: lists several times, nothing for what is empty.
export function query(parameters) {
	const q = new URLSearchParams();
	for (const [name, value] of Object.entries(parameters)) {
		for (const v of Array.isArray(value) ? value : [value]) {
			if (v !== "" && v !== null && v !== undefined) q.append(name, v);
		}
	}
	const text = q.toString();
	return text && "?" + text;
}

// api asks the service. The promise is rejected with a Problem.
export async function api(path, parameters = {}, options = {}) {
	let answer;
	try {
		answer = await fetch("/api/v1/" + path + query(parameters), options);
	} catch (e) {
		if (e.name === "AbortError") throw e;
		throw new Problem("flame does not answer", "check that it runs, and reload the page");
	}
	const body = await answer.json().catch(() => null);
	if (!answer.ok) {
		throw new Problem(body?.error ?? "the answer is " + answer.status, body?.hint, answer.status);
	}
	return body;
}

// go leads to another page, or changes the address of this one.
export function go(url, replace = false) {
	if (replace) history.replaceState(null, "", url);
	else history.pushState(null, "", url);
	dispatchEvent(new Event("flame:go"));
}

// link is the address of this page with some parameters changed; null takes one
// away.
export function link(changes, path = location.pathname) {
	const q = new URLSearchParams(location.search);
	for (const [name, value] of Object.entries(changes)) {
		q.delete(name);
		for (const v of Array.isArray(value) ? value : [value]) {
			if (v !== null && v !== undefined && v !== "") q.append(name, v);
		}
	}
	const text = q.toString();
	return path + (text && "?" + text);
}

// message is a box that says what there is not, and what to do.
export function message(kind, title, ...rest) {
	return el("div", { class: "message " + kind, role: kind === "bad" ? "alert" : "status" }, el("strong", {}, title), ...rest.map((r) => (typeof r === "string" ? el("p", {}, r) : r)));
}

// trouble shows an error.
export function trouble(e) {
	return message("bad", sentence(e.message), e.hint ? sentence(e.hint) + "." : null);
}

function sentence(s) {
	return s.charAt(0).toUpperCase() + s.slice(1);
}

export function loading(text = "Loading…") {
	return el("div", { class: "message loading", role: "status" }, el("span", { class: "spinner" }), text);
}

// chooser is a select with a label.
export function chooser(label, options, value, change) {
	const all = options.map((o) => (typeof o === "string" ? [o, o] : o));
	return el("label", { class: "field" }, el("span", {}, label),
		el("select", { onchange: (e) => change(e.target.value) }, all.map(([v, text]) => el("option", { value: v, selected: v === value }, text))));
}
