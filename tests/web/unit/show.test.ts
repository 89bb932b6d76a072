// @vitest-environment jsdom
// The show from the first frame to the engine: what is written, what the engine is told, what the controls show.

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FromEngine } from "../../../web/src/engine/protocol";
import type { MoveName } from "../../../web/src/generated/protocol";
import { BLANK_STATE } from "../../../web/src/show/blank";
import { engineState, makeStage, type StageOptions } from "./helpers/stage";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "requestAnimationFrame", "cancelAnimationFrame", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const OPENED: Extract<FromEngine, { type: "opened" }> = { type: "opened", id: 1, problems: [], state: engineState() };
const ADVANCED: FromEngine = { type: "advanced", showSeconds: 0, state: engineState({ run_seconds: 3 }) };
const CLEAR = "write \\u001bc\\u001b[?25l";
const BOOT = `${CLEAR}\\u001b[?25l\\u001b[2J\\u001b[H$ pysim --seed 1\\r\\n\\r\\n`;
const frames = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => `write [${(first + index) / 10}]`);

/** The engine has the screen; what it was told until then is forgotten. */
async function liveShow(options: StageOptions = {}) {
  const stage = makeStage(options);
  stage.show.begin();
  stage.show.loadEngine();
  stage.engine.says(OPENED, ADVANCED);
  await stage.pass(1);
  expect(stage.show.mode).toBe("engine");
  stage.engine.obeysAll();
  stage.happened();
  stage.told.splice(0);
  return stage;
}

const NO_VALUES = { validation_loss: null, values: BLANK_STATE.values };

