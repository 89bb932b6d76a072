// Starts the system's Chromium or Firefox for the tests, with flags that keep it quiet and off the network.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";

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

/** @param {"chrome" | "firefox"} browser @returns {string | undefined} */
export function findBrowser(browser) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const places = PROGRAMS[browser].flatMap((name) => folders.map((folder) => join(folder, name)));
  return places.find((path) => existsSync(path));
}

/**
 * @param {"chrome" | "firefox"} browser
 * @param {string[]} flags Chromium's
 * @param {Record<string, unknown>} preferences Firefox's
 */
export async function launch(browser = "chrome", flags = [], preferences = {}) {
  const executablePath = findBrowser(browser);
  if (executablePath === undefined) {
    throw new Error(`no ${PROGRAMS[browser].join(" or ")} on the PATH (Debian: apt-get install chromium firefox-esr)`);
  }
  if (browser === "firefox") {
    const extraPrefsFirefox = preferences;
    return await puppeteer.launch({
      browser,
      executablePath,
      headless: true,
      protocol: "webDriverBiDi",
      extraPrefsFirefox,
    });
  }
  return await puppeteer.launch({ browser, executablePath, headless: true, args: [...CHROMIUM_FLAGS, ...flags] });
}
