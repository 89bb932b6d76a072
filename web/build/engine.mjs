// Makes web/engine: the interpreter and the packages as the page loads them, every file under a name that holds its hash; what
// no first frame needs is in an archive of its own (later.mjs).
//
//   node web/build/engine.mjs [--archives=stored|deflated]
//
// The manifest engine.json tells the page the names for Pyodide's documented options (indexURL, stdLibURL, lockFileURL,
// packageBaseUrl, packages), the memory that Python starts from, and the sizes for truthful progress. Its paths are relative to the site.

import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { brotli, gzip } from "./compress.mjs";
import { bytesOf, fileHash, integrity, json, parse, remembered, sha256, short, write } from "./content.mjs";
import { interpreterInfo, placeIn, wholeInterpreter } from "./interpreter.mjs";
import { laterFolder } from "./later.mjs";
import { frozenLock, placeOf } from "./lock.mjs";
import { optionsJson, postersJson, presetsOf } from "./options.mjs";
import {
  numpyWheel,
  PROJECT_TAG,
  projectArchives,
  recordedModules,
  restOfLibrary,
  standardLibrary,
  unpacked,
} from "./packages.mjs";
import { BUILD_FOLDER, ENGINE_FOLDER, PYODIDE_FOLDER } from "./paths.mjs";
import { distributionOf, IMPORTED, projectFiles, versionOf, wheelFile } from "./project.mjs";
import { recordings } from "./prologue.mjs";
import { program } from "./script.mjs";
import { librariesOf, sitePackages, snapshotOf } from "./snapshot.mjs";
import { MICROPIP, NUMPY, vendored } from "./vendored.mjs";

/** @typedef {{path: string, bytes: Uint8Array, role: string, as: "fetch" | "module"}} Asset */
/** @typedef {import("./project.mjs").Project & {deflate?: boolean, folder?: string}} Options */
/** @typedef {Awaited<ReturnType<typeof buildEngine>>} Manifest */

export const MANIFEST_FILE = "engine.json";

const PYODIDE_FILES = /** @type {const} */ ([
  ["pyodide.mjs", "loader", "module"],
  ["pyodide.asm.mjs", "interpreter-script", "module"],
  ["pyodide.asm.wasm", "interpreter", "fetch"],
]);

/** Pyodide asks for these by fixed names, so their folder carries the hash. @returns {Asset[]} */
function interpreterAssets() {
  const files = PYODIDE_FILES.map(([name, role, as]) => ({
    name,
    role,
    as,
    bytes: bytesOf(join(PYODIDE_FOLDER, name)),
  }));
  const folder = `engine/pyodide-${short(sha256(...files.map(({ bytes }) => bytes)))}`;
  return files.map(({ name, role, as, bytes }) => ({ path: `${folder}/${name}`, bytes, role, as }));
}

/**
 * @param {Map<string, Uint8Array>} project
 * @param {{deflate: boolean}} packing
 */
async function packageAssets(project, packing) {
  const modules = await recordedModules(project);
  const whole = await standardLibrary(modules);
  const library = await restOfLibrary(whole, modules, packing);
  const { wheel, later } = await projectArchives(project, modules, packing);
  const pysim = { file: wheelFile(project, PROJECT_TAG), bytes: wheel, imports: IMPORTED };
  const lock = await lockBytes(pysim, distributionOf(project));
  const { snapshot, assets } = await snapshotAssets(whole, modules);
  /** @type {Asset[]} */
  const archives = [
    { path: `engine/library-${short(fileHash(library))}.zip`, bytes: library, role: "library", as: "fetch" },
    { path: `engine/lock-${short(fileHash(lock))}.json`, bytes: lock, role: "lock", as: "fetch" },
    { path: `engine/packages/${placeOf(pysim)}`, bytes: pysim.bytes, role: "pysim", as: "fetch" },
  ];
  return { snapshot, assets: [...assets, ...archives], later: laterAsset(later) };
}

/** @param {Uint8Array} bytes @returns {Asset} */
const laterAsset = (bytes) => ({
  path: `engine/later-${short(fileHash(bytes))}.zip`,
  bytes,
  role: "later",
  as: "fetch",
});

/**
 * The memory after the start, and NumPy's shared libraries.
 * @param {Uint8Array} library
 * @param {import("./packages.mjs").Modules} modules
 */
async function snapshotAssets(library, modules) {
  const packages = await unpacked(await numpyWheel(modules, { deflate: false }));
  const { changes, ...start } = await snapshotOf({ library, packages, modules: [...modules.played, ...modules.numpy] });
  const libraries = librariesOf(packages).map(([name, bytes]) => ({
    name: `${sitePackages()}/${name}`,
    path: `engine/libraries/${short(fileHash(bytes))}/${basename(name)}`,
    bytes,
  }));
  const path = `engine/snapshot-${short(fileHash(changes))}.bin`;
  /** @type {Asset[]} */
  const assets = [
    { path, bytes: changes, role: "snapshot", as: "fetch" },
    ...libraries.map((file) => ({ ...file, role: "numpy", as: /** @type {const} */ ("fetch") })),
  ];
  return { snapshot: { path, ...start, libraries: libraries.map(({ name, path }) => ({ name, path })) }, assets };
}

