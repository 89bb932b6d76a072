// Pyodide under Node, as the build and the tests use it: the stock one, or the one that the site carries.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadPyodide } from "pyodide";
import { boot, layOut } from "../src/engine/boot.mjs";
import { Halves } from "../src/engine/halves.mjs";
import { bytesOf, fileHash, parse, short, write } from "./content.mjs";
import { BUILD_FOLDER, CACHE_FOLDER, PYODIDE_FOLDER } from "./paths.mjs";

/** @typedef {import("pyodide").PyodideAPI} Pyodide */

const STOCK_LOCK = join(PYODIDE_FOLDER, "pyodide-lock.json");

/** What a lock file says of the interpreter that it is for. @returns {{python: string, abi_version: string}} */
export const interpreterInfo = () => parse(bytesOf(STOCK_LOCK)).info;

/**
 * The npm package as it is, but for what is said. It knows no packages but those given, so that nothing is ever fetched.
 * @param {{lock?: object, library?: Uint8Array} & Record<string, unknown>} options Pyodide's own, a lock, and another
 *     archive of the standard library
 * @returns {Promise<Pyodide>}
 */
export function stockInterpreter({ lock, library, ...options } = {}) {
  return loadPyodide({
    lockFileContents: /** @type {any} */ (lock ?? { info: interpreterInfo(), packages: {} }),
    packageBaseUrl: BUILD_FOLDER,
    env: { PYTHONHASHSEED: "0" },
    ...(library === undefined ? {} : { stdLibURL: fileOf(library) }),
    ...options,
  });
}

/** Pyodide reads its library from a file. @param {Uint8Array} library */
function fileOf(library) {
  const path = join(CACHE_FOLDER, `library-${short(fileHash(library))}.zip`);
  write(path, library);
  return path;
}

/**
 * Where a path of the manifest lies: its paths start at the site, whose folder for them may have another name here.
 * @param {string} folder
 * @param {string} path
 */
export const placeIn = (folder, path) => join(folder, path.replace(/^engine\//, ""));

/** @typedef {import("../src/engine/boot.mjs").BootManifest & {cold?: import("../src/engine/halves.mjs").ColdHalves}} Manifest */

/** The cold halves of an engine's modules, if it has such, from its folder. @param {string} folder @param {Manifest} manifest */
export function halvesIn(folder, { cold }) {
  const readNow = (/** @type {string} */ path) => bytesOf(placeIn(folder, path));
  return new Halves(cold, { readNow, read: async (path) => readNow(path) });
}

/**
 * The interpreter from the files of a built engine's first load alone, with NumPy and pysim; what that has not is read when it
 * is called.
 * @param {string} folder the engine's
 * @param {Manifest} manifest
 * @param {import("../src/engine/boot.mjs").Keep} [keep] instead
 * @returns {Promise<Pyodide>}
 */
export function siteInterpreter(folder, manifest, keep) {
  const halves = halvesIn(folder, manifest);
  return boot(manifest, {
    at: (path) => placeIn(folder, path),
    load: (path) => import(pathToFileURL(placeIn(folder, path)).href),
    read: async (path) => bytesOf(placeIn(folder, path)),
    keep: keep ?? ((exports, imports) => halves.keep(exports, imports)),
  });
}

/**
 * The same with all that comes later: what the page's worker is once a run plays.
 * @param {string} folder
 * @param {Manifest & {later: import("../src/engine/boot.mjs").LaterArchive}} manifest
 */
export async function wholeInterpreter(folder, manifest) {
  const halves = halvesIn(folder, manifest);
  const pyodide = await siteInterpreter(folder, manifest, halves.keep.bind(halves));
  await halves.load(); // unpacking is cold
  await layOut(pyodide, manifest.later, async (path) => bytesOf(placeIn(folder, path)));
  return pyodide;
}

/**
 * Runs one of the build's Python files as a module of that name.
 * @param {Pyodide} pyodide
 * @param {string} name
 */
export function importBuildModule(pyodide, name) {
  pyodide.FS.writeFile(`/home/pyodide/${name}.py`, bytesOf(join(BUILD_FOLDER, `${name}.py`)));
  return pyodide.pyimport(name);
}

/** A Python `bytes` as a byte array of its own. @param {import("pyodide/ffi").PyBuffer} value */
export function takeBytes(value) {
  const view = value.getBuffer("u8");
  const copy = new Uint8Array(/** @type {Uint8Array} */ (view.data));
  view.release();
  value.destroy();
  return copy;
}
