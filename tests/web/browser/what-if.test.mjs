// What if one thing were otherwise: chosen on the page, in the address, and a link that opens with it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { axe } from "./helpers/axe.mjs";
import { engineReady, textIn, textOf, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";
import { visiting } from "./helpers/visiting.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const RUN = "?preset=night-shift&from=50%25";

/** @param {Page} page */
const compared = (page) => page.evaluate(() => new URLSearchParams(location.search).getAll("compare"));

describe("what if", () => {
  const { visit } = visiting();

  it("offers changes for the run on show; one is compared, with a table, in the address", () =>
    visit(RUN, async (page) => {
      await engineReady(page);
      await page.keyboard.press("w");
      await page.waitForSelector('#what-if [data-change="spares=0"]', { timeout: 60_000 });
      assert.deepEqual(await axe(page), []);
      await page.click('#what-if [data-change="spares=0"]');
      await page.waitForSelector("#what-if table", { timeout: 60_000 });
      assert.match(await textIn(page, "#what-if table caption"), /^so far, [\d:]+ after the launch$/);
      assert.match(await textIn(page, "#what-if table:last-of-type"), /goodput/);
      assert.deepEqual(await axe(page), []);
      await page.click("#what-if .dialog-close");
      await until(async () => (await compared(page))[0] === "spares=0", "the address");
      await until(async () => /steps ahead of A/.test(await textOf(page)), "the view", 60);
    }));

  it("opens from a link", () =>
    visit(`${RUN}&compare=checkpoint-every%3D20`, async (page) => {
      await engineReady(page);
      await until(async () => /B checkpoint-every=20/.test(await textOf(page)), "the view", 60);
      assert.equal(await textIn(page, "#notes"), "");
    }));

  inOne("says in a note why something cannot be compared, and the show goes on", () =>
    visit("?preset=classic&compare=gpus%3D8", async (page) => {
      await engineReady(page);
      await until(async () => /makes another run, with other luck/.test(await textIn(page, "#notes")), "a note");
      await until(async () => (await textOf(page)) !== "", "the show");
      assert.deepEqual(await compared(page), []);
    }),
  );
});
