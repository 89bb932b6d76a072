// The second archive: nothing of a first frame waits for it, and what needs it gets it when it is asked for.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { embed, post } from "./helpers/blog.mjs";
import { engineReady, keepDownloads, textIn, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";
import { visiting } from "./helpers/visiting.mjs";

const ARCHIVE = /\/later-[0-9a-f]+\.zip$/;
/** As a browser says that a host lacks a file. */
const NOT_THERE = /404|sw\.js/;

/** @param {import("puppeteer-core").Page | import("puppeteer-core").Frame} page */
const saveCast = (page) =>
  page.$eval('#menu [data-action="cast"]', (button) => /** @type {HTMLElement} */ (button).click());

describe("what no first frame needs", () => {
  const { here, visit } = visiting();

  it("comes in the background once a run plays", () =>
    visit("?preset=classic", async (page) => {
      await engineReady(page);
      const { requests } = here.server;
      await until(async () => requests.some((path) => ARCHIVE.test(path)), "the archive");
      const earlier = requests.slice(
        0,
        requests.findIndex((path) => ARCHIVE.test(path)),
      );
      for (const name of [/snapshot-/, /library-/]) assert.ok(earlier.some((path) => name.test(path)));
    }));

  inOne(
    "is told of where it cannot be had, while the run goes on, and is fetched when it is asked for again",
    async () => {
      const { missing } = here.server;
      missing.push(ARCHIVE);
      const look = async (/** @type {import("puppeteer-core").Page} */ page) => {
        await engineReady(page);
        await saveCast(page);
        await until(async () => (await textIn(page, "#notes")) !== "", "a note");
        const said = /^A part of the simulator could not be loaded \(the host answers 404 for .*\.zip\)\./;
        assert.match(await textIn(page, "#notes"), said);
        missing.pop();
        await saveCast(page);
        await page.waitForFunction(() => /** @type {any} */ (window).downloaded);
        assert.match(await page.evaluate(() => /** @type {any} */ (window).downloaded), /^\{"version"/);
      };
      await visit("?preset=classic", look, { expected: NOT_THERE, before: keepDownloads });
    },
  );

  it("comes without a worker as well", () => {
    const { server, browser } = here;
    const frame = `<iframe src="${server.url}embed.html?preset=classic" sandbox="allow-scripts"></iframe>`;
    return post({ browser, blog: server }, frame, async (page) => {
      const sandbox = await embed(page);
      server.requests.splice(0);
      await engineReady(sandbox);
      await until(async () => server.requests.some((path) => ARCHIVE.test(path)), "the archive");
      assert.equal(await textIn(sandbox, "#notes"), "");
    });
  });
});
