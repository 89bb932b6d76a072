// Letting something go wrong, on the page and in somebody's page around it. PYSIM_BROWSER=firefox runs it there.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { blogging, embed, post as postOn } from "./helpers/blog.mjs";
import { engineReady, openPage, pause, textIn, textOf, until } from "./helpers/pages.mjs";
import { inOne } from "./helpers/shares.mjs";

/** @typedef {import("puppeteer-core").Page} Page */

const here = blogging();

/** @param {string} query @param {(page: Page) => Promise<unknown>} look */
async function visit(query, look) {
  const { page } = await openPage(here.browser, here.site.url + query);
  try {
    await look(page);
  } finally {
    await page.close();
  }
}

const RUN = "?preset=classic&incidents=off&from=50%25";

/** @param {Page} page */
const injected = (page) => page.evaluate(() => new URLSearchParams(location.search).getAll("inject"));

/** The menu, once it lists what can happen. @param {Page} page */
async function openMenu(page) {
  await page.keyboard.press("x");
  await page.waitForSelector("#troubles [aria-selected=true]");
}

/** @param {Page} page */
const chosen = (page) => page.$eval("#troubles [aria-selected=true] strong", (name) => name.textContent);

/** And no answer to more letters is still to come, which would lay the list out anew. @param {Page} page @param {string} name */
async function narrowedTo(page, name) {
  await page.waitForSelector("#troubles[aria-busy=false]");
  await until(async () => (await chosen(page)) === name, name);
}

describe("on the page", () => {
  it("x opens a menu; letters and arrows choose, Enter lets it happen, and the address has it", () =>
    visit(`${RUN}&speed-factor=3`, async (page) => {
      await engineReady(page);
      await openMenu(page);
      await page.keyboard.type("gpu");
      await narrowedTo(page, "gpu-off-bus");
      await page.keyboard.press("ArrowDown");
      assert.equal(await chosen(page), "gpu-error");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("ArrowUp");
      assert.notEqual(await chosen(page), "gpu-off-bus");
      await page.keyboard.press("ArrowDown");
      const active = await page.$eval("#inject [role=combobox]", (input) =>
        input.getAttribute("aria-activedescendant"),
      );
      assert.equal(active, "trouble-gpu-off-bus");
      await page.select("#inject-place", "node");
      await page.$eval("#inject .place input", (input) => {
        /** @type {HTMLInputElement} */ (input).value = "3";
      });
      await page.focus("#inject [role=combobox]");
      await page.keyboard.press("Enter");
      await until(async () => (await injected(page)).length === 1, "the address");
      assert.match((await injected(page))[0] ?? "", /^gpu-off-bus@[\dhms.]+s,node=3$/);
      assert.equal(await page.$("dialog[open]"), null);
      assert.equal(await textIn(page, "#status"), "It happens now: gpu-off-bus,node=3");
      await until(async () => /Job down/.test(await textOf(page)), "it is noticed", 60);
      await until(async () => /node 3 replaced/.test(await textOf(page)), "a spare takes its place", 60);
    }));

  inOne("the link shows the same again, and the command says it", () =>
    visit(RUN, async (page) => {
      await engineReady(page);
      await openMenu(page);
      await page.keyboard.type("host-reboot");
      await narrowedTo(page, "host-reboot");
      await page.keyboard.press("Enter");
      await until(async () => (await injected(page)).length === 1, "the address");
      const search = await page.evaluate(() => location.search);
      const total = () => textIn(page, ".total");
      const before = await total();
      await page.keyboard.press("s");
      await page.waitForSelector("dialog textarea");
      const texts = await page.$$eval("dialog textarea", (areas) => areas.map(({ value }) => value));
      assert.equal(new URL(texts[0] ?? "").search, search);
      assert.match(texts.at(-1) ?? "", /--inject 'host-reboot@[\dhms.]+s'/);
      await page.goto(here.site.url + search);
      await engineReady(page);
      await until(async () => (await total()) !== "", "the length");
      assert.equal(await total(), before);
      assert.deepEqual(await injected(page), new URLSearchParams(search).getAll("inject"));
      await until(async () => /Job down/.test(await textOf(page)), "it is noticed again", 60);
    }),
  );

  inOne("what cannot happen is a note, and the show goes on", () =>
    visit(RUN, async (page) => {
      await engineReady(page);
      await openMenu(page);
      await page.keyboard.type("gpu-of-buss");
      await until(async () => (await page.$("#troubles li")) === null, "nothing of this name");
      await page.keyboard.press("Enter");
      await until(async () => /unknown cause/.test(await textIn(page, "#notes")), "a note");
      assert.match(await textIn(page, "#notes"), /did you mean 'gpu-off-bus'\?/);
      assert.deepEqual(await injected(page), []);
    }),
  );

  inOne("a wish from the recording is passed on to the engine", () =>
    visit("", async (page) => {
      await until(async () => (await textOf(page)) !== "", "text", 5);
      await openMenu(page);
      await page.keyboard.type("kernel");
      await narrowedTo(page, "kernel-panic");
      await page.click("#troubles li");
      await page.click("#inject [type=submit]");
      await until(async () => (await injected(page)).length === 1, "the address", 60);
      assert.match((await injected(page))[0] ?? "", /^kernel-panic@/);
    }),
  );

  inOne("the menu is in the bar, and in the menu of a narrow page", () =>
    visit(RUN, async (page) => {
      await engineReady(page);
      await page.click('.bar .buttons [data-action="inject"]');
      await page.waitForSelector("#inject[open]");
      await page.keyboard.press("Escape");
      assert.equal(await page.$("dialog[open]"), null);
      await page.setViewport({ width: 400, height: 700 });
      await page.click(".bar .more");
      await page.click('#menu [data-action="inject"]');
      await page.waitForSelector("#troubles [aria-selected=true]");
    }),
  );
});

