/** The engine's files, as the engine build listed them; read when the page is built, so that nothing waits for it. */

import manifest from "virtual:engine-manifest";
import type { BootManifest } from "./boot.mjs";

export interface RecordingEntry {
  /** Empty for the default show. */
  preset: string;
  columns: number;
  rows: number;
  seconds: number;
  path: string;
}

export interface EngineFile {
  path: string;
  as: "module" | "fetch";
  bytes: number;
}

/** All paths are relative to the site. */
export interface EngineManifest extends BootManifest {
  /** Hash over the engine's content. */
  version: string;
  files: EngineFile[];
  options: string;
  prologues: RecordingEntry[];
  recorded: RecordingEntry[];
}

export const engineManifest: EngineManifest = manifest;

/** Where the site is, whatever path it is served under. */
export function siteBase(): string {
  return new URL("./", document.baseURI).href;
}
