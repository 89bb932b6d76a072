// Somebody's page with runs in it, on another origin than the site's.

import { after, before } from "node:test";
import { BROWSER, launch } from "./browsers.mjs";
import { openPage, until } from "./pages.mjs";
import { serve } from "./server.mjs";
import { siteFolder } from "./site.mjs";

/** @typedef {import("puppeteer-core").Page} Page @typedef {import("puppeteer-core").Frame} Frame */

/** @typedef {import("./server.mjs").Server} Server */
/** @typedef {{folder: string, site: Server, blog: Server, browser: import("./browsers.mjs").Browser}} Here there once the tests run */

/** The site, somebody's blog on another origin, and a browser, for all tests of a file. */
export function blogging() {
  const here = /** @type {Here} */ ({});
  before(async () => {
    here.folder = await siteFolder();
    here.site = await serve(here.folder, { prefix: "/runs/" });
    here.blog = await serve(here.folder, { prefix: "/nothing/" });
    here.browser = await launch(BROWSER);
  });
  after(async () => {
    await here.browser?.close();
    await Promise.all([here.site?.stop(), here.blog?.stop()]);
  });
  return here;
}

/** @param {Page} page @returns {Frame[]} the embedded runs, as far as they are there */
export const embeds = (page) => page.frames().filter((frame) => frame.url().includes("embed.html"));

/** @param {Page} page @returns {Promise<Frame>} the first embedded run, once it is there */
export async function embed(page) {
  await until(async () => embeds(page).length > 0, "a frame");
  return /** @type {Frame} */ (embeds(page)[0]);
}

/**
 * A page with this body, and its tab closed afterwards.
 * @param {Pick<Here, "browser" | "blog">} here
 * @param {string} body
 * @param {(page: Page) => Promise<unknown>} look
 */
export async function post({ browser, blog }, body, look) {
  blog.pages.set("/post", `<!doctype html><title>post</title><body>${body}</body>`);
  const { page } = await openPage(browser, `${new URL("/post", blog.url)}`, { height: 1400 });
  try {
    await look(page);
  } finally {
    await page.close();
  }
}

/** Calls a method of the page's `<pysim-run>`. @param {Page} page */
export const elementOf =
  (page) =>
  /** @param {string} call @param {number[]} values */
  (call, ...values) =>
    page.evaluate(
      (name, numbers) => /** @type {any} */ (document.querySelector("pysim-run"))[name](...numbers),
      call,
      values,
    );
