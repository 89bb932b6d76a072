// The site's engine on a page that is not the site's.

import { bytesOf } from "../../../../web/build/content.mjs";
import { readManifest } from "../../../../web/build/engine.mjs";
import { WEB_FOLDER } from "../../../../web/build/paths.mjs";

const BOOT = new TextDecoder().decode(bytesOf(`${WEB_FOLDER}/src/engine/boot.mjs`));

/** @param {string} source @param {any} manifest @param {string} site */
async function start(source, manifest, site) {
  const at = (/** @type {string} */ path) => new URL(path, site).href;
  const { boot } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  const read = async (/** @type {string} */ path) => new Uint8Array(await (await fetch(at(path))).arrayBuffer());
  const booted = boot(manifest, { at, read, load: (/** @type {string} */ path) => import(at(path)) });
  Object.assign(window, { booted });
  await booted;
}

/**
 * Boots the engine as the page does, and leaves a promise of it at `window.booted`.
 * @param {import("puppeteer-core").Page} page
 * @param {string} site by default where the page is
 */
export const bootEngine = (page, site = page.url()) => page.evaluate(start, BOOT, readManifest(), site);
