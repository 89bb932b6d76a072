// The collector's links: left out of the snapshot, and made again at the start.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { siteInterpreter } from "../../../web/build/interpreter.mjs";
import { placesOf, withoutLinks } from "../../../web/build/links.mjs";
import { changesBetween } from "../../../web/build/snapshot.mjs";
import { apply, placesIn, relink } from "../../../web/src/engine/boot.mjs";
import { builtEngine } from "./helpers/built.mjs";

const RING = [64, 76, 200, 100_000];

/** A memory with a ring of those places, and notes in the lowest bits of its links. */
function memory() {
  const words = new Uint32Array(2 ** 15).fill(0xabcd_ef00);
  for (const [index, place] of RING.entries()) words.fill(index % 4, place / 4, place / 4 + 2);
  relink(RING, words);
  return words;
}

const bytesIn = (/** @type {Uint32Array} */ words) => new Uint8Array(words.buffer);

test("a ring goes through its places in their order, and keeps its notes", () => {
  const words = memory();
  const [next, prior] = [0, 1].map((which) => RING.map((place) => (words[place / 4 + which] ?? 0) & ~3));
  assert.deepEqual(next, [...RING.slice(1), RING[0]]);
  assert.deepEqual(prior, [RING.at(-1), ...RING.slice(0, -1)]);
  assert.deepEqual(
    RING.map((place) => (words[place / 4] ?? 0) & 3),
    [0, 1, 2, 3],
  );
});

test("a snapshot without links gives the same memory once they are made", () => {
  const empty = new Uint32Array(2 ** 15);
  const whole = changesBetween(bytesIn(empty), bytesIn(memory()));
  const changes = withoutLinks(whole, RING);
  assert.notDeepEqual(changes, whole);
  apply(changes, bytesIn(empty));
  relink(placesIn(placesOf(RING)), empty);
  assert.deepEqual(empty, memory());
});

test("places are read as they were written, and are refused where links cannot lie", () => {
  assert.deepEqual([...placesIn(placesOf(RING))], RING);
  assert.deepEqual([...placesIn(placesOf([]))], []);
  for (const ring of [[6], [8, 8], [16, 8]]) assert.throws(() => placesOf(ring), /where they cannot be/);
});

test("a link outside the changes is refused", () => {
  const changes = changesBetween(new Uint8Array(1024), new Uint8Array(1024).fill(1, 0, 64));
  assert.throws(() => withoutLinks(changes, [512]), /not among the changes/);
});

describe("the engine's collector", () => {
  test("knows all that was there at the start, and finds nothing wrong with it", async () => {
    const { folder, manifest } = await builtEngine();
    assert.ok(manifest.snapshot.linkBytes > 0);
    const pyodide = await siteInterpreter(folder, manifest);
    const counts = pyodide.runPython(`
      import gc
      frozen = gc.get_freeze_count()
      gc.unfreeze()  # puts the ring into the oldest generation, which the collection then walks through both ways
      gc.collect()
      [frozen, len(gc.get_objects())]
    `);
    const [frozen, known] = counts.toJs();
    assert.ok(frozen > 40_000, `${frozen}`);
    assert.ok(known > frozen * 0.99, `${known} of ${frozen}`);
  });
});
