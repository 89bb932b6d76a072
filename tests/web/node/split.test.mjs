// Hot and cold halves of modules, on small ones put together by hand: with the cold half called for, loaded before, and never.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Reader, signed, unsigned } from "../../../web/build/split/binary.mjs";
import { sharedData } from "../../../web/build/split/data.mjs";
import { halves } from "../../../web/build/split/halves.mjs";
import { hotOf, numbersIn, rangesOf } from "../../../web/build/split/hot.mjs";
import { walk } from "../../../web/build/split/instructions.mjs";
import { parsed } from "../../../web/build/split/module.mjs";
import { calledFunctions, PIECE_BYTES, readPieces, recording, startReads } from "../../../web/build/split/recorder.mjs";
import { Halves, publicOf, Stranded } from "../../../web/src/engine/halves.mjs";
import { assembled, F64, FUNCREF, I32, I64, op } from "./helpers/modules.mjs";

/** @typedef {import("./helpers/modules.mjs").Text} Text */
/** @typedef {Record<string, any>} Names */

const NOTHING = /** @type {[number[], number[]]} */ ([[], []]);
const GIVES = /** @type {[number[], number[]]} */ ([[], [I32]]);
const ONE = /** @type {[number[], number[]]} */ ([[I32], [I32]]);
const stamp = "ab12";

/** An instance of the whole. @param {Text} text @param {Names} imports */
const whole = (text, imports = {}) => instantiated(assembled(text), imports);

/** @param {Uint8Array} bytes @param {Names} imports @returns {Names} */
const instantiated = (bytes, imports) =>
  new WebAssembly.Instance(new WebAssembly.Module(/** @type {BufferSource} */ (bytes)), imports).exports;

/**
 * An instance of the hot half, and whoever has the cold one.
 * @param {Text} text
 * @param {number[]} functions
 * @param {Names} imports
 */
function halved(text, functions, imports = {}, data = undefined) {
  const { hot, cold } = halves(assembled(text), { functions, stamp, ...(data && { data }) });
  const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (cold);
  const loader = new Halves(
    { path: "cold", bytes: bytes.length, lengths: [bytes.length] },
    { read: async () => bytes, readNow: () => bytes },
  );
  const exports = instantiated(hot, imports);
  return { loader, exports: loader.keep(exports, imports), all: exports };
}

/**
 * The same answers from the whole, from halves on demand, and from halves that were both there before.
 * @param {string} name
 * @param {{text: Text, functions: number[], imports?: () => Names, ask: (exports: Names, imports: Names) => unknown, asks?: number}} given
 */
function same(name, { text, functions, imports = () => ({}), ask, asks = 1 }) {
  test(name, async () => {
    const [forWhole, forHalves, forBoth] = [imports(), imports(), imports()];
    const wanted = ask(whole(text, forWhole), forWhole);
    const onDemand = halved(text, functions, forHalves);
    assert.deepEqual(ask(onDemand.exports, forHalves), wanted);
    assert.equal(onDemand.loader.asked, asks, "how often the cold half was asked for");
    const eager = halved(text, functions, forBoth);
    await eager.loader.load();
    assert.deepEqual(ask(eager.exports, forBoth), wanted);
    assert.equal(eager.loader.asked, 0);
  });
}