describe("with a recording", () => {
  it("plays, and hands over at a frame a little ahead", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.begin();
    await pass(0.25);
    show.loadEngine();
    expect(happened()).toEqual([CLEAR, ...frames(0, 2), "send open 1 seed=1 80 24"]);
    await pass(0.1);
    engine.says(OPENED);
    expect(happened()).toEqual(["write [0.3]", "told problems", "send advance 0.7"]);
    engine.says({ type: "text", text: "in silence" });
    expect(happened()).toEqual(["send written 10"]);
    engine.says(ADVANCED);
    await pass(1);
    expect(happened()).toEqual([
      ...frames(4, 7),
      "send command resize 80x30",
      "send go",
      "told phase training",
      "told mode engine",
    ]);
    engine.says({ type: "text", text: "live" });
    expect(happened()).toEqual(["write live", "send written 4"]);
  });

  it("waits at the frame for an engine that is late", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.begin();
    show.loadEngine();
    engine.says(OPENED);
    await pass(5);
    expect(happened().at(-1)).toBe("write [0.3]");
    expect(show.mode).toBe("recording");
    engine.says(ADVANCED);
    expect(show.mode).toBe("engine");
  });

  it("takes the pause and the speed along", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.begin();
    show.loadEngine();
    show.setSpeed(2);
    await pass(0.2);
    engine.says(OPENED);
    await pass(0.2);
    show.pause();
    engine.says(ADVANCED);
    happened();
    await pass(3);
    expect(happened()).toEqual([]);
    expect(show.state).toMatchObject({ paused: true, speed: 2 });
    show.play();
    await pass(1);
    expect(happened()).toEqual([
      ...["write [0.9]", "write [1]"],
      ...["send command resize 80x30", "send command speed 2", "send go", "told phase training", "told mode engine"],
    ]);
  });

  it("lets moves wait for the engine, which then comes at once", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.begin();
    show.loadEngine();
    await pass(0.2);
    show.move("seek-fraction", "0.5");
    show.move("chapter", "1");
    show.pause();
    happened();
    engine.says(OPENED);
    expect(happened()).toEqual(["told problems", "send advance 0.2"]);
    engine.says(ADVANCED);
    expect(happened()).toEqual([
      "send command resize 80x30",
      "send command seek-fraction 0.5",
      "send command chapter 1",
      "send command pause",
      "send go",
      "told mode engine",
    ]);
  });

  it("hurries when a move comes in the middle of the hand-over", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.begin();
    show.loadEngine();
    engine.says(OPENED, ADVANCED);
    await pass(0.1);
    happened();
    show.move("skip", "5");
    expect(happened()).toContain("send command skip 5");
    expect(show.mode).toBe("engine");
  });

  it("shows the same moment as it was recorded for another width", async () => {
    const { show, engine, terminal, happened, pass } = makeStage();
    show.begin();
    show.loadEngine();
    await pass(0.2);
    happened();
    terminal.resize(50, 20);
    await pass(0);
    expect(happened()).toEqual([CLEAR, "write [0][0.1]", "send command resize 48x24"]);
    engine.says(OPENED);
    terminal.resize(100, 20);
    await pass(0);
    expect(happened()).toEqual([
      "told problems",
      "send advance 0.5",
      CLEAR,
      "write [0][0.1]",
      "send command resize 80x24",
    ]);
    engine.says(ADVANCED);
    await pass(1);
    expect(happened()).toEqual([
      ...frames(2, 5),
      "send command resize 100x20",
      "send go",
      "told phase training",
      "told mode engine",
    ]);
    terminal.resize(90, 40);
    expect(happened()).toEqual(["send command resize 90x40"]);
  });

  it("stands still while nobody looks, without being paused", async () => {
    const { show, happened, pass } = makeStage();
    show.begin();
    show.rest(true);
    await pass(2);
    expect(happened()).toEqual([CLEAR, "write [0]"]);
    expect(show.state.paused).toBe(false);
    show.loadEngine();
    expect(happened()).toEqual(["send rest true", "send open 1 seed=1 80 24"]);
    show.rest(false);
    await pass(0.15);
    expect(happened()).toEqual(["send rest false", "write [0.1]"]);
  });

  it("hands over at once where nobody looks, and knows where it is", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.begin();
    show.rest(true);
    show.loadEngine();
    engine.says(OPENED);
    await pass(1);
    happened();
    engine.says(ADVANCED);
    expect(happened()).toEqual([
      ...["write [0.1][0.2][0.3]", "send command resize 80x30", "send go"],
      ...["told phase training", "told mode engine"],
    ]);
    expect(show.state).toMatchObject({ run_seconds: 3, total_seconds: 1000, paused: false });
  });

  it("hands over when nobody looks any more", async () => {
    const { show, engine } = makeStage();
    show.begin();
    show.loadEngine();
    engine.says(OPENED, ADVANCED);
    expect(show.mode).toBe("recording");
    show.rest(true);
    expect(show.mode).toBe("engine");
  });

  it("stays where it is when it is paused and nobody looks", async () => {
    const { show, engine, happened } = makeStage();
    show.begin();
    show.loadEngine();
    show.pause();
    show.rest(true);
    engine.says(OPENED);
    happened();
    engine.says(ADVANCED);
    expect(happened()).toEqual([]);
  });
});

describe("without a recording", () => {
  it("shows what is loading, then the engine from its first frame", async () => {
    const { show, engine, happened } = makeStage({ recorded: false });
    show.begin();
    show.loadEngine();
    engine.says({ type: "progress", stage: "Python", loadedBytes: 1e6, totalBytes: 4e6 });
    expect(happened()).toEqual([
      BOOT,
      "send open 1 seed=1 80 30",
      `write \\r\\u001b[2K[========>${" ".repeat(26)}] 1.0/4.0 MB  loading Python`,
    ]);
    engine.says(OPENED);
    expect(happened()).toEqual(["told problems", CLEAR, "send go", "told phase training", "told mode engine"]);
  });

  it("takes the pause and the speed along", () => {
    const { show, engine, happened } = makeStage({ recorded: false });
    show.begin();
    show.loadEngine();
    show.pause();
    show.setSpeed(50);
    engine.says(OPENED);
    expect(happened().filter((line) => line.includes("command"))).toEqual([
      "send command speed 50",
      "send command pause",
    ]);
    expect(show.state).toMatchObject({ paused: true, speed: 50, total_seconds: 1000 });
  });

  it("leaves a speed that the options ask for as it is", () => {
    const { show, engine, happened } = makeStage({ recorded: false });
    show.begin();
    show.loadEngine();
    engine.says({ type: "opened", id: 1, problems: [], state: engineState({ speed: 100 }) });
    expect(happened().filter((line) => line.includes("command"))).toEqual([]);
    expect(show.state.speed).toBe(100);
  });
});

