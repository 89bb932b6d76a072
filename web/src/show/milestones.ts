/** Which chapters the show has just passed, for whoever listens from outside. */

import type { Chapter } from "../generated/protocol";

const MILESTONES = ["checkpoint", "validation", "incident"] as const;
export type Milestone = Chapter & { kind: (typeof MILESTONES)[number] };

/** At 10,000x hundreds go by between two looks; a listener wants the latest ones. */
const MOST_AT_ONCE = 16;

export function passedMilestones(chapters: Chapter[], fromSeconds: number, toSeconds: number): Milestone[] {
  if (toSeconds <= fromSeconds) return [];
  return chapters
    .filter(isMilestone)
    .filter(({ run_seconds: time }) => time > fromSeconds && time <= toSeconds)
    .slice(-MOST_AT_ONCE);
}

function isMilestone(chapter: Chapter): chapter is Milestone {
  return MILESTONES.some((kind) => kind === chapter.kind);
}
