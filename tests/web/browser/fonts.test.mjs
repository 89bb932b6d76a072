// A browser that draws no letters below some size: the terminal asks for none, so that they do not run into each other.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { BROWSER, launch } from "./helpers/browsers.mjs";
import { openPage, textOf, until } from "./helpers/pages.mjs";
import { serve } from "./helpers/server.mjs";
import { inOne } from "./helpers/shares.mjs";
import { siteFolder } from "./helpers/site.mjs";

const SMALLEST_PX = 18;
/** In px: what brings a letter to the width of its cell is less than this. */
const NEAR = 0.5;

/** @type {import("./helpers/browsers.mjs").Browser} */
let browser;
/** @type {import("./helpers/server.mjs").Server} */
let server;

before(async () => {
  server = await serve(await siteFolder());
  browser = await launch(BROWSER, [`--blink-settings=minimumFontSize=${SMALLEST_PX}`], {
    "font.minimum-size.x-western": SMALLEST_PX,
  });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Runs in the page: keeps the letter spacings of the first frame, which is soon gone. */
function keepSpacings() {
  const spacings = Object.assign(window, { spacings: /** @type {number[]} */ ([]) }).spacings;
  new MutationObserver(() => {
    const spans = [...document.querySelectorAll(".first-frame span")].filter(
      ({ textContent }) => !/[^\n -~]/.test(textContent ?? ""),
    );
    if (spans.length > 0 && spacings.length === 0) {
      spacings.push(...spans.map((span) => Number.parseFloat(getComputedStyle(span).letterSpacing) || 0));
    }
  }).observe(document, { childList: true, subtree: true });
}

describe(`with a smallest font size of ${SMALLEST_PX}`, () => {
  for (const query of ["", "?fontsize=9", "?fontsize=30"]) {
    for (const width of [1280, 500]) {
      inOne(`letters have the width of their cells: ${query || "default"} at ${width}`, async (t) => {
        const { page } = await openPage(browser, server.url + query, {
          width,
          before: (page) => page.evaluateOnNewDocument(keepSpacings),
        });
        t.after(() => page.close());
        await until(async () => (await textOf(page)) !== "", "text");
        const drawn = await page.$$eval(".xterm-rows span", (spans) =>
          spans
            .filter((span) => /^[\x20-\x7e]+$/.test(span.textContent ?? ""))
            .map((span) => Number.parseFloat(getComputedStyle(span).letterSpacing) || 0),
        );
        const early = await page.evaluate(() => /** @type {number[]} */ (/** @type {any} */ (window).spacings));
        assert.ok(drawn.length > 0 && early.length > 0);
        for (const spacing of [...drawn, ...early]) assert.ok(Math.abs(spacing) < NEAR, `${spacing} px`);
        const [font, rows] = await page.$eval(".xterm-rows", (found) => [
          Number.parseFloat(getComputedStyle(found).fontSize),
          found.children.length,
        ]);
        assert.ok(Number(font) >= (query === "?fontsize=30" ? 30 : SMALLEST_PX), `${font}`);
        assert.ok(Number(rows) > 4);
      });
    }
  }
});
