// What is drawn on the timeline: the curve stays in its box and keeps its shape, marks keep their distance, the tip its frame.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  areaPath,
  type Box,
  type CurvePoint,
  curvePath,
  fractionAt,
  INSET,
  knobHeight,
  lossAt,
  markAt,
  markPath,
  type Placed,
  passageAt,
  passageRect,
  placeMarks,
  rows,
  stemPath,
  stepAt,
  tipLeft,
  upTo,
  xOf,
} from "../../../web/src/controls/drawing";
import type { Mark, Passage, PassageKind } from "../../../web/src/generated/protocol";

import { BLANK_STORY } from "../../../web/src/show/blank";

const BOX: Box = { width: 1000 + 2 * INSET, height: 40 };
const box = fc.record({ width: fc.integer({ min: 100, max: 4000 }), height: fc.constantFrom(20, 40) });
const place = fc.double({ min: 0, max: 1, noNaN: true });

const mark = (fraction: number, kind: Mark["kind"] = "checkpoint", seconds = 0): Mark => ({
  run_seconds: fraction * 1000,
  fraction,
  kind,
  title: `${kind} at ${fraction}`,
  number: 0,
  cause: "",
  place: "",
  noticed_seconds: null,
  over_seconds: kind === "incident" ? fraction * 1000 + seconds : null,
});
const passage = (begin: number, end: number, kind: Passage["kind"] = "down"): Passage => ({
  kind,
  begin,
  end,
  begin_seconds: begin * 1000,
  end_seconds: end * 1000,
});
const fractions = (placed: Placed[]) => placed.map((each) => each.mark.fraction);

/** The points of a path that is one line. */
function points(path: string): [number, number][] {
  const pairs = path.slice(1).split("L");
  return pairs.map((pair) => {
    const [x, y] = pair.split(" ").map(Number);
    return [x ?? Number.NaN, y ?? Number.NaN];
  });
}

describe("a place", () => {
  it("is found again where it was drawn", () => {
    fc.assert(
      fc.property(place, box, (fraction, size) => {
        expect(fractionAt(xOf(fraction, size), size)).toBeCloseTo(fraction, 9);
      }),
    );
  });

  it("is in the run, wherever the pointer is", () => {
    expect(fractionAt(-500, BOX)).toBe(0);
    expect(fractionAt(5000, BOX)).toBe(1);
    expect(fractionAt(5, { width: 0, height: 0 })).toBe(0);
  });
});

describe("the curve", () => {
  const { curveTop: top, curveBottom: bottom } = rows(BOX);

  it("needs two points", () => {
    for (const few of [[], [[0, 3]]] as CurvePoint[][]) {
      expect(curvePath(few, BOX)).toBe("");
      expect(areaPath(few, BOX)).toBe("");
    }
  });

  it("falls from the top to the bottom of its rows", () => {
    const losses = [10, 4, 3, 2];
    const path = curvePath(
      losses.map((loss, index): CurvePoint => [index / 3, loss]),
      BOX,
    );
    expect(path).toBe(`M10 ${top}L343.3 ${top}L676.7 ${(top + bottom) / 2}L1010 ${bottom}`);
  });

  it("is a line at the bottom where the loss never changes", () => {
    const same = [0, 0.5, 1].map((x): CurvePoint => [x, 2]);
    expect(points(curvePath(same, BOX)).map(([, y]) => y)).toEqual([bottom, bottom, bottom]);
  });

  it("stays in its box and keeps the order of the losses", () => {
    const loss = fc.double({ min: 0.1, max: 20, noNaN: true });
    fc.assert(
      fc.property(fc.array(loss, { minLength: 2, maxLength: 300 }), box, (all, size) => {
        const losses = all.toSorted((a, b) => b - a);
        const path = points(
          curvePath(
            losses.map((value, index) => [index / (losses.length - 1), value]),
            size,
          ),
        );
        expect(path.length).toBe(losses.length);
        path.forEach(([x, y], index) => {
          expect(x).toBeGreaterThanOrEqual(path[index - 1]?.[0] ?? 0);
          expect(y).toBeGreaterThanOrEqual(path[index - 1]?.[1] ?? rows(size).curveTop);
          expect(x).toBeLessThanOrEqual(size.width);
          expect(y).toBeLessThanOrEqual(rows(size).curveBottom);
        });
      }),
    );
  });

  it("has all that lies under it filled, down to the bottom of the box", () => {
    const path = areaPath([[0.1, 4] as CurvePoint, [0.9, 2]], BOX);
    expect(path).toBe(`M110 ${top}L910 ${bottom}V40H110z`);
  });

  it("has the knob on it", () => {
    const line: CurvePoint[] = [
      [0.1, 4],
      [0.5, 3],
      [0.9, 2],
    ];
    expect(knobHeight(line, 0.5, BOX)).toBe(top); // as high as the first losses are drawn
    expect(knobHeight(line, 0, BOX)).toBe(top);
    expect(knobHeight(line, 1, BOX)).toBe(bottom);
    expect(knobHeight([], 0.5, BOX)).toBe(20);
  });

  it("says the loss between its points, and none where there are no steps", () => {
    const line: CurvePoint[] = [
      [0.1, 4],
      [0.5, 3],
      [0.9, 2],
    ];
    expect(lossAt(line, 0.1)).toBe(4);
    expect(lossAt(line, 0.3)).toBeCloseTo(3.5);
    expect(lossAt(line, 0.9)).toBe(2);
    expect(lossAt(line, 0.05)).toBeUndefined();
    expect(lossAt(line, 0.95)).toBeUndefined();
    expect(lossAt([], 0.5)).toBeUndefined();
  });
});

