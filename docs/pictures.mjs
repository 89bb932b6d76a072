// Photographs the page at several sizes, in light and dark, in the states that a visitor meets:  make pictures
//
// All of them go to pictures/ (to be looked at), or those whose name has what --only=... says; with --readme the two that the README
// shows go to docs/.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "../tests/web/browser/helpers/browsers.mjs";
import { engineReady, openPage, pause, textOf, until } from "../tests/web/browser/helpers/pages.mjs";
import { serve } from "../tests/web/browser/helpers/server.mjs";
import { siteFolder } from "../tests/web/browser/helpers/site.mjs";
import { CHECKOUT } from "../web/build/paths.mjs";
import { program } from "../web/build/script.mjs";

/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {{name: string, query: string, arrive: (page: Page) => Promise<unknown>}} State */

const SIZES = [
  [320, 568],
  [360, 740],
  [768, 1024],
  [1280, 800],
  [1920, 1080],
  [2560, 1440],
];
/** The last one is the system's, by force. */
const THEMES = ["dark", "light", "forced"];
const INIT_SHOW_SECONDS = 7;

const painted = (/** @type {Page} */ page) => until(async () => (await textOf(page)) !== "", "text");

/** @param {string} selector clicked once the engine runs and stands still */
const opened = (selector) => async (/** @type {Page} */ page) => {
  await standing()(page);
  await page.click(selector);
  await pause(0.5);
};

/** Until the bar has faded. @param {Page} page */
async function onStage(page) {
  await engineReady(page);
  await page.keyboard.press("f");
  await page.waitForSelector("html.stage.idle");
  await pause(1);
}

/** @param {string} [key] pressed once the engine runs and stands still */
const standing = (key) => async (/** @type {Page} */ page) => {
  await engineReady(page);
  await page.keyboard.press(" ");
  await page.waitForSelector('.timeline path[d^="M"]');
  await pause(0.5);
  if (key === undefined) return;
  await page.keyboard.press(key);
  await page.waitForSelector("dialog[open]");
  await pause(1);
};

/** Plays on until a whole grid of accelerators stands on the screen. @param {Page} page */
async function withGrid(page) {
  await engineReady(page);
  await until(async () => /GPU status.*\n[^]*step/.test(await textOf(page)), "the grid", 60);
  await page.keyboard.press(" ");
  await pause(0.5);
}

/** Until the show has stopped for a call. @param {Page} page */
async function called(page) {
  await engineReady(page);
  await page.waitForSelector("#on-call:not([hidden]) .choices button", { timeout: 60_000 });
  await page.keyboard.press("1");
  await pause(0.5);
}

/** @param {Page} page */
async function scored(page) {
  await engineReady(page);
  await page.waitForSelector("#on-call:not([hidden]) table", { timeout: 60_000 });
  await pause(0.5);
}

/** @param {Page} page */
async function explained(page) {
  await standing()(page);
  await page.keyboard.press("e");
  await page.waitForSelector("#explanation dl", { timeout: 60_000 });
  await pause(0.5);
}

/** @type {State[]} */
const STATES = [
  { name: "first-paint", query: "", arrive: painted },
  { name: "init", query: "", arrive: (page) => pause(INIT_SHOW_SECONDS).then(() => painted(page)) },
  { name: "training", query: "preset=classic&from=40%", arrive: standing() },
  { name: "grid", query: "preset=llama3-405b&from=25%", arrive: withGrid },
  { name: "dashboard", query: "preset=llama3-405b&from=40%&view=dashboard", arrive: standing() },
  { name: "settings", query: "preset=classic&from=40%", arrive: standing(",") },
  { name: "share", query: "preset=classic&from=40%", arrive: standing("s") },
  { name: "inject", query: "preset=classic&from=40%", arrive: standing("x") },
  { name: "speeds", query: "preset=classic&from=40%", arrive: opened(".speed button") },
  { name: "menu", query: "preset=classic&from=40%", arrive: opened(".bar .more") },
  { name: "on-call", query: "preset=night-shift&on-call&from=7m&speed-factor=4", arrive: called },
  { name: "score", query: "scenario=one-bad-gpu&from=99.99%", arrive: scored },
  { name: "explain", query: "preset=classic&from=40%", arrive: explained },
  { name: "what-if", query: "preset=classic&from=40%&compare=checkpoint-every=100", arrive: standing() },
  { name: "stage", query: "preset=llama3-405b&from=25%", arrive: onStage },
];

/**
 * @param {import("puppeteer-core").Browser} browser
 * @param {string} site
 * @param {State} state
 * @param {{size: number[], theme: string, path: string}} how
 */
async function photograph(browser, site, { query, arrive }, { size: [width, height], theme, path }) {
  const before = theme === "forced" ? forceColours : undefined;
  const asked = theme === "forced" ? query : `${query}&theme=${theme}`;
  const { page } = await openPage(browser, `${site}?${asked}`, { width, height, ...(before && { before }) });
  await arrive(page);
  await page.screenshot({ path: /** @type {`${string}.png`} */ (path) });
  await page.close();
}

/** @param {Page} page */
async function forceColours(page) {
  const session = await page.createCDPSession();
  await session.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
}

const README_PICTURES = [
  { state: "training", theme: "dark", size: [1280, 800], file: "page-dark.png" },
  { state: "grid", theme: "light", size: [1280, 800], file: "page-light.png" },
  { state: "dashboard", theme: "dark", size: [1280, 800], file: "page-dashboard.png" },
];

await program(import.meta, async () => {
  const folder = join(CHECKOUT, "pictures");
  mkdirSync(folder, { recursive: true });
  const server = await serve(await siteFolder());
  const browser = await launch();
  const only = process.argv.find((word) => word.startsWith("--only="))?.slice("--only=".length) ?? "";
  const shots = process.argv.includes("--readme")
    ? README_PICTURES.map(({ file, ...shot }) => ({ ...shot, path: join(CHECKOUT, "docs", file) }))
    : STATES.flatMap(({ name: state }) =>
        SIZES.flatMap((size) =>
          THEMES.map((theme) => ({ state, size, theme, path: join(folder, `${state}-${size[0]}-${theme}.png`) })),
        ),
      );
  for (const { state: name, ...how } of shots.filter(({ path }) => path.includes(only))) {
    const state = STATES.find((one) => one.name === name);
    if (state !== undefined) await photograph(browser, server.url, state, how);
    console.log(how.path.slice(CHECKOUT.length));
  }
  await browser.close();
  await server.stop();
});