describe("around an embed", () => {
  inOne("what is let happen is told when it is noticed and when it is over, and refused with the reason", () =>
    postOn(
      here,
      `<script src="${here.site.url}embed.js"></script>
       <pysim-run id="run" preset="classic" incidents="off" from="50%" speed-factor="3"></pysim-run>
       <script>
         const told = [];
         for (const name of ["incident", "recovered"]) run.addEventListener(name, ({ detail }) => told.push(detail));
         const happened = run.inject("gpu-off-bus", "node=3");
       </script>`,
      async (page) => {
        const frame = await embed(page);
        await engineReady(frame);
        await page.evaluate("happened");
        const told = () => page.evaluate("told");
        assert.deepEqual(await told(), []);
        const refusal = await page.evaluate(`run.inject("gpu-off-buss").catch((error) => error.message)`);
        assert.equal(refusal, "unknown cause 'gpu-off-buss'; did you mean 'gpu-off-bus'?");
        assert.equal(await textIn(frame, "#notes"), "");
        await until(async () => (await told()).length === 2, "recovered", 90);
        const [incident, recovered] = await told();
        for (const [message, type] of [
          [incident, "incident"],
          [recovered, "recovered"],
        ]) {
          assert.equal(message.type, type);
          assert.equal(message.cause, "gpu-off-bus");
          assert.equal(message.title, "accelerator fallen off the bus");
          assert.match(message.place, /rank 2\d/);
        }
        assert.ok(recovered.seconds - incident.seconds > 60);
        assert.ok(recovered.lostSeconds > recovered.seconds - incident.seconds);
        assert.ok(recovered.stepsRedone > 0);
        assert.equal(recovered.step, incident.step - recovered.stepsRedone + 1);
        const { query } = await page.evaluate("run.getState()");
        assert.match(new URLSearchParams(query).get("inject") ?? "", /^gpu-off-bus@.*,node=3$/);
      },
    ),
  );

  inOne("what is jumped over is not told", () =>
    postOn(
      here,
      `<script src="${here.site.url}embed.js"></script>
       <pysim-run id="run" preset="classic" incidents="off" from="50%"></pysim-run>
       <script>
         const told = [];
         run.addEventListener("incident", ({ detail }) => told.push(detail));
       </script>`,
      async (page) => {
        await engineReady(await embed(page));
        const { seconds } = await page.evaluate("run.inject('host-reboot').then(() => run.getState())");
        await page.evaluate(
          (there) => /** @type {any} */ (document.querySelector("pysim-run")).seek(there),
          seconds + 7200,
        );
        await until(async () => (await page.evaluate("run.getState()")).seconds > seconds + 7200, "there");
        await pause(1);
        assert.deepEqual(await page.evaluate("told"), []);
      },
    ),
  );
});
