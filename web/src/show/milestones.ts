/** Chapters that are worth a mark and a word to whoever listens from outside, and which of them have just been passed. */

import type { Chapter } from "../generated/protocol";

/** By the kind of chapter: what the page around an embed knows it as. */
export const MILESTONES = {
  checkpoint: "checkpoint",
  validation: "validation",
  interruption: "incident",
} as const satisfies Partial<Record<Chapter["kind"], string>>;

export type MilestoneName = (typeof MILESTONES)[keyof typeof MILESTONES];

export interface Milestone {
  name: MilestoneName;
  chapter: Chapter;
}

/** At 10,000x hundreds go by between two looks; a listener wants the latest ones. */
const MOST_AT_ONCE = 16;

export function passedMilestones(chapters: Chapter[], fromSeconds: number, toSeconds: number): Milestone[] {
  if (toSeconds <= fromSeconds) return [];
  return milestones(chapters)
    .filter(({ chapter: { run_seconds: time } }) => time > fromSeconds && time <= toSeconds)
    .slice(-MOST_AT_ONCE);
}

export function milestones(chapters: Chapter[]): Milestone[] {
  return chapters.flatMap((chapter) =>
    isMilestone(chapter.kind) ? [{ name: MILESTONES[chapter.kind], chapter }] : [],
  );
}

function isMilestone(kind: Chapter["kind"]): kind is keyof typeof MILESTONES {
  return Object.hasOwn(MILESTONES, kind);
}
