// The lists of what the page needs first, as record.mjs found it, in hot.json: for each module the numbers of its functions, and
// the pieces of static data (recorder.mjs) that were read. A list holds for one file only, so each is kept under the hash of
// its module as Pyodide or NumPy come with it; a module without a list fails the build and says what to do.

import { join } from "node:path";
import { bytesOf, fileHash, parse, write } from "../content.mjs";
import { BUILD_FOLDER } from "../paths.mjs";

/** @typedef {{functions: number[], reads: number[]}} Hot numbers of functions, and of pieces of data */
/** @typedef {Record<string, {module: string, functions: string, reads: string}>} Lists by hash; numbers as ranges */

const FILE = join(BUILD_FOLDER, "split/hot.json");

/** @returns {Lists} */
const lists = () => parse(bytesOf(FILE));

/** Of a module as it came. @param {string} name for what is said @param {Uint8Array} bytes @returns {Hot} */
export function hotOf(name, bytes, known = lists()) {
  const list = known[fileHash(bytes)];
  if (list === undefined) {
    throw new Error(`${name} is not the one that web/build/split/hot.json has a list of: record it with make hot`);
  }
  return { functions: numbersIn(list.functions), reads: numbersIn(list.reads) };
}

/** @typedef {{name: string, bytes: Uint8Array, hot: Hot}[]} Found what was found of each module */

/** Writes lists anew. @param {Found} found */
export const writeHot = (found) => addToHot(found, {});

/**
 * Adds to the lists what was found; lists of modules that are not among these are dropped.
 * @param {Found} found
 */
export function addToHot(found, known = lists(), file = FILE) {
  const merged = found.map(({ name, bytes, hot }) => {
    const hash = fileHash(bytes);
    const before = known[hash] ?? { functions: "", reads: "" };
    const both = (/** @type {"functions" | "reads"} */ what) =>
      rangesOf([...new Set([...numbersIn(before[what]), ...hot[what]])].sort((one, other) => one - other));
    return [hash, { module: name, functions: both("functions"), reads: both("reads") }];
  });
  write(file, `${JSON.stringify(Object.fromEntries(merged), null, 2)}\n`);
}

/** "3,7-9" for 3, 7, 8, 9. @param {number[]} numbers in order */
export function rangesOf(numbers) {
  /** @type {[number, number][]} */
  const ranges = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** @param {string} ranges */
export const numbersIn = (ranges) =>
  ranges
    .split(",")
    .filter(Boolean)
    .flatMap((range) => {
      const [from = 0, to = from] = range.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, place) => from + place);
    });
