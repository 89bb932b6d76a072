// What the build leaves out of Pyodide's script and of its interpreter's exports, on small ones that show the rules.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { prunedExports } from "../../../web/build/pruning/exports.mjs";
import { minified, prunedGlue } from "../../../web/build/pruning/glue.mjs";
import { wantedBy } from "../../../web/build/pruning/prune.mjs";
import { edited, namesIn, parsedScript } from "../../../web/build/pruning/scripts.mjs";
import { named, section, signed, unsigned, vector } from "../../../web/build/split/binary.mjs";
import { KIND, parsed, SECTION } from "../../../web/build/split/module.mjs";

describe("names of a script", () => {
  const names = (/** @type {string} */ source) => namesIn(parsedScript(source));

  test("are identifiers, and properties however they are named", () => {
    const { identifiers, properties } = names(`a.b["c"]; const {d, e: f} = g; h = {i, j: 1, "k": 2}; \`l\`; a[m]; "n"`);
    assert.deepEqual([...identifiers].sort(), ["a", "d", "f", "g", "h", "i", "m"]);
    assert.deepEqual([...properties].sort(), ["b", "c", "d", "e", "i", "j", "k", "l", "n"]);
  });

  test("inside what is passed by do not count", () => {
    const program = parsedScript("one; two");
    const { identifiers } = namesIn(program, (node) => node === program.body[0]);
    assert.deepEqual([...identifiers], ["two"]);
  });

  test("of a nested edit give way to those of the one around it", () => {
    const edits = [
      { start: 2, end: 3, text: "X" },
      { start: 1, end: 4, text: "" },
      { start: 5, end: 6, text: "Y" },
    ];
    assert.equal(edited("abcdefg", edits), "aeYg");
  });
});

/** A script of the shape of Emscripten's. @param {string} rest @param {Record<string, string>} parts */
const glue = (rest, { imports = "", exports = "", wrapped = "" } = {}) => `
async function _createPyodideModule(moduleArg = {}) {
  var moduleRtn; var Module = moduleArg; var GOT = {};
  var reportUndefinedSymbols = () => {
    for (var [symName, entry] of Object.entries(GOT)) {
      if (entry.value == -1) {
        var value = wasmImports[symName];
        if (!value && !entry.required) { entry.value = 0; continue }
        else if (!value) throw new Error("undefined symbol " + symName);
      }
    }
  };
  var wasmExports; var _used, _unused, _asked, _named, _data;
  var wasmImports = {${imports}};
  function assignWasmExports(wasmExports) {${exports}}
  function applySignatureConversions(wasmExports) {
    wasmExports = Object.assign({}, wasmExports);
    var wrap = (f) => (...all) => f(...all);
    ${wrapped}
    return wasmExports;
  }
  ${rest}
  return { Module, wasmImports, reportUndefinedSymbols, GOT, assign: (all) => assignWasmExports(applySignatureConversions(all)) };
}
export default _createPyodideModule;
`;

const NOTHING = { properties: new Set(), imports: new Set(), exports: new Set() };
const EXPORTS = ["used", "unused", "asked", "named"]
  .map((name) => `_${name} = Module["_${name}"] = wasmExports["${name}"];`)
  .join("");

/** @param {string} script */
const run = async (script) => (await import(`data:text/javascript,${encodeURIComponent(script)}`)).default();

