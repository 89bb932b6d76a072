/** How Python is booted, and what the worker asks of it. */

import type { Session } from "../generated/protocol";
import { boot } from "./boot.mjs";
import { engineManifest } from "./manifest";
import { mustBeThere } from "./missing";

export interface BrowserModule {
  /** `now` (Unix seconds) is what `start=now` in the query means. */
  open_show(query: string, columns: number, rows: number, now: number): Session;
}

interface Pyodide {
  pyimport(name: string): BrowserModule;
}

/** Boots Python with the packages from our own files and imports the core. */
export async function bootPython(base: string, stage: (name: string) => void): Promise<BrowserModule> {
  const at = (path: string): string => new URL(path, base).href;
  stage("Python");
  const pyodide: Pyodide = await boot(engineManifest, {
    at,
    load: (path) => import(/* @vite-ignore */ at(path)),
    read: async (path) => {
      const response = await fetch(at(path));
      mustBeThere(response, path);
      return new Uint8Array(await response.arrayBuffer());
    },
  });
  stage("the simulator");
  return pyodide.pyimport("pysim.edge.browser");
}
