// Somebody's page with runs in it, on another origin than the site's.

import { openPage, until } from "./pages.mjs";

/** @typedef {import("puppeteer-core").Page} Page @typedef {import("puppeteer-core").Frame} Frame */

/** @param {Page} page @returns {Frame[]} the embedded runs, as far as they are there */
export const embeds = (page) => page.frames().filter((frame) => frame.url().includes("embed.html"));

/** @param {Page} page @returns {Promise<Frame>} the first embedded run, once it is there */
export async function embed(page) {
  await until(async () => embeds(page).length > 0, "a frame");
  return /** @type {Frame} */ (embeds(page)[0]);
}

/**
 * A page with this body, and its tab closed afterwards.
 * @param {import("puppeteer-core").Browser} browser
 * @param {import("./server.mjs").Server} blog
 * @param {string} body
 * @param {(page: Page) => Promise<unknown>} look
 */
export async function post(browser, blog, body, look) {
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
