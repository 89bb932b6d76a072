// The time machine in a real browser: dragging, marks, the tip, typed places, and what pausing leaves alone.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { axe } from "./helpers/axe.mjs";
import { BROWSER } from "./helpers/browsers.mjs";
import { engineReady, pause, place, playLabel, screen, secondsOf, textIn, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";
import { visiting } from "./helpers/visiting.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const MIDDLE = "?preset=classic&from=40%25";

const { visit: open } = visiting({});

/**
 * With the engine there and the timeline drawn.
 * @param {string} query
 * @param {(page: Page) => Promise<unknown>} look
 * @param {{width?: number, height?: number}} [size]
 */
const visit = (query, look, size = {}) =>
  open(
    query,
    async (page) => {
      await engineReady(page);
      await until(() => page.$eval(".timeline .curve", (curve) => curve.getAttribute("d")), "the curve");
      await look(page);
    },
    size,
  );

/** @param {Page} page @param {string} selector @returns {Promise<DOMRect>} */
const box = (page, selector) => page.$eval(selector, (found) => found.getBoundingClientRect().toJSON());

/** Over the timeline, as a part of its width. @param {Page} page @param {number} part */
async function pointAt(page, part) {
  const { left, top, width, height } = await box(page, ".timeline");
  await page.mouse.move(left + Math.min(part * width, width - 1), top + height / 2); // the edge itself is outside
}

/** @param {Page} page */
const pauseIt = async (page) => {
  await page.keyboard.press(" ");
  await until(async () => (await playLabel(page)) === "Play", "paused");
};

/** The part of its steps that the last line of the log is at. @param {Page} page */
async function partShown(page) {
  const steps = (await screen(page)).flatMap((row) => [...row.matchAll(/ step +([\d,]+)\/([\d,]+) \|/g)]);
  const [, now = "0", all = "1"] = steps.at(-1) ?? [];
  return Number(now.replaceAll(",", "")) / Number(all.replaceAll(",", ""));
}

/** In px of the timeline. @param {Page} page @param {string} kind @returns {Promise<{x: number, y: number}>} of its last mark */
const lastMark = (page, kind) =>
  page.$eval(`.timeline .mark.${kind}:not(.meant)`, (path) => {
    const last = (path.getAttribute("d") ?? "").split(/(?=M)/).slice(kindOf(path) === "incident" ? -2 : -1);
    const numbers = (last.join("").match(/[\d.]+/g) ?? []).map(Number);
    const middle = (/** @type {number[]} */ all) => (Math.min(...all) + Math.max(...all)) / 2;
    return {
      x: middle(numbers.filter((_, index) => index % 2 === 0)),
      y: middle(numbers.filter((_, index) => index % 2 === 1)),
    };

    /** @param {Element} found */
    function kindOf(found) {
      return found.classList.contains("incident") ? "incident" : "";
    }
  });

describe("dragging", () => {
  it("brings each place to the screen while the hand still holds it, and the clock stands still", () =>
    visit(MIDDLE, async (page) => {
      await pointAt(page, 0.4);
      await page.mouse.down();
      for (const part of [0.5, 0.6, 0.7, 0.8]) await pointAt(page, part);
      await until(async () => Math.abs((await partShown(page)) - 0.8) < 0.03, "the screen is there");
      assert.equal(await playLabel(page), "Pause");
      await pointAt(page, 0.3);
      await until(async () => Math.abs((await partShown(page)) - 0.3) < 0.03, "and back");
      const held = await screen(page);
      await pause(1);
      assert.deepEqual(await screen(page), held);
      await page.mouse.up();
      const before = await place(page);
      await until(async () => (await place(page)) > before, "goes on from there");
    }));

  inOne("stays where it was let go while the run is paused", () =>
    visit(MIDDLE, async (page) => {
      await pauseIt(page);
      await pointAt(page, 0.2);
      await page.mouse.down();
      await pointAt(page, 0.65);
      await page.mouse.up();
      await until(async () => Math.abs((await partShown(page)) - 0.65) < 0.03, "the screen is there");
      const value = await page.$eval(".timeline input", (input) =>
        Number(/** @type {HTMLInputElement} */ (input).value),
      );
      assert.ok(Math.abs(value - 650) < 10, `${value}`);
      assert.equal(await playLabel(page), "Play");
    }),
  );

  it("works with a finger", { skip: BROWSER === "firefox" && "no touch in this driver" }, () =>
    visit(
      MIDDLE,
      async (page) => {
        const { left, top, width } = await box(page, ".timeline");
        await page.touchscreen.touchStart(left + 0.2 * width, top + 20);
        await page.touchscreen.touchMove(left + 0.5 * width, top + 20);
        await page.touchscreen.touchMove(left + 0.75 * width, top + 20);
        await page.touchscreen.touchEnd();
        const total = await page.$eval(".timeline input", (i) => Number(/** @type {HTMLInputElement} */ (i).value));
        assert.ok(Math.abs(total - 750) < 20, `${total}`);
        assert.equal(await page.$eval(".timeline .tip", (tip) => /** @type {HTMLElement} */ (tip).hidden), true);
      },
      { width: 360, height: 740 },
    ),
  );

  inOne("moves by keys, step by step, and says where it is", () =>
    visit(MIDDLE, async (page) => {
      await pauseIt(page);
      await page.focus(".timeline input");
      const value = () => page.$eval(".timeline input", (i) => Number(/** @type {HTMLInputElement} */ (i).value));
      const before = await value();
      for (let press = 0; press < 5; press += 1) await page.keyboard.press("ArrowRight");
      assert.equal(await value(), before + 5);
      await page.keyboard.press("PageUp");
      assert.equal(await value(), before + 15);
      const said = await page.$eval(".timeline input", (input) => input.getAttribute("aria-valuetext"));
      assert.match(String(said), /^[\d:]+ of 1d [\d:]+, step [\d,]+ of 14,304$/);
      await page.keyboard.press("Home");
      await until(async () => (await place(page)) === 0, "the beginning");
    }),
  );
});

describe("the tip", () => {
  for (const [width, height] of [
    [320, 568],
    [1280, 800],
  ]) {
    inOne(`stays inside a frame of ${width} px, at both ends and in between`, () =>
      visit(
        MIDDLE,
        async (page) => {
          for (const part of [0.001, 0.1, 0.5, 0.9, 0.999]) {
            await pointAt(page, part);
            await page.waitForSelector(".timeline .tip:not([hidden])");
            assert.match(await textIn(page, ".timeline .tip"), /\d+:\d\d/);
            if (part === 0.5) assert.match(await textIn(page, ".timeline .tip"), /step (≈ )?[\d,]+.* · loss \d/);
            const { left, right, top } = await box(page, ".timeline .tip");
            assert.ok(left >= 0 && right <= Number(width) && top >= 0, `${part}: ${left} to ${right}`);
          }
        },
        { width, height },
      ),
    );
  }

  inOne("names the mark under the pointer, and a click goes to it", () =>
    visit(MIDDLE, async (page) => {
      await pauseIt(page);
      const { left, top } = await box(page, ".timeline");
      for (const [kind, title] of [
        ["validation", /validation at step [\d,]+/],
        ["checkpoint", /checkpoint/],
        ["incident", /\S/],
      ]) {
        const { x, y } = await lastMark(page, String(kind));
        await page.mouse.move(left + x, top + y);
        assert.match(await textIn(page, ".timeline .tip .title"), /** @type {RegExp} */ (title));
        const [clock = ""] = (await textIn(page, ".timeline .tip .title + span")).split(" · ");
        const wanted = secondsOf(clock);
        await page.mouse.click(left + x + 2, top + y);
        await until(async () => Math.abs((await place(page)) - wanted) <= 1, `${kind}: there`);
      }
    }),
  );
});

describe("the dashboard's charts", () => {
  for (const [width, height] of [
    [360, 740],
    [1280, 800],
  ])
    it(`say what they have where the mouse is, inside the window: ${width} px`, () =>
      visit(
        "?preset=classic&from=40%25&view=dashboard",
        async (page) => {
          await pauseIt(page);
          const { left, top, width: wide, height: high } = await box(page, ".xterm-screen");
          const said = new Set();
          for (const down of [0.15, 0.2, 0.25, 0.3, 0.35]) {
            await page.mouse.move(left + 0.2 * wide, top + down * high);
            await pause(0.3);
            if (await page.$eval(".tip.reading", (tip) => /** @type {HTMLElement} */ (tip).hidden)) continue;
            said.add(await textIn(page, ".tip.reading"));
            const tip = await box(page, ".tip.reading");
            assert.ok(tip.left >= 0 && tip.right <= Number(width) && tip.top >= 0, JSON.stringify(tip));
          }
          assert.match([...said].join("; "), /step [\d,]+, loss \d\.\d{4}.* into the run/);
          await page.mouse.move(left + 0.2 * wide, top + high + 20);
          await until(
            () => page.$eval(".tip.reading", (tip) => /** @type {HTMLElement} */ (tip).hidden),
            "nothing beside the charts",
          );
        },
        { width: Number(width), height: Number(height) },
      ));

  it("are read by a click too, for who has no mouse that hovers", () =>
    visit("?preset=classic&from=40%25&view=dashboard", async (page) => {
      await pauseIt(page);
      const { left, top, width: wide, height: high } = await box(page, ".xterm-screen");
      await page.mouse.click(left + 0.2 * wide, top + 0.25 * high);
      await page.waitForSelector("#explanation dl");
      assert.match(await textIn(page, "#explanation dl"), /here.*step [\d,]+, loss \d/s);
    }));
});

/** Runs in the page: whether one more row would not fit. */
function isFilled() {
  const rows = document.querySelectorAll(".xterm-rows > div");
  const room = document.querySelector("#terminal")?.clientHeight ?? 0;
  return rows.length === Math.floor(room / (rows[0]?.getBoundingClientRect().height ?? 0));
}

describe("keys", () => {
  inOne("n and N go from incident to incident, and say where there is none", () =>
    visit(MIDDLE, async (page) => {
      await pauseIt(page);
      const first = await place(page);
      await page.keyboard.press("n");
      await until(async () => (await place(page)) > first, "the next");
      const second = await place(page);
      await page.keyboard.press("n");
      await until(async () => (await place(page)) > second, "the one after");
      await page.keyboard.press("N");
      await until(async () => (await place(page)) === second, "back");
      await page.$eval(".timeline input", (input) => {
        /** @type {HTMLInputElement} */ (input).value = "999";
        input.dispatchEvent(new Event("input"));
      });
      await until(async () => (await partShown(page)) > 0.99, "near the end");
      await page.keyboard.press("n");
      await page.waitForSelector("#status.toast");
      assert.match(await textIn(page, "#status"), /nothing goes wrong after this/);
      assert.match(await textIn(page, "#status"), /nothing goes wrong after this/);
    }),
  );

  inOne("g asks for a step or a time, says in a line what it does not understand, and keeps what was typed", () =>
    visit(MIDDLE, async (page) => {
      await pauseIt(page);
      const before = await place(page);
      await page.keyboard.press("g");
      await page.waitForSelector("#go-to input");
      for (const typed of ["tomorrow", "99,999,999"]) {
        await page.$eval("#go-to input", (input) => {
          /** @type {HTMLInputElement} */ (input).value = "";
        });
        await page.type("#go-to input", typed);
        await page.keyboard.press("Enter");
        await until(async () => (await textIn(page, "#go-to output")).includes(typed), "a refusal");
        assert.equal(await page.$eval("#go-to input", (i) => /** @type {HTMLInputElement} */ (i).value), typed);
        assert.equal(await place(page), before);
      }
      assert.deepEqual(await axe(page), []);
      await page.type("#go-to input", "10,000"); // what was typed is selected
      await page.keyboard.press("Enter");
      await until(async () => (await page.$("#go-to")) === null, "closed");
      await until(async () => Math.abs((await partShown(page)) - 10_000 / 14_304) < 0.001, "there");
      await page.keyboard.press("g");
      await page.waitForSelector("#go-to input");
      await page.keyboard.press("Escape");
      assert.equal(await page.$("#go-to"), null);
    }),
  );

  inOne("t hides the timeline, and its room goes to the text", () =>
    visit(MIDDLE, async (page) => {
      await pauseIt(page);
      await until(() => page.evaluate(isFilled), "as many rows as there is room for beside the controls");
      const rows = (await screen(page)).length;
      await page.keyboard.press("t");
      await until(async () => (await screen(page)).length > rows, "more rows");
      assert.equal(await page.$eval(".timeline", (band) => band.checkVisibility()), false);
      await page.keyboard.press("t");
      await until(async () => (await screen(page)).length === rows, "as before");
    }),
  );
});

describe("the text", () => {
  it("keeps what is selected and where it was scrolled to, over pause and play", () =>
    visit(MIDDLE, async (page) => {
      for (let press = 0; press < 4; press += 1) await page.keyboard.press("+");
      const isFar = async () => (await scrolledUp(page)) && !(await screen(page)).some((row) => row.includes("── 10x"));
      await until(isFar, "so much to scroll back to that the live region is out of sight");
      const { left, top } = await box(page, ".xterm-screen");
      await page.mouse.move(left + 30, top + 30);
      await page.mouse.down();
      await page.mouse.move(left + 300, top + 75, { steps: 4 });
      await page.mouse.up();
      const selected = () => page.$$eval(".xterm-selection > div", (parts) => parts.map((part) => part.outerHTML));
      const before = { text: await screen(page), selected: await selected() };
      assert.ok(before.selected.length > 0);
      for (const label of ["Play", "Pause"]) {
        await page.keyboard.press(" ");
        await until(async () => (await playLabel(page)) === label, label);
        await pause(0.5);
        assert.deepEqual({ text: await screen(page), selected: await selected() }, before, label);
      }
    }));

  inOne("scrolled up has a button that leads to the newest, and so does any jump", () =>
    visit(MIDDLE, async (page) => {
      for (let press = 0; press < 4; press += 1) await page.keyboard.press("+");
      await until(() => scrolledUp(page), "something to scroll back to");
      await page.waitForSelector(".newest:not([hidden])");
      assert.deepEqual(await axe(page), []);
      await page.click(".newest");
      await page.waitForSelector(".newest[hidden]");
      await until(() => scrolledUp(page), "up again");
      await page.keyboard.press("8");
      await page.waitForSelector(".newest[hidden]");
    }),
  );
});

/** Tries to. @param {Page} page @returns {Promise<boolean>} whether it is */
async function scrolledUp(page) {
  await page.keyboard.press("PageUp");
  await pause(0.1);
  return page.$eval(".newest", (button) => !(/** @type {HTMLElement} */ (button).hidden));
}

describe("accessibility", () => {
  for (const theme of ["dark", "light", "contrast"])
    inOne(`has no violations with the tip and a word over the text, and in the dashboard: ${theme}`, () =>
      visit(`${MIDDLE}&theme=${theme}`, async (page) => {
        await pauseIt(page);
        await page.keyboard.press("9");
        await page.keyboard.press("n");
        await page.keyboard.press("n");
        await page.keyboard.press("n");
        await pointAt(page, 0.5);
        assert.deepEqual(await axe(page), []);
        await page.keyboard.press("d");
        await until(async () => (await screen(page)).join().includes("goodput"), "the dashboard");
        assert.deepEqual(await axe(page), []);
      }),
    );
});

describe("in an embed", () => {
  for (const [height, wanted] of [
    [400, 40],
    [240, 20],
  ])
    inOne(`is ${wanted} px high where there are ${height}, and follows the hand`, () =>
      visit(
        `embed.html${MIDDLE}`,
        async (page) => {
          assert.equal((await box(page, ".timeline")).height, wanted);
          await pauseIt(page);
          await pointAt(page, 0.7);
          await page.mouse.down();
          await page.mouse.up();
          const value = () => page.$eval(".timeline input", (i) => Number(/** @type {HTMLInputElement} */ (i).value));
          await until(async () => Math.abs((await value()) - 700) < 10, "there");
        },
        { width: 700, height },
      ),
    );
});
