// The page for everybody: on a narrow screen, in colours that are the visitor's, on a stage, and with words for what was done.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { axe } from "./helpers/axe.mjs";
import { BROWSER, launch } from "./helpers/browsers.mjs";
import { engineReady, keepDownloads, pause, playLabel, textIn, textOf, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";
import { PREVIEW_LEFT, visiting } from "./helpers/visiting.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const { here, visit } = visiting();

/** What can be seen of these elements: their names and boxes. @param {Page} page @param {string} selector */
const boxes = (page, selector) =>
  page.$$eval(selector, (found) =>
    found.flatMap((each) => {
      const { left, right, top, bottom, width, height } = each.getBoundingClientRect();
      const name = each.getAttribute("aria-label") ?? each.className;
      return width > 0 && height > 0 ? [{ name, left, right, top, bottom }] : [];
    }),
  );

/** @typedef {Awaited<ReturnType<typeof boxes>>[number]} Box */

/** @param {Box[]} all @param {number} width @param {number} height */
function assertApart(all, width, height) {
  for (const box of all) {
    const isInside = box.left >= -1 && box.right <= width + 1 && box.top >= 0 && box.bottom <= height + 1;
    assert.ok(isInside, `${box.name} sticks out: ${JSON.stringify(box)}`);
    for (const other of all) {
      const isApart =
        other === box ||
        other.left >= box.right - 1 ||
        other.right <= box.left + 1 ||
        other.top >= box.bottom - 1 ||
        other.bottom <= box.top + 1;
      assert.ok(isApart, `${box.name} lies over ${other.name}`);
    }
  }
}

const CONTROLS = ".bar .play, .bar .time, #timeline, .bar .speed, .bar .more";

describe("a narrow screen", () => {
  for (const [width, height] of [
    [320, 568],
    [360, 740],
  ]) {
    it(`of ${width} has every control, none over another`, () =>
      visit(
        "?preset=llama3-405b&from=90%25",
        async (page) => {
          await engineReady(page);
          await until(async () => /^\d+d /.test(await textIn(page, ".bar .now")), "a long time");
          const found = await boxes(page, CONTROLS);
          assert.equal(found.length, 5);
          assertApart(found, width, height);
          for (const opener of [".speed button", ".bar .more"]) {
            await page.click(opener);
            await until(async () => (await boxes(page, ".menu:popover-open")).length === 1, "a menu");
            assertApart(await boxes(page, ".menu:popover-open"), width, height);
            await page.keyboard.press("Escape");
          }
        },
        { width, height },
      ));

    inOne(`of ${width} holds every dialog`, () =>
      visit(
        "",
        async (page) => {
          await engineReady(page);
          for (const key of ["s", ",", "x", "?"]) {
            await page.keyboard.press(key);
            await page.waitForSelector("dialog[open]");
            await pause(0.3);
            const room = await page.$eval(".dialog-body", (body) => body.clientWidth - body.scrollWidth);
            assert.ok(room >= 0, `${key}: ${-room} px too wide`);
            const across = await boxes(page, "dialog button, dialog input, dialog select, dialog textarea, dialog h2");
            for (const { name, left, right } of across) assert.ok(left >= 0 && right <= width, `${key}: ${name}`);
            await page.keyboard.press("Escape");
            await until(async () => (await page.$("dialog")) === null, "closed");
          }
        },
        { width, height },
      ),
    );

    inOne(`of ${width} has every control in an embed`, () =>
      visit(
        "embed.html?controls=true",
        async (page) => {
          await engineReady(page);
          const found = await boxes(page, CONTROLS);
          assert.equal(found.length, 5);
          assertApart(found, width, height);
        },
        { width, height },
      ),
    );
  }
});

describe("the time", () => {
  inOne("moves nothing, however long it gets, and is worded as in the log", () =>
    visit("?preset=llama3-405b", async (page) => {
      const around = async () => {
        const [time] = await boxes(page, ".bar .time");
        const [total] = await boxes(page, ".bar .total");
        return [time?.left, time?.right, total?.left, total?.right].map((place) => Math.round(place ?? 0));
      };
      await engineReady(page);
      await page.keyboard.press(" ");
      await until(async () => (await playLabel(page)) !== "Pause", "paused");
      await until(async () => / \/ \d+d /.test(await textIn(page, ".bar .total")), "the total");
      const first = await around();
      for (const key of ["1", "5", "9"]) {
        await page.keyboard.press(key);
        await until(async () => /^\d+d \d\d:\d\d:\d\d$/.test(await textIn(page, ".bar .now")), key);
        assert.deepEqual(await around(), first);
      }
      await until(async () => /^Paused\. /.test(await textIn(page, "#status")), "said", 30);
      const [, said] = /, ([^,]*) into the run\.$/.exec(await textIn(page, "#status")) ?? [];
      assert.equal(said, await textIn(page, ".bar .now"));
    }),
  );
});

/** @param {Page} page */
const toast = (page) => page.$$eval(".toast", ([found]) => found?.textContent ?? "");

describe("what was done", () => {
  inOne("is said in words that are seen", () =>
    visit(
      "",
      async (page) => {
        await engineReady(page);
        for (const [key, words] of /** @type {const} */ ([
          ["c", /copied|does not allow/],
          ["R", /^New seed: \d+$/],
          ["T", /^Theme: /],
          ["r", /^From the beginning$/],
        ])) {
          await page.keyboard.press(key);
          await until(async () => words.test(await toast(page)), String(words));
        }
        for (const id of ["download", "cast"]) {
          await page.$eval(`#menu [data-action="${id}"]`, (item) => /** @type {HTMLElement} */ (item).click());
          await until(async () => /^Saved as pysim/.test(await toast(page)), id);
        }
        const [box] = await boxes(page, ".toast");
        assert.ok(box !== undefined && box.top >= 0 && box.right <= 1280);
        assert.deepEqual(await axe(page), []);
        assert.equal((await page.$$("[aria-live]")).length, 1);
        await until(async () => (await toast(page)) === "", "gone", 10);
      },
      { before: keepDownloads },
    ),
  );

  inOne("is said over a dialog, too", () =>
    visit(
      "",
      async (page) => {
        await engineReady(page);
        await page.keyboard.press("s");
        await page.waitForSelector("dialog[open]");
        await page.focus('[aria-label="Copy: Link"]');
        await page.keyboard.press("Enter");
        await until(async () => /^Link: /.test(await toast(page)), "said");
        const isOnTop = await page.$eval(".toast", (found) => found.closest("dialog[open]") !== null);
        assert.ok(isOnTop);
        assert.deepEqual(await axe(page), []);
        await page.keyboard.press("Escape");
        await until(async () => (await page.$("dialog")) === null, "closed");
        assert.equal((await page.$$("main > #status")).length, 1);
      },
      { expected: PREVIEW_LEFT },
    ),
  );
});

describe("the speed", () => {
  inOne("is chosen from a menu by keys alone, and the button has the focus again", () =>
    visit("", async (page) => {
      await engineReady(page);
      await page.focus(".speed button");
      await page.keyboard.press("Enter");
      await until(async () => (await page.$(".speeds:popover-open")) !== null, "open");
      await until(async () => (await page.evaluate(() => document.activeElement?.textContent)) === "1x", "at 1x");
      assert.deepEqual(await axe(page), []);
      for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
      await until(async () => (await textIn(page, ".speed-value")) === "5x", "5x");
      assert.equal(await page.$(".speeds:popover-open"), null);
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Speed 5x");
      await page.keyboard.press("+");
      await until(async () => (await textIn(page, ".speed-value")) === "8.9x", "8.9x");
    }),
  );
});

describe("the settings", () => {
  inOne("begin at the preset on show, and one click opens another", () =>
    visit("?preset=classic", async (page) => {
      await engineReady(page);
      await page.keyboard.press(",");
      await page.waitForSelector("dialog[open] .preset");
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-preset")), "classic");
      const curves = await page.$$eval(".preset path", (paths) => paths.map((path) => path.getAttribute("d") ?? ""));
      assert.ok(curves.length > 40 && curves.every((path) => /^M[\d.]+ [\d.]+L/.test(path)));
      const rows = await page.$$eval(".preset", (cards) =>
        cards.map((card) => ({
          row: Math.round(card.getBoundingClientRect().top),
          drawn: Math.round(card.querySelector("svg")?.getBoundingClientRect().top ?? 0),
        })),
      );
      for (const { row, drawn } of rows) {
        assert.ok(
          rows.every((other) => other.row !== row || other.drawn === drawn),
          "curves stand side by side",
        );
      }
      const hints = await page.$$eval("dialog [placeholder]", (fields) =>
        fields.map((f) => f.getAttribute("placeholder")),
      );
      assert.deepEqual(
        hints.filter((hint) => /^[A-Z@,]+$/.test(hint ?? "")),
        [],
        "no word of a manual",
      );
      await page.click('[data-preset="gpt2-124m"]');
      await until(async () => /GPT-2 124M/.test(await page.title()), "the run");
      assert.equal(await page.$("dialog"), null);
      assert.equal(await page.evaluate(() => new URLSearchParams(location.search).get("preset")), "gpt2-124m");
    }),
  );
});

describe("the opening line", () => {
  inOne("says what this is from the recording on, to the first key", () =>
    visit("?preset=llama3-405b", async (page) => {
      await until(
        async () => /Simulated: Llama 3\.1 405B on 16,384 H100/.test(await textIn(page, ".opening-line")),
        "said",
      );
      await until(async () => (await textOf(page)) !== "", "text");
      assert.deepEqual(await axe(page), []);
      const rows = async () => (await boxes(page, "#terminal"))[0]?.bottom ?? 0;
      const before = await rows();
      await page.keyboard.press(" ");
      assert.equal(await page.$(".opening-line"), null);
      assert.ok((await rows()) > before, "the terminal has its place");
      await page.keyboard.press(" ");
      await engineReady(page);
      assert.equal(await page.$(".opening-line"), null);
    }),
  );

  inOne("is not in an embed", () =>
    visit("embed.html", async (page) => {
      await engineReady(page);
      assert.equal(await page.$(".opening-line"), null);
    }),
  );
});

/** @param {Page} page */
const refuseScreen = (page) =>
  page.evaluateOnNewDocument(() => {
    Element.prototype.requestFullscreen = () => Promise.reject(new TypeError("refused"));
    Object.defineProperty(navigator, "wakeLock", {
      value: { request: () => Promise.reject(new DOMException("refused", "NotAllowedError")) },
    });
  });

describe("the stage", () => {
  const opacity = (/** @type {Page} */ page) => page.$eval(".bar", (bar) => Number(getComputedStyle(bar).opacity));

  for (const [width, height] of [
    [1920, 1080],
    [2560, 1440],
  ]) {
    inOne(`fills ${width} px with type for a room and fades what is around it`, () =>
      visit(
        "?preset=classic&from=40%25",
        async (page) => {
          await engineReady(page);
          const before = await boxes(page, "#terminal");
          await page.keyboard.press("f");
          await page.waitForSelector("html.stage");
          await until(async () => (await opacity(page)) === 0, "faded");
          const [box] = await boxes(page, "#terminal");
          assert.ok((box?.bottom ?? 0) > (before[0]?.bottom ?? 0));
          await until(
            async () =>
              Number.parseFloat(await page.$eval(".xterm-rows", (rows) => getComputedStyle(rows).fontSize)) >= 24,
            "large type",
          );
          const [rows] = await boxes(page, ".xterm-screen");
          assert.ok((rows?.right ?? 0) - (rows?.left ?? 0) > width * 0.97, "fills the width");
          assert.deepEqual(await axe(page), []);
          await page.mouse.move(300, 300);
          await page.mouse.move(320, 300);
          await until(async () => (await opacity(page)) === 1, "back");
          await page.keyboard.press("f");
          await until(async () => (await page.$("html.stage")) === null, "left");
        },
        { width, height, before: refuseScreen }, // whose own size it would have
      ),
    );
  }

  it("has the screen where it may, and is left with it", () =>
    visit("", async (page) => {
      await engineReady(page);
      await page.keyboard.press("f");
      await page.waitForSelector("html.stage");
      assert.ok(await page.evaluate(() => document.fullscreenElement !== null));
      await page.evaluate(() => document.exitFullscreen());
      await until(async () => (await page.$("html.stage")) === null, "left");
    }));

  inOne("does without what the browser refuses, and Escape leaves it", () =>
    visit(
      "",
      async (page) => {
        await engineReady(page);
        await page.keyboard.press("f");
        await page.waitForSelector("html.stage");
        await until(async () => /Escape leaves/.test(await toast(page)), "said");
        await page.keyboard.press("?");
        await page.waitForSelector("dialog[open]");
        await page.keyboard.press("Escape");
        await until(async () => (await page.$("dialog")) === null, "the dialog goes first");
        assert.notEqual(await page.$("html.stage"), null);
        await page.keyboard.press("Escape");
        await until(async () => (await page.$("html.stage")) === null, "left");
      },
      { before: refuseScreen },
    ),
  );
});

/** How many colours stand out in a picture, to the nearest of a few. @param {Page} page @param {string} selector */
async function coloursOf(page, selector) {
  const found = await page.$(selector);
  const picture = await found?.screenshot({ encoding: "base64" });
  return await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(image, 0, 0);
    const { data: dots } = context.getImageData(0, 0, canvas.width, canvas.height);
    /** @type {Map<string, number>} */
    const seen = new Map();
    for (let at = 0; at < dots.length; at += 4) {
      const colour = [0, 1, 2].map((part) => Math.round((dots[at + part] ?? 0) / 48)).join();
      seen.set(colour, (seen.get(colour) ?? 0) + 1);
    }
    const all = dots.length / 4;
    const hued = [...seen].filter(([colour]) => new Set(colour.split(",")).size > 1);
    const most = Math.max(...seen.values());
    return { hues: hued.filter(([, count]) => count > all / 5000).length, drawn: 1 - most / all };
  }, picture);
}

