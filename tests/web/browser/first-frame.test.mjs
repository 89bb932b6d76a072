// What is drawn before the terminal's code is there is what the terminal draws then, at the same places.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BROWSER } from "./helpers/browsers.mjs";
import { openPage, until } from "./helpers/pages.mjs";
import { shareOf } from "./helpers/shares.mjs";
import { visiting } from "./helpers/visiting.mjs";

/** In cells. Letter spacing is a multiple of 1/60 px, and what is lost adds up over a line of the terminal. */
const NEAR = 0.5;
const NEAR_PX = 1;

/** @typedef {{character: string, x: number, y: number, color: string, weight: string}} Cell */

const { here } = visiting({});

/** Keeps both frames' characters from the moment at which both are there. */
function watchFrames() {
  const cells = (/** @type {Element} */ top) => {
    /** @type {Cell[]} */
    const found = [];
    const texts = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const { color, fontWeight } = getComputedStyle(/** @type {Element} */ (node.parentElement));
      const weight = fontWeight === "normal" ? "400" : fontWeight;
      [...(node.nodeValue ?? "")].forEach((character, index) => {
        if (character.trim() === "") return;
        range.setStart(node, index);
        range.setEnd(node, index + 1);
        const { x, y } = range.getBoundingClientRect();
        found.push({ character, x, y, color, weight });
      });
    }
    return found;
  };
  new MutationObserver(() => {
    const [early, rows] = [".first-frame", ".xterm-rows"].map((selector) => document.querySelector(selector));
    if (early && rows?.textContent?.trim() && !("firstFrames" in window)) {
      Object.assign(window, { firstFrames: { early: cells(early), terminal: cells(rows) } });
    }
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

/** Frames that were drawn with a terminal in which nothing stands. */
function countEmptyFrames() {
  const counted = Object.assign(window, { emptyFrames: 0 });
  const { port1, port2 } = new MessageChannel();
  const rows = () => document.querySelector(".xterm-rows");
  port1.onmessage = ({ data: isThere }) => {
    if (isThere && rows()?.textContent?.trim() === "") counted.emptyFrames += 1;
  };
  const next = () => {
    port2.postMessage(rows() !== null); // what comes after this in the same frame can fill it yet
    requestAnimationFrame(next);
  };
  next();
}

/** Frames that were drawn before there was anything to draw. */
function countBareFrames() {
  const counted = Object.assign(window, { bareFrames: 0 });
  const next = () => {
    if (document.querySelector(".first-frame, .xterm") !== null) return;
    if (document.body !== null) counted.bareFrames += 1;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}

/** The characters for whose widths xterm.js has the page laid out. */
function keepMeasured() {
  const measured = Object.assign(window, { measured: /** @type {string[]} */ ([]) }).measured;
  const width = /** @type {PropertyDescriptor} */ (
    Object.getOwnPropertyDescriptor(HTMLElement.prototype, "offsetWidth")
  );
  Object.defineProperty(HTMLElement.prototype, "offsetWidth", {
    ...width,
    get() {
      if (this.matches(".xterm-char-measure-element")) measured.push(this.textContent[0]);
      return width.get?.call(this);
    },
  });
}

/**
 * @param {string} query
 * @param {{width?: number, height?: number}} size
 * @returns {Promise<{early: Cell[], terminal: Cell[]}>}
 */
async function framesOf(query, size = {}) {
  const { page } = await openPage(here.browser, here.server.url + query, {
    ...size,
    before: (page) => page.evaluateOnNewDocument(watchFrames),
  });
  const frames = await page.waitForFunction(() => /** @type {any} */ (window).firstFrames);
  await until(async () => (await page.$(".first-frame")) === null, "the early frame goes");
  const seen = await frames.jsonValue();
  await page.close();
  return seen;
}

describe("the first frame", () => {
  const looks = [
    "?preset=llama-7b&theme=dark",
    "?theme=light",
    "?theme=amber",
    "?theme=paper",
    "?theme=contrast",
    "?fontsize=17&theme=midnight",
  ];
  for (const [query, size] of /** @type {[string, object][]} */ ([
    ...["", ...shareOf(looks)].map((query) => [query, {}]),
    ["", { width: 360, height: 740 }],
    ["", { width: 2560, height: 1440 }],
    ["?seed=7", {}],
  ]))
    it(`is what the terminal draws: ${query || "default"} ${JSON.stringify(size)}`, async () => {
      const { early, terminal: all } = await framesOf(query, size);
      assert.ok(early.length > 10);
      const terminal = all.slice(0, early.length); // what is loading may stand there already
      assert.equal(
        terminal.map(({ character }) => character).join(""),
        early.map(({ character }) => character).join(""),
      );
      const [first, second] = early.map(({ x }) => x);
      const cellWidth = Number(second) - Number(first);
      early.forEach((cell, index) => {
        const { x, y, ...look } = /** @type {Cell} */ (terminal[index]);
        const { x: earlyX, y: earlyY, ...earlyLook } = cell;
        assert.deepEqual(look, earlyLook);
        assert.ok(Math.abs(x - earlyX) <= NEAR * cellWidth, `${cell.character} ${index}: ${x} after ${earlyX} px`);
        assert.ok(Math.abs(y - earlyY) <= NEAR_PX, `${cell.character} ${index}: ${y} after ${earlyY} px`);
      });
    });

  it("needs one file of code, the same on both pages", () => {
    const read = (/** @type {string} */ name) => readFileSync(join(here.folder, name), "utf8");
    const scripts = ["index.html", "embed.html"].map((page) =>
      [...read(page).matchAll(/<script type="module"[^>]* src="\.\/([^"]*)"/g)].map(([, path]) => path ?? ""),
    );
    assert.equal(scripts[0]?.length, 1);
    assert.deepEqual(scripts[0], scripts[1]);
    assert.doesNotMatch(read(scripts[0]?.[0] ?? ""), /\bfrom\s*["']\.\/|\bimport\s*["']/, "it waits for no other");
  });

  it("is the first thing drawn", { skip: BROWSER === "firefox" && "it draws without its scripts" }, async () => {
    const { page } = await openPage(here.browser, here.server.url, {
      before: (page) => page.evaluateOnNewDocument(countBareFrames),
    });
    await page.waitForSelector(".first-frame, .xterm");
    assert.equal(await page.evaluate(() => /** @type {any} */ (window).bareFrames), 0);
    await page.close();
  });

  it("has one letter measured for all", async () => {
    const { page } = await openPage(here.browser, here.server.url, {
      before: (page) => page.evaluateOnNewDocument(keepMeasured),
    });
    await until(async () => (await page.$(".first-frame")) === null, "the early frame goes");
    const measured = await page.evaluate(() => /** @type {string[]} */ (/** @type {any} */ (window).measured));
    const ascii = new Set(measured.filter((character) => /[ -~]/.test(character)));
    assert.ok(measured.includes("W"), "as xterm.js opens");
    assert.ok(ascii.size <= 3, `${[...ascii].join("")}: and one for each look`);
    await page.close();
  });

  it("is followed by the terminal with its text: no frame has an empty one", async () => {
    const { page } = await openPage(here.browser, here.server.url, {
      before: (page) => page.evaluateOnNewDocument(countEmptyFrames),
    });
    await until(async () => (await page.$(".first-frame")) === null, "the early frame goes");
    assert.equal(await page.evaluate(() => /** @type {any} */ (window).emptyFrames), 0);
    await page.close();
  });
});
