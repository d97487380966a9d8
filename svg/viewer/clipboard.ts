/** The clipboard, which is not to be had everywhere: sandboxed frames and old pages have none. */

import type { Dialog } from "./dialog";
import { html } from "./dom";

/**
 * Copies a text and calls done; where there is no clipboard, shows the text in a
 * dialog, marked, so that one key copies it.
 */
export function copy(text: string, dialog: Dialog, back: () => void, done: () => void): void {
	const failed = () => {
		const area = html("textarea", { class: "flame-copy", readonly: "", rows: "8", "aria-label": "Text to copy" });
		area.value = text;
		dialog.open("Press Ctrl+C or \u2318C to copy", area, back, area);
		area.select();
	};
	try {
		navigator.clipboard.writeText(text).then(done, failed);
	} catch {
		failed();
	}
}
