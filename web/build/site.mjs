// Writes the finished site:  node web/build/site.mjs [--archives=stored|deflated] [--engine=small|halves|whole]
//
// Stored archives (the default) are for hosts that serve the .br or .gz files beside them, or that compress by themselves;
// deflated ones for hosts that send .zip and .whl files as they are.

import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import { compressSite } from "./compress.mjs";
import { buildEngine, MANIFEST_FILE, optionsOf, readManifest } from "./engine.mjs";
import { writeLicenses } from "./licenses.mjs";
import { buildPage } from "./page.mjs";
import { ENGINE_FOLDER, SITE_FOLDER } from "./paths.mjs";
import { program } from "./script.mjs";
import { buildServiceWorker } from "./service-worker.mjs";
import { writeSharing } from "./sharing.mjs";

/** Everything but the manifest, which is part of the page's code already. */
const copyEngine = () =>
  cpSync(ENGINE_FOLDER, join(SITE_FOLDER, "engine"), {
    recursive: true,
    filter: (path) => basename(path) !== MANIFEST_FILE,
  });

/** @type {[string, () => unknown][]} */
const STEPS = [
  ["engine", () => buildEngine(optionsOf(process.argv))],
  ["page", buildPage],
  ["engine's files", copyEngine],
  ["what links show", () => writeSharing()],
  ["licences", () => writeLicenses()],
  [
    "service worker",
    () =>
      buildServiceWorker(
        SITE_FOLDER,
        readManifest().apart.map(({ path }) => path),
      ),
  ],
  ["compressed files", () => compressSite()],
];

await program(import.meta, async () => {
  for (const [name, step] of STEPS) {
    const started = performance.now();
    await step();
    console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
});
