// @vitest-environment jsdom
// The clock in the bar: where the show is, and how long it is where that may be known.

import { describe, expect, it } from "vitest";
import { Bar } from "../../../web/src/controls/bar";
import { BLANK_STATE, type ShowState } from "../../../web/src/show/blank";
import type { Show } from "../../../web/src/show/show";

const NIGHT: ShowState = { ...BLANK_STATE, run_seconds: 3_725, total_seconds: 90_000 };

const clockAt = (state: ShowState): string => {
  const show = { state, on: () => undefined } as unknown as Show;
  const bar = new Bar(document.createElement("div"), show, []);
  return bar.element.querySelector(".time")?.textContent ?? "";
};

describe("the clock", () => {
  it("has the time, and that of the whole run", () => {
    expect(clockAt(NIGHT)).toMatch(/^1:02:05 \/ .*1:00:00$/);
  });

  it("does not tell who is on call how long the night will be", () => {
    expect(clockAt({ ...NIGHT, on_call: true })).toBe("1:02:05");
  });

  it("tells it when the night is over", () => {
    const over = { ...NIGHT, run_seconds: 90_000, ended: true, on_call: true };
    expect(clockAt(over)).toMatch(/^(.+) \/ \1$/);
  });
});
