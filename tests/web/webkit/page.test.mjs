// The full page in WebKit: the main things, once each.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { axe } from "../browser/helpers/axe.mjs";
import {
  allText,
  catchDownloads,
  engineReady,
  place,
  playLabel,
  screen,
  textIn,
  textOf,
  until,
} from "../browser/helpers/pages.mjs";
import { useWebKit } from "./helpers/visit.mjs";

/** @typedef {import("./helpers/view.mjs").View} View */

/** Run time by which the log has more than a screenful behind the hand-over. */
const FAR_ENOUGH_SECONDS = 110;
const SLOW = 60;

const { visit, server } = useWebKit();

const mode = (/** @type {View} */ view) => view.evaluate(() => document.documentElement.dataset.mode);
const speed = (/** @type {View} */ view) => textIn(view, ".speed-value");

/** @param {View} view @param {string} what */
async function goesOn(view, what = "the run goes on") {
  const before = await place(view);
  await until(async () => (await place(view)) > before, what, SLOW);
}

describe("the default page", () => {
  it("shows text before the engine is there, then goes on with the engine", () =>
    visit("", async (view) => {
      await until(async () => (await textOf(view)) !== "", "text");
      assert.equal(await mode(view), "recording");
      await engineReady(view);
      await goesOn(view);
      assert.equal(await playLabel(view), "Pause");
      assert.equal(await textIn(view, "#notes"), "");
    }));

  it("asks nobody else for anything", () =>
    visit("", async (view) => {
      await engineReady(view);
      const names = await view.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
      assert.ok(names.length > 0);
      assert.deepEqual(
        names.filter((/** @type {string} */ name) => !name.startsWith(server().url)),
        [],
      );
    }));
});

