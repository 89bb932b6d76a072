// The text on the page: selected, copied, found, saved; and what stands around it while it stands still.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { axe } from "./helpers/axe.mjs";
import { allText, engineReady, keepDownloads, place, playLabel, screen, textIn, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";
import { visiting } from "./helpers/visiting.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const { firstVisit: visit, visitBeforeEngine } = visiting(); // a service worker would have everything

/** @param {Page} page */
async function pauseIt(page) {
  await page.keyboard.press(" ");
  await until(async () => (await screen(page)).join().includes(" paused "), "paused");
}

/** Drags over some rows. @param {Page} page @returns {Promise<{x: number, y: number, width: number, height: number}>} what is selected for sure */
async function select(page) {
  const { x, y } = await page.$eval(".xterm-screen", (box) => box.getBoundingClientRect().toJSON());
  await page.mouse.move(x + 20, y + 60);
  await page.mouse.down();
  await page.mouse.move(x + 400, y + 120, { steps: 4 });
  await page.mouse.up();
  return { x: x + 40, y: y + 76, width: 300, height: 30 };
}

/** How many colours there are in a part of the page. @param {Page} page @param {{x: number, y: number, width: number, height: number}} clip */
async function colours(page, clip) {
  const picture = await page.screenshot({ clip, encoding: "base64" });
  return await page.evaluate(async (data) => {
    const image = Object.assign(new Image(), { src: `data:image/png;base64,${data}` });
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(image, 0, 0);
    return new Set(new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer)).size;
  }, picture);
}

/** Runs in the page: keeps what it copies. */
function keepCopies() {
  const copies = Object.assign(window, { copies: /** @type {string[]} */ ([]) }).copies;
  addEventListener("copy", ({ clipboardData }) => copies.push(clipboardData?.getData("text/plain") ?? ""));
}

/** @param {Page | import("puppeteer-core").Frame} page @returns {Promise<string[]>} */
const copies = (page) => page.evaluate(() => /** @type {any} */ (window).copies);

describe("selected text", () => {
  it("is seen over its selection", () =>
    visit("?preset=classic&from=50%25&theme=dark", async (page) => {
      await engineReady(page);
      await pauseIt(page);
      const part = await select(page);
      await until(async () => (await colours(page, part)) > 4, "letters, and not the selection's colour alone", 5);
      assert.deepEqual(await axe(page), []);
    }));

  it("is copied by the keys for it, and what a field has by the field", () =>
    visit("?preset=classic&from=50%25", async (page) => {
      await engineReady(page);
      await pauseIt(page);
      await page.evaluate(keepCopies);
      await select(page);
      await page.keyboard.down("Control");
      await page.keyboard.press("c");
      await page.keyboard.up("Control");
      await until(async () => (await copies(page)).length > 0, "copied", 5);
      const shown = await screen(page);
      for (const line of (await copies(page))[0]?.split("\n") ?? []) {
        assert.ok(line.length > 10 && shown.some((row) => row.includes(line.trimEnd())), `${line} is on the screen`);
      }
      await page.keyboard.press("/");
      await page.waitForSelector("#search input");
      await page.keyboard.type("step");
      await page.$eval("#search input", (input) => /** @type {HTMLInputElement} */ (input).select());
      await page.keyboard.down("Control");
      await page.keyboard.press("c");
      await page.keyboard.up("Control");
      assert.ok(!(await copies(page))[1], "the browser copies it");
    }));
});

describe("the search", () => {
  const count = async (/** @type {Page} */ page) =>
    (await textIn(page, "#search output")).split(" of ").map((part) => Number(part.replace(/[,+]/g, "")));

  inOne("counts, goes back and forth and around, and has no violations", () =>
    visit("?preset=classic&from=50%25", async (page) => {
      await engineReady(page);
      await pauseIt(page);
      await page.keyboard.press("/");
      await page.waitForSelector("#search input");
      await page.keyboard.type("LOSS ");
      await until(async () => /^\d+ of \d+$/.test(await textIn(page, "#search output")), "a count");
      const [newest = 0, all = 0] = await count(page);
      assert.ok(all > 5 && newest === all, `${newest} of ${all}`);
      await page.keyboard.press("Enter");
      assert.deepEqual(await count(page), [all - 1, all]);
      await page.click('#search [aria-label="Newer match"]');
      assert.deepEqual(await count(page), [all, all]);
      await page.click('#search [aria-label="Newer match"]');
      assert.deepEqual(await count(page), [1, all]);
      await page.click('#search [aria-label="Older match"]');
      assert.deepEqual(await count(page), [all, all]);
      assert.deepEqual(await axe(page), []);
      await page.focus("#search input");
      await page.keyboard.press("Escape");
      assert.equal(await page.$("#search"), null);
      assert.equal(await page.$(".xterm-decoration"), null);
    }),
  );

  inOne("keeps sight of what it found while the run goes on, and finds what is new", () =>
    visit("?preset=classic&from=50%25&speed-factor=20", async (page) => {
      await engineReady(page);
      await until(async () => (await place(page)) > 0, "it plays");
      await page.keyboard.press("/");
      await page.waitForSelector("#search input");
      await page.keyboard.type("gpu status");
      await until(async () => /^\d+ of \d+$/.test(await textIn(page, "#search output")), "a count");
      const [, before = 0] = await count(page);
      await until(async () => Number((await count(page))[1]) > before + 5, "new ones");
      await until(async () => (await rowsUnderMarks(page)).length > 0, "marks");
      for (const row of await rowsUnderMarks(page)) assert.match(row, /GPU.status/);
    }),
  );
});

