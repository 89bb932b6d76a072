/** The Python side as TypeScript sees it, and how it is booted. */

import { boot } from "./boot.mjs";
import { engineManifest } from "./manifest";
import { mustBeThere } from "./missing";
import type { CommandName } from "./protocol";

/** A Python generator that returns text: one `next` does one bit of the work. */
export interface Work {
  next(): { done?: boolean; value?: string | undefined };
  destroy?(): void;
}

/** `pysim.edge.browser.Session` through Pyodide's proxy: text and numbers in, text out. */
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
