// Python's memory after its start, so that the page need not start it: what the start changed, and what Pyodide says of it.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ENVIRONMENT, firstFree, LINK_FLAGS, relink, WORD_BYTES, withLibraries } from "../src/engine/boot.mjs";
import { bytesOf, json, parse, remembered, short, treeHash, write } from "./content.mjs";
import { importBuildModule, interpreterInfo, stockInterpreter } from "./interpreter.mjs";
import { CACHE_FOLDER, WEB_FOLDER } from "./paths.mjs";
import { place } from "./project.mjs";
import { memberName, nodes, parsedScript } from "./pruning/scripts.mjs";

/**
 * @typedef {object} Snapshot
 * @property {string} head
 * @property {number} firstFree
 * @property {Uint8Array} changes
 * @property {number[]} ring places of the collector's links, in ascending order
 * @property {Uint8Array} links those of them that are made at the start
 * @property {number} texts the address of their type, where hashes of texts are made at the start, else 0
 */

/** Changes lie close together; a block that has one is kept whole. */
const BLOCK_BYTES = 64;
const LARGEST_PIECE_BYTES = 2 ** 16;
const SMALLEST_PIECE_BYTES = 16;
const STUB = new Uint8Array(1);
/** Functions of Pyodide's script that take Python. */
const EVALUATING = new Set(["runPythonInternal", "eval_code"]);

/**
 * @typedef {object} Contents
 * @property {Uint8Array} library the standard library's archive
 * @property {Map<string, Uint8Array>} packages files of site-packages
 * @property {string[]} modules of both, to be imported
 * @property {string[]} tables among those files, to be read
 * @property {Map<string, Uint8Array>} interpreter Pyodide's files by their names
 */

/** Where packages are installed: shared libraries are known by their paths. */
export const sitePackages = () => {
  const [major, minor] = interpreterInfo().python.split(".");
  return `/lib/python${major}.${minor}/site-packages`;
};

/**
 * The stage (stages.mjs) that starts Python with all that is to be there.
 * @param {import("./stages.mjs").Parts} parts
 */
export const start = async (parts) => ({ ...parts, snapshot: await snapshotOf(parts) });

/** @param {Contents} contents @returns {Promise<Snapshot>} */
export async function snapshotOf(contents) {
  const { library, packages, modules, tables, interpreter } = contents;
  const scripts = ["build/snapshot.mjs", "build/pruning/scripts.mjs", "build/warming.py", "src/engine/boot.mjs"].map(
    (name) => bytesOf(join(WEB_FOLDER, name)),
  );
  const inputs = [...scripts, treeHash(interpreter), library, treeHash(packages), JSON.stringify([modules, tables])];
  const made = await remembered("snapshot.json", inputs, async () => {
    const { changes, ...rest } = await takenSnapshot(contents);
    return json({ ...rest, changes: Buffer.from(changes).toString("base64") });
  });
  const { changes, ...rest } = parse(made);
  return { ...rest, changes: new Uint8Array(Buffer.from(changes, "base64")), links: new Uint8Array(), texts: 0 };
}

/** @param {Map<string, Uint8Array>} packages */
export const librariesOf = (packages) => [...packages].filter(([name]) => name.endsWith(".so"));

/** The same at any time: memory holds the times of files. @param {Contents} contents @returns {Promise<Snapshot>} */
export async function takenSnapshot(contents) {
  const clocks = /** @type {const} */ ([Date, performance]);
  const real = clocks.map((clock) => clock.now);
  for (const clock of clocks) clock.now = () => 0;
  try {
    return await startedAndTaken(contents);
  } finally {
    clocks.forEach((clock, index) => {
      clock.now = real[index] ?? clock.now;
    });
  }
}

/** @param {Contents} contents @returns {Promise<Snapshot>} */
async function startedAndTaken({ library, packages, modules, tables, interpreter }) {
  const { pyodide, ...start } = await started(library, packages, interpreter);
  // A library that is loaded already is found by its name; its bytes would only be copied into the memory.
  const files = [...packages].map(
    ([name, bytes]) => /** @type {const} */ ([name, name.endsWith(".so") ? STUB : bytes]),
  );
  place(pyodide, new Map(files), sitePackages());
  importBuildModule(pyodide, "warming").warm_up(modules, tables, evaluatedBy(interpreter));
  pyodide.FS.unlink("/home/pyodide/warming.py");
  const ring = sortedRing(pyodide);
  clearFreeMemory(pyodide._module);
  const whole = pyodide.makeMemorySnapshot();
  const memory = pyodide._module.HEAPU8;
  if (start.before.length !== memory.length)
    throw new Error(
      `the start takes more than ${start.before.length} bytes: raise MEMORY_BYTES in web/src/engine/boot.mjs`,
    );
  return {
    firstFree: start.free,
    head: Buffer.from(whole.subarray(0, whole.length - memory.length)).toString("base64"),
    changes: changesBetween(start.before, memory),
    ring,
    links: new Uint8Array(),
    texts: 0,
  };
}

