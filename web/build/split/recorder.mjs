// A module that writes down what it does: which of its functions were called, and which static data its loads have read.
//
// Function numbers stay as they are. A bit for each function lies in globals of the module's own, so that recording works in
// every browser and touches no memory; data is marked by pieces of 16 bytes in a table.

import { joined, named, numbers, Reader, signed, sized, unsigned, vector } from "./binary.mjs";
import { skipLocals, walk } from "./instructions.mjs";
import { KIND, parsed, rewritten, SECTION } from "./module.mjs";

/** @typedef {import("./module.mjs").Module} Module */
/** @typedef {Record<string, any>} Exports of an instance */

/** What is for nobody else begins as the private exports of halves do. */
const PREFIX = "$recorder:";
const READS = `${PREFIX}reads`;
const BITS = 32;
export const PIECE_BYTES = 16;
const PIECE_SHIFT = 4;
const LONGEST_LOAD_BYTES = 8;
const [I32, EXTERNREF, FUNCTION_TYPE, NO_RESULT] = [0x7f, 0x6f, 0x60, 0x40];
const [BLOCK, LOOP, IF, BRANCH, BRANCH_IF, END, CALL, DROP] = [0x02, 0x03, 0x04, 0x0c, 0x0d, 0x0b, 0x10, 0x1a];
const [GET, SET, TEE, GLOBAL_GET, GLOBAL_SET, TABLE_GET, TABLE_SET, CONST] = [
  0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x41,
];
const [LESS, GREATER_OR_EQUAL, ADD, SUBTRACT, OR, SHIFT_RIGHT] = [0x49, 0x4f, 0x6a, 0x6b, 0x72, 0x76];
const MEMORY_COPY = [0xfc, 0x0a, 0, 0];
const CHANGES = 1;

/**
 * @param {Uint8Array} bytes
 * @param {number} [top] where the data ends whose reading is written down as well
 */
export function recording(bytes, top) {
  const module = parsed(bytes);
  const marks = top === undefined ? undefined : markers(module, top);
  const globals = module.imported.global + module.globals.length;
  const count = Math.ceil(module.bodies.length / BITS);
  const bodies = module.bodies.map((body, place) =>
    sized(withNote(marks ? marks.rewritten(body) : body, globals, place)),
  );
  const notes = Array.from({ length: count }, () => Uint8Array.of(I32, CHANGES, CONST, 0, END));
  const offered = notes.map((_, place) => joined(named(`${PREFIX}${place}`), [KIND.global], unsigned(globals + place)));
  if (marks) offered.push(joined(named(READS), [KIND.table], unsigned(marks.table)));
  return rewritten(
    module,
    new Map([
      [SECTION.types, vector([...module.types.map(({ raw }) => raw), ...(marks?.types ?? [])])],
      [SECTION.functions, numbers([...module.functions, ...(marks?.functions ?? [])])],
      [SECTION.tables, marks ? vector([...module.tables, marks.tableType]) : module.sections.get(SECTION.tables)],
      [SECTION.globals, vector([...module.globals.map(({ raw }) => raw), ...notes])],
      [SECTION.exports, vector([...module.exports.map(({ raw }) => raw), ...offered])],
      [SECTION.code, vector([...bodies, ...(marks?.bodies ?? [])])],
    ]),
  );
}

/** The numbers of the functions that were called so far. @param {Uint8Array} bytes the module as it was @param {Exports} exports */
export function calledFunctions(bytes, exports) {
  const { imported, bodies } = parsed(bytes);
  const isSet = (/** @type {number} */ place) =>
    (exports[`${PREFIX}${Math.floor(place / BITS)}`].value >>> (place % BITS)) & 1;
  return bodies.flatMap((_, place) => (isSet(place) ? [imported.function + place] : []));
}

/** Lets the table of reads be written to; before that they are not. @param {Exports} exports */
export function startReads(exports) {
  const table = exports[READS];
  table?.set(table.length - 1, {});
}

/** The pieces of data that were read so far. @param {Exports} exports @returns {number[]} */
export function readPieces(exports) {
  const table = exports[READS];
  if (table === undefined) return [];
  return Array.from({ length: table.length - 1 }, (_, piece) => piece).filter((piece) => table.get(piece) !== null);
}

