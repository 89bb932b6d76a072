/** The engine's files, as the engine build listed them; read when the page is built, so that nothing waits for it. */

import manifest from "virtual:engine-manifest";
import type { BootManifest, LaterArchive } from "./boot.mjs";
import type { ColdHalves } from "./halves.mjs";

export interface EngineFile {
  path: string;
  bytes: number;
}

/** All paths are relative to the site. */
export interface EngineManifest extends BootManifest {
  /** What a boot waits for. */
  files: EngineFile[];
  later: LaterArchive & EngineFile;
  /** Nothing where the engine's modules are whole. */
  cold?: ColdHalves;
  /** Those with a recording. */
  presets: string[];
}

export const engineManifest: EngineManifest = manifest;
