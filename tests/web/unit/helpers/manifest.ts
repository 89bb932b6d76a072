/** An engine's list of files, as a build would have written it. */

import type { EngineManifest } from "../../../../web/src/engine/manifest";

const manifest: EngineManifest = {
  indexURL: "engine/pyodide/",
  stdLibURL: "engine/library.zip",
  lockFileURL: "engine/lock.json",
  packageBaseUrl: "engine/packages/",
  packages: ["pysim"],
  snapshot: { path: "engine/snapshot.bin", head: "", firstFree: 0, engine: "", linkBytes: 0, texts: 0, libraries: [] },
  files: [{ path: "engine/snapshot.bin", bytes: 1000 }],
  later: { path: "engine/later.zip", bytes: 500, folder: "/site-packages" },
  presets: ["classic"],
};

export default manifest;
