/** What is drawn behind the slider, as numbers and text: the loss curve and the marks for chapters. */

import type { Chapter, Story } from "../generated/protocol";
import { type Milestone, type MilestoneName, milestones } from "../show/milestones";

export type CurvePoint = Story["curve"][number];

/** The drawing is stretched over the slider. */
export const WIDTH = 1000;
export const HEIGHT = 32;

const TOP = 3;
const BOTTOM = HEIGHT - 5;
const MARK_HEIGHT = 7;
/** Losses fall steeply first: what is above the loss at this part of the run is cut, so that the long rest has a shape. */
const FULL_HEIGHT_FROM = 1 / 50;
/** The least distance between two marks of a kind, as a fraction of the run. */
const MARK_DISTANCES: Record<MilestoneName, number> = { checkpoint: 0.02, validation: 0.02, incident: 0.002 };
/** As a fraction of the run: how near the pointer is to a chapter that the tip names. */
const NEAR = 0.008;

/** The `d` of an SVG path; empty if there is nothing to draw a line between. */
export function curvePath(points: CurvePoint[]): string {
  const losses = points.map(([, loss]) => loss);
  if (losses.length < 2) return "";
  const lowest = Math.min(...losses);
  const span = (losses[Math.ceil(losses.length * FULL_HEIGHT_FROM)] ?? 0) - lowest || 1;
  const at = ([fraction, loss]: CurvePoint): string => {
    const y = BOTTOM - Math.min(1, (loss - lowest) / span) * (BOTTOM - TOP);
    return `${(fraction * WIDTH).toFixed(1)} ${y.toFixed(1)}`;
  };
  return `M${points.map(at).join("L")}`;
}

/** Hundreds of marks would be a grey band: each kind keeps its distance. */
export function spaced(chapters: Chapter[]): Milestone[] {
  const last: Partial<Record<MilestoneName, number>> = {};
  return milestones(chapters).filter(({ name, chapter: { fraction } }) => {
    if (fraction - (last[name] ?? -1) < MARK_DISTANCES[name]) return false;
    last[name] = fraction;
    return true;
  });
}

/** Where a mark begins and ends; an incident's is as high as the slider. */
export function markLine({ name, chapter }: Milestone): { x1: string; x2: string; y1: number; y2: number } {
  const x = (chapter.fraction * WIDTH).toFixed(1);
  return { x1: x, x2: x, y1: name === "incident" ? 0 : HEIGHT - MARK_HEIGHT, y2: HEIGHT };
}

/** The chapter at a place, if there is one. */
export function nearest(chapters: Chapter[], fraction: number): Chapter | undefined {
  return chapters
    .filter((chapter) => Math.abs(chapter.fraction - fraction) < NEAR)
    .sort((a, b) => Math.abs(a.fraction - fraction) - Math.abs(b.fraction - fraction))[0];
}
