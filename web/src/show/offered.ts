/** What the page has of every preset's show without an engine, as the engine build listed it; no worker needs it. */

import offers from "virtual:offered";

export interface RecordingEntry {
  /** Empty for the default show. */
  preset: string;
  columns: number;
  path: string;
  /** Text of the first frame, so that it is there before the rest. */
  first: string;
}

/** All paths are relative to the site. */
export interface Offered {
  options: string;
  /** What is known of every preset's run; an object of `Poster` by the name of the preset, empty for the default show. */
  posters: string;
  prologues: RecordingEntry[];
  recorded: RecordingEntry[];
}

export const offered: Offered = offers;
