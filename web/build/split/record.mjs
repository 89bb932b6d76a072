// Records what the page needs of the interpreter's and NumPy's modules:  node web/build/split/record.mjs [--random=N]  (make hot)
//
// The engine that was built last is copied with modules that write down what they do (recorder.mjs), and visits.py plays in it.
// Browsers call a few functions that Node does not: record-browser.mjs adds those. What was found is added to hot.json.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { publicOf } from "../../src/engine/halves.mjs";
import { bytesOf, write } from "../content.mjs";
import { readManifest } from "../engine.mjs";
import { placeIn, wholeInterpreter } from "../interpreter.mjs";
import { BUILD_FOLDER, ENGINE_FOLDER } from "../paths.mjs";
import { program } from "../script.mjs";
import { endOfData } from "./data.mjs";
import { addToHot } from "./hot.mjs";
import { calledFunctions, readPieces, recording, startReads } from "./recorder.mjs";

const RANDOM_QUERIES = 1000;

/**
 * The modules of an engine by the names of their lists: the interpreter, then shared libraries in the order of their loading.
 * @param {import("../engine.mjs").Manifest} manifest
 */
export const modulesOf = ({ indexURL, snapshot }) => [
  `${indexURL}pyodide.asm.wasm`,
  ...snapshot.libraries.map(({ path }) => path),
];

/**
 * A copy of a built engine whose modules record; `use` gets its folder.
 * @template T
 * @param {(folder: string, manifest: import("../engine.mjs").Manifest) => Promise<T>} use
 */
export async function withRecordingEngine(use, source = ENGINE_FOLDER) {
  const folder = mkdtempSync(join(tmpdir(), "pysim-recording-"));
  try {
    cpSync(source, folder, { recursive: true });
    const manifest = readManifest(folder);
    const top = endOfData(bytesOf(placeIn(folder, /** @type {string} */ (modulesOf(manifest)[0]))));
    for (const path of modulesOf(manifest))
      write(placeIn(folder, path), recording(bytesOf(placeIn(source, path)), top));
    return await use(folder, manifest);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What each module did, by the instances' exports in the order of their making.
 * @param {import("../engine.mjs").Manifest} manifest
 * @param {Record<string, any>[]} instances
 */
export function found(manifest, instances) {
  return modulesOf(manifest).map((path, place) => {
    const bytes = bytesOf(placeIn(ENGINE_FOLDER, path));
    const exports = instances[place] ?? {};
    return {
      name: basename(path),
      bytes,
      hot: {
        functions: calledFunctions(bytes, exports),
        reads: readPieces(exports),
      },
    };
  });
}

/** In Node. @param {number} randomQueries */
async function record(randomQueries) {
  await withRecordingEngine(async (folder, manifest) => {
    /** @type {Record<string, any>[]} */
    const instances = [];
    const keep = (/** @type {Record<string, any>} */ exports) => {
      instances.push(exports);
      startReads(exports);
      return publicOf(exports);
    };
    const pyodide = await wholeInterpreter(folder, manifest, keep);
    pyodide.FS.writeFile("/home/pyodide/visits.py", bytesOf(join(BUILD_FOLDER, "split/visits.py")));
    const tell = (/** @type {string} */ done) => {
      const list = found(manifest, instances);
      const counts = list.map(
        ({ name, hot }) => `${name} ${hot.functions.length} functions, ${hot.reads.length} pieces`,
      );
      console.log(`${done}: ${counts.join("; ")}`);
      addToHot(list);
    };
    tell("start");
    pyodide.pyimport("visits").play_all(randomQueries, tell);
  });
}

await program(import.meta, async () => {
  const asked = process.argv.find((word) => word.startsWith("--random="))?.split("=")[1];
  await record(Number(asked ?? RANDOM_QUERIES));
});
