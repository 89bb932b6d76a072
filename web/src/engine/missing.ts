/**
 * Finds out why a boot hangs. Pyodide only logs it when a file of its own cannot be had or does not fit, and then waits
 * forever; so after a while the host is asked whether it has them all, and what has come is compared with what was built. What we
 * ask for ourselves says itself what is wrong with it, and half of it may be here only because a line broke off.
 */

import { type EngineFile, engineManifest } from "./manifest";

const PATIENCE_MILLISECONDS = 5_000;

/**
 * Rejects when the host lacks one of the engine's files, or has sent another; never resolves.
 * @param isOurs whether somebody else tells of it
 */
export async function missingFile(base: string, isOurs: (path: string) => boolean): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS));
  const others = engineManifest.files.filter(({ path }) => !isOurs(path));
  return await Promise.race([never, ...others.map((file) => refused(file, new URL(file.path, base).href))]);
}

const never = new Promise<never>(() => {});

async function refused({ path, bytes }: EngineFile, url: string): Promise<never> {
  mustBeAsBuilt(path, url, bytes);
  const response = await fetch(url, { method: "HEAD" }).catch(() => null); // offline: the cache may have it
  if (response !== null) mustBeThere(response, path);
  return await never;
}

/** Throws if the host did not send the file. */
export function mustBeThere(response: Response, path: string): void {
  if (!response.ok) throw new Error(`the host answers ${response.status} for ${path}`);
}

/** Throws if something of another length has come, however it was packed on its way. */
function mustBeAsBuilt(path: string, url: string, bytes: number): void {
  const come = performance.getEntriesByName(url, "resource") as PerformanceResourceTiming[];
  const other = come.find(({ decodedBodySize: size }) => size > 0 && size !== bytes);
  if (other !== undefined) throw new Error(`the host sends another version of ${path}; load the page anew`);
}
