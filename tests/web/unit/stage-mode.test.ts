// @vitest-environment jsdom
// The stage: everything around the terminal fades while nobody moves; what the browser refuses takes nothing else along.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StageMode } from "../../../web/src/page/stage-mode";

const done: string[] = [];
let fullscreen: Element | null = null;
let refuses = false;
const root = document.documentElement;
const lock = { released: false, release: async () => void done.push("unlock") };

let stages: StageMode[] = [];

function makeStage(isFrame = false): StageMode {
  const stage = new StageMode({
    fill: (filling) => done.push(filling ? "fill" : "as before"),
    say: (sentence) => done.push(sentence),
    isFrame,
  });
  stages.push(stage);
  return stage;
}

beforeEach(() => {
  vi.useFakeTimers();
  done.length = 0;
  refuses = false;
  fullscreen = null;
  Object.defineProperty(document, "fullscreenElement", { get: () => fullscreen, configurable: true });
  Object.defineProperty(navigator, "wakeLock", {
    configurable: true,
    value: {
      request: async () => {
        if (refuses) throw new DOMException("no", "NotAllowedError");
        done.push("lock");
        return lock;
      },
    },
  });
  root.requestFullscreen = async () => {
    if (refuses) throw new TypeError("no");
    fullscreen = root;
  };
  document.exitFullscreen = async () => {
    fullscreen = null;
    document.dispatchEvent(new Event("fullscreenchange"));
  };
});
afterEach(async () => {
  for (const stage of stages) await stage.leave();
  stages = [];
  vi.useRealTimers();
});

const classes = () => [...root.classList].sort();

describe("a stage", () => {
  it("fills the screen, keeps it awake, and gives both back", async () => {
    const stage = makeStage();
    await stage.toggle();
    expect([classes(), fullscreen, done.splice(0)]).toEqual([["stage"], root, ["fill", "lock"]]);
    await stage.toggle();
    expect([classes(), fullscreen, done]).toEqual([[], null, ["as before", "unlock"]]);
  });

  it("fades after two seconds without a sign of life, and comes back with one", async () => {
    const stage = makeStage();
    await stage.enter();
    vi.advanceTimersByTime(1_900);
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "+" }));
    vi.advanceTimersByTime(1_900);
    expect(classes()).toEqual(["stage"]);
    vi.advanceTimersByTime(200);
    expect(classes()).toEqual(["idle", "stage"]);
    document.dispatchEvent(new Event("pointerdown"));
    expect(classes()).toEqual(["stage"]);
    await stage.leave();
    vi.advanceTimersByTime(5_000);
    expect(classes()).toEqual([]);
  });

  it("is left when the browser leaves full screen", async () => {
    await makeStage().enter();
    await document.exitFullscreen();
    expect(classes()).toEqual([]);
  });

  it("goes on without full screen and lock where they are refused, and Escape leaves it", async () => {
    refuses = true;
    await makeStage().enter();
    expect([classes(), done.splice(0)]).toEqual([["stage"], ["fill", "Stage · f or Escape leaves"]]);
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect([classes(), done]).toEqual([[], ["as before"]]);
  });

  it("goes on in a browser that knows neither", async () => {
    Object.assign(root, { requestFullscreen: undefined });
    Object.defineProperty(navigator, "wakeLock", { value: undefined, configurable: true });
    await makeStage().enter();
    expect(classes()).toEqual(["stage"]);
  });

  it("is none in a frame that may not have the screen, and says so", async () => {
    refuses = true;
    await makeStage(true).enter();
    expect([classes(), done]).toEqual([[], ["Full screen is not allowed here"]]);
  });

  it("takes the lock anew when the page comes back into sight", async () => {
    await makeStage().enter();
    lock.released = true;
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    expect(done.filter((each) => each === "lock").length).toBe(2);
    lock.released = false;
  });
});