describe("passages", () => {
  const lost = [passage(0, 0.1, "bring-up"), passage(0.5, 0.6), passage(0.6, 0.7, "redone")];

  it("are as wide as they are long", () => expect(passageRect(passage(0.5, 0.6), BOX)).toEqual({ x: 510, width: 100 }));

  it("are found by a place in them", () => {
    expect(passageAt(lost, 0.55)?.kind).toBe("down");
    expect(passageAt(lost, 0.6)?.kind).toBe("redone");
    expect(passageAt(lost, 0.7)).toBeUndefined();
  });

  it("make no step, and go back to do some again", () => {
    expect(stepAt(lost, 700, 0.05)).toBe(0);
    expect(stepAt(lost, 700, 0.3)).toBe(200);
    expect(stepAt(lost, 700, 0.5)).toBe(400);
    expect(stepAt(lost, 700, 0.55)).toBe(400);
    expect(stepAt(lost, 700, 0.65)).toBe(350);
    expect(stepAt(lost, 700, 1)).toBe(700);
    expect(stepAt([passage(0, 1)], 700, 0.5)).toBe(0);
  });
});

describe("marks", () => {
  it("keep their distance from others of their kind only, and the first stays", () => {
    const close = [0, 0.02, 0.03, 0.05, 0.06];
    expect(
      fractions(
        placeMarks(
          close.map((x) => mark(x)),
          BOX,
        ),
      ),
    ).toEqual([0, 0.03, 0.06]);
    const kinds = ["checkpoint", "validation", "incident"] as const;
    expect(
      placeMarks(
        kinds.map((kind) => mark(0.5, kind)),
        BOX,
      ).length,
    ).toBe(3);
  });

  it("of incidents that are too near to each other are of the longest", () => {
    const incidents = [mark(0.5, "incident", 60), mark(0.505, "incident", 3600), mark(0.51, "incident", 600)];
    expect(fractions(placeMarks(incidents, BOX))).toEqual([0.505]);
  });

  it("are few, however many there are", () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 400 }), box, (places, size) => {
        const placed = placeMarks(
          places.toSorted((a, b) => a - b).map((x) => mark(x)),
          size,
        );
        expect(placed.length).toBeLessThanOrEqual(1 + size.width / 26);
        placed.slice(1).forEach(({ x }, index) => {
          expect(x - (placed[index]?.x ?? 0)).toBeGreaterThanOrEqual(26);
        });
      }),
    );
  });

  it("differ in shape and height", () => {
    const placed = (["checkpoint", "validation", "incident"] as const).map((kind) =>
      placeMarks([mark(0.5, kind)], BOX),
    );
    expect(new Set(placed.map(([one]) => one?.y)).size).toBe(3);
    const shapes = placed.map((one) => markPath(one, BOX).replace(/[\d. ]+/g, ""));
    expect(shapes).toEqual(["MLLz", "MLLLz", "MLML"]);
  });

  it("of incidents have stems where they are few", () => {
    const incidents = (count: number) =>
      placeMarks(
        Array.from({ length: count }, (_, index) => mark(index / count, "incident")),
        BOX,
      );
    expect(stemPath(incidents(3), BOX).match(/M/g)?.length).toBe(3);
    expect(stemPath(incidents(60), BOX)).toBe("");
  });

  it("are meant by a pointer that is near across, the nearest of them", () => {
    const placed = placeMarks([mark(0.5), mark(0.503, "incident"), mark(0.6, "validation")], BOX);
    const meant = (x: number, y: number, reach = 6) => markAt(placed, { x, y }, reach)?.mark.kind;
    expect(meant(511, 35)).toBe("checkpoint");
    expect(meant(511, 8)).toBe("incident");
    expect(meant(606, 0)).toBe("validation");
    expect(meant(530, 20)).toBeUndefined();
    expect(meant(530, 20, 20)).toBe("incident");
  });
});

describe("the tip", () => {
  it("stands over its place, and inside the frame at both ends", () => {
    expect(tipLeft(500, 200, 1000)).toBe(400);
    expect(tipLeft(0, 200, 1000)).toBe(4);
    expect(tipLeft(1000, 200, 1000)).toBe(796);
  });

  it("never leaves a frame that is wide enough for it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 2000 }), place, place, (frame, part, x) => {
        const tip = part * (frame - 8);
        const left = tipLeft(x * frame, tip, frame);
        expect(left).toBeGreaterThanOrEqual(4);
        expect(left + tip).toBeLessThanOrEqual(frame - 4 + 1e-9);
      }),
    );
  });
});

describe("what is known to who may not see what is to come", () => {
  it("ends at the moment on show", () => {
    const mark = (fraction: number): Mark => ({
      run_seconds: 100 * fraction,
      fraction,
      kind: "incident",
      title: "",
      number: 1,
      cause: "",
      place: "",
      noticed_seconds: null,
      over_seconds: null,
    });
    const passage = (begin: number, end: number, kind: PassageKind = "down"): Passage => ({
      kind,
      begin,
      end,
      begin_seconds: 0,
      end_seconds: 0,
    });
    const known = upTo(
      {
        ...BLANK_STORY,
        curve: [
          [0, 9],
          [0.5, 3],
          [0.6, 2],
        ],
        marks: [mark(0.2), mark(0.7)],
        passages: [passage(0.1, 0.2), passage(0.4, 0.9), passage(0.45, 0.6, "hang"), passage(0.95, 1)],
      },
      0.5,
      1.5,
    );
    expect(known.curve).toEqual([
      [0, 9],
      [0.75, 3],
    ]);
    expect(known.marks.map(({ fraction }) => fraction.toFixed(2))).toEqual(["0.30"]);
    expect(known.passages.map(({ begin, end }) => [begin.toFixed(2), end.toFixed(2)])).toEqual([
      ["0.15", "0.30"],
      ["0.60", "0.75"],
    ]);
  });
});
