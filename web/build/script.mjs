// How a build step runs from a command line.

import { pathToFileURL } from "node:url";

/** @param {ImportMeta} meta */
const isStarted = (meta) => meta.url === pathToFileURL(process.argv[1] ?? "").href;

/**
 * Runs `main` if the module is the program. Shows an error's own text only: Node would print the line that threw it, which
 * in Pyodide's script is more than a megabyte.
 * @param {ImportMeta} meta
 * @param {() => unknown} main
 */
export async function program(meta, main) {
  if (!isStarted(meta)) return;
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exitCode = 1;
  }
}