describe("the hand-over", () => {
  it("leaves the same log as the engine alone", async () => {
    const handedOver = await logLines("recording");
    await visit("", (view) => view.evaluate(forgetWorker));
    server().missing.push(/prologues?\//);
    const engineOnly = await logLines("boot").finally(() => server().missing.pop());
    const shared = Math.min(handedOver.length, engineOnly.length);
    assert.ok(shared > 25, `only ${shared} lines`);
    assert.deepEqual(handedOver.slice(0, shared), engineOnly.slice(0, shared));
  });

  it("shows no frame in between that lacks what the one before ended with", () =>
    visit("", async (view) => {
      await view.evaluate(watchFrames);
      await engineReady(view);
      await goesOn(view);
      /** @type {{mode: string, lines: string[]}[]} */
      let frames = [];
      await until(async () => {
        frames = await view.evaluate(() => /** @type {any} */ (window).frames_seen);
        return frames.length > 10;
      }, "frames");
      const modes = [...new Set(frames.map((frame) => frame.mode))];
      assert.deepEqual(modes.slice(-2), ["recording", "engine"]);
      for (const [index, { lines }] of frames.slice(1).entries()) {
        const last = frames[index]?.lines.at(-1);
        assert.ok(last === undefined || lines.includes(last), `frame ${index + 1} lost ${last}`);
      }
    }));
});

/** Runs in the page: keeps the log lines on the screen whenever they, or the mode, have changed. */
function watchFrames() {
  /** @type {{mode: string | undefined, lines: string[]}[]} */
  const seen = [];
  Object.assign(window, { frames_seen: seen });
  const look = () => {
    const rows = [...document.querySelectorAll(".xterm-rows > div")].map((row) => row.textContent ?? "");
    const frame = { mode: document.documentElement.dataset.mode, lines: rows.filter((row) => row.startsWith("[")) };
    if (JSON.stringify(frame) !== JSON.stringify(seen.at(-1))) seen.push(frame);
    requestAnimationFrame(look);
  };
  look();
}

/** Runs in the page: its service worker would still have the recordings. */
async function forgetWorker() {
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
}

/** Lines of the log, without the live region. @param {string} first the mode that the page is to begin in */
async function logLines(first) {
  /** @type {string[]} */
  let lines = [];
  await visit("", async (view) => {
    await view.evaluate(catchDownloads);
    await until(async () => (await mode(view)) === first, first);
    await engineReady(view);
    await until(async () => (await place(view)) > FAR_ENOUGH_SECONDS, "far enough", SLOW);
    await view.keyboard.press(" ");
    await until(async () => (await playLabel(view)) === "Play", "paused");
    lines = (await allText(view)).split("\n").filter((/** @type {string} */ line) => line.startsWith("["));
  });
  return lines;
}

describe("options", () => {
  for (const preset of ["gpt2-124m", "llama3-405b", "deepseek-v3"]) {
    it(`opens the preset ${preset}`, () =>
      visit(`?preset=${preset}`, async (view) => {
        await until(async () => (await textOf(view)) !== "", "text");
        await engineReady(view);
        await goesOn(view);
        assert.equal(await textIn(view, "#notes"), "");
      }));
  }

  it("opens a permalink with other options after a boot screen", () =>
    visit("?seed=7", async (view) => {
      await until(async () => /^\$ pysim --seed 7\n/.test(await textOf(view)), "the boot screen");
      assert.equal(await mode(view), "boot");
      await until(async () => /MB {2}(loading|starting) /.test(await textOf(view)), "what is loading");
      await engineReady(view);
      await until(async () => / seed 7\b/.test(await textOf(view)), "the run of that seed", SLOW);
      await goesOn(view);
    }));

  for (const [query, name] of [
    ["?seed=<img src=x onerror=alert(1)>", "seed"],
    ["?theme=plaid", "theme"],
  ]) {
    it(`names the bad value in ${query} and plays on`, () =>
      visit(query, async (view) => {
        await engineReady(view);
        assert.match(await textIn(view, "#notes [role=alert]"), new RegExp(`^${name}: `));
        assert.equal(await view.has("#notes img"), false);
        await goesOn(view);
      }));
  }
});

describe("the bar", () => {
  it("pauses, seeks and changes speed by the mouse", () =>
    visit("", async (view) => {
      await engineReady(view);
      await until(() => view.has(".timeline input:enabled"), "the slider");
      await view.click(".bar .play");
      await until(async () => (await playLabel(view)) === "Play", "paused");
      await until(() => view.keeps(() => place(view)), "the clock stands still");
      await view.click(".timeline");
      await until(async () => Math.abs((await fraction(view)) - 0.5) < 0.02, "half way", SLOW);
      const middle = await place(view);
      assert.equal(await playLabel(view), "Play");
      await until(async () => /step|Step/.test(await textOf(view)), "training on the screen");
      await view.click(".bar .play");
      await until(async () => (await place(view)) > middle, "goes on from there", SLOW);
      await view.click(".speed button");
      await view.click(".speeds button:nth-child(7)");
      await until(async () => (await speed(view)) === "10x", "another speed");
      await view.click('.bar [data-action="restart"]');
      await until(async () => (await place(view)) < middle, "starts again", SLOW);
    }));

  it("pauses the recording too", () =>
    visit("", async (view) => {
      await until(async () => (await textOf(view)) !== "", "text");
      assert.equal(await mode(view), "recording");
      await view.click(".bar .play");
      await until(async () => (await playLabel(view)) === "Play", "paused");
      await until(() => view.keeps(() => screen(view)), "nothing moves");
      assert.equal(await mode(view), "recording");
      await view.click(".bar .play");
      await engineReady(view);
      await goesOn(view);
    }));
});

/** Of the run, where the slider stands. @param {View} view @returns {Promise<number>} */
const fraction = (view) =>
  view.$eval(".timeline input", (/** @type {HTMLInputElement} */ input) => Number(input.value) / Number(input.max));

describe("the terminal", () => {
  it("follows its window during the recording and after it", () =>
    visit("", async (view) => {
      await until(async () => (await mode(view)) === "recording", "the recording");
      for (const [width, height] of [
        [1280, 800],
        [500, 740],
        [1600, 900],
      ]) {
        await view.setSize(width, height);
        await until(() => fits(view, width), `fits ${width}`);
        await until(async () => (await textOf(view)).startsWith("$ torchrun "), "nothing is left of the other width");
      }
      await engineReady(view);
      await view.setSize(700, 400);
      await until(() => fits(view, 700), "fits after the hand-over");
      await goesOn(view);
      await view.setSize(1280, 800);
    }));
});

/** The lines fill most of the width (the font's advance is whole pixels here), and neither they nor the bar stick out. */
const fits = (/** @type {View} */ view, /** @type {number} */ width) =>
  view.evaluate((/** @type {number} */ wanted) => {
    const box = (/** @type {string} */ selector) => document.querySelector(selector)?.getBoundingClientRect();
    const [lines, bar] = [box(".xterm-screen"), box(".bar")];
    if (lines === undefined || bar === undefined) return false;
    const rows = [...document.querySelectorAll(".xterm-rows > div")].map((row) => row.textContent?.trimEnd() ?? "");
    const filled = lines.width <= wanted && lines.width > 0.75 * wanted;
    const covered = lines.bottom > bar.top + 1;
    return filled && !covered && document.documentElement.scrollWidth <= innerWidth && rows.join("") !== "";
  }, width);

describe("accessibility", () => {
  it("has no violations in the page, its menus and dialogs, at a prompt, in the dashboard and on a stage", () =>
    visit("?preset=classic&from=40%25", async (view) => {
      await engineReady(view);
      await until(() => view.has(".timeline input:enabled"), "the slider");
      await view.keyboard.press(" ");
      assert.deepEqual(await axe(view), []);
      for (const [key, there] of [
        ["?", "dialog#help"],
        ["s", "dialog#share"],
        [",", "dialog#settings .preset"],
        ["x", "dialog#inject"],
        ["g", "#go-to input"],
        ["f", "html.stage"],
      ]) {
        await view.keyboard.press(key);
        await until(() => view.has(there), there);
        assert.deepEqual(await axe(view), [], key);
        await view.keyboard.press("Escape");
        await until(async () => !(await view.has(there)), `${key} is left`);
      }
      await view.click(".speed button");
      await until(() => view.has(".speeds:popover-open"), "the speeds");
      assert.deepEqual(await axe(view), [], "speeds");
      await view.keyboard.press("Escape");
      await view.keyboard.press("d");
      await until(async () => (await textOf(view)).includes("goodput"), "the dashboard");
      assert.deepEqual(await axe(view), [], "dashboard");
    }));
});
