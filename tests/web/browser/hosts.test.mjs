// The site on hosts that compress and on hosts that do not, and on one whose files change while it is in use.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { buildServiceWorker } from "../../../web/build/service-worker.mjs";
import { BROWSER, launch } from "./helpers/browsers.mjs";
import { engineReady, openPage, place, textIn, textOf, until } from "./helpers/pages.mjs";
import { serve } from "./helpers/server.mjs";
import { inOne } from "./helpers/shares.mjs";
import { siteFolder } from "./helpers/site.mjs";

/** @type {import("./helpers/browsers.mjs").Browser} */
let browser;
/** @type {string} */
let folder;
before(async () => {
  folder = await siteFolder();
  browser = await launch(BROWSER);
});
after(() => browser?.close());

/** Keeps what the terminal says of the bytes that have arrived: it is soon gone again. */
function keepProgress() {
  new MutationObserver(() => {
    const said = /([\d.]+)\/([\d.]+) MB/.exec(document.querySelector(".xterm-rows")?.textContent ?? "");
    if (said !== null) Object.assign(window, { progress: [...said] });
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

describe("a host", () => {
  for (const encoding of /** @type {const} */ (["br", "gzip"])) {
    inOne(`may serve the files in ${encoding}`, async (t) => {
      const server = await serve(folder, { encoding });
      t.after(() => server.stop());
      const { page, errors } = await openPage(browser, `${server.url}?seed=5`, {
        before: (page) => page.evaluateOnNewDocument(keepProgress),
      });
      t.after(() => page.close());
      const progress = await page.waitForFunction(() => /** @type {any} */ (window).progress);
      const [, loaded, total] = await progress.jsonValue();
      assert.ok(Number(loaded) <= Number(total), `${loaded} of ${total}`);
      await engineReady(page);
      const began = await place(page);
      await until(async () => (await place(page)) > began, "goes on");
      assert.deepEqual(errors, []);
    });
  }

  it("may refuse the engine: the recording plays on and the page says so", async (t) => {
    const server = await serve(folder);
    t.after(() => server.stop());
    server.missing.push(/pyodide\.asm\.wasm/);
    const context = await browser.createBrowserContext();
    const { page } = await openPage(context, server.url);
    t.after(() => context.close());
    await until(async () => /stopped|could not/.test(await textIn(page, "#notes")), "a note");
    assert.notEqual(await textOf(page), "");
  });

  it("may be none: the page says how to have one, and does not send the visitor to itself", async (t) => {
    // Firefox as its users have it; its driver lets files load one another.
    const careful = await launch(BROWSER, [], { "security.fileuri.strict_origin_policy": true });
    t.after(() => careful.close());
    const { page } = await openPage(careful, pathToFileURL(join(folder, "index.html")).href);
    const said = await page.$$eval("main p", (all) => all.filter((p) => p.checkVisibility()).map((p) => p.textContent));
    assert.match(said.join(""), /Run python3 -m http\.server in the folder/);
    const links = await page.$$eval("a", (found) =>
      found.filter((link) => link.checkVisibility()).map((link) => link.href),
    );
    assert.deepEqual(links, ["http://localhost:8000/"]);
  });

  it("may lose the page's modules: a visitor who is on the page is not sent to it", async (t) => {
    const server = await serve(folder);
    t.after(() => server.stop());
    server.missing.push(/assets\/.*\.js/);
    const context = await browser.createBrowserContext();
    const { page } = await openPage(context, server.url);
    t.after(() => context.close());
    await until(async () => /could not start/.test(await textIn(page, "#notes")), "a note");
    assert.equal(await textIn(page, "#notes a"), "Load it anew.");
  });

  inOne("may have a new version: the old one stays whole until its last page is closed", async (t) => {
    const copy = mkdtempSync(join(tmpdir(), "pysim-versions-"));
    cpSync(folder, copy, { recursive: true });
    const server = await serve(copy);
    const context = await browser.createBrowserContext();
    t.after(async () => {
      await context.close();
      await server.stop();
      rmSync(copy, { recursive: true });
    });
    const { page } = await openPage(context, server.url);
    await engineReady(page);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await newVersion(copy);

    await page.reload();
    assert.equal(await versionOf(page), null);
    await engineReady(page);
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      await registration?.update();
    });
    await until(
      () => page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting)),
      "it waits",
    );
    await page.reload();
    assert.equal(await versionOf(page), null);
    await engineReady(page);
    const began = await place(page);
    await until(async () => (await place(page)) > began, "the old one goes on");

    await page.goto("about:blank");
    await page.close();
    await until(async () => {
      const { page: next } = await openPage(context, server.url);
      const version = await versionOf(next);
      if (version === "2") await engineReady(next);
      await next.close();
      return version === "2";
    }, "the new one");
  });
});

/** @param {import("puppeteer-core").Page} page */
const versionOf = (page) => page.$eval("html", (html) => html.getAttribute("data-version"));

/** Puts a version there that shares no script with the old one. @param {string} site */
async function newVersion(site) {
  const assets = join(site, "assets");
  const renamed = (/** @type {string} */ text) => text.replaceAll(/([\w-]+)-([\w-]{8})\.(js|css)/g, "$1-v2$2.$3");
  for (const name of readdirSync(assets).filter((name) => /\.(js|css)$/.test(name))) {
    writeFileSync(join(assets, name), renamed(readFileSync(join(assets, name), "utf8")));
    renameSync(join(assets, name), join(assets, renamed(name)));
  }
  for (const name of ["index.html", "embed.html"]) {
    const html = renamed(readFileSync(join(site, name), "utf8")).replace("<html", '<html data-version="2"');
    writeFileSync(join(site, name), html);
  }
  await buildServiceWorker(site);
}
