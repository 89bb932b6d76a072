// The site's engine on a page that is not the site's.

import { bytesOf } from "../../../../web/build/content.mjs";
import { readManifest } from "../../../../web/build/engine.mjs";
import { WEB_FOLDER } from "../../../../web/build/paths.mjs";

const BOOT = new TextDecoder().decode(bytesOf(`${WEB_FOLDER}/src/engine/boot.mjs`));

/** @param {string} source @param {any} manifest @param {string} site */
async function start(source, manifest, site) {
  const at = (/** @type {string} */ path) => new URL(path, site).href;
  const { boot, layOut } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  const read = async (/** @type {string} */ path) => new Uint8Array(await (await fetch(at(path))).arrayBuffer());
  const booted = await boot(manifest, { at, read, load: (/** @type {string} */ path) => import(at(path)) });
  await layOut(booted, manifest.later, read);
  Object.assign(window, { booted });
}

/**
 * Boots the engine as the page does, with its second archive, and leaves it at `window.booted`.
 * @param {import("puppeteer-core").Page} page
 * @param {string} site by default where the page is
 */
export const bootEngine = (page, site = page.url()) => page.evaluate(start, BOOT, readManifest(), site);
