// The picture behind the play button, as text: what is known of a run, at any size, for any query.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Poster } from "../../../web/src/generated/protocol";
import { curveRows, placeOf, posterScreen } from "../../../web/src/show/poster-screen";

const KNOWN: Poster = {
  title: "A model on 8 chips",
  cluster: "8 big chips",
  total_seconds: 36_000,
  total_steps: 1_000,
  curve: Array.from({ length: 50 }, (_, index) => [(index + 1) / 51, 2 + 8 / (index + 1)]),
};
const GRID = { columns: 60, rows: 20 };
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const plain = (text: string) => text.replace(/\u001b\[\d*m/g, "");
const linesOf = (query: string, known: Poster | null = KNOWN, grid = GRID) =>
  plain(posterScreen(query, known, grid)).split("\r\n");

describe("a poster", () => {
  it("says what runs on what, for how long, and how it is asked for", () => {
    const lines = linesOf("preset=a");
    expect(lines.slice(0, 2)).toEqual(["A model on 8 chips", "8 big chips | 1,000 steps | 0.4 days"]);
    expect(lines.slice(-3)).toEqual(["the loss of this run", "", "$ pysim --preset a"]);
  });

  it.each(["from=50%25", "until=1%3A00", "tempo=real", "speed-factor=7"])("is of the same run with %s", (query) => {
    expect(linesOf(query)).toContain("the loss of this run");
  });

  it.each(["seed=1", "gpus=8", "inject=gpu-error"])("is of another run with %s, and says so", (query) => {
    expect(linesOf(query).join()).toContain("yours will differ");
  });

  it("marks where the show begins", () => {
    expect(linesOf("from=0%25")).toContain("^ begins at 0%");
    expect(linesOf("from=100%25")).toContain(`${"begins at 100% ^".padStart(59)}`);
    expect(linesOf("from=nowhere").join()).not.toContain("begins at");
  });

  it("fits any screen, and lets no code of a link through", () => {
    const query = fc.webQueryParameters();
    const size = fc.record({ columns: fc.integer({ min: 2, max: 300 }), rows: fc.integer({ min: 4, max: 100 }) });
    fc.assert(
      fc.property(query, fc.constantFrom(KNOWN, null), size, (asked, known, grid) => {
        const lines = linesOf(`${asked}&from=%1b%5b2J`, known, grid);
        expect(lines.length).toBeLessThanOrEqual(grid.rows);
        for (const line of lines) expect(line).toMatch(/^[ -~\u2800-\u28ff]*$/);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(grid.columns);
      }),
    );
  });
});

describe("the curve", () => {
  it("falls, goes from edge to edge, and is as large as it is asked to be", () => {
    const rows = curveRows(KNOWN.curve, 30, 5);
    expect(rows.map((row) => row.length)).toEqual([30, 30, 30, 30, 30]);
    const heights = Array.from({ length: 30 }, (_, column) => rows.findIndex((row) => row[column] !== "\u2800"));
    expect(heights[0]).toBe(0);
    expect(heights.at(-1)).toBe(4);
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
  });

  it("is none without points", () => expect(curveRows([], 30, 5)).toEqual([]));
});

describe("a place", () => {
  it.each([
    ["50%", 0.5],
    ["step:250", 0.25],
    ["1:00:00", 0.1],
    ["10:00", 600 / 36_000],
    ["1h", 0.1],
    ["1h30m", 0.15],
    ["3600", 0.1],
    ["11h", null],
    ["101%", null],
    ["soon", null],
    ["step:x", null],
  ])("%s is at %s of the run", (from, place) => {
    const found = placeOf(from, KNOWN);
    if (place === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(place);
  });
});
