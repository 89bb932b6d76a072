// A stage (stages.mjs): the hashes of Python's texts are made at the start instead of being loaded.
//
// Every text that was ever looked up, more than thirty thousand, keeps its hash: a word that no compression finds a rule in, and that follows
// from the letters. In the snapshot something else stands in its place, by which `hashTexts` in web/src/engine/boot.mjs finds it. That
// this gives the very memory that there was is tried here, at every build.

import { join } from "node:path";
import { apply, HASH, HASH_LATER, hashOf, hashTexts, LENGTH, LETTERS, STATE } from "../src/engine/boot.mjs";
import { bytesOf } from "./content.mjs";
import { PYODIDE_FOLDER } from "./paths.mjs";
import { runsOf } from "./snapshot.mjs";
import { Reader } from "./split/binary.mjs";
import { KIND, parsed } from "./split/module.mjs";

const TYPE = "PyUnicode_Type";
const BEHIND_TYPE = 3; // of a global's bytes: what it holds, whether it changes, the instruction
const WORD_BYTES = 4;
/** CPython has no such hash: it means that there is none. */
const NO_HASH = 0xffffffff;
/** Of a text's state: how wide letters are, whether they follow, whether all are ASCII. */
const [SHAPE, ASCII] = [0x7c, 0x64];

/**
 * @param {import("./stages.mjs").Parts} parts
 * @returns {Promise<import("./stages.mjs").Parts>}
 */
export async function hashedLater(parts) {
  const { snapshot } = parts;
  if (snapshot === null) throw new Error("the memory of the start has to be there before");
  const texts = typeOfTexts(bytesOf(join(PYODIDE_FOLDER, "pyodide.asm.wasm")));
  return { ...parts, snapshot: { ...snapshot, texts, changes: withoutHashes(snapshot.changes, texts) } };
}

/** @param {Uint8Array} bytes the interpreter as it came */
function typeOfTexts(bytes) {
  const { exports, globals, imported } = parsed(bytes);
  const found = exports.find(({ name, kind }) => name === TYPE && kind === KIND.global);
  const global = globals[(found?.index ?? 0) - imported.global];
  if (found === undefined || global === undefined) throw new Error(`the interpreter has no ${TYPE}`);
  return new Reader(global.raw, BEHIND_TYPE).signed();
}

/**
 * The same changes with `HASH_LATER` in the place of every hash that `hashTexts` makes again.
 * @param {Uint8Array} changes
 * @param {number} type the address of that of texts
 */
export function withoutHashes(changes, type) {
  const before = laidOut(changes);
  const after = laidOut(changes);
  for (const place of textsIn(after.words, after.bytes, type)) {
    const hash = before.words[place + HASH] ?? NO_HASH;
    if (hash === HASH_LATER)
      throw new Error("a text has the hash that stands for none: choose another in web/src/engine/boot.mjs");
    const isMade = hash !== NO_HASH && hash === hashOf(after.words, after.bytes, place);
    if (isMade) after.words[place + HASH] = HASH_LATER;
  }
  const written = taken(changes, after.bytes);
  hashTexts(after.words, after.bytes, type);
  if (Buffer.compare(before.bytes, after.bytes) !== 0)
    throw new Error("the hashes that are made are not those that were there");
  return written;
}

/**
 * The places, in words, where something looks like the type in a text's head.
 * @param {Uint32Array} words @param {Uint8Array} bytes @param {number} type
 */
function textsIn(words, bytes, type) {
  const places = [];
  for (let at = words.indexOf(type); at >= 0; at = words.indexOf(type, at + 1)) {
    const end = (at + LETTERS) * WORD_BYTES + (words[at + LENGTH] ?? 0);
    if (((words[at + STATE] ?? 0) & SHAPE) === ASCII && bytes[end] === 0) places.push(at);
  }
  return places;
}

/** What the changes are in a memory that is empty otherwise. @param {Uint8Array} changes */
function laidOut(changes) {
  const { offset, length } = runsOf(changes).at(-1) ?? { offset: 0, length: 0 };
  const bytes = new Uint8Array(Math.ceil((offset + length) / WORD_BYTES) * WORD_BYTES);
  apply(changes, bytes);
  return { bytes, words: new Uint32Array(bytes.buffer) };
}

/** The changes with the bytes that memory has now. @param {Uint8Array} changes @param {Uint8Array} memory */
function taken(changes, memory) {
  const written = changes.slice();
  for (const { offset, length, place } of runsOf(changes)) written.set(memory.subarray(offset, offset + length), place);
  return written;
}
