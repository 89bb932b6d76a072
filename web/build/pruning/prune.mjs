// A stage (stages.mjs): of the interpreter's exports, and of the script around it, only what somebody names is left. Most of a
// start's time went into 8,500 exports for packages that the page has not.
//
// Who installs packages with shared libraries of their own needs the rest: the whole engine has it (make site ENGINE=whole).
// What is left is bound together by one hash (binding.mjs).

import { join } from "node:path";
import { bytesOf, fileHash, json, parse, remembered, tree, treeHash } from "../content.mjs";
import { BUILD_FOLDER, WEB_FOLDER } from "../paths.mjs";
import { librariesOf } from "../snapshot.mjs";
import { parsed } from "../split/module.mjs";
import { bound } from "./binding.mjs";
import { prunedExports } from "./exports.mjs";
import { LEFT_NULL, minified, prunedGlue } from "./glue.mjs";
import { namesIn, parsedScript } from "./scripts.mjs";

const [LOADER, GLUE, INTERPRETER] = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"];
/** Of ours, those that ask the script for something. */
const ASKING = ["src/engine/boot.mjs", "build/snapshot.mjs"];
const RECIPE = /^(pruning|split)\/(binary|instructions|module|glue|scripts|exports|prune|binding)\.mjs$/;

export const PRUNED = `pyodide.asm.wasm: exports that nobody on the page names, and the globals that were there for them, are left out; a section says
which build it is of. pyodide.asm.mjs: what nobody on the page names is left out, eval is replaced by an error, functions of OpenGL
may be null, variables have short names; a line says which build it is of.`;

/**
 * @param {import("../stages.mjs").Parts} parts
 * @returns {Promise<import("../stages.mjs").Parts>}
 */
export async function pruned(parts) {
  const { interpreter, packages } = parts;
  const text = (/** @type {string} */ name) => new TextDecoder().decode(file(interpreter, name));
  const libraries = librariesOf(packages).map(([, bytes]) => parsed(bytes));
  const asking = ASKING.map((name) => new TextDecoder().decode(bytesOf(join(WEB_FOLDER, name))));
  const wanted = wantedBy([text(LOADER), ...asking], parsed(file(interpreter, INTERPRETER)), libraries);
  const inputs = [treeHash(tree(BUILD_FOLDER, (name) => RECIPE.test(name))), treeHash(interpreter), lists(wanted)];
  const named = await remembered("named.json", inputs, () => {
    const { script, exports } = prunedGlue(text(GLUE), wanted);
    return json({ script, exports: [...exports].sort() });
  });
  const { script, exports } = parse(named);
  const glue = await remembered("glue.mjs", inputs, async () => new TextEncoder().encode(await minified(script)));
  const module = await remembered("pruned.wasm", inputs, () =>
    prunedExports(file(interpreter, INTERPRETER), new Set(exports)),
  );
  const engine = fileHash(Buffer.concat([glue, module]));
  const files = bound(engine, { glue, module });
  return {
    ...parts,
    interpreter: new Map([...interpreter, [GLUE, files.glue], [INTERPRETER, files.module]]),
    engine,
  };
}

/** @param {import("./glue.mjs").Wanted} wanted */
const lists = (wanted) => JSON.stringify(Object.values(wanted).map((names) => [...names].sort()));

/** @param {Map<string, Uint8Array>} files @param {string} name */
function file(files, name) {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`the interpreter has no ${name}`);
  return bytes;
}

/**
 * What those around the script name: scripts that use it, the interpreter, and shared libraries.
 * @param {string[]} scripts
 * @param {import("../split/module.mjs").Module} interpreter
 * @param {import("../split/module.mjs").Module[]} libraries
 * @returns {import("./glue.mjs").Wanted}
 */
export function wantedBy(scripts, interpreter, libraries) {
  const asked = libraries.flatMap(({ imports }) => imports.map(({ name }) => name));
  const own = interpreter.imports.map(({ name }) => name).filter((name) => !name.startsWith(LEFT_NULL));
  const exported = new Set(interpreter.exports.map(({ name }) => name));
  return {
    properties: new Set(scripts.flatMap((script) => [...namesIn(parsedScript(script)).properties])),
    imports: new Set([...own, ...asked]),
    exports: new Set([...own, ...asked].filter((name) => exported.has(name))),
  };
}