describe("halves of a module give what the whole gives", () => {
  const calls = /** @type {Text} */ ({
    types: [ONE],
    functions: [
      [0, [...op.get(0), ...op.call(1)]],
      [0, [...op.get(0), ...op.call(2), ...op.constant(1), op.add]],
      [0, [...op.get(0), ...op.constant(10), op.multiply]],
      [0, [...op.get(0), ...op.call(3)]],
    ],
    exports: [
      ["outer", "function", 0],
      ["inner", "function", 2],
    ],
  });

  same("where hot code calls cold code that calls hot code", {
    text: calls,
    functions: [0, 2],
    ask: ({ outer, inner }) => [outer(4), inner(5), outer(6)],
  });
  same("where everything that is called is hot", {
    text: calls,
    functions: [0, 1, 2],
    ask: ({ outer, inner }) => [outer(4), inner(5)],
    asks: 0,
  });
  same("where what is exported is cold", { text: calls, functions: [], ask: ({ inner }) => inner(5) });

  same("with parameters and results of every kind", {
    text: {
      types: [
        [
          [I32, I64, F64, I32],
          [I64, F64, I32],
        ],
      ],
      functions: [
        [0, [...op.get(1), ...op.get(2), ...op.get(3)]],
        [0, [0, 1, 2, 3].flatMap(op.get).concat(op.call(0))],
      ],
      exports: [["f", "function", 1]],
    },
    functions: [1],
    ask: ({ f }) => f(1, 2n ** 40n, 1.5, -7),
  });

  same("with globals that change, before and behind others", {
    text: {
      types: [GIVES, NOTHING],
      imports: [["env", "given", "global", [I32, 1]]],
      functions: [
        [0, [...op.call(1), ...op.globalGet(0), ...op.globalGet(2), ...op.globalGet(3), op.add, op.add]],
        [1, [0, 2].flatMap((global) => [...op.globalGet(global), ...op.globalGet(1), op.add, ...op.globalSet(global)])],
      ],
      globals: [
        [I32, false, op.constant(100)],
        [I32, true, op.constant(5)],
        [I32, false, op.constant(1000)],
      ],
      exports: [["f", "function", 0]],
    },
    functions: [0],
    imports: () => ({ env: { given: new WebAssembly.Global({ value: "i32", mutable: true }, 7) } }),
    ask: ({ f }, { env }) => [f(), env.given.value],
  });

  same("with a memory of its own", {
    text: {
      types: [ONE],
      functions: [
        [0, [...op.constant(8), ...op.get(0), ...op.call(1), ...op.store(), ...op.constant(8), ...op.load()]],
        [0, [...op.constant(4), ...op.load(), ...op.get(0), op.add]],
      ],
      memory: [0, 1],
      exports: [
        ["f", "function", 0],
        ["memory", "memory", 0],
      ],
      data: [[op.constant(4), "abcd"]],
    },
    functions: [0],
    ask: ({ f, memory }) => [f(1), [...new Uint8Array(memory.buffer, 0, 16)]],
  });

  const table = /** @type {Text} */ ({
    types: [ONE],
    functions: [
      [0, [...op.constant(20), ...op.get(0), ...op.callIndirect(0)]],
      [0, [...op.get(0), ...op.constant(1), op.add]],
      [0, [...op.get(0), ...op.constant(2), op.multiply]],
    ],
    tables: [[FUNCREF, 0, 4]],
    elements: [[op.constant(1), [1, 2]]],
    exports: [
      ["f", "function", 0],
      ["add", "function", 1],
      ["table", "table", 0],
    ],
  });
  same("through a table", { text: table, functions: [0], ask: ({ f }) => [f(1), f(2)] });
  same("where the table is used by cold code alone", { text: table, functions: [], ask: ({ f }) => [f(1), f(2)] });

  for (const [name, functions, asks] of /** @type {[string, number[], number][]} */ ([
    ["cold code throws and hot code catches", [0], 1],
    ["hot code throws and cold code catches", [1], 1],
    ["both do in hot code", [0, 1], 0],
  ])) {
    same(`where ${name}`, {
      text: {
        types: [GIVES, [[I32], []], ONE],
        functions: [
          [2, op.catch([...op.get(0), ...op.call(1)], 0, [...op.constant(1000), op.add])],
          [2, [...op.get(0), ...op.throw(0), ...op.constant(0)]],
        ],
        tags: [1],
        exports: [["f", "function", 0]],
      },
      functions,
      ask: ({ f }) => f(7),
      asks,
    });
  }

  same("with references to functions", {
    text: {
      types: [ONE, NOTHING],
      functions: [
        [0, [...op.call(1), ...op.get(0), ...op.constant(0), ...op.callIndirect(0)]],
        [1, [...op.constant(0), ...op.reference(2), ...op.tableSet(0)]],
        [0, [...op.get(0), ...op.constant(3), op.multiply]],
      ],
      tables: [[FUNCREF, 0, 2]],
      exports: [["f", "function", 0]],
      elements: [[op.constant(1), [2]]],
    },
    functions: [0],
    ask: ({ f }) => f(7),
  });

  same("of a shared library: memory, table, their bases, a tag and a place for addresses from outside", {
    text: {
      types: [NOTHING, ONE, [[I32], []]],
      imports: [
        ["env", "memory", "memory", [0, 1]],
        ["env", "table", "table", [FUNCREF, 0, 8]],
        ["env", "__memory_base", "global", [I32, 0]],
        ["env", "__table_base", "global", [I32, 0]],
        ["GOT.mem", "word", "global", [I32, 1]],
        ["env", "tag", "tag", [0, 2]],
        ["env", "twice", "function", unsigned(1)],
      ],
      functions: [
        [0, [...op.globalGet(1), ...op.constant(3), op.add, ...op.globalSet(3)]],
        [1, [...op.get(0), ...op.globalGet(1), ...op.callIndirect(1)]],
        [1, [...op.globalGet(2), ...op.load(), ...op.get(0), ...op.call(0), op.add]],
        [1, op.catch([...op.get(0), ...op.call(5)], 0)],
        [1, [...op.get(0), ...op.throw(0), ...op.constant(0)]],
      ],
      globals: [[I32, true, op.constant(0)]],
      start: 1,
      elements: [[op.globalGet(1), [3]]],
      exports: [
        ["f", "function", 2],
        ["caught", "function", 4],
        ["set", "global", 3],
      ],
      data: [[op.globalGet(0), "abcd"]],
    },
    functions: [2, 4],
    imports: () => ({
      env: {
        memory: new WebAssembly.Memory({ initial: 1 }),
        table: new WebAssembly.Table({ element: "anyfunc", initial: 8 }),
        __memory_base: 64,
        __table_base: 2,
        tag: new WebAssembly.Tag({ parameters: ["i32"] }),
        twice: (/** @type {number} */ value) => value * 2,
      },
      "GOT.mem": { word: new WebAssembly.Global({ value: "i32", mutable: true }, 64) },
    }),
    ask: ({ f, caught, set }) => [set.value, f(1), caught(9)],
  });
});

