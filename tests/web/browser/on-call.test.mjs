// On call on the page: the panel comes when the show stops, numbers choose, Escape goes on, decisions are in the address.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { axe } from "./helpers/axe.mjs";
import { engineReady, pause, screen, textIn, until } from "./helpers/pages.mjs";
import { visiting } from "./helpers/visiting.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const WAITING = "waiting for a decision";
const NIGHT = "?preset=night-shift&on-call=true&from=7m&speed-factor=4";

/** @param {Page} page */
const decided = (page) => page.evaluate(() => new URLSearchParams(location.search).getAll("decide"));

/** @param {Page} page */
async function called(page) {
  await engineReady(page);
  await page.waitForSelector("#on-call:not([hidden]) .choices button", { timeout: 60_000 });
}

describe("on call", () => {
  const { visit } = visiting();

  it("a call opens a panel that says what each choice costs; a number decides, and the address has it", () =>
    visit(NIGHT, async (page) => {
      await called(page);
      assert.match(await textIn(page, "#on-call .calls"), /the job is down/);
      assert.match(await textIn(page, '#on-call [data-choice="restart"]'), /min · .*\$/);
      assert.match(await textIn(page, "#status"), /^On call: the job is down.*numbers choose/);
      assert.deepEqual(await axe(page), []);
      const ahead = await page.evaluate(() => {
        const now = Number(document.querySelector(".playhead")?.getAttribute("x1"));
        const passages = [...document.querySelectorAll("rect.passage")];
        return passages.filter((passage) => Number(passage.getAttribute("x")) > now).length;
      });
      assert.equal(ahead, 0, "the band tells nothing of what is to come");
      const { knob, width } = await page.evaluate(() => ({
        knob: Number(document.querySelector(".timeline .knob")?.getAttribute("cx")),
        width: document.querySelector(".timeline")?.clientWidth ?? 0,
      }));
      const drawn = [
        ...(await page.$eval(".timeline .curve", (path) => path.getAttribute("d") ?? "")).matchAll(/[ML]([\d.]+)/g),
      ];
      assert.ok(knob > 10 && knob < width / 2, `${knob} of ${width}: a night of a day has begun`);
      assert.ok(
        drawn.every(([, x]) => Number(x) <= knob + 0.1),
        "nor does the curve",
      );
      assert.equal(await page.$eval(".call-button", (found) => getComputedStyle(found).display), "none");
      const names = await page.$$eval("#on-call .choices button[data-choice]", (buttons) =>
        buttons.map((button) => button.getAttribute("data-choice")),
      );
      await page.keyboard.press(String(names.indexOf("restart") + 1));
      await page.waitForSelector(".choices form.arguments:not([hidden]) select");
      await page.keyboard.press("Enter");
      await until(async () => (await decided(page)).length === 1, "the address");
      assert.match((await decided(page))[0] ?? "", /^restart@[\dhms.]+s,checkpoint=\d+$/);
      assert.equal(await page.$("#on-call:not([hidden])"), null);
    }));

  it("a node to drain is chosen, and Escape goes on without a decision", () =>
    visit(NIGHT, async (page) => {
      await called(page);
      await page.click('#on-call [data-choice="drain"]');
      assert.equal(
        await page.$eval(".arguments:not([hidden]) select", (select) => select === document.activeElement),
        true,
      );
      assert.deepEqual(await axe(page), []);
      await page.keyboard.press("Escape");
      await pause(0.3);
      assert.equal(await page.$("#on-call:not([hidden])"), null);
      assert.deepEqual(await decided(page), []);
    }));

  it("who opens the panel by its key is in it, and back where it was when it is closed", () =>
    visit("?preset=night-shift&on-call=true&from=5m", async (page) => {
      await engineReady(page);
      await page.keyboard.press(" ");
      await page.focus(".bar .play");
      await page.keyboard.press("o");
      await page.waitForSelector("#on-call:not([hidden]) .choices");
      const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.className);
      await until(async () => (await focused()) === "on-call-title", "in the panel");
      await page.keyboard.press("Escape");
      assert.match(String(await focused()), /play/);
    }));

  it("another node than those that are offered has its host's name beside it", () =>
    visit(NIGHT, async (page) => {
      await called(page);
      await page.click('#on-call [data-choice="drain"]');
      await page.select(".arguments:not([hidden]) .argument select", "");
      await page.type(".arguments:not([hidden]) .argument input", "17");
      await until(async () => /\d/.test(await textIn(page, ".arguments:not([hidden]) .meant")), "the host");
      assert.deepEqual(await axe(page), []);
    }));

  for (const width of [360, 1280])
    it(`the way to what waits lies over nothing that is told in place: ${width} px`, () =>
      visit(
        "?preset=night-shift&on-call&from=10%25",
        async (page) => {
          await engineReady(page);
          await page.waitForSelector(".call-button.calling", { timeout: 60_000 });
          await until(async () => (await screen(page)).some((row) => row.includes(WAITING)), "told in place");
          const { button, live, right } = await page.evaluate((waiting) => {
            const rows = [...document.querySelectorAll(".xterm-rows > div")];
            const told = rows.findLast((row) => row.textContent?.includes(waiting));
            return {
              button: /** @type {Element} */ (document.querySelector(".call-button")).getBoundingClientRect().bottom,
              live: /** @type {Element} */ (told).getBoundingClientRect().top,
              right:
                innerWidth -
                /** @type {Element} */ (document.querySelector(".call-button")).getBoundingClientRect().right,
            };
          }, WAITING);
          assert.ok(button <= live, `${button} is below ${live}`);
          assert.ok(right >= 8, `${right} px from the edge`);
        },
        { width },
      ));

  it("the night is over with three scores", () =>
    visit("?scenario=one-bad-gpu&from=99.99%25", async (page) => {
      await engineReady(page);
      await page.waitForSelector("#on-call:not([hidden]) table", { timeout: 60_000 });
      assert.match(await textIn(page, "#on-call thead"), /you.*the policy.*nobody/);
      assert.match(await textIn(page, "#on-call .goals"), /goodput >= 0\.94/);
      assert.deepEqual(await axe(page), []);
    }));

  it("situations are offered in the settings", () =>
    visit("?preset=classic", async (page) => {
      await engineReady(page);
      await page.keyboard.press(",");
      await page.waitForSelector('#settings [data-scenario="one-bad-gpu"]');
      assert.equal((await page.$$("#settings [data-scenario]")).length, 5);
      assert.deepEqual(await axe(page), []);
      await page.click('#settings [data-scenario="one-bad-gpu"]');
      await until(async () => (await page.evaluate(() => location.search)) === "?scenario=one-bad-gpu", "the address");
      await until(async () => (await page.$(".call-button:not([hidden])")) !== null, "on call", 60);
    }));
});