describe("a slow terminal", () => {
  it("takes the first frame before the clock runs", async () => {
    const { show, terminal, happened, pass } = makeStage();
    terminal.slow = true;
    show.begin();
    await pass(3);
    expect(happened().filter((line) => line.includes("write"))).toEqual([CLEAR, "write [0]"]);
    terminal.takesAll();
    await pass(0.15);
    expect(happened().filter((line) => line.includes("write"))).toEqual(["write [0.1]"]);
  });
});

describe("the clock", () => {
  it("is that of the run from the first frame on, and goes on where the recording was", async () => {
    const { show, engine, pass } = makeStage();
    show.begin();
    expect(show.state).toMatchObject({ run_seconds: 0, total_seconds: 1000 });
    show.loadEngine();
    await pass(0.55);
    expect(show.state).toMatchObject({ run_seconds: 4, total_seconds: 1000 }); // five times a second
    engine.says(OPENED, { ...ADVANCED, state: engineState({ run_seconds: 9 }) });
    const seen: number[] = [];
    while (show.mode === "recording") {
      await pass(0.1);
      seen.push(show.state.run_seconds);
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(9);
  });

  it("is that of the recording where nothing else will come", async () => {
    const { show, pass } = makeStage({ canRun: false });
    show.begin();
    await pass(0.35);
    expect(show.state).toMatchObject({ run_seconds: 2, total_seconds: 200 });
    show.move("seek", "150");
    expect(show.state).toMatchObject({ run_seconds: 150, show_seconds: 15 });
    show.move("seek-fraction", "0.25");
    expect(show.state).toMatchObject({ run_seconds: 50, show_seconds: 5 });
  });
});

describe("behind a play button", () => {
  it("stands a recorded moment, and all of the recording plays after it", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.hold(0.3);
    await pass(1);
    expect(happened()).toEqual([CLEAR, "write [0][0.1][0.2][0.3]"]);
    expect(show.state.paused).toBe(true);
    show.play();
    await pass(0.15);
    expect(happened()).toEqual([CLEAR, "write [0]", "send open 1 seed=1 80 24", "write [0.1]"]);
    engine.says(OPENED, ADVANCED);
    await pass(1);
    expect(show.mode).toBe("engine");
  });

  it("stands the engine's picture of the same moment once the engine is there, which then plays from the beginning", () => {
    const { show, engine, happened } = makeStage();
    show.hold(3);
    show.loadEngine();
    happened();
    engine.says(OPENED);
    expect(happened()).toEqual([
      ...["told problems", CLEAR, "send command resize 80x30", "send command skip 3", "send command pause", "send go"],
      ...["told phase training", "told mode engine"],
    ]);
    expect(show.state).toMatchObject({ paused: true, total_seconds: 1000 });
    show.play();
    expect(happened()).toEqual(["send command resume", "forget", "send command restart"]);
  });

  it("stands the engine's picture where nothing is recorded, and does not move", () => {
    const { show, engine, happened } = makeStage({ recorded: false });
    show.hold(3);
    show.loadEngine();
    engine.says({ type: "progress", stage: "Python", loadedBytes: 1, totalBytes: 2 }, OPENED);
    expect(happened()).toEqual([
      ...[CLEAR, "send open 1 seed=1 80 30", "told problems", CLEAR],
      ...["send command skip 3", "send command pause", "send go", "told phase training", "told mode engine"],
    ]);
    expect(show.state.paused).toBe(true);
    show.play();
    expect(happened()).toEqual(["send command resume", "forget", "send command restart"]);
    expect(show.state.paused).toBe(false);
  });

  it("stands what is known of the run where nothing is recorded, also in another box, until the engine has its picture", async () => {
    const { show, engine, terminal, happened, pass } = makeStage({ recorded: false });
    show.hold(0);
    await pass(0);
    terminal.resize(50, 20);
    await pass(0);
    expect(happened()).toEqual([CLEAR, `${CLEAR}poster of seed=1 for 80`, `${CLEAR}poster of seed=1 for 50`]);
    show.loadEngine();
    engine.says(OPENED);
    happened();
    terminal.resize(80, 20);
    await pass(0);
    expect(happened()).toEqual(["send command resize 80x20"]);
  });

  it("stands another picture when the page around has other options, and still waits", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.hold(3);
    show.loadEngine();
    engine.says(OPENED);
    happened();
    show.replace("seed=2", 5, true);
    await pass(0);
    expect(happened()).toEqual([
      CLEAR,
      "send open 2 seed=2 80 30",
      "told mode boot",
      "told phase",
      `${CLEAR}poster of seed=2 for 80`,
    ]);
    expect(show.isHeld).toBe(true);
    engine.says({ ...OPENED, id: 2, state: engineState({ query: "seed=2" }) });
    expect(happened()).toContain("send command skip 5");
    expect(show.state.paused).toBe(true);
    show.play();
    expect(show.isHeld).toBe(false);
    show.replace("seed=3", 5, true);
    expect(happened()).toContain("send open 3 seed=3 80 30");
    expect(show.state.paused).toBe(false);
    show.replace("seed=3", 7, false);
    expect(happened()).toEqual([]);
  });

  it("is left by any move", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.hold(3);
    happened();
    show.move("seek-fraction", "0.5");
    expect(show.state.paused).toBe(false);
    engine.says(OPENED, ADVANCED);
    await pass(0.1);
    expect(happened()).toContain("send command seek-fraction 0.5");
  });
});

