// @vitest-environment jsdom
// The keys: those that the help names do something, and a control that has the focus keeps its own.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listenToKeys } from "../../../web/src/controls/keys";
import { KEY_HELP } from "../../../web/src/generated/constants";
import type { Show } from "../../../web/src/show/show";

const done: string[] = [];
const note =
  (name: string) =>
  (...values: unknown[]) =>
    void done.push([name, ...values].join(" "));
let isEnabled = true;

const xterm = {
  scrollLines: note("lines"),
  scrollPages: note("pages"),
  scrollToTop: note("top"),
  scrollToBottom: note("end"),
};
const show = {
  toggle: note("toggle"),
  move: note("move"),
  setSpeed: note("speed"),
  state: { speed: 10 },
  terminal: { xterm },
};

beforeEach(() => {
  done.length = 0;
  isEnabled = true;
});
listenToKeys({
  show: show as unknown as Show,
  actions: {
    r: note("restart"),
    "?": note("help"),
    n: note("next incident"),
    N: note("previous incident"),
    g: note("go to"),
    e: note("explain"),
  },
  enabled: () => isEnabled,
});

/** What is done, and whether the browser does its own thing, too. */
function press(key: string, more: KeyboardEventInit = {}, target: Element = document.body) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return { done: done.splice(0), prevented: event.defaultPrevented };
}

describe("a key", () => {
  it.each([
    [" ", "toggle"],
    ["ArrowLeft", "move skip -5"],
    ["ArrowRight", "move skip 5"],
    ["[", "move chapter -1"],
    ["]", "move chapter 1"],
    ["d", "move view"],
    ["z", "move zoom"],
    ["0", "move seek-fraction 0"],
    ["7", "move seek-fraction 0.7"],
    ["ArrowUp", "lines -1"],
    ["ArrowDown", "lines 1"],
    ["PageUp", "pages -1"],
    ["PageDown", "pages 1"],
    ["End", "end"],
    ["r", "restart"],
    ["?", "help"],
  ])("%o does %s", (key, wanted) => expect(press(key)).toEqual({ done: [wanted], prevented: true }));

  it("goes further with shift", () => {
    expect(press("ArrowLeft", { shiftKey: true }).done).toEqual(["move skip -30"]);
    expect(press("ArrowRight", { shiftKey: true }).done).toEqual(["move skip 30"]);
  });

  it("changes the speed by the same factor up and down", () => {
    const [up, down] = ["+", "-"].map((key) => Number(press(key).done[0]?.split(" ")[1]));
    expect(Number(up) / 10).toBeCloseTo(10 / Number(down));
    expect(Number(up) / 10).toBeCloseTo(10 ** 0.25);
  });

  it("without a meaning is left to the browser", () => {
    expect(press("x")).toEqual({ done: [], prevented: false });
    expect(press("F5")).toEqual({ done: [], prevented: false });
  });

  it.each(["ctrlKey", "metaKey", "altKey"])("with %s is left to the browser", (modifier) => {
    expect(press(" ", { [modifier]: true })).toEqual({ done: [], prevented: false });
  });

  it("is left to the browser where the visitor wants no shortcuts", () => {
    isEnabled = false;
    expect(press(" ")).toEqual({ done: [], prevented: false });
  });

  it("that the help names does something", () => {
    const named = { space: " ", "←": "ArrowLeft", "→": "ArrowRight", "↑": "ArrowUp", "↓": "ArrowDown" };
    const keys = KEY_HELP.flatMap(([keys]) =>
      keys.split(" ").flatMap((key) => (key === "0-9" ? [..."0123456789"] : [key])),
    );
    expect(keys.length).toBe(25);
    for (const key of keys) expect(press(Object.hasOwn(named, key) ? named[key as "←"] : key).done.length, key).toBe(1);
  });
});

describe("a focused control", () => {
  const focused = (markup: string): Element => {
    document.body.innerHTML = markup;
    return document.body.firstElementChild as Element;
  };
  afterEach(() => {
    document.body.innerHTML = "";
    vi.restoreAllMocks();
  });

  it.each([
    ["<button>go</button>", " "],
    ["<a href='#'>there</a>", "Enter"],
    ["<input type='range'>", "ArrowLeft"],
    ["<input type='range'>", "PageUp"],
    ["<input type='search'>", "0"],
    ["<select><option>a</option></select>", "ArrowDown"],
    ["<textarea></textarea>", " "],
  ])("%s keeps %o", (markup, key) => expect(press(key, {}, focused(markup)).done).toEqual([]));

  it.each([
    ["<button>go</button>", "5"],
    ["<input type='range'>", " "],
    ["<input type='checkbox'>", "r"],
  ])("%s leaves %o to the show", (markup, key) => expect(press(key, {}, focused(markup)).done.length).toBe(1));

  it("in an open dialog has all keys", () => {
    expect(press("5", {}, focused("<dialog open><p>text</p></dialog>")).done).toEqual([]);
  });
});
