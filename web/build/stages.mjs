// The stages that make the page's engine smaller and its start shorter, in their order. Each takes the parts that an engine is
// made of and gives others, which show the same in fewer bytes or sooner; it is a module of its own, with a test of its own.
//
//   node web/build/site.mjs --engine=whole      (make site ENGINE=whole)
//
// leaves out all that are not needed: Pyodide's own files, a start without pysim, and pysim installed from its wheel. Whoever
// suspects a stage finds out so: what is on the screen has to stay the same.
//
//   node web/build/site.mjs --engine=small      (make site ENGINE=small)
//
// leaves out the last, by which modules come in halves: it is for one build of Pyodide and of NumPy (split/stage.mjs). What to do
// when the next Pyodide comes, tests/web/node/upgrade.test.mjs says where it fails.

import { hashedLater } from "./hashes.mjs";
import { linkedLater } from "./links.mjs";
import { inMemory } from "./memory.mjs";
import { PRUNED, pruned } from "./pruning/prune.mjs";
import { start } from "./snapshot.mjs";
import { CHANGES, inTwo } from "./split/stage.mjs";

/**
 * What an engine is made of, while it is made.
 * @typedef {object} Parts
 * @property {Map<string, Uint8Array>} interpreter Pyodide's files by their names
 * @property {Uint8Array} library the standard library's archive
 * @property {Map<string, Uint8Array>} packages files of site-packages that are there at the start
 * @property {string[]} modules of both, imported at the start
 * @property {string[]} tables pysim's, read at the start
 * @property {string[]} later pysim's files that come in the second archive
 * @property {boolean} hasProject whether pysim is there from the start, so that no wheel is installed
 * @property {string} engine the hash that binds what fits only together
 * @property {import("./snapshot.mjs").Snapshot | null} snapshot the memory after the start
 * @property {import("./split/stage.mjs").ColdFile | null} cold halves of modules that come later, if there are such
 */

/** @typedef {{project: Map<string, Uint8Array>, recorded: import("./packages.mjs").Modules}} Sources what all parts come from */

/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} [changes] to Pyodide's files, in a sentence for licenses.txt
 * @property {boolean} [needed] there is no engine without it
 * @property {(parts: Parts, sources: Sources) => Promise<Parts>} apply
 */

/** @type {Stage[]} */
export const STAGES = [
  { name: "pysim in the memory of the start", apply: inMemory },
  { name: "an interpreter pruned to what is named", changes: PRUNED, apply: pruned },
  { name: "the memory after the start", needed: true, apply: start },
  { name: "links of the collector made at the start", apply: linkedLater },
  { name: "hashes of texts made at the start", apply: hashedLater },
];
/** @type {Stage} */
export const HALVES = { name: "hot and cold halves of modules", changes: CHANGES, apply: inTwo };

/** The stages of each engine that can be built. */
export const ENGINES = {
  whole: STAGES.filter(({ needed }) => needed),
  small: STAGES,
  halves: [...STAGES, HALVES],
};
/** @typedef {keyof typeof ENGINES} EngineName */
/** @type {EngineName} */
export const DEFAULT_ENGINE = "halves";

/** @param {Parts} parts @param {Sources} sources @param {Stage[]} stages */
export async function staged(parts, sources, stages) {
  let made = parts;
  for (const { apply } of stages) made = await apply(made, sources);
  return made;
}
