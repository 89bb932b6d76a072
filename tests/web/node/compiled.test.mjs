// The service worker takes modules from where the browser keeps what it compiled of them, and is no worse off without.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { askHostInstead, preferCompiled } from "../../../web/build/service-worker.mjs";

const MODULE = "https://host.example/pysim/engine/pyodide-0123456789ab/pyodide.asm.wasm";

/**
 * Where a request's answer comes from.
 * @param {{atHand?: "yes" | "no" | "failed", isKept?: boolean, url?: string}} world
 */
async function answer({ atHand = "yes", isKept = true, url = MODULE }) {
  /** @type {(event: any) => void} */
  let listener = () => {};
  const request = { url };
  preferCompiled({
    addEventListener: (/** @type {string} */ _, /** @type {any} */ listen) => {
      listener = listen;
    },
    caches: { match: async () => (isKept ? "ours" : undefined) },
    fetch: async (/** @type {any} */ what, /** @type {any} */ how) => {
      if (what === request) return "the network's";
      assert.deepEqual(how, { cache: "only-if-cached", mode: "same-origin" });
      if (atHand === "failed") throw new TypeError("Failed to fetch");
      return { ok: atHand === "yes", toString: () => "the browser's" };
    },
  });
  let isOurs = false;
  let answered = /** @type {Promise<any> | null} */ (null);
  listener({
    request,
    stopImmediatePropagation: () => {
      isOurs = true;
    },
    respondWith: (/** @type {Promise<any>} */ response) => {
      answered = response;
    },
  });
  assert.equal(answered !== null, isOurs, "either Workbox answers or we do");
  return answered === null ? "Workbox's" : String(await answered);
}

describe("a module", () => {
  it("comes from the browser's cache where it is", async () => assert.equal(await answer({}), "the browser's"));
  for (const atHand of /** @type {("no" | "failed")[]} */ (["no", "failed"])) {
    it(`else from the service worker's own: ${atHand}`, async () => assert.equal(await answer({ atHand }), "ours"));
    it(`else from the network: ${atHand}`, async () =>
      assert.equal(await answer({ atHand, isKept: false }), "the network's"));
  }
  it("is all that this is about", async () =>
    assert.equal(await answer({ url: "https://host.example/pysim/assets/app.js?a=b.wasm" }), "Workbox's"));
});

describe("an answer of the service worker's", () => {
  /** What the page gets where the worker answers so. @param {Promise<any>} answer */
  async function answered(answer) {
    let got = /** @type {any} */ (null);
    const event = { request: "the request", respondWith: (/** @type {any} */ promise) => (got = promise) };
    askHostInstead({
      addEventListener: (/** @type {string} */ _, /** @type {(event: any) => void} */ listen) => listen(event),
      fetch: async (/** @type {any} */ request) => `the host's to ${request}`,
    });
    event.respondWith(answer);
    return await got;
  }
  it("is given as it is", async () => assert.equal(await answered(Promise.resolve("kept")), "kept"));
  it("is the host's where it fails", async () =>
    assert.equal(await answered(Promise.reject(new Error("the cache cannot be read"))), "the host's to the request"));
});
