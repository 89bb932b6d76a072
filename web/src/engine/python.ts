/** How Python is booted, and what the worker asks of it. */

import type { Session } from "../generated/protocol";
import { boot, layOut } from "./boot.mjs";
import { engineManifest } from "./manifest";
import { mustBeThere } from "./missing";

export interface BrowserModule {
  /** `now` (Unix seconds) is what `start=now` in the query means. */
  open_show(query: string, columns: number, rows: number, now: number): Session;
}

/** Is told how far the boot is. */
export interface BootListener {
  stage(name: string): void;
  read(url: string, bytes: number): void;
}

export interface Python {
  core: BrowserModule;
  /** Fetches the second archive; its modules can then be imported. */
  layOutLater(): Promise<void>;
}

interface Pyodide {
  pyimport(name: string): BrowserModule;
}

/** Boots Python with the packages from our own files and imports the core. */
export async function bootPython(base: string, progress: BootListener): Promise<Python> {
  const at = (path: string): string => new URL(path, base).href;
  progress.stage("Python");
  const read = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
    const response = await fetch(at(path));
    mustBeThere(response, path);
    return await bytesOf(response, (bytes) => progress.read(at(path), bytes));
  };
  const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ at(path));
  const pyodide: Pyodide = await boot(engineManifest, { at, load, read });
  progress.stage("the simulator");
  return {
    core: pyodide.pyimport("pysim.edge.browser"),
    layOutLater: () => layOut(pyodide, engineManifest.later, read),
  };
}

/** @param tell how many are here */
async function bytesOf(response: Response, tell: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  let count = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform: (piece, controller) => {
      count += piece.length;
      tell(count);
      controller.enqueue(piece);
    },
  });
  return new Uint8Array(await new Response(response.body?.pipeThrough(counted)).arrayBuffer());
}
