/** Numbers as a person reads them: the same rules as svg.FormatValue, held to them by testdata/units.json. */

/** What the values of a column are. Stored values are scale times the unit. */
export interface ValueType {
	readonly type: string;
	readonly unit: string;
	readonly scale?: number;
}

/** How many of a unit make the next one. */
type Ladder = readonly (readonly [string, number])[];

const TIMES: Ladder = [["ns", 1000], ["\u00b5s", 1000], ["ms", 1000], ["s", 60], ["min", 60], ["h", 24], ["d", Infinity]];
const SIZES: Ladder = [["B", 1024], ["KiB", 1024], ["MiB", 1024], ["GiB", 1024], ["TiB", 1024], ["PiB", Infinity]];
/** What profiles call times, in ns. */
const TIME_UNITS = new Map([
	["ns", 1], ["nanosecond", 1], ["us", 1e3], ["\u00b5s", 1e3], ["microsecond", 1e3], ["ms", 1e6], ["millisecond", 1e6], ["s", 1e9], ["second", 1e9],
]);
/** What profiles call sizes, in bytes. */
const SIZE_UNITS = new Map([
	["b", 1], ["byte", 1], ["kb", 2 ** 10], ["kilobyte", 2 ** 10], ["mb", 2 ** 20], ["megabyte", 2 ** 20], ["gb", 2 ** 30], ["gigabyte", 2 ** 30],
]);
/** What counts without a unit of their own count. */
const NOUNS = new Map([["", "samples"], ["goroutine", "goroutines"], ["threadcreate", "threads"]]);

/** What all times, or else sizes, are shown in: svg.Unit in Go. */
export interface Unit {
	readonly name: string;
	readonly time: boolean;
	readonly base: number; // ns or bytes
}

/** A value in stored units as a person reads it, in the given unit if it is of its kind. */
export function formatValue(v: number, type: ValueType, fixed?: Unit): string {
	const scale = type.scale || 1;
	for (const unit of [type.unit.toLowerCase(), type.unit.toLowerCase().replace(/s$/, "")]) {
		const time = TIME_UNITS.get(unit), size = SIZE_UNITS.get(unit);
		const base = fixed && (fixed.time ? time : size);
		if (fixed && base) return formatFixed(v / scale * base / fixed.base, 2) + " " + fixed.name;
		if (time) return formatLadder(v / scale * time, TIMES);
		if (size) return formatLadder(v / scale * size, SIZES);
	}
	return formatFixed(v / scale, scale === 1 ? 0 : 3) + " " + noun(type);
}

/** x is in the ladder's first unit. */
function formatLadder(x: number, ladder: Ladder): string {
	let rung = 0;
	// The step up comes a rounding error early: 999.7 ns is "1 µs".
	while (Math.abs(x) >= ladder[rung][1] * 0.9995) x /= ladder[rung++][1];
	const size = Math.abs(x);
	return formatFixed(x, size < 9.995 ? 2 : size < 99.95 ? 1 : 0) + " " + ladder[rung][0];
}

function noun(type: ValueType): string {
	if (type.unit && type.unit !== "count") return type.unit;
	const name = type.type.replace(/^alloc_/, "").replace(/^inuse_/, "");
	return NOUNS.get(name) || name;
}

/** x with commas, at most so many decimals, no trailing zeros. */
export function formatFixed(x: number, decimals: number): string {
	const pow = 10 ** decimals;
	let n = Math.abs(x) * pow;
	if (n < 2 ** 52) n = Math.floor(n + 0.5); // what is greater has no fraction
	let s = (n / pow).toFixed(decimals);
	if (decimals > 0) s = s.replace(/\.?0+$/, "");
	const [whole, fraction] = s.split(".");
	return (x < 0 && n !== 0 ? "-" : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction ? "." + fraction : "");
}

export function percent(part: number, whole: number): string {
	return whole ? (100 * part / whole).toFixed(2) + "%" : "0%";
}