/** @param {import("./lock.mjs").Wheel} pysim @param {string} name what it is installed as */
function lockBytes(pysim, name) {
  const script = bytesOf(join(BUILD_FOLDER, "lock.mjs"));
  const inputs = [script, JSON.stringify(interpreterInfo()), MICROPIP.sha256, NUMPY.sha256, pysim.bytes];
  return remembered("lock.json", inputs, async () => {
    const numpy = { file: NUMPY.file, bytes: vendored(NUMPY), imports: "numpy" };
    const { info, packages } = await frozenLock([numpy, pysim]);
    return json({ info, packages: { [name]: { ...packages[name], depends: [] } } }); // NumPy is there from the start
  });
}

/** @param {Asset} asset */
async function described({ path, bytes, role, as }) {
  const [br, gz] = [await brotli(bytes), await gzip(bytes)];
  return { role, path, as, bytes: bytes.length, brotli: br.length, gzip: gz.length, integrity: integrity(bytes) };
}

/**
 * The archive for later is not among the files that a boot waits for, and what is recorded does not depend on it.
 * @param {Awaited<ReturnType<typeof packageAssets>>} packages `assets` with those of the interpreter
 * @param {Map<string, Uint8Array>} project
 */
async function bootManifest({ assets, snapshot, later }, project) {
  const pathOf = (/** @type {string} */ role) =>
    /** @type {Asset} */ (assets.find((asset) => asset.role === role)).path;
  return {
    version: short(sha256(...assets.map(({ path }) => path))),
    python: interpreterInfo().python,
    pysim: versionOf(project),
    indexURL: pathOf("loader").replace("pyodide.mjs", ""),
    stdLibURL: pathOf("library"),
    lockFileURL: pathOf("lock"),
    packageBaseUrl: "engine/packages/",
    packages: [distributionOf(project)],
    snapshot,
    files: await Promise.all(assets.map(described)),
    later: { ...(await described(later)), folder: laterFolder() },
  };
}

/**
 * What the engine itself tells of its options and shows, each as a file.
 * @param {string} folder where the engine lies
 * @param {Awaited<ReturnType<typeof bootManifest>>} boot
 */
async function stories(folder, boot) {
  const interpreter = once(() => wholeInterpreter(folder, boot));
  const options = await optionsJson(interpreter, boot.version);
  const lists = await recordings(interpreter, boot.version, presetsOf(parse(options)));
  const posters = await postersJson(interpreter, boot.version);
  const named = (/** @type {string} */ name, /** @type {Uint8Array} */ bytes) => ({
    path: `engine/${name}-${short(fileHash(bytes))}.json`,
    bytes,
  });
  return { options: named("options", options), posters: named("posters", posters), lists };
}

/**
 * @template T
 * @param {() => Promise<T>} make
 */
function once(make) {
  /** @type {Promise<T> | undefined} */
  let made;
  return () => {
    made ??= make();
    return made;
  };
}

/**
 * Builds everything and leaves it in the folder, nothing else there.
 * @param {Options} options
 */
export async function buildEngine({ deflate = false, folder = ENGINE_FOLDER, ...project } = {}) {
  const sources = projectFiles(project);
  const packages = await packageAssets(sources, { deflate });
  const assets = [...interpreterAssets(), ...packages.assets];
  const put = (/** @type {{path: string, bytes: Uint8Array}} */ { path, bytes }) => write(placeIn(folder, path), bytes);
  rmSync(folder, { recursive: true, force: true });
  [...assets, packages.later].forEach(put);
  const boot = await bootManifest({ ...packages, assets }, sources);
  const { options, posters, lists } = await stories(folder, boot);
  [options, posters, ...Object.values(lists).flat()].forEach(put);
  const manifest = {
    ...boot,
    options: options.path,
    posters: posters.path,
    prologues: entries(lists.prologues),
    recorded: entries(lists.recorded),
  };
  write(join(folder, MANIFEST_FILE), json(manifest));
  return manifest;
}

/** @param {import("./prologue.mjs").Recording[]} list */
const entries = (list = []) => list.map(({ bytes, ...entry }) => ({ ...entry, bytes: bytes.length }));

/** The manifest of the engine that was built last. @param {string} folder @returns {Manifest} */
export const readManifest = (folder = ENGINE_FOLDER) => parse(bytesOf(join(folder, MANIFEST_FILE)));

/** @param {string[]} words */
export const archivesOf = (words) => ({ deflate: words.includes("--archives=deflated") });

await program(import.meta, async () => {
  const { files, later, version } = await buildEngine(archivesOf(process.argv));
  console.table([...files, later].map(({ path, bytes, brotli, gzip }) => ({ path, bytes, gzip, brotli })));
  console.log(`web/engine is version ${version}`);
});
