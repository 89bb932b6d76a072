/** What is drawn of a run on its timeline, as numbers and text: the curve, passages and marks, in px of a box. */

import type { Mark, MarkKind, Passage, PassageKind, Story } from "../generated/protocol";

export type CurvePoint = Story["curve"][number];

export interface Box {
  width: number;
  height: number;
}

/**
 * What is known of a run at a moment by who may not see what is to come, in a box that is as long as the run is expected to be.
 *
 * @param fraction of the whole run, as it will have been
 * @param stretch the same of the expected one, for each part of the whole
 */
export function upTo(story: Story, fraction: number, stretch: number): Story {
  return {
    ...story,
    curve: story.curve.filter(([at]) => at <= fraction).map(([at, loss]) => [at * stretch, loss]),
    marks: story.marks
      .filter((mark) => mark.fraction <= fraction)
      .map((mark) => ({ ...mark, fraction: mark.fraction * stretch })),
    passages: story.passages
      .filter(({ begin, end, kind }) => begin < fraction && (kind !== "hang" || end <= fraction)) // which nobody has noticed yet
      .map((passage) => ({
        ...passage,
        begin: passage.begin * stretch,
        end: Math.min(passage.end, fraction) * stretch,
      })),
  };
}

/** Free at both ends, so that the knob is inside the box at the first and the last moment. */
export const INSET = 10;
/** Losses fall steeply first: what is above the loss at this part of the run is cut, so that the long rest has a shape. */
const FULL_HEIGHT_FROM = 1 / 50;
/** Less than this is slim: marks are smaller and nearer to each other. */
const SLIM_BELOW = 32;
/** Px between two marks of a kind: nearer to each other they would hide the curve. */
const MARK_DISTANCES: Record<MarkKind, number> = { checkpoint: 26, validation: 26, incident: 14 };
/** Px for each stem, at least: more of them would be a fence. */
const STEM_DISTANCE = 40;

/** Where things are in a box of some height: each kind of mark has a row of its own, and the curve lies between. */
interface Rows extends Record<MarkKind, number> {
  curveTop: number;
  curveBottom: number;
  /** Half a mark. */
  radius: number;
}

export function rows({ height }: Box): Rows {
  if (height < SLIM_BELOW)
    return {
      curveTop: 2,
      curveBottom: height - 7,
      incident: 4,
      validation: height / 2,
      checkpoint: height - 4,
      radius: 3,
    };
  return { curveTop: 4, curveBottom: height - 12, incident: 7, validation: 17, checkpoint: height - 6, radius: 3.5 };
}

export const xOf = (fraction: number, { width }: Box): number => INSET + fraction * Math.max(0, width - 2 * INSET);

export function fractionAt(x: number, { width }: Box): number {
  return Math.min(1, Math.max(0, (x - INSET) / Math.max(1, width - 2 * INSET)));
}

// ---- the curve

/** The losses between which the curve has its height; null if there is nothing to draw a line between. */
function range(points: CurvePoint[]): { lowest: number; span: number } | null {
  const losses = points.map(([, loss]) => loss);
  if (losses.length < 2) return null;
  const lowest = Math.min(...losses);
  return { lowest, span: (losses[Math.ceil(losses.length * FULL_HEIGHT_FROM)] ?? 0) - lowest || 1 };
}

/** The `d` of an SVG path; empty if there is nothing to draw. */
export function curvePath(points: CurvePoint[], box: Box): string {
  const height = heightOf(points, box);
  if (height === null) return "";
  return `M${points.map(([fraction, loss]) => `${px(xOf(fraction, box))} ${px(height(loss))}`).join("L")}`;
}

/** Of a loss, as the y of the curve. */
function heightOf(points: CurvePoint[], box: Box): ((loss: number) => number) | null {
  const found = range(points);
  if (found === null) return null;
  const { curveTop, curveBottom } = rows(box);
  return (loss) => curveBottom - Math.min(1, (loss - found.lowest) / found.span) * (curveBottom - curveTop);
}

/** Where the knob is: on the curve, before its first step as high as that, after the last as low. */
export function knobHeight(points: CurvePoint[], fraction: number, box: Box): number {
  const first = points[0];
  const loss = lossAt(points, fraction) ?? (first && fraction < first[0] ? first : points.at(-1))?.[1];
  const height = heightOf(points, box);
  return loss === undefined || height === null ? box.height / 2 : height(loss);
}

/** What lies under the curve. */
export function areaPath(points: CurvePoint[], box: Box): string {
  const line = curvePath(points, box);
  const [first, last] = [points[0], points.at(-1)];
  if (line === "" || first === undefined || last === undefined) return "";
  return `${line}V${box.height}H${px(xOf(first[0], box))}z`;
}

