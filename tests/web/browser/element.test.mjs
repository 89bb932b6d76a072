// <pysim-run> on somebody's page behaves as the elements of HTML do. PYSIM_BROWSER=firefox runs it there.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { blogging, elementOf, embed, embeds, post as postOn } from "./helpers/blog.mjs";
import { BROWSER } from "./helpers/browsers.mjs";
import { engineReady, pause, textIn, until } from "./helpers/pages.mjs";
import { serve } from "./helpers/server.mjs";
import { inOne } from "./helpers/shares.mjs";

const here = blogging();

/** @typedef {import("puppeteer-core").Page} Page */

/**
 * A blog page with this body and the element's script.
 * @param {string} body
 * @param {(page: Page) => Promise<unknown>} look
 * @param {{blog?: import("./helpers/server.mjs").Server, site?: import("./helpers/server.mjs").Server}} hosts
 */
const post = (body, look, hosts = {}) =>
  postOn({ ...here, ...hosts }, `<script src="${(hosts.site ?? here.site).url}embed.js"></script>${body}`, look);

/** @param {Page} page */
const box = (page) =>
  page.$eval("pysim-run", (element) => {
    const { width, height } = element.getBoundingClientRect();
    return { display: getComputedStyle(element).display, width, height };
  });

describe("the box", () => {
  inOne("is hidden, shown and styled as any other", () =>
    post(
      `<style>.small { display: inline-block; width: 300px; height: 123px }</style>
       <div style="width: 800px"><pysim-run hidden loading="click"></pysim-run></div>`,
      async (page) => {
        const set = (/** @type {string} */ name, /** @type {string | null} */ value) =>
          page.$eval(
            "pysim-run",
            (element, attribute, text) =>
              text === null ? element.removeAttribute(attribute) : element.setAttribute(attribute, text),
            name,
            value,
          );
        assert.equal((await box(page)).display, "none");
        await set("hidden", null);
        assert.deepEqual(await box(page), { display: "block", width: 800, height: 420 });
        await set("height", "200");
        await set("width", "50%");
        assert.deepEqual(await box(page), { display: "block", width: 400, height: 200 });
        await set("height", "1;color:red");
        assert.equal((await box(page)).height, 420);
        await set("class", "small");
        assert.deepEqual(await box(page), { display: "inline-block", width: 300, height: 123 });
        await set("style", "height: 99px");
        assert.equal((await box(page)).height, 99);
      },
    ),
  );
});

describe("an attribute", () => {
  inOne("changes the look at once, and the run goes on", () =>
    post(`<pysim-run preset="classic" theme="dark" controls></pysim-run>`, async (page) => {
      const frame = await embed(page);
      await engineReady(frame);
      const ask = elementOf(page);
      await ask("seek", 300);
      await until(async () => (await ask("getState")).seconds >= 300, "there");
      assert.equal(await textIn(frame, "#notes"), "");
      const background = () => frame.$eval("body", (body) => getComputedStyle(body).backgroundColor);
      const before = await background();
      await page.$eval("pysim-run", (element) => {
        element.setAttribute("theme", "paper");
        element.setAttribute("controls", "false");
        element.setAttribute("fontsize", "20");
      });
      await until(async () => (await background()) !== before, "another theme");
      assert.equal(await frame.$("#bar"), null);
      assert.equal(await frame.$eval(".xterm-rows", (rows) => getComputedStyle(rows).fontSize), "20px");
      assert.ok((await ask("getState")).seconds >= 300);
      await page.$eval("pysim-run", (element) => element.setAttribute("controls", "true"));
      await until(async () => (await frame.$("#bar .play")) !== null, "the bar is back");
    }),
  );

  inOne("opens another run, and names what cannot be used", () =>
    post(`<pysim-run preset="classic" seed="1"></pysim-run>`, async (page) => {
      const frame = await embed(page);
      await engineReady(frame);
      const ask = elementOf(page);
      await page.$eval("pysim-run", (element) => element.setAttribute("preset", "gpt2-124m"));
      await until(async () => (await ask("getState")).query === "preset=gpt2-124m&seed=1", "the other run");
      await page.$eval("pysim-run", (element) => element.setAttribute("seed", "x"));
      await until(async () => /seed: /.test(await textIn(frame, "#notes")), "a note");
    }),
  );
});

