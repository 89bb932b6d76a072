// @vitest-environment jsdom
// The speed: ten steps in a menu, walked by arrows; a speed in between is said and is none of them.

import { beforeEach, describe, expect, it } from "vitest";
import { SPEEDS, SpeedMenu } from "../../../web/src/controls/speed";
import { FASTEST, SLOWEST } from "../../../web/src/generated/constants";

HTMLElement.prototype.hidePopover = () => {};

const asked: number[] = [];
let speed: SpeedMenu;
const items = () => [...speed.element.querySelectorAll<HTMLElement>("[role=menuitemradio]")];
const checked = () => items().filter((item) => item.getAttribute("aria-checked") === "true");
const opener = () => speed.element.querySelector("button") as HTMLButtonElement;
const menu = () => speed.element.querySelector("[role=menu]") as HTMLElement;

beforeEach(() => {
  asked.length = 0;
  speed = new SpeedMenu((factor) => asked.push(factor));
  document.body.replaceChildren(speed.element);
});

describe("the speed menu", () => {
  it("has ten steps from the slowest to the fastest", () => {
    expect(items().length).toBe(10);
    expect([SPEEDS[0], SPEEDS.at(-1)]).toEqual([SLOWEST, FASTEST]);
    expect([...SPEEDS]).toEqual([...SPEEDS].sort((a, b) => a - b));
  });

  it("says the speed and checks its step", () => {
    expect([opener().getAttribute("aria-label"), checked()[0]?.textContent]).toEqual(["Speed 1x", "1x"]);
    speed.tell(1.778);
    expect([opener().textContent, checked()]).toEqual(["1.8x", []]);
    speed.tell(10_000);
    expect([opener().textContent, checked()[0]?.textContent]).toEqual(["10,000x", "10,000x"]);
  });

  it("asks for the step that is chosen", () => {
    items()[7]?.click();
    expect(asked).toEqual([SPEEDS[7]]);
  });

  it("opens at the step that holds, and arrows walk around", () => {
    menu().dispatchEvent(Object.assign(new Event("toggle"), { newState: "open" }));
    expect([document.activeElement?.textContent, opener().getAttribute("aria-expanded")]).toEqual(["1x", "true"]);
    const press = (key: string) => {
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      return document.activeElement?.textContent;
    };
    expect(["ArrowDown", "ArrowUp", "Home", "ArrowUp", "ArrowDown", "End"].map(press)).toEqual([
      "2x",
      "1x",
      "0.1x",
      "10,000x",
      "0.1x",
      "10,000x",
    ]);
  });
});
