// Bad luck: browsers that lack something, lines that break off, disks that are full. The show goes on, or one sentence says what is missing.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BROWSER, launch } from "./helpers/browsers.mjs";
import { engineReady, openPage, place, textIn, textOf, until } from "./helpers/pages.mjs";
import { serve } from "./helpers/server.mjs";
import { shareOf } from "./helpers/shares.mjs";
import { siteFolder } from "./helpers/site.mjs";

/** @typedef {import("puppeteer-core").Page} Page @typedef {import("./helpers/server.mjs").Server} Server */

const WORKER = /\/assets\/worker-[^/]+\.js$/;
const FULL_DISK_BYTES = 1024 * 1024; // memory after the start alone is more
const PATIENCE_SECONDS = 60;

/**
 * A visit that nobody made before, to a host of its own.
 * @param {(server: Server) => unknown} prepare
 * @param {(page: Page, server: Server) => Promise<unknown>} look
 */
async function visit(prepare, look) {
  const server = await serve(await siteFolder());
  await prepare(server);
  const browser = await launch(BROWSER);
  try {
    const { page } = await openPage(browser, server.url);
    await look(page, server);
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** @param {Page} page */
async function goesOn(page) {
  await engineReady(page);
  const before = await place(page);
  await until(async () => (await place(page)) > before, "goes on");
  assert.equal(await textIn(page, "#notes"), "");
}

describe("the show goes on", () => {
  const inWorker =
    (/** @type {string} */ script) =>
    (/** @type {Server} */ { prefixes }) =>
      prefixes.push([WORKER, script]);
  /** @type {Record<string, (server: Server) => unknown>} */
  const lacking = {
    "in a browser that compiles nothing while it arrives": inWorker(
      "delete WebAssembly.instantiateStreaming; delete WebAssembly.compileStreaming;",
    ),
    "in a browser in which no thread may wait for a file": inWorker(
      'XMLHttpRequest.prototype.open = () => { throw new Error("blocked"); };',
    ),
    "from a host that does not know what modules are": ({ untyped }) => untyped.push(/\.wasm$/),
  };
  for (const [name, prepare] of shareOf(Object.entries(lacking))) it(name, () => visit(prepare, goesOn));

  for (const file of shareOf([/\/snapshot-/, /\/_multiarray_umath/]))
    it(`where a line broke off once: ${file}`, () =>
      visit(
        ({ cut }) => cut.push(file),
        async (page, { cut, requests }) => {
          await until(async () => requests.some((path) => file.test(path)), "half of it");
          cut.splice(0);
          await goesOn(page);
        },
      ));

  it("where nothing can be kept for the next visit, and the next visit is as the first", async (t) => {
    if (BROWSER !== "chrome") return t.skip("its driver cannot fill a disk");
    if (!existsSync(join(await siteFolder(), "sw.js"))) return t.skip("this site has no service worker");
    const look = async (/** @type {Page} */ page) => {
      await fillDisk(page);
      await goesOn(page);
      await until(() => page.evaluate(wasGivenUp), "the service worker gives up", PATIENCE_SECONDS);
      await page.reload();
      await goesOn(page);
    };
    await visit(() => {}, look);
  });
});

/** @param {Page} page */
async function fillDisk(page) {
  const session = await page.createCDPSession();
  const { origin } = new URL(page.url());
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: FULL_DISK_BYTES });
}

/** Runs in the page. */
async function wasGivenUp() {
  const registration = await navigator.serviceWorker.getRegistration();
  return registration === undefined || !(registration.installing || registration.waiting || registration.active);
}

describe("one sentence says what is missing, and the recording plays on", () => {
  for (const file of shareOf([/pyodide\.asm\.wasm/, /pyodide\.asm\.mjs/, /\/snapshot-/, /\/_multiarray_umath/]))
    it(`where a line breaks off again and again: ${file}`, () =>
      visit(
        ({ cut }) => cut.push(file),
        async (page) => {
          await until(async () => (await textIn(page, "#notes")) !== "", "a note", PATIENCE_SECONDS);
          assert.match(await textIn(page, "#notes"), /^The simulator stopped: \S+ could not be loaded \(.+\)/);
          assert.notEqual(await textOf(page), "");
        },
      ));
});
