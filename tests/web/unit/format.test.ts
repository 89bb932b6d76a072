// Times on the page are worded as in the core's log, whatever their length.

import { describe, expect, it } from "vitest";
import { clock, grouped, speedText } from "../../../web/src/page/format";

describe("a time", () => {
  it.each([
    [0, "0:00:00"],
    [59.9, "0:00:59"],
    [754, "0:12:34"],
    [86_399, "23:59:59"],
    [86_400, "1d 00:00:00"],
    [4_099_796, "47d 10:49:56"],
    [-1, "0:00:00"],
  ])("of %d seconds is %s", (seconds, text) => expect(clock(seconds)).toBe(text));

  it("never gets shorter as it grows", () => {
    const lengths = [0, 35_999, 36_000, 86_399, 86_400, 863_999, 864_000, 8_640_000].map((each) => clock(each).length);
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
  });
});

describe("a speed", () => {
  it.each([
    [0.1, "0.1x"],
    [0.25, "0.25x"],
    [1.778, "1.8x"],
    [10_000, "10,000x"],
  ])("of %d is %s", (factor, text) => expect(speedText(factor)).toBe(text));
});

describe("a number", () => {
  it.each([0, 7, 999, 1_000, 12_345.678, 1_000_000, -4_321])("of %d is as browsers write it in English", (value) =>
    expect(grouped(value)).toBe(value.toLocaleString("en")),
  );
});
