// The site's engine on a page that is not the site's.

import { bytesOf } from "../../../../web/build/content.mjs";
import { readManifest } from "../../../../web/build/engine.mjs";
import { WEB_FOLDER } from "../../../../web/build/paths.mjs";

const [BOOT, HALVES] = ["boot", "halves"].map((name) =>
  new TextDecoder().decode(bytesOf(`${WEB_FOLDER}/src/engine/${name}.mjs`)),
);

/** @param {Record<"boot" | "halves", string>} sources @param {any} manifest @param {string} site */
async function start(sources, manifest, site) {
  const at = (/** @type {string} */ path) => new URL(path, site).href;
  const moduleOf = (/** @type {string} */ source) => import(`data:text/javascript,${encodeURIComponent(source)}`);
  const [{ boot, layOut }, { Halves }] = await Promise.all([moduleOf(sources.boot), moduleOf(sources.halves)]);
  const read = async (/** @type {string} */ path) => new Uint8Array(await (await fetch(at(path))).arrayBuffer());
  const halves = new Halves(manifest.cold, { read });
  await halves.prepare(); // a page's own thread may not wait
  const keep = halves.keep.bind(halves);
  const booted = await boot(manifest, { at, read, load: (/** @type {string} */ path) => import(at(path)), keep });
  await halves.load();
  await layOut(booted, manifest.later, read);
  Object.assign(window, { booted });
}

/**
 * Boots the engine as the page does on its own thread, with all that comes later, and leaves it at `window.booted`.
 * @param {import("puppeteer-core").Page} page
 * @param {string} site by default where the page is
 */
export const bootEngine = (page, site = page.url()) =>
  page.evaluate(start, { boot: BOOT ?? "", halves: HALVES ?? "" }, readManifest(), site);
