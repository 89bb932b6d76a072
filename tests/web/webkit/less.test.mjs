// Where less is possible, or wanted, in WebKit. Neither is imitated: JavaScriptCore runs without WebAssembly, and GTK is
// told not to animate.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { engineReady, place, screen, textIn, textOf, until } from "../browser/helpers/pages.mjs";
import { useWebKit } from "./helpers/visit.mjs";

describe("without WebAssembly", () => {
  const { visit } = useWebKit({ webAssembly: false });

  it("plays a recorded run and says so", () =>
    visit("", async (view) => {
      assert.equal(await view.evaluate(() => typeof WebAssembly), "undefined");
      await until(async () => (await textOf(view)) !== "", "text");
      assert.match(await textIn(view, "#notes"), /no WebAssembly/);
      const before = await place(view);
      await until(async () => (await place(view)) > before, "goes on");
      await view.keyboard.press("5");
      const value = () => view.$eval(".timeline input", (/** @type {HTMLInputElement} */ input) => Number(input.value));
      await until(async () => (await value()) >= 495, "seeks");
    }));

  it("leaves nothing of one width on the screen when another is recorded", () =>
    visit("", async (view) => {
      const first = async () => (await textOf(view)).startsWith("$ torchrun ");
      await until(first, "the first line");
      await view.keyboard.press(" "); // or it scrolls away on a busy machine
      for (const width of [500, 1280, 500, 1280, 500, 1280, 500, 1280]) {
        await view.setSize(width, 1200); // high enough to keep the first line
        await until(first, `${width}: the first line is first`, 5);
      }
    }));
});

describe("under reduced motion", () => {
  const { visit } = useWebKit({ stillness: true });

  it("shows a poster and plays at a click", () =>
    visit("", async (view) => {
      assert.ok(await view.evaluate(() => matchMedia("(prefers-reduced-motion: reduce)").matches));
      await until(() => view.has(".poster"), "the poster");
      await until(async () => (await textOf(view)) !== "", "the still picture");
      assert.ok(await view.keeps(() => screen(view)));
      await view.click(".poster");
      await engineReady(view);
      assert.equal(await view.has(".poster"), false);
    }));
});