/** Sets its bit first. @param {Uint8Array} body @param {number} globals the first for bits @param {number} place */
function withNote(body, globals, place) {
  const reader = new Reader(body);
  skipLocals(reader);
  const global = unsigned(globals + Math.floor(place / BITS));
  const bit = signed(1 << (place % BITS));
  const note = [GLOBAL_GET, ...global, CONST, ...bit, OR, GLOBAL_SET, ...global];
  return joined(body.subarray(0, reader.at), note, body.subarray(reader.at));
}

/** Functions that mark what is read, and bodies that call them. @param {Module} module @param {number} top */
function markers(module, top) {
  const pieces = Math.ceil((top + LONGEST_LOAD_BYTES) / PIECE_BYTES);
  const table = module.imported.table + module.tables.length;
  const mark = module.imported.function + module.functions.length;
  const copy = mark + 1;
  const types = [Uint8Array.of(FUNCTION_TYPE, 2, I32, I32, 1, I32), Uint8Array.of(FUNCTION_TYPE, 3, I32, I32, I32, 0)];
  return {
    table,
    types,
    tableType: joined([EXTERNREF, 0], unsigned(pieces + 1)),
    functions: types.map((_, place) => module.types.length + place),
    bodies: [sized(markBody(top, pieces, table)), sized(copyBody(top, mark))],
    rewritten: (/** @type {Uint8Array} */ body) => markedBody(body, mark, copy),
  };
}

/** `mark(address, offset)` gives the address back. @param {number} top @param {number} pieces @param {number} table */
function markBody(top, pieces, table) {
  const [address, offset, place] = [0, 1, 2];
  const mark = (/** @type {number} */ ahead) => [
    ...[GET, place, CONST, ...signed(ahead), ADD, CONST, PIECE_SHIFT, SHIFT_RIGHT],
    ...[CONST, ...signed(pieces), TABLE_GET, ...unsigned(table), TABLE_SET, ...unsigned(table)],
  ];
  return [
    ...[1, 1, I32, GET, address, GET, offset, ADD, TEE, place, CONST, ...signed(top), LESS, IF, NO_RESULT],
    ...mark(0),
    ...mark(LONGEST_LOAD_BYTES - 1),
    ...[END, GET, address, END],
  ];
}

/** `copy(to, from, length)` marks what it copies. @param {number} top @param {number} mark */
function copyBody(top, mark) {
  const [to, from, length, place, end] = [0, 1, 2, 3, 4];
  return [
    ...[1, 2, I32, GET, from, TEE, place, GET, length, ADD, SET, end, BLOCK, NO_RESULT, LOOP, NO_RESULT],
    ...[GET, place, GET, end, GREATER_OR_EQUAL, BRANCH_IF, 1],
    ...[GET, place, CONST, ...signed(top), GREATER_OR_EQUAL, BRANCH_IF, 1],
    ...[GET, place, CONST, 0, CALL, ...unsigned(mark), DROP],
    ...[GET, place, CONST, LONGEST_LOAD_BYTES, ADD, SET, place, BRANCH, 0, END, END],
    ...[GET, length, IF, NO_RESULT, GET, end, CONST, 1, SUBTRACT, CONST, 0, CALL, ...unsigned(mark), DROP, END],
    ...[GET, to, GET, from, GET, length, ...MEMORY_COPY, END],
  ];
}

/** @param {Uint8Array} body @param {number} mark @param {number} copy */
function markedBody(body, mark, copy) {
  /** @type {(number[] | Uint8Array)[]} */
  const parts = [];
  let written = 0;
  const put = (/** @type {number} */ until, /** @type {number[]} */ instructions) => {
    parts.push(body.subarray(written, until), instructions);
    written = until;
  };
  walk(body, (what, value, from, to) => {
    if (what === "load") put(from, [CONST, ...signed(value | 0), CALL, ...unsigned(mark)]);
    else if (what === "copy") {
      put(from, [CALL, ...unsigned(copy)]);
      written = to;
    }
  });
  return joined(...parts, body.subarray(written));
}
