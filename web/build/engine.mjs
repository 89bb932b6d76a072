// Makes web/engine: the interpreter and the packages as the page loads them, every file under a name that holds its hash; what
// no first frame needs is in an archive of its own (later.mjs). What makes it small is a list of stages (stages.mjs).
//
//   node web/build/engine.mjs [--archives=stored|deflated] [--engine=small|halves|whole]
//
// The manifest engine.json tells the page the names for Pyodide's documented options (indexURL, stdLibURL, lockFileURL,
// packageBaseUrl, packages), the memory that Python starts from, and the sizes for truthful progress. Its paths are relative to the site.

import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { NO_ENGINE } from "../src/engine/boot.mjs";
import { brotli, gzip } from "./compress.mjs";
import { bytesOf, fileHash, integrity, json, parse, remembered, sha256, short, write } from "./content.mjs";
import { interpreterInfo, placeIn, wholeInterpreter } from "./interpreter.mjs";
import { laterFiles, laterFolder } from "./later.mjs";
import { frozenLock, placeOf } from "./lock.mjs";
import { optionsJson, postersJson, presetsOf } from "./options.mjs";
import {
  numpyWheel,
  PROJECT_TAG,
  projectArchive,
  recordedModules,
  restOfLibrary,
  standardLibrary,
  unpacked,
} from "./packages.mjs";
import { BUILD_FOLDER, ENGINE_FOLDER, PYODIDE_FOLDER } from "./paths.mjs";
import { distributionOf, IMPORTED, projectFiles, versionOf, wheelFile } from "./project.mjs";
import { recordings } from "./prologue.mjs";
import { program } from "./script.mjs";
import { librariesOf, sitePackages } from "./snapshot.mjs";
import { DEFAULT_ENGINE, ENGINES, staged } from "./stages.mjs";
import { MICROPIP, NUMPY, vendored } from "./vendored.mjs";

/** @typedef {{path: string, bytes: Uint8Array, role: string, as: "fetch" | "module"}} Asset */
/** @typedef {import("./project.mjs").Project & {deflate?: boolean, engine?: import("./stages.mjs").EngineName, folder?: string}} Options */
/** @typedef {Awaited<ReturnType<typeof buildEngine>>} Manifest */

export const MANIFEST_FILE = "engine.json";

export const PYODIDE_FILES = /** @type {const} */ ([
  ["pyodide.mjs", "loader", "module"],
  ["pyodide.asm.mjs", "interpreter-script", "module"],
  ["pyodide.asm.wasm", "interpreter", "fetch"],
]);

/** Pyodide asks for these by fixed names, so their folder carries the hash. @param {Map<string, Uint8Array>} files @returns {Asset[]} */
function interpreterAssets(files) {
  const folder = `engine/pyodide-${short(sha256(...files.values()))}`;
  return PYODIDE_FILES.map(([name, role, as]) => ({ path: `${folder}/${name}`, bytes: found(files, name), role, as }));
}

/** @param {Map<string, Uint8Array>} files @param {string} name */
function found(files, name) {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`there is no ${name}`);
  return bytes;
}

/**
 * The parts before any stage: Pyodide's own files, and a start with NumPy alone.
 * @param {import("./stages.mjs").Sources} sources
 * @returns {Promise<import("./stages.mjs").Parts>}
 */
export async function wholeParts({ project, recorded }) {
  return {
    interpreter: new Map(PYODIDE_FILES.map(([name]) => [name, bytesOf(join(PYODIDE_FOLDER, name))])),
    library: await standardLibrary(recorded),
    packages: await unpacked(await numpyWheel(recorded, { deflate: false })),
    modules: [...recorded.played, ...recorded.numpy],
    tables: [],
    later: laterFiles(project),
    hasProject: false,
    engine: NO_ENGINE,
    snapshot: null,
    cold: null,
  };
}

/**
 * What a boot asks for, what comes later, and what only those ask for who install the wheel.
 * @param {import("./stages.mjs").Sources} sources
 * @param {import("./stages.mjs").Parts} parts
 * @param {{deflate: boolean}} packing
 */
