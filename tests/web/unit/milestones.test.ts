// Which chapters have just been passed: each once, however the time is cut.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Chapter } from "../../../web/src/generated/protocol";
import { type Milestone, passedMilestones } from "../../../web/src/show/milestones";

const chapter = (seconds: number, kind: Chapter["kind"] = "checkpoint"): Chapter => ({
  run_seconds: seconds,
  fraction: seconds / 100,
  kind,
  title: `${kind} at ${seconds}`,
});
const times = (milestones: Milestone[]) => milestones.map(({ chapter }) => chapter.run_seconds);

describe("a milestone", () => {
  const chapters = [10, 20, 30].map((seconds) => chapter(seconds));

  it("is passed when it is reached, and not before", () => {
    expect(times(passedMilestones(chapters, 0, 9.999))).toEqual([]);
    expect(times(passedMilestones(chapters, 0, 10))).toEqual([10]);
  });

  it("is not passed again by who begins at it", () => {
    expect(times(passedMilestones(chapters, 10, 20))).toEqual([20]);
  });

  it("is not passed backwards or by standing still", () => {
    expect(passedMilestones(chapters, 30, 0)).toEqual([]);
    expect(passedMilestones(chapters, 10, 10)).toEqual([]);
  });

  it("is a checkpoint, a validation or an interruption, which is called an incident", () => {
    const kinds = ["training", "checkpoint", "validation", "interruption", "resumption", "export"] as const;
    const passed = passedMilestones(
      kinds.map((kind) => chapter(5, kind)),
      0,
      10,
    );
    expect(passed.map(({ name }) => name)).toEqual(["checkpoint", "validation", "incident"]);
  });

  it("is told once, however the time is cut", () => {
    const place = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 12 }), fc.array(place, { minLength: 2, maxLength: 8 }), (at, cuts) => {
        const all = at.toSorted((a, b) => a - b).map((seconds) => chapter(seconds));
        const sorted = cuts.toSorted((a, b) => a - b);
        const pieces = sorted.slice(1).flatMap((to, index) => passedMilestones(all, sorted[index] ?? 0, to));
        expect(pieces).toEqual(passedMilestones(all, sorted[0] ?? 0, sorted.at(-1) ?? 0));
      }),
    );
  });

  it("gives way to later ones when hundreds go by at once", () => {
    const many = Array.from({ length: 300 }, (_, index) => chapter(index));
    expect(times(passedMilestones(many, -1, 299))).toEqual(Array.from({ length: 16 }, (_, index) => 284 + index));
  });
});
