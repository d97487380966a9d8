/**
 * What runs in the file first. It unpacks the viewer and the profile, which stand
 * as text in <metadata> elements, and runs the viewer as one more inline script.
 * Whatever fails on the way, the static picture stays.
 */

/** The viewer's element; the viewer gives it its function to run. */
export interface ViewerScript extends HTMLScriptElement {
	view?(root: SVGSVGElement, payload: Uint8Array): void;
}

(() => {
	const loader = document.currentScript as HTMLScriptElement | null, root = loader && loader.closest<SVGSVGElement>("svg.flame");
	if (!loader || !root || typeof DecompressionStream === "undefined") return;

	/** Data of more characters than this are not read before the static picture is on the screen. */
	const small = 1 << 16;
	const textOf = (name: string) => {
		const element = root.querySelector("metadata.flame-" + name);
		return element ? (element.textContent || "").trim() : "";
	};

	/** Bytes of a text from character at on: see package base91. */
	const decode = (text: string, at: number) => {
		const value = new Uint8Array(128), out = new Uint8Array((text.length - at) * 13 >> 4);
		for (let c = 33, v = 0; c < 127; c++) if (c !== 38 && c !== 60 && c !== 62) value[c] = v++;
		let bits = 0, n = 0, o = 0;
		while (at < text.length) {
			bits |= (value[text.charCodeAt(at++)] + 91 * (value[text.charCodeAt(at++)] | 0)) << n;
			for (n += 13; n > 7; n -= 8) {
				out[o++] = bits;
				bits >>>= 8;
			}
		}
		return out;
	};

	/**
	 * The bytes of a zlib stream. Written and read by hand they come without a turn
	 * through other processes, which a Blob and a Response take.
	 */
	const inflate = async (bytes: Uint8Array<ArrayBuffer>) => {
		const stream = new DecompressionStream("deflate"), writer = stream.writable.getWriter();
		// What is wrong with the stream is the reader's to find.
		writer.write(bytes).catch(() => {});
		writer.close().catch(() => {});
		const reader = stream.readable.getReader(), chunks: Uint8Array[] = [];
		let size = 0, at = 0;
		for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
			chunks.push(chunk.value);
			size += chunk.value.length;
		}
		const out = new Uint8Array(size);
		for (const chunk of chunks) {
			out.set(chunk, at);
			at += chunk.length;
		}
		return out;
	};

	/** Under Trusted Types a script takes only what a policy lets through: the viewer, and no other text. */
	const trusted = (code: string): string => {
		const page = globalThis as typeof globalThis & { trustedTypes?: any; flameViewer?: string };
		if (!page.trustedTypes) return code;
		// A policy can be made once only, and there may be several graphs in a page.
		if (String(page.flameViewer) !== code) page.flameViewer = page.trustedTypes.createPolicy("flame", { createScript: () => code }).createScript("");
		return page.flameViewer!;
	};

	const run = (code: string, payload: Uint8Array) => {
		const script: ViewerScript = document.createElementNS("http://www.w3.org/1999/xhtml", "script") as HTMLScriptElement;
		script.nonce = loader.nonce;
		script.text = trusted(code);
		root.append(script);
		script.remove();
		if (!script.view) throw new Error("the page's policy does not let the viewer run");
		script.view(root, payload);
	};

	const start = async () => {
		const text = textOf("data");
		const viewer = inflate(decode(textOf("viewer"), 0));
		viewer.catch(() => {});
		if (!text.startsWith("FLM2:")) throw new Error("unknown version of the profile data");
		if (text.length > small) {
			await new Promise((painted) => {
				setTimeout(painted, 250); // where no frame is drawn
				requestAnimationFrame(() => setTimeout(painted));
			});
		}
		const payload = await inflate(decode(text, 5));
		run(new TextDecoder().decode(await viewer), payload);
	};
	start().catch((err) => console.warn("flame: the picture stays static:", err));
})();
