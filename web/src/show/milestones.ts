/** Which chapters the show has just passed, for whoever listens from outside. */

import type { Chapter } from "../engine/protocol";

export type Milestone = "checkpoint" | "validation" | "incident";

const MILESTONES: readonly string[] = ["checkpoint", "validation", "incident"] satisfies Milestone[];
/** At 10,000x hundreds go by between two looks; a listener wants the latest ones. */
const MOST_AT_ONCE = 16;

export function passedMilestones(chapters: Chapter[], fromSeconds: number, toSeconds: number): Chapter[] {
  if (toSeconds <= fromSeconds) return [];
  return chapters
    .filter(({ kind, run_seconds: time }) => MILESTONES.includes(kind) && time > fromSeconds && time <= toSeconds)
    .slice(-MOST_AT_ONCE);
}
