// The engine as the build leaves it, in a folder of its own; what is made already comes from the build's cache.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildEngine } from "../../../../web/build/engine.mjs";

/** A folder that is gone when the tests of the file are over: each file is a process of its own. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "pysim-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function builtEngine() {
  const folder = join(temporaryFolder(), "engine");
  return { folder, manifest: await buildEngine({ folder }) };
}

/** Lets nothing be fetched: whatever is needed has to be in the folder. */
export function forbidNetwork() {
  globalThis.fetch = (address) => {
    throw new Error(`asked the network for ${address}`);
  };
}