describe("without an engine", () => {
  it("plays the recording to its end, with places and controls of its own", async () => {
    const { show, told, happened, pass } = makeStage({ canRun: false });
    show.begin();
    await pass(0.1);
    happened();
    show.move("seek-fraction", "0.99");
    expect(show.state).toMatchObject({ show_seconds: 19.8, total_show_seconds: 20, ended: false });
    show.move("skip", "-5");
    expect(show.state.show_seconds).toBeCloseTo(14.8);
    show.move("chapter", "1");
    show.move("seek", "199");
    await pass(0.5);
    expect(show.state).toMatchObject({ ended: true, paused: true });
    expect(told.filter((line) => line === "ended")).toHaveLength(1);
    show.toggle();
    expect(show.state).toMatchObject({ ended: false, paused: false, show_seconds: 0 });
    happened();
    await pass(0.15);
    expect(happened()).toEqual(["write [0.1]"]);
  });

  it.each(["before it is there", "in the middle of the hand-over"])(
    "that fails %s, goes on and obeys",
    async (when) => {
      const { show, engine, told, happened, pass } = makeStage();
      show.begin();
      show.loadEngine();
      if (when.startsWith("in")) engine.says(OPENED);
      engine.says({ type: "failed", message: "no file", isOver: true });
      expect(told).toContain("failed no file");
      expect(show.hasEngine).toBe(false);
      happened();
      await pass(1);
      expect(happened()).toEqual(frames(1, 9));
      show.move("seek-fraction", "0.5");
      expect(show.state).toMatchObject({ show_seconds: 10, total_show_seconds: 20 });
    },
  );

  it("that cannot open one run opens the next", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.begin();
    show.loadEngine();
    engine.says({ type: "failed", message: "too long", isOver: false });
    expect(show.hasEngine).toBe(true);
    await pass(0.25);
    expect(happened()).toContain("write [0.2]");
    expect(show.state.total_show_seconds).toBe(20);
    show.open("seed=2");
    engine.says({ ...OPENED, id: 2 });
    expect(show.mode).toBe("engine");
  });

  it("does what was waiting for it, as far as the recording can", () => {
    const { show, engine } = makeStage();
    show.begin();
    show.loadEngine();
    show.move("seek-fraction", "0.5");
    engine.says({ type: "failed", message: "no file", isOver: true });
    expect(show.state.show_seconds).toBe(10);
  });
});

describe("a late engine", () => {
  it("is waited for at the end of the recording, which is told once, unless it is paused or nobody looks", async () => {
    const { show, told, pass } = makeStage();
    const waiting = () => told.filter((line) => line === "waiting").length;
    show.on("waiting", () => void told.push("waiting"));
    show.begin();
    show.loadEngine();
    await pass(19);
    show.pause();
    await pass(5);
    expect(waiting()).toBe(0);
    show.play();
    await pass(5);
    expect(waiting()).toBe(1);
  });

  it("that never comes is not waited for", async () => {
    const { show, told, pass } = makeStage({ canRun: false });
    show.on("waiting", () => void told.push("waiting"));
    show.begin();
    await pass(30);
    expect(told).not.toContain("waiting");
  });
});

