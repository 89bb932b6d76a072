// Prunes the exports of a WebAssembly module to those that are named, and the constants that were there for the others.

import { named, unsigned, vector } from "../split/binary.mjs";
import { walk } from "../split/instructions.mjs";
import { KIND, parsed, rewritten, SECTION } from "../split/module.mjs";

/** @typedef {import("../split/module.mjs").Module} Module */
/** Exports of other kinds are few, and belong to how modules are linked. */
const PRUNED_KINDS = [KIND.function, KIND.global];
const CONSTANT = 0x41;
const TYPE_BYTES = 2; // of a global: what it holds, and whether it changes

/**
 * @param {Uint8Array} bytes
 * @param {Set<string>} names
 */
export function prunedExports(bytes, names) {
  const module = parsed(bytes);
  const exports = module.exports.filter(({ name, kind }) => !PRUNED_KINDS.includes(kind) || names.has(name));
  const globals = keptGlobals(module, exports);
  const places = new Map(globals.map((index, place) => [index, place + module.imported.global]));
  const written = exports.map(({ raw, name, kind, index }) =>
    kind === KIND.global ? [...named(name), kind, ...unsigned(places.get(index) ?? index)] : raw,
  );
  return rewritten(
    module,
    new Map([
      [SECTION.globals, vector(globals.map((index) => /** @type {Uint8Array} */ (rawGlobal(module, index))))],
      [SECTION.exports, vector(written)],
    ]),
  );
}

/**
 * Code names globals by their numbers, so that all up to the last one that it names stay; those behind are constants, addresses of
 * data, and stay if they are exported.
 * @param {Module} module
 * @param {import("../split/module.mjs").Export[]} exports
 * @returns {number[]} their numbers
 */
function keptGlobals(module, exports) {
  const first = module.imported.global;
  const last = lastGlobal(module);
  const exported = new Set(exports.flatMap(({ kind, index }) => (kind === KIND.global ? [index] : [])));
  const numbers = module.globals.map((_, place) => first + place);
  return numbers.filter((number) => number <= last || exported.has(number));
}

/** The largest number of a global that code names, or that may change. @param {Module} module */
function lastGlobal({ bodies, globals, elements, data, imported }) {
  const fromConstants =
    globals.every(({ raw }) => raw[TYPE_BYTES] === CONSTANT) &&
    elements.every(({ offset }) => offset[0] === CONSTANT) &&
    data.every(({ address }) => address !== undefined);
  if (!fromConstants) throw new Error("a place or a global of the module depends on another global");
  let last = imported.global + globals.findLastIndex(({ mutable }) => mutable);
  const note = (/** @type {string} */ what, /** @type {number} */ number) => {
    if (what === "global") last = Math.max(last, number);
  };
  for (const body of bodies) walk(body, note);
  return last;
}

/** @param {Module} module @param {number} number */
const rawGlobal = ({ globals, imported }, number) => globals[number - imported.global]?.raw;
