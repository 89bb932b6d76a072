/** How Python is booted, and what the worker asks of it. */

import type { Session } from "../generated/protocol";
import { boot, layOut } from "./boot.mjs";
import { fetchNow, Halves } from "./halves.mjs";
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
  halves: Halves;
}

interface Pyodide {
  pyimport(name: string): BrowserModule;
}

/**
 * Boots Python with the packages from our own files and imports the core.
 *
 * @param mayWait whether the thread may wait for a file; else all is there before Python starts
 */
export async function bootPython(base: string, progress: BootListener, mayWait: boolean): Promise<Python> {
  const at = (path: string): string => new URL(path, base).href;
  progress.stage("Python");
  const read = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
    const response = await fetch(at(path));
    mustBeThere(response, path);
    return await bytesOf(response, (bytes) => progress.read(at(path), bytes));
  };
  const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ at(path));
  const halves = new Halves(engineManifest.cold, { read, readNow: (path) => fetchNow(at(path)) });
  if (!mayWait) await halves.prepare();
  const keep = halves.keep.bind(halves);
  const pyodide: Pyodide = await boot(engineManifest, { at, load, read, keep });
  if (!mayWait) await halves.load();
  progress.stage("the simulator");
  return {
    core: pyodide.pyimport("pysim.edge.browser"),
    halves,
    layOutLater: async () => {
      await halves.load(); // unpacking is cold
      await layOut(pyodide, engineManifest.later, read);
    },
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