/** The text of the rows that have a mark. @param {Page} page @returns {Promise<string[]>} */
const rowsUnderMarks = (page) =>
  page.evaluate(() => {
    const rows = [...document.querySelectorAll(".xterm-rows > div")];
    const marks = [...document.querySelectorAll(".xterm-decoration")].map((mark) => mark.getBoundingClientRect());
    return rows.flatMap((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      const isMarked = marks.some((mark) => mark.height > 0 && mark.top >= top - 1 && mark.bottom <= bottom + 1);
      return isMarked ? [row.textContent ?? ""] : [];
    });
  });

describe("the downloaded text", () => {
  inOne("is the log, without the live region and its words", () =>
    visit(
      "?preset=classic",
      async (page) => {
        await until(async () => (await screen(page)).join("").length > 100, "text");
        assert.doesNotMatch(await allText(page), /Bring-up +\[|paused/);
        await engineReady(page);
        await pauseIt(page);
        const live = (await screen(page)).filter((row) => row !== "").slice(-3);
        assert.match(live.join(), /paused/);
        const text = await allText(page);
        assert.ok(text.length > 1000);
        for (const row of live) assert.ok(!text.includes(row), row);
        assert.doesNotMatch(text, /paused/);
      },
      { before: keepDownloads },
    ),
  );
});

describe("the bar", () => {
  inOne("says replay at the end, and does so", () =>
    visit("?preset=classic&until=0:00:03", async (page) => {
      await engineReady(page);
      await until(async () => (await playLabel(page)) === "Replay", "the end");
      assert.deepEqual(await axe(page), []);
      await page.click(".bar .play");
      await until(async () => (await playLabel(page)) === "Pause", "again");
    }),
  );

  inOne("has a menu for the arrows", () =>
    visit("?preset=classic", async (page) => {
      await engineReady(page);
      const here = () => page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).dataset.action ?? "");
      const ids = await page.$$eval("#menu [role=menuitem]", (items) =>
        items.map((item) => /** @type {HTMLElement} */ (item).dataset.action),
      );
      await page.focus(".bar .more");
      await page.keyboard.press("Enter");
      await until(async () => (await here()) === ids[0], "the first");
      assert.deepEqual(await axe(page), []);
      await page.keyboard.press("ArrowDown");
      assert.equal(await here(), ids[1]);
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("ArrowUp");
      assert.equal(await here(), ids.at(-1));
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("End");
      assert.equal(await here(), "help");
      await page.keyboard.press("Enter");
      await page.waitForSelector("dialog#help");
      await page.keyboard.press("Escape");
    }),
  );
});

describe("on a slow line", () => {
  inOne("says that it waits for the simulator, how far that is, and no more once it is there", () =>
    visitBeforeEngine("?preset=classic", async (page, letEngineIn) => {
      await page.waitForSelector('html[data-mode="recording"]');
      for (let press = 0; press < 3; press += 1) await page.keyboard.press("+"); // it is soon over
      await page.waitForSelector(".waiting", { timeout: 60_000 });
      assert.match(await textIn(page, ".waiting"), /^Waiting for the simulator\d+\.\d of \d+\.\d MB$/);
      assert.ok(Number(await page.$eval(".waiting progress", (bar) => bar.position)) > 0.3);
      assert.match(await textIn(page, "#status"), /^Waiting for the simulator/);
      assert.deepEqual(await axe(page), []);
      letEngineIn();
      await engineReady(page);
      assert.equal(await page.$(".waiting"), null);
    }),
  );
});
