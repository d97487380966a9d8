// Numbers and times as people read them.

const scales = {
	nanoseconds: [[1e9 * 3600, "h"], [60e9, "min"], [1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]],
	bytes: [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [1024, "KiB"], [1, "B"]],
	seconds: [[3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"]],
};
const counts = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"], [1, ""]];

// amount is a value in its unit: "1.23 s".
export function amount(value, unit) {
	const scale = scales[unit] ?? counts;
	const size = Math.abs(value);
	let [factor, name] = scale.find(([f]) => size >= f) ?? scale[scale.length - 1];
	if (scale === counts && factor === 1e4) factor = 1e3;
	const n = value / factor;
	const text = Number.isInteger(n) && Math.abs(n) < 1000 ? String(n) : n.toPrecision(3).replace(/\.?0+$/, "").replace(/e\+?(\d+)/, "e$1");
	return name ? text + " " + name : text;
}

export function percent(part, whole) {
	if (!whole) return "–";
	const p = (100 * part) / whole;
	return (Math.abs(p) >= 10 ? p.toFixed(1) : p.toFixed(2)) + "%";
}

// span is a number of seconds: "1 h 30 min".
export function span(seconds) {
	const s = Math.round(seconds);
	const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
	const out = [];
	let rest = s;
	for (const [n, unit] of parts) {
		if (rest >= n) out.push(Math.floor(rest / n) + " " + unit);
		rest %= n;
	}
	return out.slice(0, 2).join(" ") || "0 s";
}

export function ago(time) {
	const s = (Date.now() - new Date(time).getTime()) / 1000;
	return s < 2 ? "now" : span(s).split(" ").slice(0, 2).join(" ") + " ago";
}

const two = (n) => String(n).padStart(2, "0");

// clock is a time of day, with the date if that is not today's.
export function clock(unix, seconds = true) {
	const t = new Date(unix * 1000);
	const time = two(t.getHours()) + ":" + two(t.getMinutes()) + (seconds ? ":" + two(t.getSeconds()) : "");
	const now = new Date();
	const today = t.getFullYear() === now.getFullYear() && t.getMonth() === now.getMonth() && t.getDate() === now.getDate();
	return today ? time : t.getFullYear() + "-" + two(t.getMonth() + 1) + "-" + two(t.getDate()) + " " + time;
}

// moment reads what the API takes as a time, as seconds since 1970, NaN if it is
// none. The API has the last word.
export function moment(text, now = Date.now() / 1000) {
	if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
	if (text.startsWith("now")) {
		let s = 0;
		const rest = text.slice(3);
		for (const [, n, u] of rest.matchAll(/(\d+)(ms|[smhdwy])/g)) {
			s += n * { ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 }[u];
		}
		return now + (rest.startsWith("+") ? s : -s);
	}
	return Date.parse(text) / 1000;
}
