// What is drawn behind the slider: the curve stays in its box and keeps its shape, marks keep their distance.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CurvePoint,
  curvePath,
  HEIGHT,
  markLine,
  nearest,
  spaced,
  WIDTH,
} from "../../../web/src/controls/drawing";
import type { Chapter } from "../../../web/src/generated/protocol";
import type { Milestone } from "../../../web/src/show/milestones";

const chapter = (fraction: number, kind: Chapter["kind"] = "checkpoint"): Chapter => ({
  run_seconds: fraction * 1000,
  fraction,
  kind,
  title: `${kind} at ${fraction}`,
});
const fractions = (milestones: Milestone[]) => milestones.map(({ chapter }) => chapter.fraction);

/** The points of a path that is one line. */
function points(path: string): [number, number][] {
  const pairs = path.slice(1).split("L");
  return pairs.map((pair) => {
    const [x, y] = pair.split(" ").map(Number);
    return [x ?? Number.NaN, y ?? Number.NaN];
  });
}

describe("the curve", () => {
  it("needs two points", () => {
    expect(curvePath([])).toBe("");
    expect(curvePath([[0, 3]])).toBe("");
  });

  it("falls from the top to the bottom of its box", () => {
    const losses = [10, 4, 3, 2];
    const path = curvePath(losses.map((loss, index): CurvePoint => [index / 3, loss]));
    expect(path).toBe("M0.0 3.0L333.3 3.0L666.7 15.0L1000.0 27.0");
  });

  it("is a line at the bottom where the loss never changes", () => {
    expect(points(curvePath([0, 0.5, 1].map((x): CurvePoint => [x, 2]))).map(([, y]) => y)).toEqual([27, 27, 27]);
  });

  it("stays in its box and keeps the order of the losses", () => {
    const loss = fc.double({ min: 0.1, max: 20, noNaN: true });
    fc.assert(
      fc.property(fc.array(loss, { minLength: 2, maxLength: 300 }), (all) => {
        const losses = all.toSorted((a, b) => b - a);
        const path = points(curvePath(losses.map((value, index) => [index / (losses.length - 1), value])));
        expect(path.length).toBe(losses.length);
        path.forEach(([x, y], index) => {
          expect(x).toBeGreaterThanOrEqual(path[index - 1]?.[0] ?? 0);
          expect(y).toBeGreaterThanOrEqual(path[index - 1]?.[1] ?? 3);
          expect(x).toBeLessThanOrEqual(WIDTH);
          expect(y).toBeLessThanOrEqual(27);
        });
      }),
    );
  });
});

describe("marks", () => {
  it("are there for checkpoints, validations and incidents", () => {
    const kinds = ["training", "checkpoint", "validation", "interruption", "end"] as const;
    expect(spaced(kinds.map((kind) => chapter(0.5, kind))).map(({ name }) => name)).toEqual([
      "checkpoint",
      "validation",
      "incident",
    ]);
  });

  it("keep their distance from others of their kind only", () => {
    const close = [0, 0.01, 0.02, 0.0399, 0.04];
    expect(fractions(spaced(close.map((place) => chapter(place))))).toEqual([0, 0.02, 0.04]);
    expect(fractions(spaced(close.map((place) => chapter(place, "interruption"))))).toEqual(close.slice(0, -1));
    expect(spaced([chapter(0.5), chapter(0.5, "validation"), chapter(0.5, "interruption")]).length).toBe(3);
  });

  it("are few, however many chapters there are, and the first is among them", () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 400 }), (places) => {
        const sorted = places.toSorted((a, b) => a - b);
        const kept = fractions(spaced(sorted.map((fraction) => chapter(fraction))));
        expect(kept[0]).toBe(sorted[0]);
        expect(kept.length).toBeLessThanOrEqual(51);
        kept.slice(1).forEach((fraction, index) => {
          expect(fraction - (kept[index] ?? 0)).toBeGreaterThanOrEqual(0.02);
        });
      }),
    );
  });

  it("stand at their place; an incident's is as high as the slider", () => {
    expect(markLine({ name: "checkpoint", chapter: chapter(0.25) })).toEqual({
      x1: "250.0",
      x2: "250.0",
      y1: 25,
      y2: HEIGHT,
    });
    expect(markLine({ name: "incident", chapter: chapter(1) })).toEqual({
      x1: "1000.0",
      x2: "1000.0",
      y1: 0,
      y2: HEIGHT,
    });
  });
});

describe("the tip", () => {
  const chapters = [0.1, 0.5, 0.505, 0.9].map((place) => chapter(place));

  it("names the chapter that is nearest", () => {
    expect(nearest(chapters, 0.501)?.fraction).toBe(0.5);
    expect(nearest(chapters, 0.504)?.fraction).toBe(0.505);
  });

  it("names none that is far", () => expect(nearest(chapters, 0.3)).toBeUndefined());
});
