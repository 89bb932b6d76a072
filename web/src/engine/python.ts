/** The Python side as TypeScript sees it, and how it is booted. */

import { type EngineManifest, engineManifest } from "./manifest";
import type { CommandName } from "./protocol";

/** A Python generator that returns text: one `next` does one bit of the work. */
export interface Work {
  next(): { done?: boolean; value?: string | undefined };
  destroy?(): void;
}

/** `pysim.browser.Session` through Pyodide's proxy: text and numbers in, text out. */
export interface Session {
  readonly problems: string;
  frame(wallSeconds: number): string;
  /** The same as `frame`, bit by bit. */
  framing(wallSeconds: number): Work;
  command(name: CommandName, argument: string): string;
  state(): string;
  story(points: number): string;
  telling_story(points: number): Work;
  asciicast(): string;
  destroy?(): void;
}

export interface BrowserModule {
  /** `now` (Unix seconds) is what `start=now` in the query means. */
  open_show(query: string, columns: number, rows: number, now: number): Session;
}

interface Pyodide {
  pyimport(name: string): BrowserModule;
}

interface PyodideModule {
  loadPyodide(options: Record<string, unknown>): Promise<Pyodide>;
}

/** Loads Pyodide and the packages in parallel from our own files and imports the core. */
export async function bootPython(base: string, stage: (name: string) => void): Promise<BrowserModule> {
  const manifest: EngineManifest = engineManifest;
  const at = (path: string): string => new URL(path, base).href;
  stage("Python");
  const { loadPyodide } = (await import(/* @vite-ignore */ at(`${manifest.indexURL}pyodide.mjs`))) as PyodideModule;
  const pyodide = await loadPyodide({
    indexURL: at(manifest.indexURL),
    stdLibURL: at(manifest.stdLibURL),
    lockFileURL: at(manifest.lockFileURL),
    packageBaseUrl: at(manifest.packageBaseUrl),
    packages: manifest.packages,
  });
  stage("the simulator");
  return pyodide.pyimport("pysim.browser");
}
