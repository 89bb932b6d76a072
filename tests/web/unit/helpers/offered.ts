/** What a build would have written of the shows. */

import type { Offered, RecordingEntry } from "../../../../web/src/show/offered";

const entry = (preset: string, columns: number): RecordingEntry => ({
  preset,
  columns,
  path: `engine/prologues/${preset || "default"}-${columns}.json`,
  first: `first frame of ${preset || "default"} at ${columns}`,
});

const offered: Offered = {
  options: "engine/options.json",
  posters: "engine/posters.json",
  prologues: [entry("", 48), entry("", 80), entry("", 120), entry("classic", 80)],
  recorded: [entry("classic", 80)],
};

export default offered;
