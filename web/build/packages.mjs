// The page's Python in bytecode: the standard library, NumPy and pysim, each as one archive.

import { join } from "node:path";
import { bytesOf, parse, remembered, sha256, tree, treeHash, write } from "./content.mjs";
import { importBuildModule, stockInterpreter, takeBytes } from "./interpreter.mjs";
import { frozenLock, placeOf } from "./lock.mjs";
import { BUILD_FOLDER, CACHE_FOLDER, PYODIDE_FOLDER } from "./paths.mjs";
import { distributionOf, IMPORTED, place, wheelFile } from "./project.mjs";
import { NUMPY, vendored } from "./vendored.mjs";

/** @typedef {{library: string[], played: string[], numpy: string[], pysim: string[]}} Modules what the page may import */
/**
 * Deflated archives are a third of the size of stored ones on a host that does not compress them, and a quarter larger
 * than stored ones on a host that serves the .br files of the build; stored ones also open a little faster.
 * @typedef {{deflate: boolean}} Packing
 */

/** Bytecode fits one version of Python. */
export const PROJECT_TAG = "cp314-none-any";

const library = () => bytesOf(join(PYODIDE_FOLDER, "python_stdlib.zip"));
/** The interpreter and the scripts here: when one changes, everything is made anew. */
const recipe = () =>
  sha256(
    bytesOf(join(PYODIDE_FOLDER, "pyodide.asm.wasm")),
    treeHash(
      tree(BUILD_FOLDER, (name) =>
        /^(dataclass_methods|packing|recording|packages|lock|interpreter|project|vendored)\./.test(name),
      ),
    ),
  );

/**
 * Lets a fresh interpreter pack something. Always a fresh one: what was compiled before must not show in the result.
 * @param {(packing: any, pyodide: import("./interpreter.mjs").Pyodide) => any} pack gives Python's bytes
 */
async function packed(pack) {
  const pyodide = await stockInterpreter();
  return takeBytes(pack(importPacking(pyodide), pyodide));
}

/** @param {import("./interpreter.mjs").Pyodide} pyodide */
export function importPacking(pyodide) {
  importBuildModule(pyodide, "dataclass_methods");
  return importBuildModule(pyodide, "packing");
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

/** As much of NumPy as the page uses. */
export const numpySources = () =>
  remembered("numpy-sources.whl", [recipe(), NUMPY.sha256], () =>
    packed((tools, pyodide) => tools.page_numpy(pyodide.toPy(vendored(NUMPY)).tobytes())),
  );

/** The two parts of the project. */
const PARTS = /** @type {const} */ ({
  wheel: ["pysim.whl", "compiled_wheel"],
  later: ["later.zip", "compiled_later"],
});

/**
 * One of the two archives of the project: the wheel, or what the page lays out beside it later.
 * @param {keyof typeof PARTS} part
 * @param {{project: Map<string, Uint8Array>, modules: Modules, later: string[]}} contents `later`: the second archive's files
 * @param {Packing} options
 */
export async function projectArchive(part, { project, modules, later }, options) {
  const [label, tool] = PARTS[part];
  const sources = await sourceWheel(project);
  return remembered(label, [recipe(), sources, JSON.stringify([modules.pysim, later, options])], () =>
    packed((tools, pyodide) => tools[tool].callKwargs(pyodide.toPy(sources).tobytes(), modules.pysim, later, options)),
  );
}

/**
 * @param {Modules} modules
 * @param {Packing} options
 */
export async function numpyWheel({ numpy }, options) {
  const sources = await numpySources();
  return remembered("numpy.whl", [recipe(), sources, JSON.stringify([numpy, options])], () =>
    packed((tools, pyodide) => tools.compiled_wheel.callKwargs(pyodide.toPy(sources).tobytes(), numpy, options)),
  );
}

/** The files of a wheel as they are installed, by their path in site-packages. @param {Uint8Array} wheel */
export async function unpacked(wheel) {
  const pyodide = await stockInterpreter();
  pyodide.unpackArchive(/** @type {any} */ (wheel), "wheel", { extractDir: "/unpacked" });
  const names = pyodide.runPython(`
    from pathlib import Path
    top = Path("/unpacked")
    sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())
  `);
  return new Map(names.toJs().map((/** @type {string} */ name) => [name, pyodide.FS.readFile(`/unpacked/${name}`)]));
}

/**
 * The stock interpreter with the wheels in source form, installed in the way in which the page installs its own.
 * @param {Map<string, Uint8Array>} project
 */
export async function interpreterWithSources(project) {
  const numpy = { file: NUMPY.file, bytes: await numpySources(), imports: "numpy" };
  const pysim = { file: wheelFile(project, PROJECT_TAG), bytes: await sourceWheel(project), imports: IMPORTED };
  const lock = await frozenLock([numpy, pysim]);
  const folder = join(CACHE_FOLDER, "sources");
  for (const wheel of [numpy, pysim]) write(join(folder, placeOf(wheel)), wheel.bytes);
  return stockInterpreter({ lock, packageBaseUrl: folder, packages: ["numpy", distributionOf(project)] });
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

/** All of the standard library that the page may import. @param {Modules} modules */
export function standardLibrary(modules) {
  const inputs = [recipe(), library(), JSON.stringify(modules.library)];
  return remembered("library.zip", inputs, () =>
    packed((tools, pyodide) =>
      tools.standard_library.callKwargs(pyodide.toPy(library()).tobytes(), modules.library, {
        deflate: false,
      }),
    ),
  );
}

/**
 * What the snapshot has not imported already.
 * @param {Uint8Array} whole
 * @param {Modules} modules
 * @param {Packing} options
 */
export const restOfLibrary = (whole, modules, { deflate }) =>
  remembered("rest.zip", [recipe(), whole, JSON.stringify([modules.played, deflate])], () =>
    packed((tools, pyodide) =>
      tools.archive_without.callKwargs(pyodide.toPy(whole).tobytes(), modules.played, { deflate }),
    ),
  );
