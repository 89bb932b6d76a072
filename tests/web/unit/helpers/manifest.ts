/** An engine's list of files, as a build would have written it. */

import type { EngineManifest, RecordingEntry } from "../../../../web/src/engine/manifest";

const entry = (preset: string, columns: number): RecordingEntry => ({
  preset,
  columns,
  path: `engine/prologues/${preset || "default"}-${columns}.json`,
  first: `first frame of ${preset || "default"} at ${columns}`,
});

const manifest: EngineManifest = {
  indexURL: "engine/pyodide/",
  stdLibURL: "engine/library.zip",
  lockFileURL: "engine/lock.json",
  packageBaseUrl: "engine/packages/",
  packages: ["pysim"],
  snapshot: { path: "engine/snapshot.bin", head: "", firstFree: 0, engine: "", linkBytes: 0, texts: 0, libraries: [] },
  files: [{ path: "engine/snapshot.bin", bytes: 1000 }],
  later: { path: "engine/later.zip", bytes: 500, folder: "/site-packages" },
  options: "engine/options.json",
  posters: "engine/posters.json",
  prologues: [entry("", 48), entry("", 80), entry("", 120), entry("classic", 80)],
  recorded: [entry("classic", 80)],
};

export default manifest;
