// A stage (stages.mjs, HALVES): the page's start loads the hot halves of the interpreter and of NumPy's libraries; the cold halves are
// one file, which comes once a run plays (web/src/engine/halves.mjs).
//
// It comes after the memory of the start was taken, with the whole modules: functions keep their numbers and their places in
// tables, so that memory fits the halves as well. Which functions are hot, and which data was read, stands in hot.json.
//
//   binary.mjs, module.mjs, instructions.mjs    WebAssembly's format
//   halves.mjs          two modules of one
//   data.mjs            which data the hot half keeps
//   recorder.mjs, record.mjs, visits.py         how the lists were made (make hot)
//   hot.mjs, hot.json   the lists, each for one module
//
// What is hot was found by playing (visits.py) what a visitor can do before the cold half is there: every preset's show in every
// size, with the commands of the timeline, in Node, then the page in Chromium and Firefox. Everything else waits for the cold half
// (web/src/engine/unforeseen.ts). tests/web/node/halves.test.mjs plays the shows with the cold half's data poisoned: whoever calls or
// reads what is not there is named.
//
// When Python of ours begins to use what no show used before, that test fails and says so: `make hot ARGS=--add` adds it to
// the lists. When Pyodide or NumPy change, the lists do not fit and the build fails: build with ENGINE=small, then `make hot`, look
// at the counts that it prints (they should be near the old ones), and build again. Until then a cold function that is called
// too early is still there for the asking: the worker waits for it.
//
// Rejected: listing also what waits (other views, questions, errors, queries of a visitor's): 450 more functions, which name a
// third more of data, 100 kB for nothing. Binaryen's wasm-split. It divides the interpreter, but numbers its functions anew and moves places in tables,
// so that memory would have to be taken with its result; it asks JavaScript for each of twelve thousand functions
// by a function of its own; and it knows nothing of data, which is half of what can be left for later.

import { join } from "node:path";
import { bytesOf, sha256, short, tree } from "../content.mjs";
import { BUILD_FOLDER, PYODIDE_FOLDER } from "../paths.mjs";
import { librariesOf } from "../snapshot.mjs";
import { joined } from "./binary.mjs";
import { sharedData } from "./data.mjs";
import { halves } from "./halves.mjs";
import { hotOf } from "./hot.mjs";
import { KIND, parsed } from "./module.mjs";

/** @typedef {{bytes: Uint8Array, lengths: number[]}} ColdFile the cold halves one after the other, in the order of loading */

/**
 * These are cold whoever calls them: what they do is told to people, and may read any text. An error of Python's passes through
 * the first of them.
 */
const COLD = ["wrap_exception"];

export const CHANGES =
  "pyodide.asm.wasm and NumPy's shared libraries are each divided into two modules; the second ones are in cold-*.bin";
const INTERPRETER = "pyodide.asm.wasm";

/**
 * @param {import("../stages.mjs").Parts} parts
 * @returns {Promise<import("../stages.mjs").Parts>}
 */
export async function inTwo(parts) {
  const { interpreter, packages, snapshot } = parts;
  const bytes = interpreter.get(INTERPRETER);
  if (bytes === undefined || snapshot === null) throw new Error("the memory of the start has to be there before");
  const asItCame = bytesOf(join(PYODIDE_FOLDER, INTERPRETER));
  const { hot, cold } = inHalves([
    { name: INTERPRETER, bytes, asItCame, changes: snapshot.changes },
    ...librariesOf(packages).map(([name, library]) => ({ name, bytes: library, asItCame: library })),
  ]);
  const replaced = (/** @type {Map<string, Uint8Array>} */ files) =>
    new Map([...files].map(([name, whole]) => [name, hot.get(name) ?? whole]));
  return { ...parts, interpreter: replaced(interpreter), packages: replaced(packages), cold };
}

/**
 * @typedef {object} Whole a module
 * @property {string} name
 * @property {Uint8Array} bytes
 * @property {Uint8Array} asItCame what the list of its functions is for
 * @property {Uint8Array} [changes] of memory, if its data is to be shared
 */

/**
 * @param {Whole[]} modules in the order of their loading
 * @returns {{hot: Map<string, Uint8Array>, cold: ColdFile}} hot halves by the names of the modules
 */
export function inHalves(modules) {
  const recipe = sha256(...[...tree(join(BUILD_FOLDER, "split")).values()]);
  const lists = modules.map(({ name, asItCame }) => hotOf(name, asItCame));
  const reads = lists.flatMap((list) => list.reads); // libraries read the interpreter's data as well
  const made = modules.map(({ name, bytes, asItCame, changes }, place) => {
    const hot = /** @type {import("./hot.mjs").Hot} */ (lists[place]);
    const module = parsed(bytes);
    if (module.bodies.length !== parsed(asItCame).bodies.length)
      throw new Error(`an earlier stage has numbered the functions of ${name} anew`);
    const cold = new Set(module.exports.flatMap((entry) => (isCold(entry) ? [entry.index] : [])));
    if (changes && cold.size < COLD.length) throw new Error(`${name} does not export all of ${COLD.join(", ")}`);
    const functions = hot.functions.filter((index) => !cold.has(index));
    const stamp = short(sha256(recipe, bytes, changes ?? ""));
    const data = changes && sharedData(bytes, { functions, reads }, changes);
    return { name, ...halves(bytes, { functions, stamp, ...(data && { data }) }) };
  });
  return {
    hot: new Map(made.map(({ name, hot }) => [name, hot])),
    cold: { bytes: joined(...made.map(({ cold }) => cold)), lengths: made.map(({ cold }) => cold.length) },
  };
}

/** @param {import("./module.mjs").Export} entry */
const isCold = ({ name, kind }) => kind === KIND.function && COLD.includes(name);