async function engineAssets({ project, recorded }, parts, packing) {
  const library = await restOfLibrary(parts.library, recorded, packing);
  const contents = { project, modules: recorded, later: laterFiles(project) };
  const wheel = await projectArchive("wheel", contents, packing);
  const later = await projectArchive("later", { ...contents, later: parts.later }, packing);
  const pysim = { file: wheelFile(project, PROJECT_TAG), bytes: wheel, imports: IMPORTED };
  const lock = await lockBytes(pysim, distributionOf(project));
  const { snapshot, assets } = snapshotAssets(parts);
  /** @type {Asset[]} */
  const installed = [
    { path: `engine/lock-${short(fileHash(lock))}.json`, bytes: lock, role: "lock", as: "fetch" },
    { path: `engine/packages/${placeOf(pysim)}`, bytes: pysim.bytes, role: "pysim", as: "fetch" },
  ];
  /** @type {Asset[]} */
  const booted = [
    ...interpreterAssets(parts.interpreter),
    ...assets,
    { path: `engine/library-${short(fileHash(library))}.zip`, bytes: library, role: "library", as: "fetch" },
  ];
  return {
    snapshot,
    assets: parts.hasProject ? booted : [...booted, ...installed],
    apart: parts.hasProject ? installed : [],
    later: laterAsset(later),
    cold: parts.cold && { ...coldAsset(parts.cold.bytes), lengths: parts.cold.lengths },
  };
}

/** @param {Uint8Array} bytes @returns {Asset} */
const coldAsset = (bytes) => ({ path: `engine/cold-${short(fileHash(bytes))}.bin`, bytes, role: "cold", as: "fetch" });

/** @param {Uint8Array} bytes @returns {Asset} */
const laterAsset = (bytes) => ({
  path: `engine/later-${short(fileHash(bytes))}.zip`,
  bytes,
  role: "later",
  as: "fetch",
});

/** As `boot` in web/src/engine/boot.mjs reads it. @param {string} engine @param {import("./snapshot.mjs").Snapshot} snapshot */
export const snapshotFile = (engine, { changes, links }) =>
  new Uint8Array(Buffer.concat([Buffer.from(engine), changes, links]));

/**
 * The memory after the start, and NumPy's shared libraries.
 * @param {import("./stages.mjs").Parts} parts
 */
