// The engine's second half: no show of the page's own waits for it, what nobody could foresee does, and is told of where it
// cannot be had.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import { embed, post } from "./helpers/blog.mjs";
import { engineReady, keepDownloads, place, textIn, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";
import { siteFolder } from "./helpers/site.mjs";
import { visiting } from "./helpers/visiting.mjs";

const COLD = /\/cold-[0-9a-f]+\.bin$/;
const SNAPSHOT = /\/snapshot-/;
/** @param {string} folder the site's */
const coldFile = (folder) => readdirSync(join(folder, "engine")).find((name) => COLD.test(`/${name}`));
/** As a browser says that a host lacks a file. */
const NOT_THERE = /404|sw\.js/;

/** Another one's file: the same, but that its parts ask for those of other halves. @param {Buffer} file */
const ofAnotherVersion = (file) =>
  Buffer.from(file.toString("latin1").replaceAll(/\$[0-9a-f]{12}:/g, "$000000000000:"), "latin1");

/** Takes from a worker what not every browser has. */
const OLD_BROWSER = `delete WebAssembly.instantiateStreaming; delete WebAssembly.compileStreaming; XMLHttpRequest = undefined;\n`;

describe("the engine's second half", { skip: coldFile(await siteFolder()) === undefined }, () => {
  const { here, firstVisit: visit } = visiting();
  beforeEach(() => {
    const { requests, pages, missing, slow, cut } = here.server;
    for (const list of [requests, missing, slow, cut]) list.splice(0);
    pages.clear();
    missing.push(/sw\.js$/); // a service worker would ask for everything, the one of a visit before as well
  });
  /** Something that waits for the second half. @param {import("puppeteer-core").Page} page */
  const download = (page) =>
    page.$eval('#menu [data-action="cast"]', (button) => /** @type {HTMLElement} */ (button).click());
  /** @param {import("puppeteer-core").Page} page @param {RegExp} words */
  async function goesOnAndSays(page, words) {
    await engineReady(page);
    await download(page);
    await until(async () => (await textIn(page, "#notes")) !== "", "a note");
    assert.match(await textIn(page, "#notes"), words);
    const began = await place(page);
    await until(async () => (await place(page)) > began, "goes on");
  }
  const isAsked = () => here.server.requests.some((path) => COLD.test(path));

  // The first: nothing keeps files in the background yet, so that what is asked for is its own.
  it("is there from the start where there is no worker", () => {
    const { server, browser } = here;
    const frame = `<iframe src="${server.url}embed.html?preset=classic" sandbox="allow-scripts"></iframe>`;
    return post({ browser, blog: server }, frame, async (page) => {
      const sandbox = await embed(page);
      await engineReady(sandbox);
      const { requests } = server;
      const [cold, snapshot] = [COLD, SNAPSHOT].map((name) => requests.findIndex((path) => name.test(path)));
      assert.ok(cold >= 0 && cold < snapshot, requests.join(" "));
    });
  });

  for (const query of ["", "?preset=llama3-405b"]) {
    it(`is not waited for by a show of the page's own: "${query}"`, async () => {
      here.server.slow.push(COLD);
      const look = async (/** @type {import("puppeteer-core").Page} */ page) => {
        await engineReady(page);
        await until(isAsked, "the second half, in the background");
        assert.equal(await textIn(page, "#notes"), "");
        here.server.slow.splice(0);
      };
      await visit(query, look);
    });
  }

  it("comes before a run that somebody thought of", async () => {
    here.server.slow.push(COLD);
    const look = async (/** @type {import("puppeteer-core").Page} */ page) => {
      await until(isAsked, "the second half");
      here.server.slow.splice(0);
      await engineReady(page);
    };
    await visit("?model=llama3-8b&gpus=64", look);
  });

  it("is asked for while Python still starts, where a run needs it", async () => {
    here.server.slow.push(SNAPSHOT);
    const look = async (/** @type {import("puppeteer-core").Page} */ page) => {
      await until(isAsked, "the second half");
      here.server.slow.splice(0);
      await engineReady(page);
      assert.equal(here.server.requests.filter((path) => COLD.test(path)).length, 1);
    };
    await visit("?model=llama3-8b&gpus=64", look);
  });

  inOne("is told of where it cannot be had, and the show goes on", async () => {
    here.server.missing.push(COLD);
    const said = /^A part of the simulator could not be loaded \(.*404.*\)\./;
    await visit("?preset=classic", (page) => goesOnAndSays(page, said), { expected: NOT_THERE });
  });

  inOne("of another version is refused, and the show goes on", async () => {
    const name = coldFile(here.folder) ?? "";
    const other = ofAnotherVersion(readFileSync(join(here.folder, "engine", name)));
    here.server.pages.set(`/some/path/engine/${name}`, other);
    await visit("?preset=classic", (page) => goesOnAndSays(page, /halves are not of one version; load the page anew/));
  });

  inOne("is asked for again where the connection is cut in the middle", async () => {
    const { cut, requests } = here.server;
    cut.push(COLD);
    const look = async (/** @type {import("puppeteer-core").Page} */ page) => {
      await engineReady(page);
      await until(() => requests.filter((path) => COLD.test(path)).length > 1, "another try");
      cut.pop();
      const began = await place(page);
      await until(async () => (await place(page)) > began, "goes on");
      await download(page);
      await page.waitForFunction(() => /** @type {any} */ (window).downloaded);
    };
    await visit("?preset=classic", look, {
      expected: /bad HTTP response code|net::ERR|NetworkError|ReadableStream|sw\.js/,
      before: keepDownloads,
    });
  });

  it("needs neither compilation of streams nor requests that a worker waits for", async () => {
    const { folder, server } = here;
    const name = readdirSync(join(folder, "assets")).find((each) => /^worker-.*\.js$/.test(each)) ?? "";
    const script = readFileSync(join(folder, "assets", name), "utf8");
    server.pages.set(`/some/path/assets/${name}`, `${OLD_BROWSER}${script}`);
    await visit("?model=llama3-8b&gpus=64", async (page) => {
      await engineReady(page);
      assert.ok(isAsked());
      assert.equal(await textIn(page, "#notes"), "");
    });
  });
});
