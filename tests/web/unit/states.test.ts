// The table of the show's states: nothing in it is out of reach, and nothing in it is a trap.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Happening, MODES, ROWS, type StateName, step } from "../../../web/src/show/states";

const STATES = Object.keys(MODES) as StateName[];
const HAPPENINGS: Happening[] = ["begin", "hold", "play", "reopen", "opened", "over", "failed"];

/** Where a show is after all this; what has no row changes nothing. */
const endOf = (start: StateName, ...happenings: Happening[]): StateName =>
  happenings.reduce((state, what) => step(state, what)?.next ?? state, start);

describe("the table", () => {
  it("has one row at most for what can happen in a state", () => {
    const keys = ROWS.map(([state, what]) => `${state} ${what}`);
    expect(keys.length).toBe(new Set(keys).size);
  });

  it("reaches every state", () => {
    const reached = new Set<StateName>(["loaded", "empty"]);
    for (const state of reached) {
      for (const what of HAPPENINGS) {
        const next = step(state, what)?.next;
        if (next !== undefined) reached.add(next);
      }
    }
    expect([...reached].sort()).toEqual([...STATES].sort());
  });

  it.each([
    ["the recording plays, then the engine", "loaded", ["begin", "opened", "over"], "live"],
    ["nothing is recorded", "empty", ["begin", "opened"], "live"],
    ["a poster is played before the engine is there", "loaded", ["hold", "play", "opened", "over"], "live"],
    ["a poster gets the engine's picture", "loaded", ["hold", "opened"], "still"],
    ["an empty screen gets its picture", "empty", ["hold", "opened"], "still"],
    ["the picture is played", "empty", ["hold", "opened", "play"], "live"],
    ["an empty screen is played before the engine is there", "empty", ["hold", "play", "opened"], "live"],
    ["the engine fails before it is there", "loaded", ["begin", "failed"], "recording"],
    ["the engine fails on the way", "loaded", ["begin", "opened", "failed"], "recording"],
    ["the engine fails while it plays", "loaded", ["begin", "opened", "over", "failed"], "live"],
    ["play means nothing while it plays", "loaded", ["begin", "play"], "recording"],
  ] as [string, StateName, Happening[], StateName][])("%s", (_, start, happenings, end) => {
    expect(endOf(start, ...happenings)).toBe(end);
  });

  const state = fc.constantFrom(...STATES);
  const history = fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 20 });

  it("leads from everywhere to the engine, once other options have been opened", () => {
    fc.assert(
      fc.property(state, history, (start, happenings) => {
        expect(endOf(start, ...happenings, "reopen", "opened")).toBe("live");
      }),
    );
  });

  it("gives the engine the screen only after it has opened the run, and never takes it away but for another", () => {
    fc.assert(
      fc.property(fc.constantFrom<StateName>("loaded", "empty"), history, (start, happenings) => {
        let [now, opened] = [start, false];
        for (const what of happenings) {
          const next = step(now, what)?.next ?? now;
          const isOther = what === "reopen" || (what === "replace" && next !== now);
          opened = isOther ? false : opened || what === "opened";
          if (MODES[next] === "engine") expect(opened).toBe(true);
          if (MODES[now] === "engine" && !isOther) expect(MODES[next]).toBe("engine");
          now = next;
        }
      }),
    );
  });
});
