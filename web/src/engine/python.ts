/** How Python is booted, and what the worker asks of it. */

import type { Session } from "../generated/protocol";
import { boot, layOut } from "./boot.mjs";
import type { SiteFiles } from "./files";
import type { Halves } from "./halves.mjs";
import { engineManifest } from "./manifest";

export interface BrowserModule {
  /** `now` (Unix seconds) is what `start=now` in the query means. */
  open_show(query: string, columns: number, rows: number, now: number): Session;
}

/** Is told how far the boot is. */
export interface BootListener {
  stage(name: string): void;
}

export interface Python {
  core: BrowserModule;
  /** Fetches the second archive; its modules can then be imported. */
  layOutLater(): Promise<void>;
}

interface Pyodide {
  pyimport(name: string): BrowserModule;
}

/**
 * Boots Python with the packages from our own files and imports the core.
 * @param mayWait whether the thread may wait for a file; else all is there before Python starts
 */
export async function bootPython(
  files: SiteFiles,
  halves: Halves,
  listener: BootListener,
  mayWait: boolean,
): Promise<Python> {
  listener.stage("Python");
  if (!mayWait) await halves.prepare();
  const keep = halves.keep.bind(halves);
  const pyodide: Pyodide = await boot(engineManifest, { ...files.stubborn, keep });
  if (!mayWait) await halves.load();
  listener.stage("the simulator");
  return {
    core: pyodide.pyimport("pysim.edge.browser"),
    layOutLater: async () => {
      await halves.load(); // unpacking is cold
      await layOut(pyodide, engineManifest.later, files.once.read);
    },
  };
}