/** The lines of Python that Pyodide's script has evaluated. @param {Map<string, Uint8Array>} interpreter */
export function evaluatedBy(interpreter) {
  const script = new TextDecoder().decode(interpreter.get("pyodide.asm.mjs"));
  const calls = [...nodes(parsedScript(script))].filter(
    ({ callee }) => callee?.type === "MemberExpression" && EVALUATING.has(memberName(callee) ?? ""),
  );
  const sources = calls.map((call) => call.arguments[0]?.value).filter((value) => typeof value === "string");
  return [...new Set(sources)].sort();
}

/**
 * Takes all objects from the collector's sight and puts its list of them, a ring, into the order of their places.
 * @param {any} pyodide
 * @returns {number[]} the places of the links
 */
function sortedRing(pyodide) {
  const object = pyodide.runPython("__import__('gc').freeze(); id(__import__('sys').modules)");
  const words = pyodide._module.HEAPU32;
  const next = (/** @type {number} */ place) => (words[place / WORD_BYTES] & ~LINK_FLAGS) >>> 0;
  const first = object - 2 * WORD_BYTES;
  const ring = [first];
  for (let place = next(first); place !== first; place = next(place)) ring.push(place);
  ring.sort((one, other) => one - other);
  relink(ring, words);
  return ring;
}

/**
 * The interpreter with its libraries, and what memory was before Python's start.
 * @param {Uint8Array} library
 * @param {Map<string, Uint8Array>} packages
 * @param {Map<string, Uint8Array>} interpreter
 */
async function started(library, packages, interpreter) {
  const folder = folderOf(interpreter);
  const script = await import(pathToFileURL(join(folder, "pyodide.asm.mjs")).href);
  const libraries = librariesOf(packages).map(async ([name, bytes]) => ({
    name: `${sitePackages()}/${name}`,
    module: await WebAssembly.compile(/** @type {BufferSource} */ (bytes)),
  }));
  let free = 0;
  let before = new Uint8Array();
  const pyodide = /** @type {any} */ (
    await stockInterpreter({
      library,
      indexURL: folder,
      env: { ...ENVIRONMENT },
      _makeSnapshot: true,
      _sysExecutable: ENVIRONMENT._, // else the path of the script that runs here
      createPyodideModule: (/** @type {any} */ settings) =>
        script.default(
          withLibraries(settings, Promise.all(libraries), {
            loaded: () => {
              free = firstFree(settings);
              before = settings.HEAPU8.slice();
            },
          }),
        ),
    })
  );
  return { pyodide, free, before };
}

/** Pyodide finds its files by their names in one folder. @param {Map<string, Uint8Array>} interpreter */
function folderOf(interpreter) {
  const folder = join(CACHE_FOLDER, `interpreter-${short(treeHash(interpreter))}`);
  for (const [name, bytes] of interpreter) write(join(folder, name), bytes);
  return folder;
}

/** The runs of changes, each with where its bytes lie among them. @param {Uint8Array} changes */
export function runsOf(changes) {
  const words = new DataView(changes.buffer, changes.byteOffset, changes.byteLength);
  const count = words.getUint32(0, true);
  let place = 4 + count * 8;
  return Array.from({ length: count }, (_, index) => {
    const [offset, length] = [words.getUint32(4 + index * 8, true), words.getUint32(8 + index * 8, true)];
    place += length;
    return { offset, length, place: place - length };
  });
}

/** Fills what the allocator could give out with zeros, from the largest piece to the smallest. @param {any} module */
function clearFreeMemory(module) {
  const end = () => module.HEAPU32[module._emscripten_get_sbrk_ptr() / 4];
  const pieces = [];
  for (let size = LARGEST_PIECE_BYTES; size >= SMALLEST_PIECE_BYTES; size /= 2) {
    for (let grown = false; !grown; ) {
      const before = end();
      const piece = module._malloc(size);
      module.HEAPU8.fill(0, piece, piece + size);
      pieces.push(piece);
      grown = end() !== before;
    }
  }
  for (const piece of pieces) module._free(piece);
}

/**
 * As `apply` in web/src/engine/boot.mjs reads them.
 * @param {Uint8Array} before
 * @param {Uint8Array} after of the same length
 */
export function changesBetween(before, after) {
  /** @type {{offset: number, length: number}[]} */
  const runs = [];
  for (let offset = 0; offset < after.length; offset += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES, after.length - offset);
    if (Buffer.compare(before.subarray(offset, offset + length), after.subarray(offset, offset + length)) === 0)
      continue;
    const last = runs.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += length;
    else runs.push({ offset, length });
  }
  const table = new Uint32Array([runs.length, ...runs.flatMap(({ offset, length }) => [offset, length])]);
  const contents = runs.map(({ offset, length }) => after.subarray(offset, offset + length));
  return new Uint8Array(Buffer.concat([new Uint8Array(table.buffer), ...contents]));
}
