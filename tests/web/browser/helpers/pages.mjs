// Looking at a page as a visitor does: what is on the screen, what the bar says, what went wrong.

/** @typedef {import("puppeteer-core").Page} Page @typedef {import("puppeteer-core").Frame} Frame */

const ENGINE_SECONDS = 60;

/**
 * A page with its errors collected.
 * @param {Pick<import("./browsers.mjs").Browser, "newPage">} browser a profile
 * @param {string} url
 * @param {{width?: number, height?: number, before?: (page: Page) => Promise<unknown>}} options
 * @returns {Promise<{page: Page, errors: string[]}>}
 */
export async function openPage(browser, url, { width = 1280, height = 800, before } = {}) {
  const page = await browser.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.setViewport({ width, height });
  await before?.(page);
  await page.goto(url, { waitUntil: "load" });
  return { page, errors };
}

/** The rows on the screen, as text. @param {Page | Frame} page @returns {Promise<string[]>} */
export const screen = (page) =>
  page.$$eval(".xterm-rows > div", (rows) =>
    rows.map((row) => (row.textContent ?? "").replaceAll("\u00a0", " ").trimEnd()),
  );

/** @param {Page | Frame} page */
export const textOf = async (page) => (await screen(page)).join("\n").trim();

/** @param {Page | Frame} page @param {string} selector */
export const textIn = (page, selector) => page.$eval(selector, (found) => found.textContent ?? "");

/** @param {Page | Frame} page */
export const playLabel = (page) => page.$eval(".bar .play", (button) => button.getAttribute("aria-label"));

/** @param {Page | Frame} page */
export const engineReady = (page) =>
  page.waitForSelector('html[data-mode="engine"]', { timeout: ENGINE_SECONDS * 1000 });

/** Waits until something is true on this side. @param {() => Promise<unknown>} look @param {string} what */
export async function until(look, what, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await look()) return;
    await pause(0.05);
  }
  throw new Error(`waited ${seconds} s in vain: ${what}`);
}

/** @param {number} seconds */
export const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Of a time as the page words it, such as `1d 13:47:46`. @param {string} text */
export function secondsOf(text) {
  const [, days = "0", clock = ""] = /^(?:(\d+)d )?(.*)$/.exec(text) ?? [];
  return Number(days) * 86_400 + clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Run seconds, as the slider's value text says them. @param {Page | Frame} page */
export async function place(page) {
  const hasSlider = () => page.evaluate(() => document.querySelector(".timeline input") !== null);
  await until(hasSlider, "the slider, which comes after the first text");
  const said = await page.$eval(".timeline input", (input) => input.getAttribute("aria-valuetext") ?? "");
  return secondsOf(said.split(" of ")[0] ?? "");
}

/** Runs in the page: keeps what it offers for download, and what it copies. */
export function catchDownloads() {
  const writeText = async (/** @type {string} */ copied) => void Object.assign(window, { copied });
  Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
  const make = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (/** @type {any} */ blob) => {
    Object.assign(window, { downloaded: blob.text() });
    return make(blob);
  };
  HTMLAnchorElement.prototype.click = () => {};
}

/** @param {Page} page */
export const keepDownloads = (page) => page.evaluateOnNewDocument(catchDownloads);

/** All text of the terminal so far, scrollback included. @param {Page} page */
export async function allText(page) {
  await page.$eval('#menu [data-action="copy"]', (button) => /** @type {HTMLElement} */ (button).click());
  return await page.evaluate(() => /** @type {any} */ (window).copied);
}

/** What the page's text download holds. @param {Page} page */
export async function downloadedText(page) {
  await page.evaluate(() => Object.assign(window, { downloaded: undefined }));
  await page.$eval('#menu [data-action="download"]', (button) => /** @type {HTMLElement} */ (button).click());
  await page.waitForFunction(() => /** @type {any} */ (window).downloaded);
  return await page.evaluate(() => /** @type {any} */ (window).downloaded);
}

/** Not every driver can emulate it: the query itself is answered. @param {Page} page */
export function reduceMotion(page) {
  return page.evaluateOnNewDocument(() => {
    const ask = window.matchMedia.bind(window);
    window.matchMedia = (query) => (query.includes("reduced-motion") ? Object.assign(ask("all"), {}) : ask(query));
  });
}
