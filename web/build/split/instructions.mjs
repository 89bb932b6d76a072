// Walks over the instructions of a function's body without changing them.
// webassembly.github.io/spec/core/binary/instructions.html; exceptions also in their older form, which Pyodide is built with.

import { Reader } from "./binary.mjs";
import { readValueType } from "./module.mjs";

/**
 * What is told of an instruction: calls and references by the function's number, constants by their value, loads and stores by their offset.
 * @typedef {"call" | "reference" | "constant" | "load" | "store" | "copy" | "segment" | "global"} Told
 * @typedef {(what: Told, value: number, from: number, to: number) => void} Visitor with the place of the instruction in the body
 */

const [BLOCK, LOOP, IF, TRY, CATCH, THROW, RETHROW, BRANCH, BRANCH_IF] = [2, 3, 4, 6, 7, 8, 9, 0x0c, 0x0d];
const [DELEGATE, TRY_TABLE, BRANCH_TABLE, CALL, CALL_INDIRECT, TAIL_CALL, TAIL_CALL_INDIRECT] = [
  0x18, 0x1f, 0x0e, 0x10, 0x11, 0x12, 0x13,
];
const [SELECT_OF_TYPE, FIRST_LOAD, LAST_LOAD, LAST_STORE, I32, I64, F32, F64] = [
  0x1c, 0x28, 0x35, 0x3e, 0x41, 0x42, 0x43, 0x44,
];
const [GLOBAL_GET, GLOBAL_SET] = [0x23, 0x24];
const [NULL, FUNCTION, MORE, VECTORS] = [0xd0, 0xd2, 0xfc, 0xfd];
/** One number follows. */
const WITH_NUMBER = new Set([
  ...[BLOCK, LOOP, IF, TRY, CATCH, THROW, RETHROW, BRANCH, BRANCH_IF, DELEGATE, I64, NULL],
  ...[0x20, 0x21, 0x22, 0x25, 0x26, 0x3f, 0x40], // locals, tables, the size of the memory
]);
/** Nothing follows. */
const ALONE = (/** @type {number} */ opcode) =>
  opcode <= 1 ||
  [0x05, 0x0a, 0x0b, 0x0f, 0x19, 0x1a, 0x1b, 0xd1].includes(opcode) ||
  (opcode >= 0x45 && opcode <= 0xc4);
const MANY_MEMORIES = 64;

/** Of the instructions behind `MORE`: how many numbers follow. */
const NUMBERS_OF_MORE = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];
const COPY = 10;
const OF_SEGMENTS = [8, 9, 12, 13];

/** @param {Uint8Array} body its locals, then instructions @param {Visitor} visit */
export function walk(body, visit) {
  const reader = new Reader(body);
  skipLocals(reader);
  while (reader.at < body.length) walkOne(reader, visit);
}

/** @param {Reader} reader */
export function skipLocals(reader) {
  for (let groups = reader.number(); groups > 0; groups -= 1) {
    reader.skipNumber();
    readValueType(reader);
  }
}

/** @param {Reader} reader @param {Visitor} visit */
function walkOne(reader, visit) {
  const from = reader.at;
  const opcode = reader.byte();
  const tell = (/** @type {Told} */ what, /** @type {number} */ value) => visit(what, value, from, reader.at);
  if (ALONE(opcode)) return;
  if (WITH_NUMBER.has(opcode)) reader.skipNumber();
  else if (opcode >= FIRST_LOAD && opcode <= LAST_STORE) {
    tell(opcode <= LAST_LOAD ? "load" : "store", readMemoryArgument(reader));
  } else if (opcode === I32) tell("constant", reader.signed());
  else if (opcode === GLOBAL_GET || opcode === GLOBAL_SET) tell("global", reader.number());
  else if (opcode === CALL || opcode === TAIL_CALL) tell("call", reader.number());
  else if (opcode === FUNCTION) tell("reference", reader.number());
  else walkRare(opcode, reader, tell);
}

/** @param {number} opcode @param {Reader} reader @param {(what: Told, value: number) => void} tell */
function walkRare(opcode, reader, tell) {
  if (opcode === CALL_INDIRECT || opcode === TAIL_CALL_INDIRECT) {
    reader.skipNumber();
    reader.skipNumber();
  } else if (opcode === BRANCH_TABLE)
    for (let labels = reader.number() + 1; labels > 0; labels -= 1) reader.skipNumber();
  else if (opcode === F32) reader.take(4);
  else if (opcode === F64) reader.take(8);
  else if (opcode === MORE) walkMore(reader, tell);
  else if (opcode === SELECT_OF_TYPE) reader.vector(() => readValueType(reader));
  else if (opcode === TRY_TABLE) {
    reader.skipNumber();
    reader.vector(() => {
      if (reader.byte() <= 1) reader.skipNumber(); // the tag of those that catch one
      reader.skipNumber();
    });
  } else {
    const kind = opcode === VECTORS ? "one of vectors" : opcode.toString(16);
    throw new Error(`instruction ${kind} is not understood`);
  }
}

/** @param {Reader} reader @param {(what: Told, value: number) => void} tell */
function walkMore(reader, tell) {
  const which = reader.number();
  const count = NUMBERS_OF_MORE[which];
  if (count === undefined) throw new Error(`instruction fc ${which} is not understood`);
  for (let index = 0; index < count; index += 1) reader.skipNumber();
  if (which === COPY) tell("copy", 0);
  else if (OF_SEGMENTS.includes(which)) tell("segment", which);
}

/** @param {Reader} reader */
function readMemoryArgument(reader) {
  if (reader.number() & MANY_MEMORIES) throw new Error("a module of several memories is not understood");
  return reader.number();
}