function snapshotAssets({ packages, snapshot, engine }) {
  if (snapshot === null) throw new Error("no stage has started Python");
  const { head, firstFree, links, texts } = snapshot;
  const bytes = snapshotFile(engine, snapshot);
  const libraries = librariesOf(packages).map(([name, bytes]) => ({
    name: `${sitePackages()}/${name}`,
    path: `engine/libraries/${short(fileHash(bytes))}/${basename(name, ".so")}.wasm`, // by which hosts know the type
    bytes,
  }));
  const path = `engine/snapshot-${short(fileHash(bytes))}.bin`;
  /** @type {Asset[]} */
  const assets = [
    { path, bytes, role: "snapshot", as: "fetch" },
    ...libraries.map((file) => ({ ...file, role: "numpy", as: /** @type {const} */ ("fetch") })),
  ];
  const listed = libraries.map(({ name, path }) => ({ name, path }));
  return { snapshot: { path, head, firstFree, engine, linkBytes: links.length, texts, libraries: listed }, assets };
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
const described = ({ path, bytes, role, as }) => ({
  role,
  path,
  as,
  bytes: bytes.length,
  integrity: integrity(bytes),
});

/** How many bytes hosts send of it. @param {{bytes: Uint8Array}} asset */
async function packed({ bytes }) {
  const [br, gz] = await Promise.all([brotli(bytes), gzip(bytes)]);
  return { brotli: br.length, gzip: gz.length };
}

/**
 * What comes later is not among the files that a boot waits for, and what is recorded does not depend on it.
 * @param {Awaited<ReturnType<typeof engineAssets>>} made
 * @param {Map<string, Uint8Array>} project
 */
function bootManifest({ assets, apart, snapshot, later, cold }, project) {
  const pathOf = (/** @type {string} */ role) =>
    /** @type {Asset} */ ([...assets, ...apart].find((asset) => asset.role === role)).path;
  const packages = [distributionOf(project)];
  return {
    version: short(sha256(...assets.map(({ path }) => path))),
    python: interpreterInfo().python,
    pysim: versionOf(project),
    indexURL: pathOf("loader").replace("pyodide.mjs", ""),
    stdLibURL: pathOf("library"),
    lockFileURL: pathOf("lock"),
    packageBaseUrl: "engine/packages/",
    packages: apart.length > 0 ? [] : packages,
    ...(apart.length > 0 ? { info: interpreterInfo() } : {}),
    snapshot,
    files: assets.map(described),
    apart: apart.map(described),
    later: { ...described(later), folder: laterFolder() },
    ...(cold ? { cold: { ...described(cold), lengths: cold.lengths } } : {}),
  };
}

/**
 * What the engine itself tells of its options and shows, each as a file.
 * @param {string} folder where the engine lies
 * @param {ReturnType<typeof bootManifest>} boot
 */
async function stories(folder, boot) {
  const interpreter = once(() => wholeInterpreter(folder, boot));
  const options = await optionsJson(interpreter, boot.version);
  const [lists, posters] = await Promise.all([
    recordings({ folder, manifest: boot }, presetsOf(parse(options))),
    postersJson(interpreter, boot.version),
  ]);
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
 * What these stages make of it all.
 * @param {import("./project.mjs").Project} project
 * @param {import("./stages.mjs").Stage[]} stages
 */
export async function madeBy(project, stages) {
  const files = projectFiles(project);
  const sources = { project: files, recorded: await recordedModules(files) };
  return { files, sources, parts: await staged(await wholeParts(sources), sources, stages) };
}

/**
 * What a boot needs, and what comes beside and after it, before anything is written.
 * @param {Options} options
 */
export async function bootFiles({ deflate = false, engine = DEFAULT_ENGINE, ...project } = {}) {
  const stages = ENGINES[engine];
  const { files, sources, parts } = await madeBy(project, stages);
  const made = await engineAssets(sources, parts, { deflate });
  const changes = stages.flatMap(({ changes = [] }) => changes);
  return {
    manifest: { ...bootManifest(made, files), changes },
    files: [...made.assets, ...made.apart, made.later, ...(made.cold ? [made.cold] : [])],
  };
}

/**
 * Builds everything and leaves it in the folder, nothing else there. What can be done at once is: the compressor has threads of its own.
 * @param {Options} options
 */
export async function buildEngine({ folder = ENGINE_FOLDER, ...rest } = {}) {
  const { manifest: boot, files } = await bootFiles(rest);
  const put = (/** @type {{path: string, bytes: Uint8Array}} */ { path, bytes }) => write(placeIn(folder, path), bytes);
  rmSync(folder, { recursive: true, force: true });
  files.forEach(put);
  const [{ options, posters, lists }, sizes] = await Promise.all([
    stories(folder, boot),
    Promise.all(files.map(packed)),
  ]);
  [options, posters, ...Object.values(lists).flat()].forEach(put);
  const sizeOf = new Map(files.map(({ path }, index) => [path, sizes[index]]));
  const sized = /** @template {{path: string}} File @param {File} file */ (file) => ({
    ...file,
    .../** @type {Awaited<ReturnType<typeof packed>>} */ (sizeOf.get(file.path)),
  });
  const { cold, ...whole } = boot;
  const manifest = {
    ...whole,
    files: boot.files.map(sized),
    apart: boot.apart.map(sized),
    later: sized(boot.later),
    ...(cold ? { cold: sized(cold) } : {}),
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

const listed = (/** @type {string[]} */ words) => new Intl.ListFormat("en").format(words);

/** What a command line asks for. @param {string[]} words @returns {Options} */
export function optionsOf(words) {
  const asked = words.findLast((word) => word.startsWith("--engine="))?.slice("--engine=".length) ?? DEFAULT_ENGINE;
  if (!Object.hasOwn(ENGINES, asked))
    throw new Error(`there is no engine "${asked}", only ${listed(Object.keys(ENGINES))}`);
  const engine = /** @type {import("./stages.mjs").EngineName} */ (asked);
  return { deflate: words.includes("--archives=deflated"), engine };
}

/** As hosts send it. @param {string} path */
async function sizes(path) {
  const bytes = bytesOf(placeIn(ENGINE_FOLDER, path));
  return { path, bytes: bytes.length, ...(await packed({ bytes })) };
}

await program(import.meta, async () => {
  const { files, later, cold, apart, version } = await buildEngine(optionsOf(process.argv));
  const list = [...files, later, ...(cold ? [cold] : []), ...apart];
  console.table(await Promise.all(list.map(({ path }) => sizes(path))));
  console.log(`web/engine is version ${version}`);
});
