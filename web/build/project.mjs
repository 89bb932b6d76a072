// pysim as the page installs it: the package with its data inside.

import { readFileSync } from "node:fs";
import { tree } from "./content.mjs";
import { DATA_FOLDER, LICENSE_FILE, PACKAGE_FOLDER, PYPROJECT_FILE } from "./paths.mjs";

/** @typedef {{packageFolder?: string, dataFolder?: string}} Project another package than the checkout's, for tests */

/** Tables that only tests and reports read. */
const UNSHIPPED = new Set(["loss_anchors.toml", "published_runs.toml"]);

/** @param {string} name */
const isSource = (name) => !name.includes("__pycache__") && !name.endsWith(".md");

/**
 * Everything that makes the wheel, by its path in the folder that it is packed from.
 * @param {Project} project
 * @returns {Map<string, Uint8Array>}
 */
export function projectFiles({ packageFolder = PACKAGE_FOLDER, dataFolder = DATA_FOLDER } = {}) {
  const code = [...tree(packageFolder, isSource)].map(
    ([name, bytes]) => /** @type {const} */ ([`pysim/${name}`, bytes]),
  );
  const data = [...tree(dataFolder, (name) => isSource(name) && !UNSHIPPED.has(name))].map(
    ([name, bytes]) => /** @type {const} */ ([`pysim/data/${name}`, bytes]),
  );
  return new Map([
    ...code,
    ...data,
    ["pyproject.toml", new Uint8Array(readFileSync(PYPROJECT_FILE))],
    ["LICENSE", new Uint8Array(readFileSync(LICENSE_FILE))],
  ]);
}

/**
 * Puts the files into an interpreter's file system.
 * @param {import("./interpreter.mjs").Pyodide} pyodide
 * @param {Map<string, Uint8Array>} files
 * @param {string} folder
 */
export function place(pyodide, files, folder) {
  for (const [name, bytes] of files) {
    const path = `${folder}/${name}`;
    pyodide.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    pyodide.FS.writeFile(path, bytes);
  }
}

/** The package that is imported. */
export const IMPORTED = "pysim";

/** What the project is installed as. @param {Map<string, Uint8Array>} project */
export function distributionOf(project) {
  const source = new TextDecoder().decode(project.get("pyproject.toml"));
  const name = /^name = "(.+?)"/m.exec(source)?.[1];
  if (!name) throw new Error("pyproject.toml names no project");
  return name;
}

/** The name of the project's wheel. @param {Map<string, Uint8Array>} project @param {string} tag */
export const wheelFile = (project, tag) =>
  `${distributionOf(project).replaceAll("-", "_")}-${versionOf(project)}-${tag}.whl`;

/** @param {Map<string, Uint8Array>} project */
export function versionOf(project) {
  const source = new TextDecoder().decode(project.get("pysim/__init__.py"));
  const found = /^__version__ = "(.+)"$/m.exec(source);
  if (!found) throw new Error("pysim/__init__.py states no __version__");
  return found[1];
}