describe("a command", () => {
  inOne("before anything is loaded is obeyed as soon as it can be", () =>
    post(
      `<pysim-run id="run" preset="classic"></pysim-run>
       <script>run.setSpeed(50); run.seek(500); run.pause();</script>`,
      async (page) => {
        const frame = await embed(page);
        await engineReady(frame);
        const ask = elementOf(page);
        await until(async () => Math.abs((await ask("getState")).seconds - 500) < 1, "there");
        const { speed, paused } = await ask("getState");
        assert.deepEqual({ speed, paused }, { speed: 50, paused: true });
      },
    ),
  );

  it("to play loads a run that nobody has scrolled to", () =>
    post(`<div style="height: 9000px"></div><pysim-run preset="classic"></pysim-run>`, async (page) => {
      await pause(1);
      assert.ok(embeds(page).length === 0 || BROWSER === "firefox");
      await elementOf(page)("play");
      const frame = await embed(page);
      await frame.waitForSelector(".xterm");
    }));
});

describe("what was set", () => {
  inOne("before a command counts before it", () =>
    post(`<pysim-run preset="classic"></pysim-run>`, async (page) => {
      await engineReady(await embed(page));
      const ask = elementOf(page);
      await page.$eval("pysim-run", (element) => {
        element.setAttribute("preset", "gpt2-124m");
        /** @type {any} */ (element).seek(600);
        /** @type {any} */ (element).pause();
      });
      await until(async () => /gpt2/.test((await ask("getState")).query), "the other run");
      await until(async () => Math.abs((await ask("getState")).seconds - 600) < 1, "there");
      assert.equal((await ask("getState")).paused, true);
    }),
  );

  inOne("behind the play button changes the picture; autoplay plays", () =>
    post(`<pysim-run preset="classic" autoplay="0" seed="5"></pysim-run>`, async (page) => {
      const frame = await embed(page);
      await engineReady(frame);
      const ask = elementOf(page);
      const set = (/** @type {string} */ name, /** @type {string} */ value) =>
        page.$eval("pysim-run", (element, [key = "", text = ""]) => element.setAttribute(key, text), [name, value]);
      await set("preset", "gpt2-124m");
      await until(async () => /gpt2/.test((await ask("getState")).query), "the other run");
      await frame.waitForSelector(".poster");
      await engineReady(frame);
      assert.equal((await ask("getState")).paused, true);
      await set("autoplay", "1");
      await until(async () => !(await ask("getState")).paused, "plays");
      assert.equal(await frame.$(".poster"), null);
    }),
  );
});

describe("ready", () => {
  inOne("says where the run is, whatever waited for it", () =>
    post(
      `<pysim-run id="run" preset="classic"></pysim-run>
       <script>
         run.seek(500);
         run.addEventListener("ready", ({ detail }) => { window.ready = detail.state; });
       </script>`,
      async (page) => {
        await engineReady(await embed(page));
        const ready = () => page.evaluate(() => /** @type {any} */ (window).ready);
        await until(async () => (await ready()) !== undefined, "ready");
        const { seconds, totalSeconds, title, totalSteps } = await ready();
        assert.ok(Math.abs(seconds - 500) < 5, `${seconds}`);
        assert.ok(totalSeconds > 1000 && totalSteps > 1000);
        assert.match(title, /Classic/);
      },
    ),
  );
});

