// Records what the page needs of the interpreter's and NumPy's modules:  node web/build/split/record.mjs [--add]  (make hot)
//
// An engine without halves, from the same stages, gets modules that write down what they do (recorder.mjs), and visits.py plays
// in it: some shows while all that is read is noted, which is slow, then every show while only calls are. Browsers call
// a few functions that Node does not: record-browser.mjs adds those. What was found takes the place of hot.json; with --add,
// which is quicker, nothing that is read is noted, and what the lists lack is added to them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { FORESEEN } from "../../src/engine/foreseen.mjs";
import { publicOf } from "../../src/engine/halves.mjs";
import { bytesOf, write } from "../content.mjs";
import { bootFiles } from "../engine.mjs";
import { placeIn, siteInterpreter, stockInterpreter, takeBytes } from "../interpreter.mjs";
import { importPacking } from "../packages.mjs";
import { BUILD_FOLDER, PYODIDE_FOLDER } from "../paths.mjs";
import { program } from "../script.mjs";
import { endOfData } from "./data.mjs";
import { addToHot, writeHot } from "./hot.mjs";
import { calledFunctions, readPieces, recording, startReads } from "./recorder.mjs";

/** @typedef {Awaited<ReturnType<typeof bootFiles>>} Made */
/** @typedef {Pick<Made["manifest"], "indexURL" | "snapshot">} Listing what says which modules an engine has */
/** @typedef {(path: string) => Uint8Array} Files an engine's, by their paths */

const INTERPRETER = "pyodide.asm.wasm";

/** The paths of the modules: the interpreter, then shared libraries in the order of their loading. @param {Listing} manifest */
export const modulesOf = ({ indexURL, snapshot }) => [
  `${indexURL}${INTERPRETER}`,
  ...snapshot.libraries.map(({ path }) => path),
];

/**
 * Modules that record, to take the places of an engine's own.
 * @param {Listing} manifest
 * @param {Files} fileAt
 * @param {boolean} reads whether what is read is noted as well
 * @returns {Map<string, Uint8Array>} by their paths
 */
export function recordingModules(manifest, fileAt, reads) {
  const paths = modulesOf(manifest);
  const top = reads ? endOfData(fileAt(/** @type {string} */ (paths[0]))) : undefined;
  return new Map(paths.map((path) => [path, recording(fileAt(path), top)]));
}

/**
 * What each module did, by the instances' exports in the order of their making.
 * @param {Listing} manifest
 * @param {Files} fileAt
 * @param {Record<string, any>[]} instances
 */
export function found(manifest, fileAt, instances) {
  return modulesOf(manifest).map((path, place) => {
    const name = basename(path);
    const bytes = name === INTERPRETER ? bytesOf(join(PYODIDE_FOLDER, name)) : fileAt(path); // as they came: the first was pruned
    const exports = instances[place];
    const hot = exports
      ? { functions: calledFunctions(bytes, exports), reads: readPieces(exports) }
      : { functions: [], reads: [] };
    return { name, bytes, hot };
  });
}

/** @param {ReturnType<typeof found>} list */
export const countsOf = (list) =>
  list.map(({ name, hot }) => `${name} ${hot.functions.length} functions, ${hot.reads.length} pieces`).join("; ");

/** In Node. @param {boolean} anew whether the lists begin empty */
async function record(anew) {
  const { manifest, files } = await bootFiles({ engine: "small" });
  if (anew) {
    writeHot(found(manifest, pathsOf(files), []));
    await recorded({ manifest, files, reads: true }, (visits, tell) => visits.read_some([...FORESEEN], tell));
  }
  await recorded({ manifest, files, reads: false }, (visits, tell) => visits.play_all([...FORESEEN], tell));
}

/** @param {Made["files"]} files @returns {Files} */
function pathsOf(files) {
  const made = new Map(files.map(({ path, bytes }) => [path, bytes]));
  return (path) => /** @type {Uint8Array} */ (made.get(path));
}

/**
 * Plays in an engine that records, and adds what was found to the lists.
 * @param {Made & {reads: boolean}} engine
 * @param {(visits: any, tell: (done: string) => void) => void} play
 */
async function recorded({ manifest, files, reads }, play) {
  const folder = mkdtempSync(join(tmpdir(), "pysim-recording-"));
  try {
    const fileAt = pathsOf(files);
    for (const { path, bytes } of files) write(placeIn(folder, path), bytes);
    for (const [path, bytes] of recordingModules(manifest, fileAt, reads)) write(placeIn(folder, path), bytes);
    /** @type {Record<string, any>[]} */
    const instances = [];
    const keep = (/** @type {Record<string, any>} */ exports) => {
      instances.push(exports);
      startReads(exports);
      return publicOf(exports);
    };
    const pyodide = await siteInterpreter(folder, manifest, keep);
    pyodide.FS.writeFile("/home/pyodide/visits.pyc", await compiledVisits());
    const tell = (/** @type {string} */ done) => {
      const list = found(manifest, fileAt, instances);
      console.log(`${new Date().toISOString()} ${done}: ${countsOf(list)}`);
      addToHot(list);
    };
    tell("start");
    visitAsWorker(pyodide);
    tell("what the worker calls");
    play(pyodide.pyimport("visits"), tell);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** No visitor needs Python's compiler, so the visits must not either. */
async function compiledVisits() {
  const pyodide = await stockInterpreter();
  const source = pyodide.toPy(bytesOf(join(BUILD_FOLDER, "split/visits.py"))).tobytes();
  return takeBytes(importPacking(pyodide).bytecode(source, "visits.py", pyodide.toPy({})));
}

/** Asks as JavaScript does (web/src/engine/conductor.ts), which Python's own visits do not. @param {import("../interpreter.mjs").Pyodide} pyodide */
function visitAsWorker(pyodide) {
  const session = pyodide.pyimport("pysim.edge.browser").open_show("", 80, 24, 0);
  for (const work of [session.framing(0.5), session.telling_story(240)]) {
    while (!work.next().done);
    work.destroy();
  }
  for (const text of [session.frame(1), session.command("speed", "10"), session.state(), session.news()]) String(text);
  String([session.problems, session.refusal]);
  session.destroy();
}

await program(import.meta, () => record(!process.argv.includes("--add")));
