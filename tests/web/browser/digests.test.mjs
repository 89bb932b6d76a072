// The engine in the browser tells every case in the same bytes as CPython.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { bytesOf, parse } from "../../../web/build/content.mjs";
import { CHECKOUT } from "../../../web/build/paths.mjs";
import { BROWSER, launch } from "./helpers/browsers.mjs";
import { bootEngine } from "./helpers/engine.mjs";
import { openPage } from "./helpers/pages.mjs";
import { serve } from "./helpers/server.mjs";
import { shareOf } from "./helpers/shares.mjs";
import { siteFolder } from "./helpers/site.mjs";

const MODULES = ["plans.py", "interrupted.py", "digests.py"];
const committed = parse(bytesOf(`${CHECKOUT}/tests/golden/digests.json`));
const sourceOf = (/** @type {string} */ name) => new TextDecoder().decode(bytesOf(`${CHECKOUT}/tests/${name}`));

/** Puts the cases into the engine that was booted on the page's own thread. @param {Record<string, string>} sources */
async function placeCases(sources) {
  const pyodide = /** @type {any} */ (window).booted;
  for (const [name, source] of Object.entries(sources)) pyodide.FS.writeFile(`/home/pyodide/${name}`, source);
  const { CASES, digest } = pyodide.pyimport("digests");
  const every = Array.from({ length: CASES.length }, (_, index) => CASES.get(index));
  const cases = Object.fromEntries(every.map((one) => [one.name, one]));
  Object.assign(window, { cases: Object.keys(cases), digestOf: (/** @type {string} */ name) => digest(cases[name]) });
}

describe(`digests in ${BROWSER}`, () => {
  /** @type {import("./helpers/browsers.mjs").Browser} */
  let browser;
  /** @type {import("./helpers/server.mjs").Server} */
  let server;
  /** @type {import("puppeteer-core").Page} */
  let page;
  before(async () => {
    server = await serve(await siteFolder());
    server.pages.set("/digests", "<!doctype html><title>digests</title>");
    browser = await launch(BROWSER);
    ({ page } = await openPage(browser, `${server.url}digests`));
    await bootEngine(page);
    await page.evaluate(placeCases, Object.fromEntries(MODULES.map((name) => [name, sourceOf(name)])));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  for (const [name, digest] of shareOf(Object.entries(committed))) {
    test(name, async () => {
      assert.equal(await page.evaluate((one) => /** @type {any} */ (window).digestOf(one), name), digest);
    });
  }
  test("are all committed", async () => {
    assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).cases), Object.keys(committed));
  });
});