/** The wishes of a visitor's system; Firefox takes them from its settings. @param {Record<string, string>} wishes */
const wishing = (wishes) => async (/** @type {Page} */ page) => {
  if (BROWSER !== "chrome") return;
  const session = await page.createCDPSession();
  const features = Object.entries(wishes).map(([name, value]) => ({ name, value }));
  await session.send("Emulation.setEmulatedMedia", { features });
};

describe("the visitor's own colours", () => {
  /** @type {import("./helpers/browsers.mjs").Browser} */
  let forced;
  before(async () => {
    forced =
      BROWSER === "chrome" ? here.browser : await launch(BROWSER, [], { "browser.display.document_color_use": 2 });
  });
  after(async () => {
    if (forced !== here.browser) await forced?.close();
  });

  it("leave the heat map its colours, the timeline its thumb, and every control in sight", () =>
    visit(
      "?preset=llama3-405b&from=25%25&speed-factor=4",
      async (page) => {
        await engineReady(page);
        assert.ok(await page.evaluate(() => matchMedia("(forced-colors: active)").matches));
        await until(async () => /GPU status.*\n[\s\S]*step/.test(await textOf(page)), "the heat map", 60);
        await page.keyboard.press(" ");
        await pause(0.5);
        const { hues } = await coloursOf(page, "#terminal");
        assert.ok(hues >= 3, `${hues} hues`);
        for (const control of [".timeline", ".bar .play", ".speed button", ".bar .more"]) {
          const { drawn } = await coloursOf(page, control);
          assert.ok(drawn > 0.01, `${control}: ${drawn}`);
        }
        for (const key of [",", "s", "x"]) {
          await page.keyboard.press(key);
          await page.waitForSelector("dialog[open]");
          await pause(0.3);
          assert.deepEqual(await axe(page), [], key);
          await page.keyboard.press("Escape");
          await until(async () => (await page.$("dialog")) === null, "closed");
        }
      },
      { profile: forced, before: wishing({ "forced-colors": "active" }) },
    ));

  it("have more contrast where that is wanted", { skip: BROWSER !== "chrome" && "cannot be asked for here" }, () =>
    visit(
      "?theme=auto",
      async (page) => {
        await engineReady(page);
        const edge = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--edge"));
        const back = await page.$eval("body", (body) => getComputedStyle(body).backgroundColor);
        assert.deepEqual([edge, back], ["#ffffff", "rgb(0, 0, 0)"]);
        assert.deepEqual(await axe(page), []);
      },
      { before: wishing({ "prefers-contrast": "more", "prefers-color-scheme": "dark" }) },
    ),
  );
});

describe("the page of a preset", () => {
  inOne("shows it, and goes on at the address of every run", async () => {
    const html = readFileSync(join(here.folder, "index.html"), "utf8");
    here.server.pages.set("/some/path/gpt2-124m.html", html.replace("<html ", '<html data-preset="gpt2-124m" '));
    await visit("gpt2-124m.html?seed=7", async (page) => {
      await engineReady(page);
      await until(async () => /GPT-2 124M/.test(await page.title()), "the run");
      await page.keyboard.press("R");
      await until(async () => /^\/some\/path\/$/.test(await page.evaluate(() => location.pathname)), "the address");
      assert.equal(await page.evaluate(() => new URLSearchParams(location.search).get("preset")), "gpt2-124m");
    });
  });
});
