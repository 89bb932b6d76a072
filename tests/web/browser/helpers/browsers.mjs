// Starts the system's Chromium or Firefox for the tests, with flags that keep it quiet and off the network.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";

/** @typedef {Pick<import("puppeteer-core").Browser, "newPage" | "createBrowserContext" | "close">} Browser what is asked of one */

const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PROGRAMS = { chrome: ["chromium", "chromium-browser", "google-chrome"], firefox: ["firefox-esr", "firefox"] };

/** The one that the tests run in. */
export const BROWSER = /** @type {"chrome" | "firefox"} */ (process.env.PYSIM_BROWSER ?? "chrome");

/** Where a Firefox listens that is shared with other files (`run.mjs`). */
const SHARED_AT = process.env.PYSIM_BROWSER_AT;

/** @param {"chrome" | "firefox"} browser @returns {string | undefined} */
export function findBrowser(browser) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const places = PROGRAMS[browser].flatMap((name) => folders.map((folder) => join(folder, name)));
  return places.find((path) => existsSync(path));
}

/**
 * A browser, or in a shared Firefox a profile that nobody has used: as if it were one.
 *
 * @param {"chrome" | "firefox"} browser
 * @param {string[]} flags Chromium's
 * @param {Record<string, unknown>} preferences Firefox's
 * @returns {Promise<Browser>}
 */
export async function launch(browser = "chrome", flags = [], preferences = {}) {
  const isLikeOthers = browser === "firefox" && Object.keys(preferences).length === 0;
  return SHARED_AT !== undefined && isLikeOthers
    ? await profileIn(SHARED_AT)
    : await start(browser, flags, preferences);
}

/** @param {"chrome" | "firefox"} browser @param {string[]} flags @param {Record<string, unknown>} preferences */
export async function start(browser, flags = [], preferences = {}) {
  const executablePath = findBrowser(browser);
  if (executablePath === undefined) {
    throw new Error(`no ${PROGRAMS[browser].join(" or ")} on the PATH (Debian: apt-get install chromium firefox-esr)`);
  }
  return browser === "firefox"
    ? await puppeteer.launch({
        browser,
        executablePath,
        headless: true,
        protocol: "webDriverBiDi",
        extraPrefsFirefox: preferences,
      })
    : await puppeteer.launch({ browser, executablePath, headless: true, args: [...CHROMIUM_FLAGS, ...flags] });
}

/** @param {string} browserWSEndpoint @returns {Promise<Browser>} */
async function profileIn(browserWSEndpoint) {
  const shared = await puppeteer.connect({ browserWSEndpoint, protocol: "webDriverBiDi" });
  const profile = await shared.createBrowserContext();
  return {
    newPage: () => profile.newPage(),
    createBrowserContext: () => shared.createBrowserContext(),
    close: async () => {
      await profile.close();
      await shared.disconnect();
    },
  };
}
