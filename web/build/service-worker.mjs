// Makes sw.js over the finished site: everything is kept from the first visit on, and the page then works offline.
//
// A new version is fetched whole, beside the old one, and takes over when the last page of the old one is closed; until
// then the old pages get the old files. Names with a hash are their own version, the others carry a revision.

import { join } from "node:path";
import { generateSW } from "workbox-build";
import { SITE_FOLDER } from "./paths.mjs";
import { program } from "./script.mjs";

const LARGEST_FILE_BYTES = 64 * 1024 * 1024; // well above the interpreter's 10 MB
const HASHED_NAMES = /(^|\/)(assets|engine)\//;

/** Where these play there is no engine, and without an engine no service worker. */
const NEVER_OFFLINE = "engine/recorded/**";

/** @param {string} folder @param {string[]} unasked files that no page asks for */
export async function buildServiceWorker(folder = SITE_FOLDER, unasked = []) {
  const { count, size, warnings } = await generateSW({
    swDest: join(folder, "sw.js"),
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
  return { count, size };
}

await program(import.meta, () => buildServiceWorker());
