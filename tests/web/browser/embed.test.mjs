// The embeddable page, in frames of this and other origins. PYSIM_BROWSER=firefox runs it there.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { blogging, elementOf, embed, embeds, post as postOn } from "./helpers/blog.mjs";
import { BROWSER } from "./helpers/browsers.mjs";
import { engineReady, pause, place, playLabel, screen, textIn, textOf, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";

const here = blogging();

/**
 * A blog page with this body.
 * @param {string} body
 * @param {(page: import("puppeteer-core").Page, frames: import("puppeteer-core").Frame[]) => Promise<unknown>} look
 */
const post = (body, look) =>
  postOn(here, body, async (page) => {
    await embed(page);
    await look(page, embeds(page));
  });

const iframe = (query = "", attributes = "") =>
  `<iframe src="${here.site.url}embed.html${query}" width="800" height="400" ${attributes}></iframe>`;

describe("a frame", () => {
  it("plays under another origin", () =>
    post(iframe(), async (_page, [frame]) => {
      assert.ok(frame);
      await until(async () => (await textOf(frame)) !== "", "text");
      await engineReady(frame);
      const before = await place(frame);
      await until(async () => (await place(frame)) > before, "goes on");
    }));

  it("plays in a sandbox without an origin, on the page's own thread", () =>
    post(iframe("", 'sandbox="allow-scripts"'), async (_page, [frame]) => {
      assert.ok(frame);
      await until(async () => (await textOf(frame)) !== "", "text");
      await engineReady(frame);
      const before = await place(frame);
      await until(async () => (await place(frame)) > before, "goes on");
    }));

  it("keeps the page quick while it plays in a sandbox", { skip: BROWSER === "firefox" && "no long-task timing" }, () =>
    post(iframe("?speed-factor=100", 'sandbox="allow-scripts"'), async (_page, [frame]) => {
      assert.ok(frame);
      await engineReady(frame);
      await frame.evaluate(() => {
        const slices = Object.assign(window, { slices: /** @type {number[]} */ ([]) }).slices;
        const later = window.setTimeout.bind(window);
        Object.assign(window, {
          setTimeout: (/** @type {() => void} */ run, /** @type {number} */ milliseconds) =>
            later(() => {
              const began = performance.now();
              run();
              slices.push(performance.now() - began);
            }, milliseconds),
        });
      });
      await until(async () => (await frame.evaluate(() => /** @type {any} */ (window).slices.length)) > 100, "slices");
      const slices = await frame.evaluate(() => /** @type {number[]} */ (/** @type {any} */ (window).slices));
      const sorted = slices.toSorted((a, b) => a - b);
      // A slice ends after 8 ms, but no earlier than one bit of work: this bounds the usual one on a busy machine.
      assert.ok(Number(sorted[Math.floor(sorted.length / 2)]) < 12, `${sorted}`);
    }),
  );

  it("three on a page all play", () =>
    post(iframe("?seed=0") + iframe("?seed=0&theme=paper") + iframe("?seed=0&theme=amber"), async (page) => {
      await until(async () => embeds(page).length === 3, "three frames");
      for (const frame of embeds(page)) await engineReady(frame);
      const before = await Promise.all(embeds(page).map(place));
      await until(async () => {
        const now = await Promise.all(embeds(page).map(place));
        return now.every((seconds, index) => seconds > (before[index] ?? 0));
      }, "all go on");
    }));

  inOne("waits for a click behind its poster and loads no engine until then", () =>
    post(iframe("?loading=click"), async (_page, [frame]) => {
      assert.ok(frame);
      await frame.waitForSelector(".poster");
      await until(async () => (await textOf(frame)) !== "", "a still picture");
      const asked = here.site.requests.length;
      await pause(1);
      assert.deepEqual(
        here.site.requests.slice(asked).filter((path) => path.endsWith(".wasm")),
        [],
      );
      await frame.click(".poster");
      await engineReady(frame);
      assert.equal(await frame.$(".poster"), null);
    }),
  );

  inOne("keeps the pause button in sight and hides the rest until it is wanted", () =>
    post(iframe(), async (page, [frame]) => {
      assert.ok(frame);
      await engineReady(frame);
      const seen = (/** @type {string} */ selector) =>
        frame.$eval(selector, (element) => Number(getComputedStyle(element).opacity));
      await page.mouse.move(1000, 1000);
      await until(async () => (await seen(".bar .speed")) === 0, "the bar fades");
      await until(async () => (await seen(".timeline")) < 1, "the timeline is quieter");
      assert.equal(await seen(".bar .play"), 1);
      await frame.$eval(".bar .play", (button) => /** @type {HTMLElement} */ (button).click());
      await until(async () => (await seen(".bar .speed")) === 1, "the bar stays while paused");
    }),
  );

  it("leaves the wheel to the page around until it is clicked, and again once the pointer has left", () =>
    post(
      `${iframe("?preset=classic&from=50%25&speed-factor=20")}<div style="height: 5000px"></div>`,
      async (page, [frame]) => {
        assert.ok(frame);
        await engineReady(frame);
        const scrolled = () => page.evaluate(() => Math.round(scrollY));
        const newest = () => frame.$eval(".xterm-rows", (rows) => rows.textContent?.includes("Epoch") === true);
        await page.mouse.move(300, 200);
        await page.mouse.wheel({ deltaY: 60 });
        await until(async () => (await scrolled()) > 0, "the page scrolls");
        await page.evaluate(() => scrollTo(0, 0));
        await until(async () => (await frame.$eval(".bar", (bar) => bar.textContent)) !== "", "the bar");
        await pause(1); // some lines to go back to
        assert.equal(await newest(), true);
        await page.mouse.move(300, 200);
        await page.mouse.click(300, 200);
        await page.mouse.wheel({ deltaY: -900 });
        await until(async () => !(await newest()), "the run scrolls");
        await page.mouse.move(300, 900);
        await page.mouse.move(300, 220);
        await page.mouse.wheel({ deltaY: 60 });
        await until(async () => (await scrolled()) > 0, "the page scrolls again");
      },
    ));

  it("copies its text without a permission", () =>
    post(iframe("?preset=classic"), async (_page, [frame]) => {
      assert.ok(frame);
      await engineReady(frame);
      await frame.evaluate(() => {
        const copied = Object.assign(window, { copied: /** @type {string[]} */ ([]) }).copied;
        const { setData } = DataTransfer.prototype;
        DataTransfer.prototype.setData = function (type, text) {
          copied.push(text);
          setData.call(this, type, text);
        };
        const { clipboard } = navigator;
        const write = clipboard.writeText.bind(clipboard);
        clipboard.writeText = async (text) => {
          await write(text);
          copied.push(text);
        };
      });
      await frame.click(".bar .more");
      await frame.waitForSelector("#menu:popover-open");
      await frame.click('#menu [data-action="copy"]');
      await until(async () => /copied/i.test(await textIn(frame, "#status")), "says so");
      const [text = ""] = await frame.evaluate(() => /** @type {any} */ (window).copied);
      assert.ok(text.length > 100 && !text.includes("Epoch "), text);
    }));

  inOne("hears what is said as soon as it has loaded", () =>
    post(
      `<script>
         const say = (frame) => frame.contentWindow.postMessage({ pysim: 1, type: "pause" }, "*");
       </script>${iframe("?preset=classic", 'onload="say(this)"')}`,
      async (_page, [frame]) => {
        assert.ok(frame);
        await until(async () => (await playLabel(frame).catch(() => "")) === "Play", "paused");
      },
    ),
  );

  inOne("has no bar with controls=false", () =>
    post(iframe("?controls=false"), async (_page, [frame]) => {
      assert.ok(frame);
      await until(async () => (await textOf(frame)) !== "", "text");
      assert.equal(await frame.$(".bar, .timeline"), null);
    }),
  );
});

describe("the messages", () => {
  inOne("play, pause, seek, change speed and tell", () =>
    post(
      `<script src="${here.site.url}embed.js"></script><pysim-run seed="0" height="300"></pysim-run>`,
      async (page, [frame]) => {
        assert.ok(frame);
        await page.evaluate(() => {
          const run = document.querySelector("pysim-run");
          const heard = Object.assign(window, { heard: /** @type {string[]} */ ([]) }).heard;
          for (const name of ["ready", "time", "phase", "ended"]) run?.addEventListener(name, () => heard.push(name));
        });
        await engineReady(frame);
        const ask = elementOf(page);
        await ask("pause");
        await until(async () => (await playLabel(frame)) === "Play", "paused");
        await ask("seek", 120);
        await until(async () => Math.abs((await ask("getState")).seconds - 120) < 1, "there");
        await ask("setSpeed", 100);
        await until(async () => (await ask("getState")).speed === 100, "fast");
        await ask("play");
        await until(async () => (await ask("getState")).seconds > 130, "goes on");
        const heard = await page.evaluate(() => /** @type {any} */ (window).heard);
        assert.ok(heard.includes("ready") && heard.includes("time"), `${[...new Set(heard)]}`);
      },
    ),
  );

  inOne("show that the hand-over has no seam: what was played is what the engine paints", () =>
    post(
      `<script src="${here.site.url}embed.js"></script><pysim-run height="420"></pysim-run>`,
      async (page, [frame]) => {
        assert.ok(frame);
        await engineReady(frame);
        await pause(1);
        const ask = elementOf(page);
        await ask("pause");
        await until(async () => (await ask("getState")).paused, "paused");
        await until(async () => (await textOf(frame)).includes("paused"), "drawn");
        const played = await screen(frame);
        await ask("seek", (await ask("getState")).seconds);
        await pause(0.5); // painted anew from the engine alone
        assert.deepEqual(await screen(frame), played);
      },
    ),
  );

  inOne("in any other form are ignored", () =>
    post(iframe(), async (page, [frame]) => {
      assert.ok(frame);
      await engineReady(frame);
      await page.evaluate(() => {
        const target = document.querySelector("iframe")?.contentWindow;
        const strange = [
          "pause",
          null,
          7,
          { type: "pause" },
          { pysim: 2, type: "pause" },
          { pysim: 1, type: "seek", seconds: "9" },
        ];
        for (const message of [...strange, { pysim: 1, type: "eval", code: "1" }]) target?.postMessage(message, "*");
      });
      await pause(0.5);
      assert.equal(await playLabel(frame), "Pause");
    }),
  );

  inOne("from another window than the parent are ignored", () =>
    post(iframe("?seed=0") + iframe("?seed=0&theme=paper"), async (page) => {
      await until(async () => embeds(page).length === 2, "two frames");
      const [first, second] = embeds(page);
      assert.ok(first && second);
      await engineReady(first);
      await second.evaluate(() => parent.frames[0]?.postMessage({ pysim: 1, type: "pause" }, "*"));
      await pause(0.5);
      assert.equal(await playLabel(first), "Pause");
    }),
  );
});

describe("bad options", () => {
  inOne("are named in the frame", () =>
    post(iframe("?loop=maybe"), async (_page, [frame]) => {
      assert.ok(frame);
      await until(async () => /loop: /.test(await textIn(frame, "#notes")), "a note");
    }),
  );
});
