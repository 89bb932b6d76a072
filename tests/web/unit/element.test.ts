// @vitest-environment jsdom
// The element, and what its types say of it.

import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "./helpers/document";
import { STATE } from "./helpers/run-state";

const DTS = readFileSync("web/public/embed.d.ts", "utf8");

/** The names that an interface of the types has, with those of what it extends. */
function membersOf(name: string): string[] {
  const [, parents = "", body = ""] =
    new RegExp(`interface ${name}(?: extends ([\\w, ]+))? \\{\\n([\\s\\S]*?)\\n\\}`).exec(DTS) ?? [];
  const own = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:<]/gm)].map(([, member]) => member ?? "");
  const inherited = parents
    .split(",")
    .map((parent) => parent.trim())
    .filter((parent) => parent !== "" && parent !== "HTMLElement")
    .flatMap(membersOf);
  return [...new Set([...inherited, ...own])];
}

const PASSED = { ...STATE, pysim: 1, title: "", seconds: 1, step: 2 };
const TROUBLED = { ...PASSED, number: 1, cause: "gpu-error", place: "" };
/** One of each event, as the frame tells it. */
const EVENTS: Record<string, object> = {
  ready: { state: STATE },
  time: { state: STATE },
  phase: { phase: "training" },
  checkpoint: PASSED,
  validation: { ...PASSED, validationLoss: 2.4 },
  incident: TROUBLED,
  recovered: { ...TROUBLED, lostSeconds: 60, stepsRedone: 3 },
  ended: {},
};
const { PysimRun } = await import("../../../web/src/embed/element");

function makeRun(attributes = "") {
  document.body.innerHTML = `<pysim-run ${attributes}></pysim-run>`;
  const run = document.querySelector("pysim-run") as InstanceType<typeof PysimRun>;
  const frame = run.shadowRoot?.querySelector("iframe") as HTMLIFrameElement;
  // biome-ignore lint/suspicious/noExplicitAny: whatever is sent
  const sent: any[] = [];
  const inside = { postMessage: (message: unknown) => void sent.push(message) };
  Object.defineProperty(frame, "contentWindow", { value: inside });
  const says = (message: object): void => {
    const data = { pysim: 1, ...message };
    window.dispatchEvent(Object.assign(new Event("message"), { data, source: inside }));
  };
  says({ type: "listening" });
  return { run, frame, sent, says };
}

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => document.body.replaceChildren());

describe("the types", () => {
  it("have what the element has, and nothing else", () => {
    const { run } = makeRun();
    const inherited = ["constructor", "connectedCallback", "disconnectedCallback", "connectedMoveCallback"];
    const has = [...Object.getOwnPropertyNames(PysimRun.prototype), ...Object.getOwnPropertyNames(run)];
    expect(has.filter((name) => !inherited.includes(name)).sort()).toEqual(
      membersOf("PysimRunElement")
        .filter((name) => name !== "addEventListener")
        .sort(),
    );
  });

  it("name the events that the element fires, with what is in them", () => {
    const { run, says } = makeRun();
    expect(Object.keys(EVENTS).sort()).toEqual(membersOf("PysimRunEventMap").sort());
    const shapes: Record<string, string> = {
      checkpoint: "Passed",
      validation: "Validation",
      incident: "Incident",
      recovered: "Recovery",
    };
    for (const [type, message] of Object.entries(EVENTS)) {
      let detail: object | null = null;
      run.addEventListener(type, (event) => {
        detail = (event as CustomEvent<object>).detail;
      });
      says({ type, ...message });
      expect(detail, type).not.toBeNull();
      const shape = shapes[type];
      const names = Object.keys(detail ?? {}).filter((name) => name !== "pysim" && name !== "type");
      if (shape !== undefined) expect(names.sort(), type).toEqual(membersOf(shape).sort());
    }
    expect(Object.keys(STATE).sort()).toEqual(membersOf("RunState").sort());
  });
});

describe("the element", () => {
  it("is paused and at the beginning until it is heard of", () => {
    const { run, says } = makeRun();
    expect([run.paused, run.currentTime]).toEqual([true, 0]);
    says({ type: "time", state: STATE });
    expect([run.paused, run.currentTime]).toEqual([false, 120]);
  });

  it("is ready when the run is", async () => {
    const { run, says } = makeRun();
    says({ type: "ready", state: STATE });
    expect(await run.ready).toMatchObject({ seconds: 120 });
  });

  it("seeks by seconds, by its property, and to what a place in words means", async () => {
    const { run, sent, says } = makeRun();
    await run.seek(7);
    run.currentTime = 8;
    expect(sent.map(({ type, seconds }) => [type, seconds])).toEqual([
      ["seek", 7],
      ["seek", 8],
    ]);
    const there = run.seek("step:600");
    const { id, place } = sent.at(-1);
    expect(place).toBe("step:600");
    says({ type: "answer", id, refusal: "", value: STATE });
    await there;
    const nowhere = run.seek("never");
    says({ type: "answer", id: sent.at(-1).id, refusal: "'never' is not a step", value: STATE });
    await expect(nowhere).rejects.toThrow("'never' is not a step");
  });

  it.each([
    ["playUntil", [120], { place: "120.000000s" }],
    ["getCurve", [], { points: 240, from: "", until: "" }],
    ["getCurve", [{ points: 5, from: "step:1", until: 90 }], { points: 5, from: "step:1", until: "90.000000s" }],
    ["getEvents", ["step:5", "step:7"], { from: "step:5", until: "step:7" }],
    ["getChapters", [], {}],
    ["explain", ["loss"], { what: "loss" }],
  ] as const)("%s(%o) asks, and loads the run for it", async (name, words, asked) => {
    const { run, frame, sent, says } = makeRun();
    expect(frame.loading).toBe("lazy");
    const answer = (run[name] as (...all: readonly unknown[]) => Promise<unknown>)(...words);
    expect(frame.loading).toBe("eager");
    expect(sent.at(-1)).toMatchObject({ type: name, ...asked });
    says({ type: "answer", id: sent.at(-1).id, refusal: "", value: [1] });
    expect(await answer).toEqual([1]);
  });

  it("answers nothing any more once it is taken out", async () => {
    const { run } = makeRun();
    const curve = run.getCurve();
    run.remove();
    await expect(curve).rejects.toThrow("taken out of its page");
  });

  it("ignores messages of any other form", () => {
    const { run, says } = makeRun();
    const heard = vi.fn();
    for (const type of Object.keys(EVENTS)) run.addEventListener(type, heard);
    says({ type: "time" });
    says({ type: "validation", seconds: "1" });
    says({ type: "answer", id: 99, refusal: "", value: null });
    says({ type: "answer", id: "1" });
    expect(heard).not.toHaveBeenCalled();
  });

  it("passes its attributes on but for those that are somebody else's", () => {
    const { frame } = makeRun(
      'preset="classic" show="curve" notes="50%:half" class="wide" data-x="1" onclick="" width="9"',
    );
    expect([...new URL(frame.src).searchParams.keys()]).toEqual(["preset", "show", "notes"]);
  });
});
