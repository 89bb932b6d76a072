// Makes sw.js over the finished site: everything is kept from the first visit on, and the page then works offline.
//
// A new version is fetched whole, beside the old one, and takes over when the last page of the old one is closed; until
// then the old pages get the old files. Names with a hash are their own version, the others carry a revision.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generateSW } from "workbox-build";
import { write } from "./content.mjs";
import { SITE_FOLDER } from "./paths.mjs";
import { program } from "./script.mjs";

const LARGEST_FILE_BYTES = 64 * 1024 * 1024; // well above the interpreter's 10 MB
const HASHED_NAMES = /(^|\/)(assets|engine)\//;

/** Where these play there is no engine, and without an engine no service worker. */
const NEVER_OFFLINE = "engine/recorded/**";

/** @param {string} folder @param {string[]} unasked files that no page asks for */
export async function buildServiceWorker(folder = SITE_FOLDER, unasked = []) {
  const path = join(folder, "sw.js");
  const { count, size, warnings } = await generateSW({
    swDest: path,
    globDirectory: folder,
    globPatterns: ["**/*"],
    globIgnores: ["sw.js", "**/*.br", "**/*.gz", "**/*.map", "examples/**", "pictures/**", NEVER_OFFLINE, ...unasked],
    maximumFileSizeToCacheInBytes: LARGEST_FILE_BYTES,
    dontCacheBustURLsMatching: HASHED_NAMES,
    ignoreURLParametersMatching: [/.*/], // every query string is the same page
    directoryIndex: "index.html",
    cleanupOutdatedCaches: true,
    skipWaiting: false,
    clientsClaim: false,
    inlineWorkboxRuntime: true,
    sourcemap: false,
    mode: "production",
  });
  if (warnings.length > 0) throw new Error(`the service worker would miss files: ${warnings.join("; ")}`);
  const ours = [askHostInstead, preferCompiled].map((part) => `(${part})(self);\n`).join("");
  write(path, ours + readFileSync(path, "utf8"));
  return { count, size };
}

/**
 * Part of sw.js, before all that answers. Where the answer fails (the cache cannot be opened or read, as when a disk is full) the host is
 * asked, as without a service worker: else the browser would show an error of its own.
 * @param {any} scope the service worker's
 */
export function askHostInstead(scope) {
  scope.addEventListener("fetch", (/** @type {any} */ event) => {
    const respondWith = event.respondWith.bind(event);
    event.respondWith = (/** @type {Promise<Response>} */ answer) =>
      respondWith(Promise.resolve(answer).catch(() => scope.fetch(event.request)));
  });
}

/**
 * Part of sw.js, before Workbox's own. A browser keeps what it compiled from a response of the network with that response,
 * in its own cache; what comes out of the service worker's is another response, compiled anew on the second visit. So
 * modules are taken from the browser's cache if they are there, else from ours. They carry a hash in their paths: whichever
 * has one has the same.
 * @param {any} scope the service worker's
 */
export function preferCompiled(scope) {
  scope.addEventListener("fetch", (/** @type {any} */ event) => {
    const { request } = event;
    if (!new URL(request.url).pathname.endsWith(".wasm")) return;
    event.stopImmediatePropagation();
    const atHand = async () => {
      const response = await scope.fetch(request.url, { cache: "only-if-cached", mode: "same-origin" });
      if (!response.ok) throw new Error("the browser has dropped it");
      return response;
    };
    const kept = async () => (await scope.caches.match(request.url)) ?? scope.fetch(request);
    event.respondWith(atHand().catch(kept));
  });
}

await program(import.meta, () => buildServiceWorker());
