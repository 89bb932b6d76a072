// The small language of the embed: the documented messages are read, nothing else is.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFromRun, readToRun } from "../../../web/src/embed/messages";

describe("a message to a run", () => {
  it.each([
    [{ pysim: 1, type: "play" }],
    [{ pysim: 1, type: "pause" }],
    [{ pysim: 1, type: "seek", seconds: 12.5 }],
    [{ pysim: 1, type: "setSpeed", factor: 100 }],
    [{ pysim: 1, type: "getState", id: 3 }],
    [{ pysim: 1, type: "inject", id: 3, cause: "gpu-error", where: "node=1" }],
    [{ pysim: 1, type: "goTo", id: 3, place: "step:600" }],
    [{ pysim: 1, type: "playUntil", id: 3, place: "50%" }],
    [{ pysim: 1, type: "getCurve", id: 3, points: 50, from: "step:1", until: "" }],
    [{ pysim: 1, type: "getChapters", id: 3 }],
    [{ pysim: 1, type: "getEvents", id: 3, from: "", until: "1h" }],
    [{ pysim: 1, type: "explain", id: 3, what: "" }],
  ])("%o is read", (message) => expect(readToRun(message)).toEqual(message));

  it.each([
    ["play"],
    [null],
    [undefined],
    [7],
    [{}],
    [{ type: "play" }],
    [{ pysim: 2, type: "play" }],
    [{ pysim: "1", type: "play" }],
    [{ pysim: 1, type: "eval", code: "1" }],
    [{ pysim: 1, type: "seek" }],
    [{ pysim: 1, type: "seek", seconds: "9" }],
    [{ pysim: 1, type: "seek", seconds: Number.NaN }],
    [{ pysim: 1, type: "seek", seconds: Number.POSITIVE_INFINITY }],
    [{ pysim: 1, type: "setSpeed", factor: 0 }],
    [{ pysim: 1, type: "setSpeed", factor: -1 }],
    [{ pysim: 1, type: "getState", id: "1" }],
    [{ pysim: 1, type: "inject", id: 1 }],
    [{ pysim: 1, type: "inject", cause: "gpu-error" }],
    [{ pysim: 1, type: "inject", id: 1, cause: "gpu-error", where: 1 }],
    [{ pysim: 1, type: "goTo", id: 1, place: 600 }],
    [{ pysim: 1, type: "playUntil", place: "50%" }],
    [{ pysim: 1, type: "getCurve", id: 1, points: "many" }],
    [{ pysim: 1, type: "getEvents", id: 1, from: {} }],
  ])("%o is ignored", (message) => expect(readToRun(message)).toBeNull());

  it("brings nothing along", () => {
    expect(readToRun({ pysim: 1, type: "play", code: "x" })).toEqual({ pysim: 1, type: "play" });
  });

  it("may leave out where something happens", () => {
    expect(readToRun({ pysim: 1, type: "inject", id: 1, cause: "gpu-error" })).toMatchObject({ where: "" });
  });

  it("leads to no time before the beginning", () => {
    expect(readToRun({ pysim: 1, type: "seek", seconds: -5 })).toEqual({ pysim: 1, type: "seek", seconds: 0 });
  });

  it("is never anything but a documented one", () => {
    const known = ["play", "pause", "seek", "setSpeed", "getState", "inject", "goTo", "playUntil"];
    known.push("getCurve", "getChapters", "getEvents", "explain", "setOptions");
    fc.assert(
      fc.property(fc.anything(), (data) => {
        const message = readToRun(data);
        expect(message === null || known.includes(message.type)).toBe(true);
      }),
    );
  });
});

describe("a message from a run", () => {
  it("is read by its version and type", () => {
    expect(readFromRun({ pysim: 1, type: "ended" })).toEqual({ pysim: 1, type: "ended" });
    for (const strange of [null, 1, {}, { pysim: 1 }, { pysim: 1, type: "play" }, { pysim: 2, type: "ended" }]) {
      expect(readFromRun(strange)).toBeNull();
    }
  });
});