describe("a pruned script", () => {
  test("assigns the exports that it names, that others ask for, and no others", async () => {
    const source = glue("function kept() { return _used() } globalThis.kept = kept;", { exports: EXPORTS });
    const wanted = { ...NOTHING, properties: new Set(["_asked"]), exports: new Set(["named"]) };
    const { script } = prunedGlue(source, wanted);
    const { Module, assign } = await run(script);
    assign({ used: () => 1, unused: () => 2, asked: () => 3, named: () => 4 });
    assert.deepEqual(Object.keys(Module).sort(), ["_asked", "_named", "_used"]);
  });

  test("tells which exports it reads in another way", () => {
    const rest = `wasmExports.direct(); lookUp("text"); function never() { wasmExports["never"]() }`;
    const { exports } = prunedGlue(glue(rest), { ...NOTHING, exports: new Set(["asked"]) });
    for (const name of ["direct", "text", "asked"]) assert.ok(exports.has(name), name);
    assert.ok(!exports.has("never"));
  });

  test("tells which exports it assigns", () => {
    const { exports } = prunedGlue(glue("globalThis.it = _used;", { exports: EXPORTS }), NOTHING);
    assert.ok(exports.has("used") && !exports.has("unused"));
  });

  test("wraps no export that is not there", () => {
    const wrapped = ["used", "unused"].map((name) => `wasmExports["${name}"] = wrap(wasmExports["${name}"]);`).join("");
    const { script } = prunedGlue(glue("globalThis.it = _used;", { exports: EXPORTS, wrapped }), NOTHING);
    assert.equal(script.match(/= wrap\(/g)?.length, 1);
  });

  test("gives to WebAssembly what that imports, with its signature, and drops the others with all that they need", async () => {
    const rest = `
      function helper() { return 5 } function needed() { return helper() } needed.sig = "i";
      function deeper() {} function other() { return deeper() } other.sig = "v"; Module["other"] = other;`;
    const source = glue(rest, { imports: "needed, other, third: other" });
    const { script } = prunedGlue(source, { ...NOTHING, imports: new Set(["needed"]) });
    const { wasmImports } = await run(script);
    assert.deepEqual(Object.keys(wasmImports), ["needed"]);
    assert.equal(wasmImports.needed(), 5);
    assert.equal(wasmImports.needed.sig, "i");
    for (const name of ["other", "deeper"]) assert.doesNotMatch(script, new RegExp(name));
  });

  test("keeps properties of Module that anybody reads, and statements that do something", async () => {
    const rest = `var a = 1, b = (globalThis.done = 2), c = 3, d = 4; Module["a"] = a; Module["c"] = c; Module["d"] = d;
      (() => { globalThis.seen = Module.d })();`;
    const { script } = prunedGlue(glue(rest), { ...NOTHING, properties: new Set(["a"]) });
    const { Module } = await run(script);
    assert.deepEqual(Module, { a: 1, d: 4 });
    assert.equal(/** @type {any} */ (globalThis).done, 2);
  });

  test("lets functions of OpenGL be null, and no others", async () => {
    const { reportUndefinedSymbols, GOT } = await run(prunedGlue(glue(""), NOTHING).script);
    const missing = () => ({ value: -1, required: true });
    Object.assign(GOT, { emscripten_glClear: missing(), weak: { value: -1 } });
    reportUndefinedSymbols();
    assert.deepEqual([GOT.emscripten_glClear.value, GOT.weak.value], [0, 0]);
    Object.assign(GOT, { strong: missing() });
    assert.throws(reportUndefinedSymbols, /undefined symbol strong/);
  });

  test("says so where it would have used eval", async () => {
    const { script } = prunedGlue(glue("Module.run = (text) => eval(text);"), {
      ...NOTHING,
      properties: new Set(["run"]),
    });
    const { Module } = await run(script);
    assert.throws(() => Module.run("1"), /not on the page/);
  });

  test("does the same once it is minified", async () => {
    const source = glue("function kept() { return _used() } Module.x = kept;", { exports: EXPORTS });
    const { script } = prunedGlue(source, { ...NOTHING, properties: new Set(["x"]) });
    const { Module, assign } = await run(await minified(script));
    assign({ used: () => 7 });
    assert.equal(Module.x(), 7);
    assert.equal(Module.x.name, "kept");
  });

  for (const [what, source, complaint] of /** @type {[string, string, RegExp][]} */ ([
    ["the one function", "export default 1", /no function _createPyodideModule/],
    ["known assignments", glue("", { exports: "_a = Module._a = other();" }), /a statement of an unknown kind/],
    ["the list of imports", glue("").replace("wasmImports = {}", "wasmImports = made()"), /no object wasmImports/],
    ["the check of undefined symbols", glue("").replace("!entry.required", "entry.optional"), /not as it was/],
    ["known readers of Module", glue("globalThis.it = (name) => Module[name];"), /asks Module for a name/],
  ])) {
    test(`is refused without ${what}`, () => assert.throws(() => prunedGlue(source, NOTHING), complaint));
  }
});

/**
 * A module with a function that reads its second global, and five globals: one that changes, four constants.
 * @param {(number | string)[][]} exports name, kind, number
 */
function module(exports) {
  const global = (/** @type {number} */ value, isMutable = 0) => [0x7f, isMutable, 0x41, ...signed(value), 0x0b];
  const body = [0, 0x23, 1, 0x0b];
  return new Uint8Array([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(SECTION.types, vector([[0x60, 0, 1, 0x7f]])),
    ...section(SECTION.functions, vector([[0]])),
    ...section(SECTION.memories, vector([[0, 1]])),
    ...section(SECTION.globals, vector([global(0, 1), global(11), global(22), global(33), global(4444)])),
    ...section(
      SECTION.exports,
      vector(exports.map(([name, kind, index]) => [...named(String(name)), Number(kind), ...unsigned(Number(index))])),
    ),
    ...section(SECTION.code, vector([[body.length, ...body]])),
  ]);
}

describe("a module with fewer exports", () => {
  const ALL = [
    ["memory", KIND.memory, 0],
    ["read", KIND.function, 0],
    ["again", KIND.function, 0],
    ["first", KIND.global, 0],
    ["twenty-two", KIND.global, 2],
    ["thirty-three", KIND.global, 3],
    ["many", KIND.global, 4],
  ];
  const exportsOf = async (/** @type {Uint8Array} */ bytes) => (await WebAssembly.instantiate(bytes)).instance.exports;

  test("has those that are named, of functions and globals, and all others", async () => {
    const { memory, read, many, ...rest } = await exportsOf(
      prunedExports(module(ALL), new Set(["read", "many", "none"])),
    );
    assert.ok(memory);
    assert.deepEqual(Object.keys(rest), []);
    assert.equal(/** @type {any} */ (read)(), 11); // its globals lie where they were
    assert.equal(/** @type {any} */ (many).value, 4444); // this one came nearer
  });

  test("keeps the globals that code names and that change, and drops constants for nobody", () => {
    assert.equal(parsed(prunedExports(module(ALL), new Set())).globals.length, 2);
    assert.equal(parsed(prunedExports(module(ALL), new Set(["thirty-three"]))).globals.length, 3);
  });

  test("is the same module if all are named", () => {
    const bytes = module(ALL);
    assert.deepEqual(prunedExports(bytes, new Set(ALL.map(([name]) => String(name)))), bytes);
  });

  test("is refused where a global depends on another", () => {
    const bytes = module(ALL);
    const place = bytes.indexOf(0x41, bytes.indexOf(SECTION.globals));
    bytes[place] = 0x23;
    assert.throws(() => prunedExports(bytes, new Set()), /depends on another/);
  });
});

test("wanted is what scripts, the interpreter and libraries name, but for OpenGL", () => {
  const imports = (/** @type {string[]} */ ...names) => names.map((name) => ({ name }));
  const interpreter = {
    imports: imports("js_only", "own", "emscripten_glClear"),
    exports: imports("own", "asked", "idle"),
  };
  const wanted = wantedBy(
    ["module._called()"],
    /** @type {any} */ (interpreter),
    /** @type {any} */ ([{ imports: imports("asked", "js_too") }]),
  );
  assert.deepEqual([...wanted.imports].sort(), ["asked", "js_only", "js_too", "own"]);
  assert.deepEqual([...wanted.exports].sort(), ["asked", "own"]);
  assert.ok(wanted.properties.has("_called"));
});