describe("the moment to share", () => {
  it("is of the run on show, though other things were asked for since", async () => {
    const { show, engine } = await liveShow();
    show.pause();
    engine.says({ type: "state", state: engineState({ query: "seed=2", run_seconds: 9 }), commands: 0 });
    expect(show.moment).toEqual({ query: "seed=2", runSeconds: 9 });
    expect(show.query).toBe("seed=2");
  });

  it("is of the run that is asked for, at its beginning until that is there", async () => {
    const { show, engine } = await liveShow();
    engine.says({ type: "state", state: engineState({ run_seconds: 9 }), commands: 1 });
    show.newSeed("7");
    expect(show.moment).toEqual({ query: "seed=7", runSeconds: 9 });
    show.open("preset=gpt2-124m");
    expect(show.moment).toEqual({ query: "preset=gpt2-124m", runSeconds: 0 });
  });
});

describe("while the engine plays", () => {
  it("answers the controls before the engine does", async () => {
    const { show, engine, happened } = await liveShow();
    show.pause();
    show.setSpeed(3);
    expect(happened()).toEqual(["send command pause", "send command speed 3"]);
    expect(show.state).toMatchObject({ paused: true, speed: 3 });
    engine.says({ type: "state", state: engineState({ run_seconds: 6 }), commands: 2 }); // of before
    expect(show.state).toMatchObject({ paused: true, speed: 3, run_seconds: 6 });
    engine.says({ type: "state", state: engineState({ run_seconds: 7, paused: true, speed: 2.5 }), commands: 3 });
    expect(show.state).toMatchObject({ paused: true, speed: 2.5, run_seconds: 7 });
  });

  it.each([
    [0, 0.1],
    [0.09, 0.1],
    [7, 7],
    [1e9, 10_000],
  ])("sets a speed of %d to %d", async (asked, got) => {
    const { show, happened } = await liveShow();
    show.setSpeed(asked);
    expect(happened()).toEqual([`send command speed ${got}`]);
  });

  it("begins anew unpaused and without what has scrolled away", async () => {
    const { show, happened } = await liveShow();
    show.pause();
    happened();
    show.move("restart");
    expect(happened()).toEqual(["send command resume", "forget", "send command restart"]);
    show.newSeed("7");
    expect(happened()).toEqual(["forget", "send command seed 7"]);
    expect(show.query).toBe("seed=7");
  });

  it("begins anew when it is played at its end", async () => {
    const { show, engine, told, happened } = await liveShow();
    engine.says({ type: "state", state: engineState({ ended: true }), commands: 1 });
    expect(told).toContain("ended");
    show.toggle();
    expect(happened()).toContain("send command restart");
  });

  it("tells phases, once", async () => {
    const { engine, told } = await liveShow();
    for (const [seconds, phase] of [
      [5, "training"],
      [10, "training"],
      [15, "saving"],
      [40, "training"],
    ] as const) {
      engine.says({ type: "state", state: engineState({ run_seconds: seconds, phase }), commands: 1 });
    }
    expect(told.filter((line) => !line.startsWith("state"))).toEqual(["phase saving", "phase training"]);
  });

  it("tells what the core has noticed", async () => {
    const { engine, told } = await liveShow();
    const more = { title: "", place: "", step: 1, lost_seconds: 0, steps_redone: 0, ...NO_VALUES };
    const news = { run_seconds: 5, kind: "incident", number: 1, cause: "gpu-error", ...more } as const;
    engine.says({ type: "news", news: [news, { ...news, kind: "recovered" }] });
    expect(told).toEqual(["news incident gpu-error", "news recovered gpu-error"]);
  });

  it("tells of what cannot be had, and the engine goes on", async () => {
    const { show, engine } = await liveShow();
    const lacking: string[] = [];
    show.on("lacking", (why) => void lacking.push(why));
    engine.says({ type: "lacking", message: "it is not there" });
    expect(lacking).toEqual(["it is not there"]);
    expect(show.mode).toBe("engine");
    expect(show.hasEngine).toBe(true);
  });

  it("lets something happen, and says why it does not", async () => {
    const { show, engine, happened } = await liveShow();
    const first = show.inject("gpu-error,node=1");
    const second = show.inject("gpu-error,node=1");
    const other = show.inject("gpu-of");
    expect(happened()).toEqual([
      "send command inject gpu-error,node=1",
      "send command inject gpu-error,node=1",
      "send command inject gpu-of",
    ]);
    engine.says({ type: "replied", name: "inject", words: "gpu-of", refusal: "unknown" });
    engine.says({ type: "replied", name: "inject", words: "gpu-error,node=1", refusal: "" });
    engine.says({ type: "replied", name: "inject", words: "gpu-error,node=1", refusal: "passes unnoticed" });
    engine.says({ type: "replied", name: "inject", words: "gpu-error,node=1", refusal: "nobody asked" });
    expect(await Promise.all([first, second, other])).toEqual(["", "passes unnoticed", "unknown"]);
  });

  it("passes a wish on to the engine, which then comes at once", async () => {
    const { show, engine, happened, pass } = makeStage();
    show.begin();
    await pass(0.2);
    const answer = show.inject("gpu-error");
    engine.says(OPENED, ADVANCED);
    expect(show.mode).toBe("engine");
    expect(happened()).toContain("send command inject gpu-error");
    engine.says({ type: "replied", name: "inject", words: "gpu-error", refusal: "" });
    expect(await answer).toBe("");
  });

  it("goes to a typed place and to incidents, and says why it does not", async () => {
    const { show, engine, happened } = await liveShow();
    const there = show.goTo("12,000");
    const next = show.incident(1);
    const before = show.incident(-1);
    expect(happened()).toEqual(["send command goto 12,000", "send command incident 1", "send command incident -1"]);
    engine.says({ type: "replied", name: "incident", words: "-1", refusal: "nothing goes wrong before this" });
    engine.says({ type: "replied", name: "incident", words: "1", refusal: "" });
    engine.says({ type: "replied", name: "goto", words: "12,000", refusal: "is not in the run" });
    expect(await Promise.all([there, next, before])).toEqual([
      "is not in the run",
      "",
      "nothing goes wrong before this",
    ]);
  });

  it("leaves no wish without an answer", async () => {
    const { show } = await liveShow();
    const reopened = show.inject("gpu-error");
    show.open("seed=2");
    expect(await reopened).toMatch(/^Another run was opened/);
    const failing = await liveShow();
    const failed = failing.show.inject("gpu-error");
    failing.engine.says({ type: "failed", message: "no more numbers", isOver: true });
    expect(await failed).toBe("no more numbers");
    expect(await makeStage({ canRun: false }).show.inject("gpu-error")).toMatch(/does not run here/);
  });

  it("loops in the engine, in each run that is opened, and listens for news in it", async () => {
    const { show, happened } = await liveShow();
    show.loop(true);
    show.loop(true);
    show.listen();
    expect(happened()).toEqual(["send command loop 1", "send listen"]);
    show.open("seed=9");
    expect(happened()).toContain("send command loop 1");
    show.loop(false);
    expect(happened()).toContain("send command loop 0");
  });

  it("plays to a place, and says why it does not", async () => {
    const { show, engine, happened } = await liveShow();
    show.pause();
    happened();
    const there = show.playUntil("step:9");
    expect(happened()).toEqual(["send command play-until step:9", "send command resume"]);
    engine.says({ type: "replied", name: "play-until", words: "step:9", refusal: "that has passed" });
    expect(await there).toBe("that has passed");
  });

  it("knows nothing of a run where no engine comes", async () => {
    const { show } = makeStage({ canRun: false });
    expect(await show.inquire("curve", [240, "", ""])).toBe("");
  });

  it("names the run on show when the next one has begun, and no other after a new seed", async () => {
    const { show, engine, told } = await liveShow();
    const next = engineState({ query: "preset=classic&seed=2" });
    engine.says({ type: "state", state: next, commands: 1 });
    expect(show.query).toBe("preset=classic&seed=2");
    show.newSeed("7");
    expect(show.query).toBe("preset=classic&seed=7");
    engine.says({ type: "state", state: next, commands: 1 }); // of before
    expect(show.query).toBe("preset=classic&seed=7");
    expect(told.filter((line) => line.startsWith("query"))).toEqual([
      "query preset=classic&seed=2",
      "query preset=classic&seed=7",
    ]);
  });

  it("names what is shown instead of a run that cannot be", async () => {
    const { show, engine } = makeStage({ recorded: false, query: "gpus=none" });
    show.begin();
    show.loadEngine();
    engine.says({ type: "opened", id: 1, problems: [], state: engineState({ query: "" }) });
    expect(show.query).toBe("");
  });

  it("opens other options, and nothing of the run before comes through", async () => {
    const { show, engine, told, happened, pass } = await liveShow();
    show.open("seed=3");
    expect(happened()).toEqual(["send open 2 seed=3 80 30", "told mode boot"]);
    engine.says({ type: "text", text: "old" }, { type: "state", state: engineState({ run_seconds: 99 }), commands: 1 });
    expect(happened()).toEqual(["send written 3"]);
    expect(show.state.run_seconds).toBe(0);
    engine.says({
      type: "opened",
      id: 2,
      problems: [{ option: "seed", value: "3", message: "is odd" }],
      state: engineState({ query: "seed=3" }),
    });
    expect(happened()).toEqual(["told problems seed", CLEAR, "send go", "told mode engine"]);
    expect(show.query).toBe("seed=3");
    engine.says({ type: "text", text: "new" });
    await pass(1);
    expect(happened()).toEqual(["write new", "send written 3"]);
    expect(told.filter((line) => line.includes("run 99"))).toEqual([]);
  });

  it("opens other options without the moves that waited for the run before", async () => {
    const { show, engine, happened } = makeStage();
    show.begin();
    show.loadEngine();
    show.move("seek-fraction", "0.5");
    show.open("seed=3");
    engine.says(OPENED, { ...OPENED, id: 2 });
    expect(show.mode).toBe("engine");
    expect(happened().filter((line) => line.startsWith("send command"))).toEqual([]);
  });

  it("shows only the last of the options that were opened", async () => {
    const { show, engine, happened } = await liveShow();
    show.open("seed=3");
    show.open("seed=4");
    happened();
    engine.says({ ...OPENED, id: 2 });
    expect(happened()).toEqual([]);
    engine.says({ ...OPENED, id: 3 });
    expect(show.mode).toBe("engine");
  });
});