describe("halves", () => {
  const text = /** @type {Text} */ ({
    types: [GIVES],
    functions: [
      [0, [...op.call(1)]],
      [0, op.constant(5)],
      [0, op.constant(6)],
    ],
    tables: [[FUNCREF, 0, 1]],
    elements: [[op.constant(0), [1]]],
    exports: [
      ["f", "function", 0],
      ["cold", "function", 1],
      ["table", "table", 0],
    ],
  });

  test("keep functions what they are: in a table, exported, before and after", async () => {
    const { exports, loader } = halved(text, [0]);
    const before = exports.table.get(0);
    assert.equal(before, exports.cold);
    await loader.load();
    assert.equal(exports.table.get(0), before);
    assert.equal(before(), 5);
  });

  test("show nothing of what they share", () => {
    const { exports, all } = halved(text, [0]);
    assert.deepEqual(Object.keys(exports), ["f", "cold", "table"]);
    assert.ok(Object.keys(all).some((name) => name.startsWith("$ab12:")));
  });

  test("have every body once", () => {
    const bytes = assembled(text);
    const { hot, cold, stubs, thunks } = halves(bytes, { functions: [0], stamp });
    assert.deepEqual([stubs, thunks], [1, 0]);
    const bodies = [parsed(hot), parsed(cold)].map((module) => module.bodies.map((body) => [...body]));
    const TRAPS = [0, 0, 0x0b];
    assert.deepEqual(bodies[0]?.[2], TRAPS); // nobody can reach it from the hot half
    assert.deepEqual(bodies[1]?.[0], TRAPS);
    assert.deepEqual(bodies[1]?.[2], [...(parsed(bytes).bodies[2] ?? [])]);
  });

  test("of two versions cannot be put together", async () => {
    const [one, other] = ["ab12", "cd34"].map((each) => halves(assembled(text), { functions: [0], stamp: each }));
    const cold = /** @type {Uint8Array<ArrayBuffer>} */ (other?.cold);
    const reading = { read: async () => cold, readNow: () => cold };
    const loader = new Halves({ path: "cold", bytes: cold.length, lengths: [cold.length] }, reading);
    const exports = loader.keep(instantiated(/** @type {Uint8Array} */ (one?.hot), {}), {});
    await assert.rejects(loader.load(), /^Error: the engine's halves are not of one version; load the page anew$/);
    assert.throws(() => exports.f(), Stranded);
    assert.equal(loader.isHere, false);
  });

  test("are not made of what is not understood", () => {
    const passive = { ...text, memory: [0, 1], passive: ["abc"] };
    assert.throws(() => halves(assembled(passive), { functions: [], stamp }), /segments of data of kind 1/);
    const taken = { ...text, exports: /** @type {Text["exports"]} */ ([["$x", "function", 0]]) };
    assert.throws(() => halves(assembled(taken), { functions: [], stamp }), /begins with \$/);
    const vectors = { ...text, functions: /** @type {Text["functions"]} */ ([[0, [0xfd, 0x0c]]]) };
    assert.throws(() => halves(assembled(vectors), { functions: [0], stamp }), /one of vectors is not understood/);
    assert.throws(() => parsed(assembled(text).subarray(0, -1)), /ends too early/);
  });

  test("share data", async () => {
    const reading = /** @type {Text} */ ({
      types: [ONE],
      functions: [[0, [...op.get(0), ...op.load()]]],
      memory: [0, 1],
      exports: [["read", "function", 0]],
      data: [[op.constant(8), "abcdefghijkl"]],
    });
    const piece = (/** @type {number} */ address, /** @type {string} */ letters) => ({
      address,
      bytes: new TextEncoder().encode(letters),
    });
    const data = { hot: [piece(8, "abcd"), piece(16, "ijkl")], cold: [piece(12, "efgh")] };
    const { exports, loader } = halved(reading, [0], {}, /** @type {any} */ (data));
    assert.equal(exports.read(12), 0);
    await loader.load();
    const all = whole(reading);
    for (const address of [8, 12, 16]) assert.equal(exports.read(address), all.read(address));
  });
});

describe("of read-only data the hot half keeps", () => {
  const [HOT_ARRAY, COLD_ARRAY, MIDDLE, WORD_LETTERS, LETTERS] = [1024, 1424, 0x470, 4, 400];
  const [ZEROS, FAR] = [1000, 2 ** 16];
  /** What the start changes; all that is far below it stays. @param {number} end of that */
  const changedAbove = (end) => new Uint8Array(Uint32Array.of(1, end + FAR, WORD_LETTERS, 1).buffer);
  /** A number that could be the address of an array's middle. */
  const word = String.fromCharCode(MIDDLE & 0x7f, MIDDLE >> 8, 0, 0);
  const bytes = assembled({
    types: [ONE],
    functions: [HOT_ARRAY, COLD_ARRAY].map((address) => [0, [...op.get(0), ...op.load(address)]]),
    memory: [0, 8],
    data: [[op.constant(HOT_ARRAY), "h".repeat(LETTERS) + word + "c".repeat(LETTERS - WORD_LETTERS)]],
  });
  const { hot, cold } = sharedData(bytes, { functions: [0], reads: [] }, changedAbove(COLD_ARRAY + LETTERS));
  /** @param {{address?: number | undefined, bytes: Uint8Array}[]} pieces @param {string} letter */
  const count = (pieces, letter) =>
    pieces.flatMap((piece) => [...piece.bytes]).filter((byte) => byte === letter.charCodeAt(0)).length;

  test("all of an array that hot code names, whatever numbers lie elsewhere", () => {
    assert.equal(count(hot, "h"), LETTERS);
    assert.equal(count(cold, "h"), 0);
  });

  test("no long stretch of zeros, which memory begins with", () => {
    const zeros = assembled({
      types: [ONE],
      functions: [[0, [...op.get(0), ...op.load(HOT_ARRAY)]]],
      memory: [0, 8],
      data: [[op.constant(HOT_ARRAY), `h${"\0".repeat(ZEROS)}h${"\0".repeat(ZEROS)}`]],
    });
    const { hot } = sharedData(zeros, { functions: [0], reads: [] }, changedAbove(HOT_ARRAY + 2 * (1 + ZEROS)));
    assert.deepEqual(
      hot.map(({ address, bytes }) => [address, bytes.length]),
      [
        [HOT_ARRAY, 1],
        [HOT_ARRAY + 1 + ZEROS, 1],
      ],
    );
  });

  test("nothing that only cold code names", () => {
    assert.ok(MIDDLE < COLD_ARRAY);
    assert.equal(count(hot, "c"), 0);
    assert.equal(count(cold, "c"), LETTERS - WORD_LETTERS);
  });
});

describe("the loader of cold halves", () => {
  const text = /** @type {Text} */ ({
    types: [GIVES],
    functions: [
      [0, op.call(1)],
      [0, op.constant(5)],
    ],
    exports: [["f", "function", 0]],
  });
  const { hot, cold } = halves(assembled(text), { functions: [0], stamp });
  const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (cold);
  const described = { path: "cold", bytes: bytes.length, lengths: [bytes.length] };
  const offline = () => {
    throw new Error("offline");
  };
  const kept = (/** @type {Halves} */ loader) => loader.keep(instantiated(hot, {}), {});

  test("says to the caller why there is none, and tries again at the next call", () => {
    let there = false;
    let tries = 0;
    const readNow = () => {
      tries += 1;
      return there ? bytes : offline();
    };
    const loader = new Halves(described, { read: async () => bytes, readNow });
    const { f } = kept(loader);
    assert.throws(f, /^Error: a part of the simulator could not be loaded \(offline\)$/);
    assert.equal(tries, 2);
    there = true;
    assert.equal(f(), 5);
    assert.equal(f(), 5);
    assert.equal(loader.asked, 2);
  });

  test("uses what was called for while it was fetched", async () => {
    let reads = 0;
    const read = () => {
      reads += 1;
      return bytes;
    };
    const loader = new Halves(described, { read: async () => read(), readNow: read });
    const { f } = kept(loader);
    const loading = loader.load();
    assert.equal(f(), 5);
    await loading;
    assert.ok(loader.isHere);
    assert.equal(reads, 2);
    await loader.load();
    assert.equal(reads, 2);
  });

  test("refuses a file that came in part, and one for other modules", async () => {
    const half = bytes.slice(0, -1);
    const broken = new Halves(described, { read: async () => half, readNow: () => half });
    const { f } = kept(broken);
    await assert.rejects(broken.load(), /came incomplete/);
    assert.throws(f, /came incomplete/);
    const more = new Halves(
      { ...described, lengths: [bytes.length, 0] },
      { read: async () => bytes, readNow: offline },
    );
    kept(more);
    await assert.rejects(more.load());
    assert.equal(more.isHere, false);
  });

  test("has nothing to do for modules that are whole", async () => {
    const loader = new Halves(undefined, { read: offline, readNow: offline });
    const exports = instantiated(assembled(text), {});
    assert.equal(loader.keep(exports, {}), exports);
    assert.ok(loader.isHere);
    await loader.load();
    loader.loadNow();
  });
});

describe("a module that records", () => {
  const text = /** @type {Text} */ ({
    types: [ONE, NOTHING],
    imports: [["env", "outside", "function", unsigned(1)]],
    functions: [
      [0, [...op.get(0), ...op.load(4)]],
      [1, [...op.constant(256), ...op.constant(64), ...op.constant(20), ...op.copy]],
      [1, []],
    ],
    memory: [0, 1],
    exports: [
      ["read", "function", 1],
      ["copy", "function", 2],
      ["other", "function", 3],
      ["memory", "memory", 0],
    ],
    data: [[op.constant(64), "abcdefghijklmnopqrstuvwxyz"]],
  });
  const imports = { env: { outside: () => {} } };

  test("knows which functions were called, and answers as before", () => {
    const exports = instantiated(recording(assembled(text)), imports);
    assert.deepEqual(calledFunctions(assembled(text), exports), []);
    assert.equal(exports.read(60), whole(text, imports).read(60));
    exports.other();
    assert.deepEqual(calledFunctions(assembled(text), exports), [1, 3]);
  });

  test("knows which data was read or copied", () => {
    const exports = instantiated(recording(assembled(text), 128), imports);
    const read = () => readPieces(exports).map((piece) => piece * PIECE_BYTES);
    exports.read(60);
    assert.deepEqual(read(), []);
    startReads(exports);
    exports.read(73); // from 77 to 80
    assert.deepEqual(read(), [64, 80]);
    exports.copy();
    assert.deepEqual(read(), [64, 80]); // up to 83
    exports.read(1000);
    assert.deepEqual(read(), [64, 80]);
    assert.deepEqual(
      [...new Uint8Array(exports.memory.buffer, 256, 20)],
      [...new TextEncoder().encode("abcdefghijklmnopqrst")],
    );
  });

  test("shows nothing of it to others", () => {
    const exports = publicOf(instantiated(recording(assembled(text), 128), imports));
    assert.deepEqual(Object.keys(exports), ["read", "copy", "other", "memory"]);
  });
});

describe("lists of what is hot", () => {
  const bytes = new Uint8Array([1, 2, 3]);

  test("are written as ranges", () => {
    for (const numbers of [[], [0], [3, 7, 8, 9], [1, 2, 5, 6, 1000]])
      assert.deepEqual(numbersIn(rangesOf(numbers)), numbers);
    assert.equal(rangesOf([3, 7, 8, 9]), "3,7-9");
  });

  test("hold for one module: another one fails with what to do", () => {
    assert.throws(() => hotOf("x.wasm", bytes, {}), /x\.wasm is not the one .* record it with make hot/);
  });
});

describe("numbers of variable length", () => {
  test("are read as they are written", () => {
    for (const value of [0, 1, 63, 64, 127, 128, 300, 2 ** 31 - 1, 2 ** 32 - 1])
      assert.equal(new Reader(Uint8Array.from(unsigned(value))).number(), value);
    for (const value of [0, 1, -1, 63, 64, -64, -65, 1000, -1000, 2 ** 31 - 1, -(2 ** 31)])
      assert.equal(new Reader(Uint8Array.from(signed(value))).signed(), value);
  });

  test("are passed at any length", () => {
    const found = /** @type {number[]} */ ([]);
    walk(Uint8Array.of(0, 0x42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x10, 5, 0x0b), (_, value) => found.push(value));
    assert.deepEqual(found, [5]);
  });
});
