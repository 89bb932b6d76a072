/**
 * Finds out why a boot hangs. Pyodide only logs it when a file of its own cannot be had, and then waits forever; so after
 * a while the host is asked whether it has them all.
 */

import { engineManifest } from "./manifest";

const PATIENCE_MILLISECONDS = 5_000;

/** Rejects when the host lacks one of the engine's files; never resolves. */
export async function missingFile(base: string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS));
  return await Promise.race(engineManifest.files.map(({ path }) => refused(path, new URL(path, base).href)));
}

async function refused(path: string, url: string): Promise<never> {
  const response = await fetch(url, { method: "HEAD" }).catch(() => null); // offline: the cache may have it
  if (response !== null) mustBeThere(response, path);
  return await new Promise<never>(() => {});
}

/** Throws if the host did not send the file. */
export function mustBeThere(response: Response, path: string): void {
  if (!response.ok) throw new Error(`the host answers ${response.status} for ${path}`);
}