describe("whatever is done in whatever order", () => {
  const move = fc.constantFrom<[MoveName, string]>(["seek", "5"], ["skip", "-5"], ["restart", ""], ["seed", "7"]);
  const deed = fc.oneof(
    move.map((made) => ["move", ...made] as const),
    fc
      .constantFrom("play", "pause", "toggle", "rest", "wake", "open", "load", "time", "engine")
      .map((name) => [name] as const),
    fc.double({ min: 0.1, max: 100, noNaN: true }).map((factor) => ["speed", String(factor)] as const),
  );

  it("every text is acknowledged, nothing comes from the wrong side, and the controls show what was asked for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ recorded: fc.boolean(), held: fc.boolean() }),
        fc.array(deed, { maxLength: 30 }),
        async ({ recorded, held }, deeds) => {
          const stage = makeStage({ recorded });
          const { show, engine, terminal, pass } = stage;
          held ? show.hold(1) : show.begin();
          for (const [name, ...words] of deeds) {
            if (name === "move") show.move(words[0] as MoveName, words[1]);
            else if (name === "speed") show.setSpeed(Number(words[0]));
            else if (name === "play") show.play();
            else if (name === "pause") show.pause();
            else if (name === "toggle") show.toggle();
            else if (name === "rest") show.rest(true);
            else if (name === "wake") show.rest(false);
            else if (name === "open") show.open("seed=9");
            else if (name === "load") show.loadEngine();
            else if (name === "time") await pass(0.5);
            else engine.livesOn();
            if (name === "play") expect(show.state.paused).toBe(false);
            if (name === "pause") expect(show.state.paused).toBe(true);
            if (name === "speed") expect(show.state.speed).toBeCloseTo(Number(words[0]), 9);
          }
          show.rest(false);
          show.loadEngine();
          show.play();
          for (let round = 0; round < 6; round += 1) {
            engine.livesOn();
            await pass(1);
          }
          expect(show.mode).toBe("engine");
          expect(show.state).toMatchObject({ paused: false, speed: engine.speed });
          expect(engine.paused).toBe(false);
          expect(engine.unacknowledged).toBe(0);
          expect(terminal.wrong).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("scrubbing", () => {
  const seeks = (happened: string[]) => happened.filter((line) => line.includes("seek-fraction"));

  it("asks for one place at a time, and next for the newest", async () => {
    const { show, engine, happened } = await liveShow();
    for (const fraction of [0.1, 0.2, 0.3, 0.4]) show.scrub(fraction);
    expect(happened()).toEqual(["send command seek-fraction 0.1"]);
    engine.obeysAll();
    expect(happened()).toEqual(["send command seek-fraction 0.4"]);
    engine.obeysAll();
    expect(seeks(happened())).toEqual([]);
    expect(show.isScrubbing).toBe(false);
  });

  it("waits until the terminal has taken what a place brings", async () => {
    const { show, engine, terminal, happened } = await liveShow();
    terminal.slow = true;
    show.scrub(0.1);
    show.scrub(0.2);
    engine.says({ type: "text", text: "at 0.1" });
    engine.obeysAll();
    expect(seeks(happened())).toEqual(["send command seek-fraction 0.1"]);
    terminal.takesAll();
    expect(seeks(happened())).toEqual(["send command seek-fraction 0.2"]);
  });

  it("lets the clock stand still while a hand holds the place, and only then", async () => {
    const { show, happened } = await liveShow();
    show.grasp();
    expect(show.isScrubbing).toBe(true);
    expect(show.state.paused).toBe(false);
    show.rest(true);
    show.letGo();
    show.rest(false);
    expect(happened()).toEqual(["send rest true", "send rest false"]);
  });

  it("never ends with a place that was not asked for last", async () => {
    const { show, engine, happened } = await liveShow();
    const fraction = fc.integer({ min: 0, max: 9 });
    const act = fc.oneof(fraction, fc.constant("obey" as const));
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 40 }), fraction, (acts, last) => {
        const seen: string[] = [];
        for (const each of acts) {
          if (each === "obey") engine.obeysAll();
          else show.scrub(each);
          seen.push(...seeks(happened()));
        }
        show.scrub(last);
        for (let turn = 0; turn < 3; turn += 1) engine.obeysAll();
        seen.push(...seeks(happened()));
        expect(seen.at(-1)).toBe(`send command seek-fraction ${last}`);
        expect(seen.length).toBeLessThanOrEqual(acts.length + 1);
        expect(show.isScrubbing).toBe(false);
      }),
    );
  });

  it("does not wait for an engine that failed", async () => {
    const { show, engine, happened } = await liveShow();
    show.scrub(0.1);
    show.scrub(0.2);
    engine.says({ type: "failed", message: "no more numbers", isOver: false });
    expect(seeks(happened())).toEqual(["send command seek-fraction 0.1", "send command seek-fraction 0.2"]);
    engine.says({ type: "failed", message: "no more numbers", isOver: true });
    expect(show.isScrubbing).toBe(false);
  });

  it("forgets places of a run that is no more on show, and of places that wait for the next keeps the last", async () => {
    const { show, engine, happened } = await liveShow();
    show.scrub(0.1);
    show.scrub(0.2);
    show.open("seed=2");
    for (const fraction of [0.5, 0.6, 0.7]) show.scrub(fraction);
    happened();
    engine.says({ ...OPENED, id: 2 });
    expect(seeks(happened())).toEqual(["send command seek-fraction 0.7"]);
  });

  it("moves through a recording where there is nothing else", async () => {
    const { show, terminal, happened, pass } = makeStage({ canRun: false });
    show.begin();
    await pass(0.1);
    happened();
    terminal.slow = true;
    for (const fraction of [0.5, 0.6, 0.1]) show.scrub(fraction);
    expect(happened().filter((line) => line === CLEAR).length).toBe(1);
    expect(show.state.show_seconds).toBe(10);
    terminal.takesAll();
    expect(show.state.show_seconds).toBe(2);
    terminal.takesAll();
    expect(show.isScrubbing).toBe(false);
  });
});