describe("out of sight", () => {
  inOne("an eager run is opened, and knows its length", () =>
    post(`<div style="height: 9000px"></div><pysim-run preset="classic" loading="eager"></pysim-run>`, async (page) => {
      const ask = elementOf(page);
      await until(async () => (await ask("getState")).phase !== "", "it is open", 60);
      const { phase, title, query } = await ask("getState");
      assert.equal(phase, "bring-up");
      assert.notEqual(title, "");
      assert.ok((await ask("getState")).totalSeconds > 0);
      assert.equal(query, "preset=classic");
    }),
  );

  inOne("an eager poster is opened, too", () =>
    post(
      `<div style="height: 9000px"></div><pysim-run preset="classic" loading="eager" autoplay="0"></pysim-run>`,
      async (page) => {
        const ask = elementOf(page);
        await until(async () => (await ask("getState")).totalSeconds > 0, "it is open", 60);
        assert.equal((await ask("getState")).paused, true);
      },
    ),
  );
});

describe("in the document", () => {
  const move = (/** @type {Page} */ page) =>
    page.evaluate(() =>
      document.querySelector("#there")?.append(/** @type {Element} */ (document.querySelector("pysim-run"))),
    );

  inOne("it can be moved, and goes on where it was", () =>
    post(`<pysim-run preset="classic"></pysim-run><div id="there"></div>`, async (page) => {
      await engineReady(await embed(page));
      const ask = elementOf(page);
      await ask("setSpeed", 2);
      await ask("seek", 600);
      await until(async () => (await ask("getState")).seconds >= 600, "there");
      await move(page);
      await until(async () => (await ask("getState").catch(() => ({ seconds: 0 }))).seconds >= 600, "there again", 60);
      const { paused, speed } = await ask("getState");
      assert.deepEqual({ paused, speed }, { paused: false, speed: 2 });
    }),
  );

  inOne("it is paused where it was when it was taken out and comes back", () =>
    post(`<pysim-run preset="classic"></pysim-run>`, async (page) => {
      await engineReady(await embed(page));
      const ask = elementOf(page);
      await ask("seek", 600);
      await until(async () => (await ask("getState")).seconds >= 600, "there");
      await page.evaluate(async () => {
        const run = /** @type {Element} */ (document.querySelector("pysim-run"));
        run.remove();
        await new Promise((resolve) => setTimeout(resolve, 100));
        document.body.append(run);
      });
      await until(async () => (await ask("getState").catch(() => ({ seconds: 0 }))).seconds >= 600, "there again", 60);
      assert.equal((await ask("getState")).paused, true);
    }),
  );
});

describe("on a page that isolates itself", () => {
  const ISOLATED = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  };
  const WELCOMING = {
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "cross-origin",
  };

  it("it plays where the site sends the headers for it", async (t) => {
    const hosts = {
      blog: await serve(here.folder, { prefix: "/nothing/", headers: ISOLATED }),
      site: await serve(here.folder, { prefix: "/runs/", headers: WELCOMING }),
    };
    t.after(() => Promise.all([hosts.blog.stop(), hosts.site.stop()]));
    await post(
      `<pysim-run preset="classic"></pysim-run>`,
      async (page) => {
        assert.equal(await page.evaluate(() => crossOriginIsolated), true);
        await engineReady(await embed(page));
        await until(async () => (await elementOf(page)("getState")).seconds > 0, "plays");
      },
      hosts,
    );
  });

  it("it plays without them where a frame may go without credentials, and says what to do elsewhere", async (t) => {
    const hosts = {
      blog: await serve(here.folder, { prefix: "/nothing/", headers: ISOLATED }),
      site: await serve(here.folder, { prefix: "/runs/", headers: { "cross-origin-resource-policy": "cross-origin" } }),
    };
    t.after(() => Promise.all([hosts.blog.stop(), hosts.site.stop()]));
    await post(
      `<pysim-run preset="classic"></pysim-run>`,
      async (page) => {
        const canGoWithout = await page.evaluate(() => "credentialless" in HTMLIFrameElement.prototype);
        if (canGoWithout) return await engineReady(await embed(page));
        const said = () =>
          page.$eval("pysim-run", (element) => element.shadowRoot?.querySelector("p")?.textContent ?? "");
        await until(async () => /Open it on its own page/.test(await said()), "a note", 40);
      },
      hosts,
    );
  });
});
