// The engine in halves shows and answers what the whole one does: without the cold half, with it on demand, with it before.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { bytesOf, write } from "../../../web/build/content.mjs";
import { bootFiles } from "../../../web/build/engine.mjs";
import { halvesIn, placeIn, siteInterpreter } from "../../../web/build/interpreter.mjs";
import { parsed } from "../../../web/build/split/module.mjs";
import { Halves, Stranded } from "../../../web/src/engine/halves.mjs";
import { temporaryFolder } from "./helpers/built.mjs";
import { answersOf } from "./helpers/expressions.mjs";
import { played, shows } from "./helpers/visits.mjs";

/** @param {import("../../../web/build/stages.mjs").EngineName} name */
async function built(name) {
  const folder = `${temporaryFolder()}/engine`;
  const { manifest, files } = await bootFiles({ engine: name });
  for (const { path, bytes } of files) write(placeIn(folder, path), bytes);
  return { folder, manifest };
}

/** Some of all where there is little time: a night, the most nodes, one accelerator, one that never was. */
const MOST_DIFFERENT = ["night-shift", "llama3-405b", "single-4090", "hal-9000b"].map((name) => `?preset=${name}`);

/** What nobody has written: not what is there, and no zeros, which many a reader takes for the end of a text. */
const POISON = 0xa5;
const WASM_FRAME = /wasm-function\[(\d+)\]/g;

/** Whoever reads the cold half's data before it is there gets none of it, and whoever calls for it is noted. */
class Watched extends Halves {
  /** @type {string[]} the functions that led to each call */
  calls = [];
  #data;

  /** @param {{folder: string, manifest: any}} engine */
  constructor({ folder, manifest }) {
    const readNow = (/** @type {string} */ path) => {
      this.calls.push([...(new Error().stack ?? "").matchAll(WASM_FRAME)].map(([, number]) => number).join(" < "));
      return bytesOf(placeIn(folder, path));
    };
    super(manifest.cold, { readNow, read: async (path) => bytesOf(placeIn(folder, path)) });
    const [length] = manifest.cold.lengths;
    this.#data = parsed(bytesOf(placeIn(folder, manifest.cold.path)).subarray(0, length)).data;
  }

  /** @override @param {any} exports @param {any} imports */
  keep(exports, imports) {
    const kept = super.keep(exports, imports);
    for (const { address = 0, bytes } of this.#data)
      new Uint8Array(exports.memory.buffer).fill(POISON, address, address + bytes.length);
    this.#data = [];
    return kept;
  }
}

describe("an engine in halves", () => {
  /** @type {Awaited<ReturnType<typeof built>>} */
  let engine;
  /** @type {import("../../../web/build/interpreter.mjs").Pyodide} */
  let whole;
  before(async () => {
    engine = await built("halves");
    const { folder, manifest } = await built("small");
    assert.equal(manifest.cold, undefined);
    whole = await siteInterpreter(folder, manifest);
    Error.stackTraceLimit = 20;
  });

  async function booted(halves = halvesIn(engine.folder, engine.manifest)) {
    const pyodide = await siteInterpreter(engine.folder, engine.manifest, halves.keep.bind(halves));
    return { halves, pyodide };
  }

  test("has a cold half, of which nothing is in the files that a start waits for", () => {
    const { cold, files } = engine.manifest;
    assert.ok((cold?.bytes ?? 0) > 1e6);
    assert.ok(files.every(({ path }) => path !== cold?.path));
  });

  test("plays every preset without the cold half, and reads nothing that is in it", async () => {
    const halves = new Watched(engine);
    const { pyodide } = await booted(halves);
    const all = shows(whole);
    assert.ok(all.length > 20);
    for (const query of process.env.PYSIM_THOROUGH ? all : [...all.slice(0, 3), ...MOST_DIFFERENT]) {
      assert.deepEqual(played(pyodide, query), played(whole, query), query);
      assert.deepEqual(
        halves.calls,
        [],
        `${query} calls what web/build/split/hot.json does not list: make hot ARGS=--add`,
      );
    }
  });

  test("answers what nobody expected with the cold half on demand, once", async () => {
    const { halves, pyodide } = await booted();
    assert.deepEqual(answersOf(pyodide), answersOf(whole));
    assert.equal(halves.asked, 1);
    assert.deepEqual(played(pyodide, ""), played(whole, ""));
  });

  test("answers and plays the same with the cold half from the start", async () => {
    const { halves, pyodide } = await booted();
    await halves.load();
    assert.deepEqual(answersOf(pyodide), answersOf(whole));
    assert.deepEqual(played(pyodide, "?preset=llama3-405b"), played(whole, "?preset=llama3-405b"));
    assert.equal(halves.asked, 0);
  });

  test("fetches the cold half before an error of Python's is told", async () => {
    const { halves, pyodide } = await booted();
    assert.throws(() => pyodide.runPython("1/0"), /ZeroDivisionError: division by zero/);
    assert.ok(halves.isHere);
  });

  test("says in one sentence why it has ended where a cold function is called and cannot be had", async () => {
    const { folder, manifest } = engine;
    const halves = halvesIn(folder, { ...manifest, cold: { path: "engine/none.bin", bytes: 1, lengths: [1] } });
    const { pyodide } = await booted(halves);
    await assert.rejects(halves.load(), /none\.bin/);
    assert.deepEqual(played(pyodide, ""), played(whole, ""));
    assert.throws(
      () => pyodide.runPython("1/0"),
      (error) =>
        error instanceof Stranded && /^a part of the simulator could not be loaded \(.*\)$/.test(error.message),
    );
  });
});
