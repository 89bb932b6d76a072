// Another Pyodide or another NumPy than the stages of the engine's build were made for and looked at with. What fails here says what
// there is to do; an afternoon should be enough.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { bytesOf, parse } from "../../../web/build/content.mjs";
import { bootFiles, PYODIDE_FILES } from "../../../web/build/engine.mjs";
import { PYODIDE_FOLDER } from "../../../web/build/paths.mjs";
import { memberName, namesIn, nodes, parsedScript } from "../../../web/build/pruning/scripts.mjs";
import { KIND, parsed } from "../../../web/build/split/module.mjs";
import { NUMPY } from "../../../web/build/vendored.mjs";

const LOOKED_AT = { pyodide: "314.0.7", numpy: "numpy-2.4.6-cp314-cp314-pyemscripten_2026_0_wasm32.whl" };
/** Of some 8,560. Many more: something names too much again. Many less: something is no longer seen to be named. */
const EXPORTS = { least: 600, most: 900 };
/** Of 1.25 MB. */
const LARGEST_SCRIPT_BYTES = 400_000;

const WHAT_TO_DO = `
This is not the Pyodide or the NumPy that the stages of the build (web/build/stages.mjs) were looked at with. Do this, in this order:
 1. make site ENGINE=whole, then make test-node: nothing is pruned or divided then. What fails now fails without the stages:
    web/src/engine/boot.mjs (how Python's memory is laid out), web/build/snapshot.mjs and warming.py (how it is taken).
 2. node web/build/engine.mjs --engine=small: pruning refuses by name what has another shape than it knows (web/build/pruning/glue.mjs).
    Look at that place of node_modules/pyodide/pyodide.asm.mjs and teach the pruning its new shape; add a case to pruning.test.mjs.
    If the start then fails in words like "memory access out of bounds", a name is used that no syntax shows: build with the script
    or the interpreter unpruned to learn which of the two lacks it.
 3. make hot lists anew what is needed first (web/build/split/stage.mjs): read the counts that it prints, they should be near the
    old ones. Then node web/build/engine.mjs: dividing refuses by name what it does not know (web/build/split/module.mjs, data.mjs).
    Half again as many functions at the start mean that it compiles Python again: look at what API.finalizeBootstrap of
    pyodide.asm.mjs evaluates now (evaluatedBy in web/build/snapshot.mjs, withoutImport in web/src/engine/boot.mjs).
 4. make test-node, make test-browsers, make test-webkit: digests have to be equal, since nothing of ours has changed.
 5. make bench-web; then write the new versions, and if need be the new bounds, into tests/web/node/upgrade.test.mjs.`;

test("Pyodide and NumPy are those that the stages were looked at with", () => {
  const { version } = parse(bytesOf(join(PYODIDE_FOLDER, "package.json")));
  assert.deepEqual({ pyodide: version, numpy: NUMPY.file }, LOOKED_AT, WHAT_TO_DO);
});

describe("of Pyodide's files", () => {
  /** @type {Map<string, Uint8Array>} */
  let small;
  const stock = (/** @type {string} */ name) => bytesOf(join(PYODIDE_FOLDER, name));
  before(async () => {
    const { files } = await bootFiles({});
    const found = (/** @type {string} */ name) => files.find(({ path }) => path.endsWith(`/${name}`))?.bytes;
    small = new Map(PYODIDE_FILES.map(([name]) => [name, found(name) ?? new Uint8Array()]));
  });
  const text = (/** @type {Uint8Array | undefined} */ bytes) => new TextDecoder().decode(bytes);
  const scriptOf = () => text(small.get("pyodide.asm.mjs"));

  test("as many exports are left as there were, by and large", () => {
    const { exports } = parsed(small.get("pyodide.asm.wasm") ?? new Uint8Array());
    const named = exports.filter(
      ({ name, kind }) => !name.startsWith("$") && (kind === KIND.function || kind === KIND.global),
    );
    assert.ok(named.length >= EXPORTS.least && named.length <= EXPORTS.most, `${named.length} exports${WHAT_TO_DO}`);
  });

  test("every export that the script assigns is there", () => {
    const left = new Set(parsed(small.get("pyodide.asm.wasm") ?? new Uint8Array()).exports.map(({ name }) => name));
    const assigning = [...nodes(parsedScript(scriptOf()))].find(({ id }) => id?.name === "assignWasmExports");
    const [exports] = assigning.params;
    const read = [...nodes(assigning.body)].filter(({ object }) => object?.name === exports.name).map(memberName);
    assert.ok(read.length > EXPORTS.least / 2, WHAT_TO_DO);
    const missing = read.filter((name) => !left.has(name ?? ""));
    assert.deepEqual(missing, [], WHAT_TO_DO);
  });

  test("the script is short, and names nothing that it does not declare and that Pyodide's own does not either", () => {
    assert.ok(scriptOf().length < LARGEST_SCRIPT_BYTES, `${scriptOf().length} bytes${WHAT_TO_DO}`);
    const [before, after] = [text(stock("pyodide.asm.mjs")), scriptOf()].map(undeclared);
    const added = [...(after ?? [])].filter((name) => !before?.has(name) && !OF_PLATFORMS.has(name));
    assert.deepEqual(added, [], WHAT_TO_DO);
  });
});

/** What browsers or Node have; Pyodide's own declares others of these names, in functions that are left out. */
const OF_PLATFORMS = new Set(["location", "module", "window"]);

/** Names that a script uses and nowhere declares. @param {string} source */
function undeclared(source) {
  const program = parsedScript(source);
  const declared = new Set();
  const declare = (/** @type {any} */ pattern) => {
    for (const node of pattern ? nodes(pattern) : []) if (node.type === "Identifier") declared.add(node.name);
  };
  for (const node of nodes(program)) {
    if (node.type === "VariableDeclarator") declare(node.id);
    if (/Function|Class/.test(node.type)) [node.id, ...(node.params ?? [])].forEach(declare);
    if (node.type === "CatchClause") declare(node.param);
    if (node.type === "LabeledStatement" || node.type.endsWith("Specifier")) declare(node.label ?? node.local);
  }
  return new Set([...namesIn(program).identifiers].filter((name) => !declared.has(name)));
}
