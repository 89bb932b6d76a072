// The page's Python in bytecode: the standard library, NumPy and pysim, each as one archive.

import { join } from "node:path";
import { bytesOf, parse, remembered, sha256, tree, treeHash, write } from "./content.mjs";
import { importBuildModule, stockInterpreter, takeBytes } from "./interpreter.mjs";
import { frozenLock, placeOf } from "./lock.mjs";
import { BUILD_FOLDER, CACHE_FOLDER, PYODIDE_FOLDER } from "./paths.mjs";
import { place, versionOf } from "./project.mjs";
import { NUMPY, vendored } from "./vendored.mjs";

/** @typedef {{library: string[], numpy: string[], pysim: string[]}} Modules what the page may import */
/**
 * Deflated archives are a third of the size of stored ones on a host that does not compress them, and a quarter larger
 * than stored ones on a host that serves the .br files of the build; stored ones also open a little faster.
 * @typedef {{deflate: boolean}} Packing
 */

/** Kept whole: Pyodide's JavaScript imports from these when it needs them. */
const WHOLE_LIBRARY_PACKAGES = ["pyodide", "_pyodide"];
/** Bytecode fits one version of Python. */
export const PROJECT_TAG = "cp314-none-any";

const library = () => bytesOf(join(PYODIDE_FOLDER, "python_stdlib.zip"));
/** The interpreter and the scripts here: when one changes, everything is made anew. */
const recipe = () =>
  sha256(
    bytesOf(join(PYODIDE_FOLDER, "pyodide.asm.wasm")),
    treeHash(
      tree(BUILD_FOLDER, (name) => /^(packing|recording|packages|lock|interpreter|project|vendored)\./.test(name)),
    ),
  );

/**
 * Lets a fresh interpreter pack something. Always a fresh one: what was compiled before must not show in the result.
 * @param {(packing: any, pyodide: import("./interpreter.mjs").Pyodide) => any} pack gives Python's bytes
 */
async function packed(pack) {
  const pyodide = await stockInterpreter();
  return takeBytes(pack(importBuildModule(pyodide, "packing"), pyodide));
}

/**
 * The project as it would be installed anywhere.
 * @param {Map<string, Uint8Array>} project
 */
const sourceWheel = (project) =>
  remembered("pysim-sources.whl", [recipe(), treeHash(project)], () =>
    packed((tools, pyodide) => {
      place(pyodide, project, "/project");
      return tools.project_wheel("/project", PROJECT_TAG);
    }),
  );

/**
 * A wheel in bytecode, with the listed modules only.
 * @param {string} label
 * @param {Uint8Array} sources
 * @param {string[]} modules
 * @param {Packing} options
 */
const compiledWheel = (label, sources, modules, { deflate }) =>
  remembered(label, [recipe(), sources, JSON.stringify([modules, deflate])], () =>
    packed((tools, pyodide) =>
      tools.compiled_wheel.callKwargs(pyodide.toPy(sources).tobytes(), modules, [], { deflate }),
    ),
  );

/**
 * @param {Map<string, Uint8Array>} project
 * @param {Modules} modules
 * @param {Packing} options
 */
export const projectWheel = async (project, modules, options) =>
  compiledWheel("pysim.whl", await sourceWheel(project), modules.pysim, options);

/**
 * @param {Modules} modules
 * @param {Packing} options
 */
export const numpyWheel = (modules, options) => compiledWheel("numpy.whl", vendored(NUMPY), modules.numpy, options);

/**
 * The stock interpreter with the wheels in source form, installed in the way in which the page installs its own.
 * @param {Map<string, Uint8Array>} project
 */
export async function interpreterWithSources(project) {
  const numpy = { file: NUMPY.file, bytes: vendored(NUMPY) };
  const pysim = {
    file: `pysim-${versionOf(project)}-${PROJECT_TAG}.whl`,
    bytes: await sourceWheel(project),
  };
  const lock = await frozenLock([numpy, pysim]);
  const folder = join(CACHE_FOLDER, "sources");
  for (const wheel of [numpy, pysim]) write(join(folder, placeOf(wheel)), wheel.bytes);
  return stockInterpreter({ lock, packageBaseUrl: folder, packages: ["numpy", "pysim"] });
}

/**
 * Plays everything with the whole standard library and notes what was imported.
 * @param {Map<string, Uint8Array>} project
 * @returns {Promise<Modules>}
 */
export async function recordedModules(project) {
  const inputs = [recipe(), NUMPY.sha256, treeHash(project)];
  return parse(
    await remembered("modules.json", inputs, async () => {
      const pyodide = await interpreterWithSources(project);
      return new TextEncoder().encode(importBuildModule(pyodide, "recording").record());
    }),
  );
}

/**
 * @param {Modules} modules
 * @param {Packing} options
 */
export function standardLibrary(modules, { deflate }) {
  const inputs = [recipe(), library(), JSON.stringify([modules.library, WHOLE_LIBRARY_PACKAGES, deflate])];
  return remembered("library.zip", inputs, () =>
    packed((tools, pyodide) =>
      tools.standard_library.callKwargs(pyodide.toPy(library()).tobytes(), modules.library, WHOLE_LIBRARY_PACKAGES, {
        deflate,
      }),
    ),
  );
}