/** Undefined before the first step and after the last. */
export function lossAt(points: CurvePoint[], fraction: number): number | undefined {
  const next = points.findIndex(([place]) => place >= fraction);
  const [after, before] = [points[next], points[Math.max(0, next - 1)]];
  if (after === undefined || before === undefined || fraction < (points[0]?.[0] ?? 0)) return undefined;
  const part = after[0] === before[0] ? 0 : (fraction - before[0]) / (after[0] - before[0]);
  return before[1] + (after[1] - before[1]) * part;
}

// ---- passages

/** As wide as it is: one of less than a px is a tint, and many of them are as dark as they are long. */
export function passageRect({ begin, end }: Passage, box: Box): { x: number; width: number } {
  const left = xOf(begin, box);
  return { x: left, width: xOf(end, box) - left };
}

export function passageAt(passages: Passage[], fraction: number): Passage | undefined {
  return passages.find(({ begin, end }) => begin <= fraction && fraction < end);
}

export const PASSAGE_TITLES: Record<PassageKind, string> = {
  "bring-up": "bring-up",
  hang: "hangs, unnoticed",
  down: "down",
  restart: "restarting",
  redone: "steps done again",
  export: "export",
};

/** About which data step that is: the run gets on in the time between passages, and what is done again is behind that. */
export function stepAt(passages: Passage[], totalSteps: number, fraction: number): number {
  const lostUntil = (place: number): number =>
    passages.reduce((sum, { begin, end }) => sum + Math.max(0, Math.min(end, place) - begin), 0);
  const whole = 1 - lostUntil(1);
  if (whole <= 0) return 0;
  const here = passageAt(passages, fraction);
  const behind = here?.kind === "redone" ? here.end - fraction : 0;
  return Math.min(
    totalSteps,
    Math.max(0, Math.round(((fraction - lostUntil(fraction) - behind) / whole) * totalSteps)),
  );
}

// ---- marks

export interface Placed {
  mark: Mark;
  x: number;
  y: number;
}

/** Where the marks are. Of those too near to each other the longest incident is left, or the first. */
export function placeMarks(marks: Mark[], box: Box): Placed[] {
  const placed: Placed[] = [];
  for (const mark of marks.toSorted((a, b) => length(b) - length(a))) {
    const x = xOf(mark.fraction, box);
    const distance = MARK_DISTANCES[mark.kind];
    const isFree = placed.every((other) => other.mark.kind !== mark.kind || Math.abs(other.x - x) >= distance);
    if (isFree) placed.push({ mark, x, y: rows(box)[mark.kind] });
  }
  return placed.sort((a, b) => a.x - b.x);
}

/** Of an incident, in seconds; nothing else lasts. */
const length = ({ run_seconds, over_seconds }: Mark): number => (over_seconds ?? run_seconds) - run_seconds;

const SHAPES: Record<MarkKind, (x: number, y: number, r: number) => string> = {
  checkpoint: (x, y, r) => `M${px(x - r)} ${px(y + r)}L${px(x)} ${px(y - r)}L${px(x + r)} ${px(y + r)}z`,
  validation: (x, y, r) => `M${px(x)} ${px(y - r)}L${px(x + r)} ${px(y)}L${px(x)} ${px(y + r)}L${px(x - r)} ${px(y)}z`,
  incident: (x, y, r) =>
    `M${px(x - r)} ${px(y - r)}L${px(x + r)} ${px(y + r)}M${px(x + r)} ${px(y - r)}L${px(x - r)} ${px(y + r)}`,
};

/** All of a kind as one path. */
export function markPath(placed: Placed[], box: Box): string {
  const { radius } = rows(box);
  return placed.map(({ mark, x, y }) => SHAPES[mark.kind](x, y, radius)).join("");
}

/** From each incident down through the curve, where they are few. */
export function stemPath(placed: Placed[], box: Box): string {
  if (placed.length * STEM_DISTANCE > box.width) return "";
  return placed.map(({ x, y }) => `M${px(x)} ${px(y + rows(box).radius)}V${px(box.height)}`).join("");
}

/** The mark that a pointer means: across no farther than `reach`, and of those the nearest. */
export function markAt(placed: Placed[], { x, y }: { x: number; y: number }, reach: number): Placed | undefined {
  let nearest: Placed | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const each of placed) {
    if (Math.abs(each.x - x) > reach) continue;
    const distance = Math.hypot(each.x - x, each.y - y);
    if (distance < least) [nearest, least] = [each, distance];
  }
  return nearest;
}

// ---- the tip

const TIP_MARGIN = 4;

/** The left edge of a tip that points at x and stays inside a frame. */
export function tipLeft(x: number, tipWidth: number, frameWidth: number): number {
  return Math.max(TIP_MARGIN, Math.min(x - tipWidth / 2, frameWidth - tipWidth - TIP_MARGIN));
}

const px = (value: number): string => String(Math.round(value * 10) / 10);
