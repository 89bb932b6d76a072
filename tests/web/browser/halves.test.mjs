// The engine's second half: no show of the page's own waits for it, what nobody could foresee does, and is told of where it
// cannot be had.

import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { embed, post } from "./helpers/blog.mjs";
import { engineReady, textIn, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";
import { visiting } from "./helpers/visiting.mjs";

const COLD = /\/cold-[0-9a-f]+\.bin$/;
/** As a browser says that a host lacks a file. */
const NOT_THERE = /404|sw\.js/;

describe("the engine's second half", { skip: !process.env.PYSIM_HALVES }, () => {
  const { here, visit } = visiting();
  beforeEach(() => void here.server.requests.splice(0));
  const isAsked = () => here.server.requests.some((path) => COLD.test(path));

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

  inOne("is told of where it cannot be had, and the show goes on", async () => {
    const { missing } = here.server;
    missing.push(COLD);
    const look = async (/** @type {import("puppeteer-core").Page} */ page) => {
      await engineReady(page);
      await page.$eval('#menu [data-action="cast"]', (button) => /** @type {HTMLElement} */ (button).click());
      await until(async () => (await textIn(page, "#notes")) !== "", "a note");
      assert.match(await textIn(page, "#notes"), /^A part of the simulator could not be loaded \(.*404.*\)\./);
      missing.pop();
    };
    await visit("?preset=classic", look, { expected: NOT_THERE });
  });

  it("is there from the start where there is no worker", () => {
    const { server, browser } = here;
    const frame = `<iframe src="${server.url}embed.html?preset=classic" sandbox="allow-scripts"></iframe>`;
    return post({ browser, blog: server }, frame, async (page) => {
      const sandbox = await embed(page);
      await engineReady(sandbox);
      const { requests } = server;
      const [cold, snapshot] = [COLD, /\/snapshot-/].map((name) => requests.findIndex((path) => name.test(path)));
      assert.ok(cold >= 0 && cold < snapshot, requests.join(" "));
    });
  });
});
