// The full page in a real browser. PYSIM_BROWSER=firefox runs it there.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { axe } from "./helpers/axe.mjs";
import {
  allText,
  engineReady,
  keepDownloads,
  openPage,
  pause,
  place,
  playLabel,
  reduceMotion,
  screen,
  textIn,
  textOf,
  until,
} from "./helpers/pages.mjs";
import { inOne, shareOf } from "./helpers/shares.mjs";
import { presetsOf } from "./helpers/site.mjs";
import { visiting } from "./helpers/visiting.mjs";

const { here, visit, firstVisit, visitBeforeEngine } = visiting();
/** In Node the engine plays all of them; here it is how the page opens one. */
const PRESETS_PER_LOOK = 6;
const ENGINE = /asm\.wasm$/;

describe("the default page", () => {
  it("shows text before the engine is there, then goes on with the engine", () =>
    visitBeforeEngine("", async (page, letEngineIn) => {
      await until(async () => (await textOf(page)) !== "", "text", 5);
      assert.equal(await page.$eval("html", (html) => html.dataset.mode), "recording");
      letEngineIn();
      await engineReady(page);
      const before = await place(page);
      await until(async () => (await place(page)) > before, "the run goes on");
      assert.equal(await playLabel(page), "Pause");
    }));

  it("asks for the interpreter though all else is slow: a browser asks a host for six files at a time", async () => {
    const { requests, slow } = here.server;
    const before = requests.length;
    slow.push(/snapshot-|library-|libraries\//);
    const isAsked = async () => requests.slice(before).some((path) => ENGINE.test(path));
    await firstVisit("", () => until(isAsked, "the interpreter").finally(() => void slow.splice(0)));
  });

  inOne("asks nobody else for anything", () =>
    visit("", async (page) => {
      await engineReady(page);
      const names = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
      assert.deepEqual(
        names.filter((name) => !name.startsWith(here.server.url)),
        [],
      );
    }),
  );

  it("hands over without a seam", async () => {
    const handedOver = await firstLines();
    here.server.missing.push(/prologues?\//);
    const engineOnly = await firstLines("boot").finally(() => here.server.missing.pop());
    const shared = Math.min(handedOver.length, engineOnly.length);
    assert.ok(shared > 10, `only ${shared} lines`);
    assert.deepEqual(handedOver.slice(0, shared), engineOnly.slice(0, shared));
  });

  it("obeys pause and speed from the first second, and keeps the speed over the hand-over", () =>
    visitBeforeEngine("", async (page, letEngineIn) => {
      const log = async () => (await screen(page)).filter((line) => line.startsWith("["));
      await until(async () => (await log()).length > 0, "text", 5);
      await page.keyboard.press(" ");
      await page.keyboard.press("+");
      assert.equal(await page.$eval("html", (html) => html.dataset.mode), "recording");
      assert.equal(await playLabel(page), "Play");
      await pause(0.2);
      const before = await log();
      await pause(1);
      assert.deepEqual(await log(), before);
      await page.keyboard.press(" ");
      letEngineIn();
      await engineReady(page);
      assert.equal(await textIn(page, ".speed-value"), "1.8x");
      assert.equal(await playLabel(page), "Pause");
      await until(async () => (await log()).length > before.length, "goes on");
    }));

  inOne("shares and starts again the run on show, once that is the next one", () =>
    visit("?theme=dark", async (page) => {
      await engineReady(page);
      await page.waitForSelector(".timeline input:not(:disabled)");
      for (let press = 0; press < 12; press += 1) await page.keyboard.press("+");
      await page.$eval(".timeline input", (found) => {
        const input = /** @type {HTMLInputElement} */ (found);
        input.value = input.max;
        for (const name of ["input", "change"]) input.dispatchEvent(new Event(name));
      });
      const asked = () => page.evaluate(() => Object.fromEntries(new URLSearchParams(location.search)));
      await until(async () => "preset" in (await asked()), "the next run");
      await page.keyboard.press(" ");
      const { theme, ...run } = await asked();
      assert.equal(theme, "dark");
      const title = await page.title();
      await page.keyboard.press("r");
      await page.keyboard.press(" ");
      await pause(1);
      assert.equal(await page.title(), title);
      assert.deepEqual(await asked(), { ...run, theme });
      await page.keyboard.press("s");
      const link = await (await page.waitForSelector("dialog textarea"))?.evaluate((text) => text.value);
      assert.deepEqual(Object.fromEntries(new URL(String(link)).searchParams), run);
    }),
  );

  inOne("never stores anything but settings", () =>
    visit("", async (page) => {
      await engineReady(page);
      await page.keyboard.press("T");
      const stored = await page.evaluate(() => ({ cookie: document.cookie, keys: Object.keys(localStorage) }));
      assert.deepEqual(stored, { cookie: "", keys: ["pysim"] });
    }),
  );
});

/** Lines of the log, without the live region, from the beginning to some seconds after the engine came. */
async function firstLines(wanted = "recording") {
  /** @type {string[]} */
  let lines = [];
  await visitBeforeEngine(
    "",
    async (page, letEngineIn) => {
      assert.equal(await page.$eval("html", (html) => html.dataset.mode), wanted);
      letEngineIn();
      await engineReady(page);
      for (let press = 0; press < 2; press += 1) await page.keyboard.press("+"); // every step still has a line
      await until(async () => (await place(page)) >= 20, "twenty seconds of the run");
      await page.keyboard.press(" ");
      await until(async () => (await playLabel(page)) === "Play", "paused");
      lines = (await allText(page)).split("\n").filter((/** @type {string} */ line) => line.startsWith("["));
    },
    { before: keepDownloads, expected: /404/ },
  );
  return lines;
}

describe("options", () => {
  it("opens every preset of its share", { timeout: 600_000 }, async () => {
    for (const preset of shareOf(await presetsOf(here.folder), PRESETS_PER_LOOK)) {
      await visit(`?preset=${preset}`, async (page) => {
        await until(async () => (await textOf(page)) !== "", `${preset}: text`, 5);
        await engineReady(page);
        const before = await place(page);
        await until(async () => (await place(page)) > before, `${preset}: goes on`);
        assert.equal(await textIn(page, "#notes"), "");
      });
    }
  });

  inOne("opens a permalink with other options after a boot screen", () =>
    visitBeforeEngine("?seed=7", async (page, letEngineIn) => {
      await page.waitForSelector('html[data-mode="boot"]');
      letEngineIn();
      await engineReady(page);
      await until(async () => (await textOf(page)).length > 100, "text");
    }),
  );

  inOne("names every bad value and plays on", () => {
    const bad = {
      seed: "<img src=x onerror=alert(1)>",
      theme: "plaid",
      fontsize: "1e9",
      autoplay: "perhaps",
      poster: "-1",
      loading: "never",
      controls: "2",
      loop: "x",
    };
    return visit(`?${new URLSearchParams(bad)}`, async (page) => {
      await engineReady(page);
      const notes = await page.$$eval("#notes [role=alert] p", (lines) => lines.map((line) => line.textContent ?? ""));
      assert.deepEqual(notes.map((note) => note.split(": ")[0]).toSorted(), Object.keys(bad).toSorted());
      assert.equal(await page.$("#notes img"), null);
      await until(async () => (await textOf(page)) !== "", "text");
    });
  });
});

describe("the terminal", () => {
  it("follows its box during the recording and after it", () =>
    visit("", async (page) => {
      const widths = [];
      for (const [width, height] of [
        [1280, 800],
        [360, 740],
        [740, 360], // the phone is turned
        [320, 568],
        [1600, 900],
      ]) {
        await page.setViewport({ width, height });
        await pause(1.5);
        const rows = await screen(page);
        widths.push(Math.max(...rows.map((row) => row.length)));
        const inside = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
        assert.ok(inside, `${width}: nothing sticks out`);
        const bar = await page.$eval(".bar", (element) => element.getBoundingClientRect().toJSON());
        const lines = await page.$eval(".xterm-screen", (element) => element.getBoundingClientRect().toJSON());
        assert.ok(lines.bottom <= bar.top + 1, `${width}: the bar covers no text`);
      }
      assert.ok(Number(widths[1]) < Number(widths[0]) && Number(widths[1]) < Number(widths[2]), `${widths}`);
      await engineReady(page);
    }));

  inOne("rests in a hidden tab and goes on where it was", () =>
    visit("", async (page) => {
      await engineReady(page);
      const hide = (/** @type {boolean} */ hidden) =>
        page.evaluate((value) => {
          Object.defineProperty(document, "hidden", { value, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }, hidden);
      await hide(true);
      await pause(0.5);
      const before = await place(page);
      await pause(2);
      assert.equal(await place(page), before);
      await hide(false);
      await until(async () => (await place(page)) > before, "goes on");
    }),
  );

  inOne("finds text that is typed before the search is there, and does not take the focus", async () => {
    here.server.slow.push(/assets\/dialogs/);
    const look = async (/** @type {import("puppeteer-core").Page} */ page) => {
      await engineReady(page);
      await page.keyboard.press("/");
      await page.keyboard.type("no such text");
      await page.keyboard.press("Enter");
      assert.equal(await page.$("#search"), null);
      assert.equal(await playLabel(page), "Pause", "a space is no longer one that pauses");
      here.server.slow.pop();
      await page.waitForSelector("#search input");
      await until(async () => (await textIn(page, "#search output")) === "not found", "says so");
      assert.equal(await page.$eval("#search input", (input) => input.value), "no such text");
      await page.keyboard.press("Escape");
      assert.equal(await page.$("#search"), null);
    };
    await firstVisit("", look).finally(() => here.server.slow.splice(0));
  });
});

describe("the keyboard alone", () => {
  it("pauses, seeks, changes speed, restarts", () =>
    visit("", async (page) => {
      await engineReady(page);
      await page.click('.bar .buttons [data-action="restart"]'); // which does not keep the keys
      await page.keyboard.press(" ");
      await until(async () => (await playLabel(page)) === "Play", "paused");
      await page.keyboard.press("5");
      await until(
        async () => (await page.$eval(".timeline input", (i) => Number(/** @type {any} */ (i).value))) === 500,
        "half way",
      );
      const middle = await place(page);
      await page.keyboard.press("]");
      await until(async () => (await place(page)) >= middle, "next chapter");
      await page.keyboard.press("0");
      await until(async () => (await place(page)) === 0, "the beginning");
      await page.keyboard.press("+");
      await until(async () => (await textIn(page, ".speed-value")) === "1.8x", "faster");
      for (let press = 1; press < 8; press += 1) await page.keyboard.press("+"); // none is lost
      await until(async () => (await textIn(page, ".speed-value")) === "100x", "a hundred times as fast");
      await page.keyboard.press(" ");
      await until(async () => (await playLabel(page)) === "Pause", "plays");
    }));

  it("reaches every control in order and opens and leaves dialogs", () =>
    visit("", async (page) => {
      await engineReady(page);
      await page.waitForSelector(".timeline input:not(:disabled)");
      const seen = [];
      for (let press = 0; press < 10; press += 1) {
        await page.keyboard.press("Tab");
        seen.push(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")));
      }
      assert.deepEqual(seen.slice(0, 4), ["Place in the run", "Pause", "Speed 1x", "Start again"]);
      for (const key of ["?", "s", ","]) {
        await Promise.all([page.keyboard.press(key), page.keyboard.press(key)]);
        await page.waitForSelector("dialog[open]");
        assert.equal((await page.$$("dialog")).length, 1);
        await page.keyboard.press("Escape");
        await until(async () => (await page.$("dialog")) === null, `${key}: closed`);
      }
    }));
});

describe("where less is possible", () => {
  it("plays a recorded run without WebAssembly and says so", () =>
    visit(
      "",
      async (page) => {
        await until(async () => (await textOf(page)) !== "", "text", 5);
        assert.match(await textIn(page, "#notes"), /no WebAssembly/);
        await page.keyboard.press("5");
        await until(
          async () => (await page.$eval(".timeline input", (i) => Number(/** @type {any} */ (i).value))) >= 495,
          "seeks",
        );
      },
      { before: (page) => page.evaluateOnNewDocument(() => Reflect.deleteProperty(window, "WebAssembly")) },
    ));

  it("shows a poster under reduced motion", () =>
    visit(
      "",
      async (page) => {
        await page.waitForSelector(".poster");
        const before = await screen(page);
        assert.ok(before.join("") !== "");
        await pause(1);
        assert.deepEqual(await screen(page), before);
        await page.click(".poster");
        await engineReady(page);
        assert.equal(await page.$(".poster"), null);
      },
      { before: reduceMotion },
    ));

  inOne("says that a dialog cannot be had", async () => {
    here.server.missing.push(/assets\/dialogs/);
    const unvisited = await here.browser.createBrowserContext(); // a service worker would have it
    const { page } = await openPage(unvisited, here.server.url);
    await page.waitForSelector(".bar .play");
    await page.keyboard.press("s");
    await until(async () => /could not be loaded/.test(await textIn(page, "#notes")), "a note").finally(() =>
      here.server.missing.pop(),
    );
    await unvisited.close();
  });

  inOne("says that it needs its modules when they do not come", async () => {
    here.server.missing.push(/assets\/.*\.js/);
    const unvisited = await here.browser.createBrowserContext(); // a service worker would have the modules
    const { page } = await openPage(unvisited, here.server.url);
    await until(async () => /could not start/.test(await textIn(page, "#notes")), "a note").finally(() =>
      here.server.missing.pop(),
    );
    await unvisited.close();
  });
});

describe("accessibility", () => {
  for (const theme of shareOf(["dark", "light", "midnight", "amber", "paper", "contrast", "contrast-light"])) {
    it(`has no violations in the page and its dialogs: ${theme}`, () =>
      visit(`?theme=${theme}`, async (page) => {
        await engineReady(page);
        await page.keyboard.press(" ");
        for (const key of ["", "?", "s", ",", "x"]) {
          if (key !== "") await page.keyboard.press(key);
          await pause(0.3);
          assert.deepEqual(await axe(page), [], key);
          await page.keyboard.press("Escape");
        }
      }));
  }
});
