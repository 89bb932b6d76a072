// What stands behind the play button, and which run a place belongs to.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { axe } from "./helpers/axe.mjs";
import {
  engineReady,
  pause,
  place,
  playLabel,
  reduceMotion,
  screen,
  secondsOf,
  textIn,
  textOf,
  until,
} from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";
import { PREVIEW_LEFT, visiting } from "./helpers/visiting.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

/** A row of the curve. */
const CURVE = /[\u2801-\u28ff]{10}/;
const { visit } = visiting();

/** @param {Page} page */
async function standsStill(page) {
  const before = await screen(page);
  await pause(1.5);
  assert.deepEqual(await screen(page), before);
  assert.equal(await playLabel(page), "Play");
}

describe("a poster where nothing is recorded", () => {
  it("says what is known of the run, loads nothing more, and plays at a click", () =>
    visit("?preset=llama3-405b&from=50%25&loading=click", async (page) => {
      await until(async () => CURVE.test(await textOf(page)), "a curve");
      const text = await textOf(page);
      assert.match(text, /^Llama 3\.1 405B on 16,384 H100\n16,384 NVIDIA H100/);
      assert.match(text, /\^ begins at 50%/);
      assert.match(text, /the loss of this run/);
      assert.match(text, /\$ pysim --preset llama3-405b --from 50%$/);
      await standsStill(page);
      assert.deepEqual(await axe(page), []);
      await page.click(".poster");
      await engineReady(page);
      await until(async () => (await playLabel(page)) === "Pause", "plays");
    }));

  inOne("says that other options make another run", () =>
    visit("?preset=classic&seed=9&loading=click", async (page) => {
      await until(async () => CURVE.test(await textOf(page)), "a curve");
      assert.match(await textOf(page), /yours will differ/);
    }),
  );

  inOne("names the options of a run of which nothing is known", () =>
    visit("?model=llama3-8b&loading=click", async (page) => {
      await until(async () => (await textOf(page)) !== "", "text");
      assert.equal(await textOf(page), "$ pysim --model llama3-8b");
    }),
  );

  inOne("is drawn anew in another box", () =>
    visit("?preset=classic&seed=9&loading=click", async (page) => {
      const width = async () => Math.max(...(await screen(page)).map((row) => row.length));
      await until(async () => CURVE.test(await textOf(page)), "a curve");
      const before = await width();
      await page.setViewport({ width: 400, height: 600 });
      await until(async () => (await width()) < before && CURVE.test(await textOf(page)), "a narrower one");
    }),
  );

  inOne("becomes the engine's picture of the moment that was asked for, and waits", () =>
    visit("?preset=llama3-8b&from=50%25&autoplay=0", async (page) => {
      await engineReady(page);
      await until(async () => (await textOf(page)).includes("paused"), "a picture");
      const total = await page.$eval(".bar .total", (found) => found.textContent ?? "");
      const seconds = secondsOf(total.replace(" / ", ""));
      assert.ok(Math.abs((await place(page)) / seconds - 0.5) < 0.001, `${await place(page)} of ${seconds}`);
      await standsStill(page);
    }),
  );

  inOne("stands still for who wants no motion", () =>
    visit(
      "?preset=classic&seed=9",
      async (page) => {
        await page.waitForSelector(".poster");
        await engineReady(page);
        await until(async () => (await textOf(page)).includes("paused"), "a picture");
        await standsStill(page);
      },
      { before: reduceMotion },
    ),
  );
});

describe("a place", () => {
  inOne("that the run does not have takes nothing else along", () =>
    visit("?preset=gpt2-124m&from=9000h", async (page) => {
      await engineReady(page);
      assert.match(await textIn(page, "#notes"), /^from: .*9000h/);
      await until(async () => (await page.title()).startsWith("GPT-2"), "the preset");
    }),
  );

  inOne("of one preset is not kept for another in the settings", () =>
    visit("?preset=llama3-8b&from=200%3A00%3A00&speed-factor=2", async (page) => {
      await engineReady(page);
      await page.keyboard.press(",");
      await page.waitForSelector("dialog#settings");
      await page.select('dialog [name="preset"]', "gpt2-124m");
      await page.$eval("dialog form", (form) => /** @type {HTMLFormElement} */ (form).requestSubmit());
      await until(async () => (await page.title()).startsWith("GPT-2"), "the other one");
      const asked = await page.evaluate(() => Object.fromEntries(new URLSearchParams(location.search)));
      assert.deepEqual(asked, { preset: "gpt2-124m", "speed-factor": "2" });
      assert.equal(await textIn(page, "#notes"), "");
    }),
  );

  inOne("in the second run of a show is shared with that run, also while it is not yet paused", () =>
    visit(
      "?preset=classic&speed-factor=1000",
      async (page) => {
        await engineReady(page);
        await page.waitForSelector(".timeline input:not(:disabled)");
        const seed = () => page.evaluate(() => new URLSearchParams(location.search).get("seed"));
        await page.keyboard.press("9");
        await until(async () => (await seed()) !== null, "the next run");
        await page.keyboard.press("5");
        await page.keyboard.press(" ");
        await page.keyboard.press("s");
        await page.waitForSelector("dialog#share");
        await page.$$eval("dialog .share-choices label", (labels) =>
          labels
            .find(({ textContent }) => textContent?.includes("present place"))
            ?.querySelector("input")
            ?.click(),
        );
        const link = new URL(await page.$eval("dialog textarea", (text) => text.value));
        assert.equal(link.searchParams.get("seed"), await seed());
        const [title, wanted] = [await page.title(), await seed()];
        link.searchParams.set("autoplay", "0");
        await page.goto(link.href);
        await engineReady(page);
        await until(async () => (await page.title()) === title, "the same run");
        assert.equal(await seed(), wanted);
      },
      { expected: PREVIEW_LEFT },
    ),
  );
});
