// A line, a number or the newest line explained: by a click, a tap or a key, beside what it is about. PYSIM_BROWSER=firefox runs it there.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { axe } from "./helpers/axe.mjs";
import { engineReady, playLabel, screen, textIn, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";
import { visiting } from "./helpers/visiting.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const MIDDLE = "?preset=classic&incidents=off&from=40%25";
const PANEL = "#explanation";

const { visit } = visiting({});

/** Where a row of the screen is, in px of the page. @param {Page} page @param {number} row @param {number} [column] */
const cell = (page, row, column = 30) =>
  page.evaluate(
    (row, column) => {
      const box = /** @type {Element} */ (document.querySelector(".xterm-screen")).getBoundingClientRect();
      const rows = document.querySelectorAll(".xterm-rows > div").length;
      return { x: box.left + column * 8, y: box.top + ((row + 0.5) / rows) * box.height };
    },
    row,
    column,
  );

/** @param {Page} page @param {RegExp} text @param {number} [column] */
async function clickRow(page, text, column) {
  const rows = await screen(page);
  const row = rows.findLastIndex((line) => text.test(line));
  assert.ok(row >= 0, `no row like ${text}`);
  const { x, y } = await cell(page, row, column);
  await page.mouse.click(x, y);
}

/** So that no row moves between the look and the click. @param {Page} page */
async function standStill(page) {
  await page.keyboard.press(" ");
  await until(async () => (await playLabel(page)) === "Play", "paused");
}

/** Once it says something. @param {Page} page @param {RegExp} title */
const explained = (page, title) =>
  until(
    async () => {
      const heading = await page.$(`${PANEL} h2`);
      const text = heading === null ? "" : await textIn(page, `${PANEL} h2`);
      return title.test(text) ? text : "";
    },
    `explained: ${title}`,
    60,
  );

describe("a row", () => {
  it("that is clicked is explained beside it, and the show stands still until the panel is closed", () =>
    visit(`${MIDDLE}&speed-factor=0.1`, async (page) => {
      await engineReady(page);
      await until(async () => (await screen(page)).some((row) => / step /.test(row)), "steps");
      await clickRow(page, / step /);
      await explained(page, /one optimizer step/);
      assert.equal(await playLabel(page), "Play");
      const text = await textIn(page, PANEL);
      for (const part of [/by the law/, /exp\(\d/, /Better or worse/, /Read more/, /plan: tokens per step/]) {
        assert.match(text, part);
      }
      assert.deepEqual(await axe(page), []);
      await page.keyboard.press("Escape");
      await until(async () => (await page.$(PANEL)) === null, "closed");
      await until(async () => (await playLabel(page)) === "Pause", "goes on");
    }));

  inOne("says the step that it shows", () =>
    visit(MIDDLE, async (page) => {
      await engineReady(page);
      await until(async () => (await screen(page)).some((row) => / step /.test(row)), "steps");
      await standStill(page);
      const line = (await screen(page)).findLast((row) => / step +[\d,]+\/.*loss/.test(row)) ?? "";
      const [, step = "", loss = ""] = / step +([\d,]+)\/.*? loss +([\d.]+)/.exec(line) ?? [];
      await clickRow(page, new RegExp(` step +${step}/`));
      await explained(page, /one optimizer step/);
      const text = await textIn(page, PANEL);
      assert.ok(text.includes(step) && text.includes(loss), `${step} ${loss} in ${text}`);
      await page.keyboard.press("Escape");
      assert.equal(await playLabel(page), "Play", "it was paused before");
    }),
  );

  it("that is dragged over is selected, and not explained", () =>
    visit(MIDDLE, async (page) => {
      await engineReady(page);
      const from = await cell(page, 3, 10);
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(from.x + 120, from.y, { steps: 4 });
      await page.mouse.up();
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(await page.$(PANEL), null);
    }));
});

describe("the key e", () => {
  inOne("explains the newest line; the buttons go to the lines above and below, and the focus comes back", () =>
    visit(MIDDLE, async (page) => {
      await engineReady(page);
      await until(async () => (await screen(page)).some((row) => / step /.test(row)), "steps");
      await page.keyboard.press("e");
      await explained(page, /./);
      await until(() => page.evaluate(() => document.activeElement?.closest("#explanation") !== null), "focused");
      const before = await textIn(page, PANEL);
      await page.click(`${PANEL} [aria-label="Line above"]`);
      await until(async () => (await textIn(page, PANEL)) !== before, "another line");
      await page.keyboard.press("Escape");
      assert.equal(await page.$(PANEL), null);
    }),
  );

  inOne("waits with a word where the simulator is not there yet", () =>
    visit("", async (page) => {
      await page.waitForSelector("html.started");
      await page.keyboard.press("e");
      await page.waitForSelector(PANEL);
      await engineReady(page);
      await explained(page, /^(?!one moment)./);
    }),
  );
});

describe("on the dashboard", () => {
  inOne("a number is explained alone", () =>
    visit(`${MIDDLE}&view=dashboard`, async (page) => {
      await engineReady(page);
      await until(async () => (await screen(page)).some((row) => row.includes("perplexity")), "the figures");
      await standStill(page);
      const rows = await screen(page);
      const row = rows.findIndex((line) => line.includes("perplexity"));
      const box = await page.$eval(".xterm-screen", (found) => found.getBoundingClientRect().toJSON());
      await page.mouse.click(box.right - 40, box.top + ((row + 0.5) / rows.length) * box.height);
      await explained(page, /perplexity/);
      assert.match(await textIn(page, PANEL), /exp\(/);
      assert.deepEqual(await axe(page), []);
    }),
  );
});

describe("a narrow page", () => {
  inOne("has a sheet at the bottom that does not cover the row", () =>
    visit(
      MIDDLE,
      async (page) => {
        await engineReady(page);
        await until(async () => (await screen(page)).some((row) => /step .*loss/.test(row)), "steps");
        await standStill(page);
        await clickRow(page, /step .*loss/, 5);
        await explained(page, /one optimizer step/);
        const { sheet, marked } = await page.evaluate(() => ({
          sheet: /** @type {Element} */ (document.querySelector("#explanation")).getBoundingClientRect().toJSON(),
          marked: document.querySelector(".xterm-decoration")?.getBoundingClientRect().toJSON() ?? null,
        }));
        assert.equal(Math.round(sheet.width), 360);
        if (marked !== null) assert.ok(marked.bottom <= sheet.top + 1, `${marked.bottom} below ${sheet.top}`);
        assert.deepEqual(await axe(page), []);
      },
      { width: 360, height: 640 },
    ),
  );
});
