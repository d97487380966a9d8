/* The flame viewer, MIT licence; its source is svg/viewer in flame's repository. */
"use strict";
(() => {
  // loader.ts
  (() => {
    let loader = document.currentScript, root = loader && loader.closest("svg.flame");
    if (!loader || !root || typeof DecompressionStream > "u") return;
    let small = 65536, textOf = (name) => {
      let element = root.querySelector("metadata.flame-" + name);
      return element ? (element.textContent || "").trim() : "";
    }, decode = (text, at) => {
      let value = new Uint8Array(128), out = new Uint8Array((text.length - at) * 13 >> 4);
      for (let c = 33, v = 0; c < 127; c++) c !== 38 && c !== 60 && c !== 62 && (value[c] = v++);
      let bits = 0, n = 0, o = 0;
      for (; at < text.length; )
        for (bits |= value[text.charCodeAt(at++)] + 91 * (value[text.charCodeAt(at++)] | 0) << n, n += 13; n > 7; n -= 8)
          out[o++] = bits, bits >>>= 8;
      return out;
    }, inflate = async (bytes) => {
      let stream = new DecompressionStream("deflate"), writer = stream.writable.getWriter();
      writer.write(bytes).catch(() => {
      }), writer.close().catch(() => {
      });
      let reader = stream.readable.getReader(), chunks = [], size = 0, at = 0;
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
        chunks.push(chunk.value), size += chunk.value.length;
      let out = new Uint8Array(size);
      for (let chunk of chunks)
        out.set(chunk, at), at += chunk.length;
      return out;
    }, trusted = (code) => {
      let page = globalThis;
      return page.trustedTypes ? (String(page.flameViewer) !== code && (page.flameViewer = page.trustedTypes.createPolicy("flame", { createScript: () => code }).createScript("")), page.flameViewer) : code;
    }, run = (code, payload) => {
      let script = document.createElementNS("http://www.w3.org/1999/xhtml", "script");
      if (script.nonce = loader.nonce, script.text = trusted(code), root.append(script), script.remove(), !script.view) throw new Error("the page's policy does not let the viewer run");
      script.view(root, payload);
    };
    (async () => {
      let text = textOf("data"), viewer = inflate(decode(textOf("viewer"), 0));
      if (viewer.catch(() => {
      }), !text.startsWith("FLM2:")) throw new Error("unknown version of the profile data");
      text.length > small && await new Promise((painted) => {
        setTimeout(painted, 250), requestAnimationFrame(() => setTimeout(painted));
      });
      let payload = await inflate(decode(text, 5));
      run(new TextDecoder().decode(await viewer), payload);
    })().catch((err) => console.warn("flame: the picture stays static:", err));
  })();
})();
