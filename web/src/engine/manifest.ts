/** The engine's files, as the engine build listed them; read when the page is built, so that nothing waits for it. */

import manifest from "virtual:engine-manifest";
import type { BootManifest, LaterArchive } from "./boot.mjs";
import type { ColdHalves } from "./halves.mjs";

export interface RecordingEntry {
  /** Empty for the default show. */
  preset: string;
  columns: number;
  path: string;
  /** Text of the first frame, so that it is there before the rest. */
  first: string;
}

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
  options: string;
  /** What is known of every preset's run; an object of `Poster` by the name of the preset, empty for the default show. */
  posters: string;
  prologues: RecordingEntry[];
  recorded: RecordingEntry[];
}

export const engineManifest: EngineManifest = manifest;

/** Where the site is, whatever path it is served under. */
export function siteBase(): string {
  return new URL("./", document.baseURI).href;
}
