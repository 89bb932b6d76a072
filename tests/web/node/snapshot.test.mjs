// The memory that the page starts from: how changes are written and read, and what happens where they do not fit.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { siteInterpreter } from "../../../web/build/interpreter.mjs";
import { changesBetween } from "../../../web/build/snapshot.mjs";
import { apply } from "../../../web/src/engine/boot.mjs";
import { builtEngine } from "./helpers/built.mjs";

describe("changes of memory", () => {
  const memory = (/** @type {[number, number][]} */ ...cells) => {
    const bytes = new Uint8Array(1000).fill(7, 100, 900);
    for (const [place, value] of cells) bytes[place] = value;
    return bytes;
  };

  for (const [name, after] of Object.entries({
    nothing: memory(),
    "one byte": memory([500, 1]),
    "neighbouring blocks": memory([63, 1], [64, 2], [128, 3]),
    "the first and the last byte": memory([0, 1], [999, 2]),
    "a byte to nought": memory([100, 0]),
  })) {
    test(`bring one memory to the other: ${name}`, () => {
      const bytes = memory();
      apply(changesBetween(memory(), after), bytes);
      assert.deepEqual(bytes, after);
    });
  }

  test("leave everything else alone", () => {
    const bytes = memory([300, 99]);
    apply(changesBetween(memory(), memory([500, 1])), bytes);
    assert.equal(bytes[300], 99);
    assert.equal(bytes[500], 1);
  });
});

describe("the snapshot", () => {
  let built;
  before(async () => {
    built = await builtEngine();
  });

  test("is refused where memory is laid out in another way", async () => {
    const snapshot = { ...built.manifest.snapshot, firstFree: built.manifest.snapshot.firstFree + 16 };
    await assert.rejects(siteInterpreter(built.folder, { ...built.manifest, snapshot }), /laid out in another way/);
  });

  test("names a function that was left out when it is called after all", async () => {
    const pyodide = await siteInterpreter(built.folder, built.manifest);
    assert.throws(() => pyodide.runPython("import numpy; numpy.linalg.inv([[1.0]])"), /NotImplementedError/);
    assert.equal(pyodide.runPython("import numpy; str(numpy.interp(0.5, [0, 1], [2, 4]))"), "3.0");
  });
});
