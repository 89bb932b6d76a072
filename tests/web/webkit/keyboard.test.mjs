// The keyboard alone, in WebKit.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { engineReady, place, playLabel, textIn, until } from "../browser/helpers/pages.mjs";
import { useWebKit } from "./helpers/visit.mjs";

const SLOW = 60;

const { visit } = useWebKit();

describe("the keyboard alone", () => {
  it("pauses, seeks, changes speed, restarts", () =>
    visit("", async (view) => {
      await engineReady(view);
      await until(() => view.has(".timeline input:enabled"), "the slider");
      await view.keyboard.press(" ");
      await until(async () => (await playLabel(view)) === "Play", "paused");
      await view.keyboard.press("5");
      const value = () => view.$eval(".timeline input", (/** @type {HTMLInputElement} */ input) => Number(input.value));
      await until(async () => (await value()) === 500, "half way", SLOW);
      const middle = await place(view);
      await view.keyboard.press("]");
      await until(async () => (await place(view)) > middle, "the next chapter", SLOW);
      await view.keyboard.press("0");
      await until(async () => (await place(view)) === 0, "the beginning", SLOW);
      await view.keyboard.press("+");
      await until(async () => (await textIn(view, ".speed-value")) === "1.8x", "faster");
      await view.keyboard.press(" ");
      await until(async () => (await playLabel(view)) === "Pause", "plays");
      await until(async () => (await place(view)) > 0, "goes on", SLOW);
    }));

  it("reaches every control in order", () =>
    visit("", async (view) => {
      await engineReady(view);
      await until(() => view.has(".timeline input:enabled"), "the slider");
      const seen = [];
      for (let press = 0; press < 4; press += 1) {
        await view.keyboard.press("Tab");
        seen.push(await view.evaluate(() => document.activeElement?.getAttribute("aria-label")));
      }
      assert.deepEqual(seen, ["Place in the run", "Pause", "Speed 1x", "Start again"]);
    }));

  it("opens and leaves dialogs", () =>
    visit("", async (view) => {
      await engineReady(view);
      for (const key of ["?", "s", ","]) {
        await view.keyboard.press(key);
        await until(() => view.has("dialog[open]"), `${key}: opened`);
        await view.keyboard.press("Escape");
        await until(async () => !(await view.has("dialog")), `${key}: closed`);
      }
    }));

  it("finds text", () =>
    visit("", async (view) => {
      await engineReady(view);
      await view.keyboard.press("/");
      await until(() => view.has("#search"), "the search");
      await view.keyboard.type("no such text");
      await view.keyboard.press("Enter");
      await until(async () => (await textIn(view, "#search output")) === "not found", "says so");
      await view.keyboard.press("Escape");
      await until(async () => !(await view.has("#search")), "closed");
    }));
});
