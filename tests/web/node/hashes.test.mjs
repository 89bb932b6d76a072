// Hashes of Python's texts that are made at the start: the same that there were, and of nothing that is no text.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { write } from "../../../web/build/content.mjs";
import { bootFiles } from "../../../web/build/engine.mjs";
import { withoutHashes } from "../../../web/build/hashes.mjs";
import { placeIn, siteInterpreter } from "../../../web/build/interpreter.mjs";
import { changesBetween } from "../../../web/build/snapshot.mjs";
import { apply, HASH_LATER, hashTexts } from "../../../web/src/engine/boot.mjs";
import { temporaryFolder } from "./helpers/built.mjs";

const TYPE = 4096;
const ASCII_STATE = 0x66; // interned, one byte a letter, letters follow, ASCII
/** As CPython 3.14 has them with PYTHONHASHSEED=0 on 32 bits. */
const KNOWN = { "<dictcomp>": 2269000868, "<genexpr>": 3986958980, "<module>": 816421006, "<NULL>": 3331045840 };

/** Puts a text into memory. @param {Uint8Array} memory @param {number} at @param {string} letters @param {number} hash */
function put(memory, at, letters, hash, state = ASCII_STATE) {
  new Uint32Array(memory.buffer, at, 5).set([1, TYPE, letters.length, hash, state]);
  memory.set(new TextEncoder().encode(letters), at + 20);
}

/** @param {(memory: Uint8Array) => void} fill */
function changed(fill) {
  const memory = new Uint8Array(2048);
  fill(memory);
  return { memory, changes: changesBetween(new Uint8Array(2048), memory) };
}

describe("hashes of texts", () => {
  test("are left out and made again", () => {
    const { memory, changes } = changed((memory) =>
      Object.entries(KNOWN).forEach(([letters, hash], place) => void put(memory, 64 + 128 * place, letters, hash)),
    );
    const written = withoutHashes(changes, TYPE);
    const loaded = new Uint8Array(2048);
    apply(written, loaded);
    const words = new Uint32Array(loaded.buffer);
    assert.equal(words.filter((word) => word === HASH_LATER).length, Object.keys(KNOWN).length);
    hashTexts(words, loaded, TYPE);
    assert.deepEqual(loaded, memory);
  });

  test("stay as they are where there is none, another, or no text in ASCII", () => {
    const { changes } = changed((memory) => {
      put(memory, 64, "none", 0xffffffff);
      put(memory, 192, "another", 7);
      put(memory, 320, "wide", 7, 0x68);
      new Uint32Array(memory.buffer, 512, 3).fill(TYPE); // a list of types
    });
    assert.deepEqual(withoutHashes(changes, TYPE), changes);
  });

  test("may not be what stands for them", () => {
    const { changes } = changed((memory) => put(memory, 64, "text", HASH_LATER));
    assert.throws(() => withoutHashes(changes, TYPE), /choose another/);
  });
});

test("Python finds every text that it knows", async () => {
  const { manifest, files } = await bootFiles({ engine: "small" });
  assert.ok(manifest.snapshot.texts > 0);
  const folder = `${temporaryFolder()}/engine`;
  for (const { path, bytes } of files) write(placeIn(folder, path), bytes);
  const pyodide = await siteInterpreter(folder, manifest);
  const lost = pyodide.runPython(`
    import gc, sys
    modules = [vars(module) for module in sys.modules.values() if hasattr(module, "__dict__")]
    tables = [*modules, *(table for table in gc.get_objects() if type(table) is dict)]
    [key for table in tables for key in list(table)
     if type(key) is str and (table.get("".join(list(key)), table) is table or hash("".join(list(key))) != hash(key))]
  `);
  assert.deepEqual(lost.toJs(), []);
});
