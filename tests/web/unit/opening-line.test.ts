// @vitest-environment jsdom
// The opening line says what is on show until the visitor does anything at all, and then never comes again.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { keepOpeningLine } from "../../../web/src/page/opening-line";
import { BLANK_STATE, type ShowState } from "../../../web/src/show/blank";
import { Hub } from "../../../web/src/show/events";
import type { Show } from "../../../web/src/show/show";

class FakeShow extends Hub<{ state: ShowState }> {
  state = BLANK_STATE;
}

let show: FakeShow;
const PAGE = readFileSync(resolve(import.meta.dirname, "../../../web/index.html"), "utf8");
const line = () => document.querySelector<HTMLElement>(".opening-line");
const words = () => [...(line()?.querySelectorAll("span") ?? [])].map((part) => part.textContent);

beforeEach(() => {
  show = new FakeShow();
  document.body.innerHTML = /<body>([\s\S]*)<\/body>/.exec(PAGE)?.[1] ?? "";
  keepOpeningLine(show as unknown as Show, line() as HTMLElement);
});

describe("the opening line", () => {
  it("says what it is as soon as that is known", () => {
    expect(words()[0]).toBe("A simulated training run");
    show.emit("state", { ...BLANK_STATE, title: "Llama 3.1 405B on 16,384 H100" });
    expect(words()).toEqual(["Simulated: Llama 3.1 405B on 16,384 H100", "space pauses", "drag the curve", "? more"]);
  });

  it("is text, and tells nobody of itself", () => {
    expect(line()?.closest("[aria-live], [role=status], [role=alert], [aria-hidden]")).toBeNull();
  });

  it.each([
    ["a touch", new Event("pointerdown", { bubbles: true })],
    ["a key", new KeyboardEvent("keydown", { key: " ", bubbles: true })],
    ["the wheel", new Event("wheel", { bubbles: true })],
  ])("is gone at %s, even one that somebody else takes", (_, event) => {
    document.querySelector("#bar")?.addEventListener(event.type, (taken) => taken.stopPropagation());
    document.querySelector("#bar")?.dispatchEvent(event);
    expect(line()).toBeNull();
    show.emit("state", { ...BLANK_STATE, title: "another" });
    expect(line()).toBeNull();
  });

  it("stays while only a modifier is held, as for a screenshot", () => {
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Shift" }));
    expect(line()).not.toBeNull();
  });
});
