/**
 * The show's states and what leads from one to the next, in one table. The show looks nothing else up: what is not in a
 * row does not happen.
 *
 *     loaded ──hold──▶ poster ──opened──▶ still ──play──▶ live       a recording is there
 *        │                └──play──┐
 *        └─begin──────────────▶ recording ──opened──▶ handing-over ──over──▶ live
 *     empty ──hold──▶ blank ──opened──▶ still ──play──▶ live         nothing is recorded
 *        │               └──play──┐
 *        └─begin──────────────▶ boot ──opened──▶ live
 */

/** What the page is told: whose text is on the screen. */
export type Mode = "boot" | "recording" | "engine";

export const MODES = {
  /** Nothing has begun; a recording is there. */
  loaded: "recording",
  /** Nothing has begun; nothing is recorded. */
  empty: "boot",
  /** A recorded moment behind a play button. */
  poster: "recording",
  /** What is known of the run behind a play button. */
  blank: "boot",
  /** The engine's picture of a moment behind a play button. */
  still: "engine",
  /** What is loading, until the engine has opened the run. */
  boot: "boot",
  /** The recording plays; where no engine comes, to its end. */
  recording: "recording",
  /** The recording plays up to a frame, and the engine advances to it. */
  "handing-over": "recording",
  /** The engine plays. */
  live: "engine",
} as const satisfies Record<string, Mode>;
export type StateName = keyof typeof MODES;

/** What happens to the show: the page begins it, the visitor plays or opens another run, the engine comes or fails. */
export type Happening = "begin" | "hold" | "play" | "reopen" | "replace" | "opened" | "over" | "failed";

/** What the stage does on the way; each is a method of it. */
export type Action =
  | "hold"
  | "start"
  | "handOver"
  | "takeOver"
  | "takeOverCleared"
  | "takeOverHeld"
  | "playAnew"
  | "playOn"
  | "reopen"
  | "reopenHeld";

export interface Step {
  next: StateName;
  action: Action;
}

export const ROWS: [state: StateName, what: Happening, next: StateName, action: Action][] = [
  // the page begins
  ["loaded", "begin", "recording", "start"],
  ["loaded", "hold", "poster", "hold"],
  ["empty", "begin", "boot", "start"],
  ["empty", "hold", "blank", "hold"],
  // the play button, or any move
  ["poster", "play", "recording", "start"],
  ["blank", "play", "boot", "start"],
  ["still", "play", "live", "playAnew"],
  // the engine has the run: behind a play button it shows the same moment
  ["recording", "opened", "handing-over", "handOver"],
  ["handing-over", "over", "live", "takeOver"],
  ["boot", "opened", "live", "takeOverCleared"],
  ["blank", "opened", "still", "takeOverHeld"],
  ["poster", "opened", "still", "takeOverHeld"],
  // the page around wants another picture
  ["poster", "replace", "blank", "reopenHeld"],
  ["blank", "replace", "blank", "reopenHeld"],
  ["still", "replace", "blank", "reopenHeld"],
  // no engine will come: the recording goes on past the frame at which it should have been there
  ["handing-over", "failed", "recording", "playOn"],
];

/** Undefined where nothing follows. Other options can be opened at any time. */
export function step(state: StateName, what: Happening): Step | undefined {
  if (what === "reopen") return { next: "boot", action: "reopen" };
  const row = ROWS.find(([from, when]) => from === state && when === what);
  return row && { next: row[2], action: row[3] };
}
