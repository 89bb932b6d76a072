// Embeds for people who explain: parts, notes, loops, and what can be asked of a run. PYSIM_BROWSER=firefox runs it there.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { axe } from "./helpers/axe.mjs";
import { blogging, embed, embeds, post as postOn } from "./helpers/blog.mjs";
import { BROWSER } from "./helpers/browsers.mjs";
import { engineReady, openPage, playLabel, screen, textIn, textOf, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";

/** @typedef {import("puppeteer-core").Page} Page @typedef {import("puppeteer-core").Frame} Frame */

const here = blogging();

/** @param {string} attributes @param {(page: Page, frame: Frame) => Promise<unknown>} look */
const run = (attributes, look) =>
  postOn(
    here,
    `<script src="${here.site.url}embed.js"></script><pysim-run loading="eager" ${attributes}></pysim-run>`,
    async (page) => {
      const frame = await embed(page);
      await engineReady(frame);
      await look(page, frame);
    },
  );

/** Calls a method of the element, or tells why it rejects. @param {Page} page @param {string} name @param {unknown[]} words */
const call = (page, name, ...words) =>
  page.evaluate(
    async (method, values) => {
      try {
        return await /** @type {any} */ (document.querySelector("pysim-run"))[method](...values);
      } catch (error) {
        return `refused: ${/** @type {Error} */ (error).message}`;
      }
    },
    name,
    words,
  );

const CALM = 'preset="classic" seed="3" incidents="off"';

describe("parts", () => {
  it("of which the curve alone is all that a low frame shows, and breaks no rule", () =>
    run(`${CALM} show="curve" from="step:1" until="step:2000" width="600" height="200"`, async (_page, frame) => {
      await until(async () => (await textOf(frame)).includes("steps 1 to 2,000"), "the curve");
      const rows = await screen(frame);
      assert.ok(rows.length >= 7, `${rows.length} rows`);
      assert.match(rows.join("\n"), /500 .*1k .*1\.5k/);
      assert.equal(await frame.$eval(".timeline", (band) => band.getBoundingClientRect().height), 0);
      assert.deepEqual(await axe(/** @type {any} */ (frame)), []);
    }));

  it("of which the timeline alone fills the frame", () =>
    run(`${CALM} show="timeline" height="160" credit="0" caption="0"`, async (_page, frame) => {
      const band = () => frame.$eval(".timeline", (element) => element.getBoundingClientRect().height);
      await until(async () => (await band()) > 80, "a tall band");
      await until(
        async () => (await frame.$eval(".timeline .curve", (path) => path.getAttribute("d"))) !== "",
        "a curve",
      );
      assert.equal(await frame.$eval("#terminal", (box) => getComputedStyle(box).visibility), "hidden");
      assert.deepEqual(await axe(/** @type {any} */ (frame)), []);
    }));

  inOne("of which the log has no bars", () =>
    run(`${CALM} show="log" from="50%" height="300"`, async (_page, frame) => {
      await until(async () => (await screen(frame)).filter((row) => row.includes("step")).length > 5, "a log");
      assert.doesNotMatch(await textOf(frame), /Epoch/);
    }),
  );

  inOne("that nobody knows are named, and the show goes on", () =>
    run(`${CALM} show="graph" height="300"`, async (_page, frame) => {
      await until(async () => /show: .graph. is not one or more of/.test(await textIn(frame, "#notes")), "a note");
      await until(async () => (await textOf(frame)) !== "", "text");
    }),
  );

  inOne("change while it plays", () =>
    run(`${CALM} show="log" from="50%" height="300"`, async (page, frame) => {
      await page.$eval("pysim-run", (element) => element.setAttribute("show", "curve,timeline"));
      await until(async () => (await textOf(frame)).includes("all steps"), "a curve");
      assert.ok((await frame.$eval(".timeline", (band) => band.getBoundingClientRect().height)) > 10);
    }),
  );
});

describe("notes", () => {
  const notes = "step:700:warm-up ends|step:5:it begins|90%:nearly done";

  inOne("are flags on the timeline, and a line from each place on", () =>
    run(`${CALM} from="step:600" notes="${notes}" height="420"`, async (page, frame) => {
      const spoken = () => textIn(frame, "#spoken");
      await until(async () => (await frame.$$(".note-place")).length === 3, "three flags");
      await until(async () => (await spoken()) === "it begins", "the note before");
      await call(page, "seek", "step:701");
      await until(async () => (await spoken()) === "warm-up ends", "the next one");
      await call(page, "seek", "95%");
      await until(async () => (await spoken()) === "nearly done", "the last one");
      await call(page, "seek", 0);
      await until(async () => (await spoken()) === "", "none");
      assert.deepEqual(await axe(/** @type {any} */ (frame)), []);
    }),
  );

  inOne("at a wrong place are named in a line, and the others stay", () =>
    run(`${CALM} notes="step:99999999:never|50%:half|what" height="420"`, async (_page, frame) => {
      await until(async () => (await frame.$$(".note-place")).length === 1, "one flag");
      const lines = await frame.$$eval("#notes p", (found) => found.map(({ textContent }) => textContent));
      assert.equal(lines.length, 2);
      assert.match(lines.join("\n"), /notes: .what. has no place/);
      assert.match(lines.join("\n"), /notes: 'step:99999999' is after the last step/);
    }),
  );
});

describe("what surrounds it", () => {
  inOne("is a border, the run's name and a credit, unless they are not wanted", () =>
    run(`${CALM} height="300"`, async (page, frame) => {
      await until(async () => /on .* /.test(await textIn(frame, "#caption")), "the run's name");
      assert.match(
        await frame.$eval("#credit", (link) => /** @type {HTMLAnchorElement} */ (link).href),
        /preset=classic/,
      );
      await page.$eval("pysim-run", (element) => element.setAttribute("caption", "A Run of Mine"));
      await until(async () => (await textIn(frame, "#caption")) === "A Run of Mine", "words of one's own");
      await page.$eval("pysim-run", (element) => {
        for (const name of ["caption", "credit", "border"]) element.setAttribute(name, "0");
      });
      const gone = () => frame.$eval("#legend", (line) => getComputedStyle(line).display === "none");
      await until(gone, "no line below");
      assert.equal(await frame.$eval("html", (html) => html.classList.contains("framed")), false);
    }),
  );
});

describe("a loop", () => {
  inOne("has no seam: nothing is cleared, and nothing says that it ended", () =>
    run(
      `${CALM} show="curve" from="step:100" until="step:140" speed-factor="20" loop height="300"`,
      async (page, frame) => {
        await page.evaluate(() => {
          const heard = Object.assign(window, { heard: /** @type {string[]} */ ([]) }).heard;
          const element = document.querySelector("pysim-run");
          let last = 0;
          element?.addEventListener("ended", () => heard.push("ended"));
          element?.addEventListener("time", (event) => {
            const { step } = /** @type {CustomEvent} */ (event).detail.state;
            if (step < last) heard.push("again");
            last = step;
          });
        });
        await until(async () => (await textOf(frame)).includes("loss"), "the curve");
        await frame.evaluate(() => {
          const seen = Object.assign(window, { blank: 0, paused: 0 });
          const look = () => {
            const rows = document.querySelector(".xterm-rows")?.textContent ?? "";
            if (!rows.includes("loss")) seen.blank += 1;
            if (document.querySelector(".bar.paused") !== null) seen.paused += 1;
            requestAnimationFrame(look);
          };
          look();
        });
        const heard = () => page.evaluate(() => /** @type {any} */ (window).heard);
        await until(
          async () => (await heard()).filter((/** @type {string} */ word) => word === "again").length >= 2,
          "twice",
          40,
        );
        assert.ok(!(await heard()).includes("ended"));
        assert.deepEqual(
          await frame.evaluate(() => [/** @type {any} */ (window).blank, /** @type {any} */ (window).paused]),
          [0, 0],
        );
      },
    ),
  );
});

describe("what can be asked", () => {
  inOne("is the curve, the chapters, the events", () =>
    run(`${CALM} autoplay="0" height="300" loading="click"`.replace('loading="click"', ""), async (page) => {
      const curve = await call(page, "getCurve", { points: 20, from: "step:100", until: "step:201" });
      assert.equal(curve.length, 20);
      assert.equal(curve.at(-1).step, 200);
      assert.ok(
        curve.every((/** @type {any} */ { loss, gradNorm, seconds }) => loss > 0 && gradNorm > 0 && seconds > 0),
      );
      const chapters = await call(page, "getChapters");
      assert.ok(chapters.some((/** @type {any} */ { kind }) => kind === "checkpoint"));
      const events = await call(page, "getEvents", "step:100", "step:103");
      const steps = events.filter((/** @type {any} */ { event }) => event === "StepCompleted");
      assert.deepEqual(
        steps.map((/** @type {any} */ { step }) => step),
        [100, 101, 102],
      );
      for (const [name, ...words] of [
        ["getEvents", "nowhere"],
        ["getCurve", { from: "nowhere" }],
        ["seek", "nowhere"],
      ]) {
        assert.match(await call(page, /** @type {string} */ (name), ...words), /^refused: .*'nowhere'/);
      }
    }),
  );

  inOne("goes to a place, and plays up to another", () =>
    run(`${CALM} speed-factor="20" height="300"`, async (page, frame) => {
      await page.evaluate(() => /** @type {any} */ (document.querySelector("pysim-run")).ready);
      await call(page, "pause");
      await call(page, "seek", "step:600");
      const element = () => page.$eval("pysim-run", (found) => [found.paused, Math.round(found.currentTime)]);
      await until(async () => (await call(page, "getState")).step === 599, "there");
      const state = await call(page, "playUntil", "step:640");
      assert.deepEqual([state.paused, state.step], [true, 639]);
      assert.equal(await playLabel(frame), "Play");
      await until(async () => (await element())[0] === true, "the element knows");
      assert.match(await call(page, "playUntil", "step:5"), /^refused: that is not after/);
      assert.ok(state.loss > 0 && state.learningRate > 0 && state.goodput > 0.5);
    }),
  );

  inOne("is told with values as it passes", () =>
    run(`${CALM} from="step:240" speed-factor="10" height="300"`, async (page) => {
      const heard = await page.evaluate(
        () =>
          new Promise((resolve) => {
            const details = /** @type {any} */ ({});
            for (const name of ["validation", "checkpoint"])
              document.querySelector("pysim-run")?.addEventListener(name, (event) => {
                details[name] = /** @type {CustomEvent} */ (event).detail;
                if (Object.keys(details).length === 2) resolve(details);
              });
          }),
      );
      const { validation, checkpoint } = /** @type {any} */ (heard);
      assert.ok(validation.validationLoss > 0 && validation.loss > 0 && validation.step > 0);
      assert.ok(checkpoint.tokensPerSecond > 0 && checkpoint.goodput > 0);
      assert.equal(checkpoint.validationLoss, undefined);
    }),
  );
});

describe("the article about a loss spike", () => {
  /** @param {number} width @param {"light" | "dark"} scheme @param {(page: Page) => Promise<unknown>} look */
  const read = async (width, scheme, look) => {
    const before = async (/** @type {Page} */ page) => {
      if (BROWSER !== "firefox") await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    };
    const { page, errors } = await openPage(here.browser, `${here.site.url}examples/loss-spike.html`, {
      width,
      height: 900,
      before,
    });
    try {
      await look(page);
    } finally {
      await page.close();
    }
    assert.deepEqual(
      errors.filter((error) => !/sw\.js|bad HTTP response code \(404\)/.test(error)),
      [],
    );
  };

  for (const [width, scheme] of /** @type {const} */ ([
    [360, "light"],
    [1280, "dark"],
  ])) {
    inOne(`breaks no rule at ${width}, ${scheme}, and nothing is wider than it`, () =>
      read(width, scheme, async (page) => {
        await page.$eval("#step", (slider) => slider.scrollIntoView());
        assert.deepEqual(await axe(page), []);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      }),
    );
  }

  it("has a slider by which the run goes to a step, by keys alone", { timeout: 240_000 }, () =>
    read(1280, "light", async (page) => {
      await page.$eval("#held", (element) => element.scrollIntoView());
      await until(
        () => page.$eval("#step", (slider) => !(/** @type {HTMLInputElement} */ (slider).disabled)),
        "awake",
        120,
      );
      await page.focus("#step");
      for (let presses = 0; presses < 4; presses += 1) await page.keyboard.press("ArrowRight");
      const held = embeds(page).find((frame) => frame.url().includes("numbers"));
      assert.ok(held);
      await until(async () => (await textOf(held)).includes("31,221/95,150"), "the run is at the step", 60);
      assert.match(await textIn(page, "#reading"), /^Loss 4\.775, gradient norm 790: .*times its usual size/);
      await until(async () => (await textOf(held)).includes("4.7746"), "the loss is the same");
    }),
  );
});
