// Flow control between the engine and the terminal.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Flow } from "../../../web/src/engine/flow";

const HIGH = 10;
const LOW = 4;
const MOST_CHARACTERS = 100_000;

function isOpenAfter(...steps: ((flow: Flow) => void)[]): boolean {
  const flow = new Flow();
  for (const step of steps) step(flow);
  return flow.open;
}
const sent =
  (times: number, characters = 1) =>
  (flow: Flow) => {
    for (let time = 0; time < times; time += 1) flow.sent(characters);
  };
const written =
  (times: number, characters = 1) =>
  (flow: Flow) => {
    for (let time = 0; time < times; time += 1) flow.written(characters);
  };

describe("the flow", () => {
  it("is open at first", () => expect(isOpenAfter()).toBe(true));

  it("closes with the tenth write under way", () => {
    expect(isOpenAfter(sent(HIGH - 1))).toBe(true);
    expect(isOpenAfter(sent(HIGH))).toBe(false);
  });

  it("opens again only when few are left", () => {
    expect(isOpenAfter(sent(HIGH), written(HIGH - LOW - 1))).toBe(false);
    expect(isOpenAfter(sent(HIGH), written(HIGH - LOW))).toBe(true);
  });

  it("closes with a hundred thousand characters under way, in however few writes", () => {
    expect(isOpenAfter(sent(1, MOST_CHARACTERS - 1))).toBe(true);
    expect(isOpenAfter(sent(1, MOST_CHARACTERS))).toBe(false);
    expect(isOpenAfter(sent(1, MOST_CHARACTERS), written(1, MOST_CHARACTERS))).toBe(true);
  });

  it("owes nobody anything for what was acknowledged twice", () => {
    expect(isOpenAfter(written(50, 1000), sent(HIGH))).toBe(false);
  });

  it("never has more under way than the terminal takes well, if nobody writes while it is closed", () => {
    const frame = fc.nat({ max: 40_000 });
    fc.assert(
      fc.property(fc.array(fc.oneof(frame, fc.constant("written" as const)), { maxLength: 200 }), (steps) => {
        const flow = new Flow();
        const pending: number[] = [];
        for (const step of steps) {
          if (step === "written") {
            const first = pending.shift();
            if (first !== undefined) flow.written(first);
          } else if (flow.open) {
            pending.push(step);
            flow.sent(step);
          }
          expect(pending.length).toBeLessThanOrEqual(HIGH);
          expect(pending.slice(0, -1).reduce((sum, length) => sum + length, 0)).toBeLessThan(MOST_CHARACTERS);
        }
        for (const length of pending) flow.written(length);
        expect(flow.open).toBe(true);
      }),
    );
  });
});
