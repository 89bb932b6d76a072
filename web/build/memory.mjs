// A stage (stages.mjs): pysim is in the memory that Python starts from, imported, with its tables read. The page then installs
// no wheel and fetches no lock file.
//
// Memory holds no files, so all that the wheel has is imported and read: what a start can do without belongs into the second
// archive (later.mjs), and a table that nobody keeps fails the build (warming.py). The wheel and its lock file stay in the
// site for those who install it themselves.

import { projectArchive, unpacked } from "./packages.mjs";
import { IMPORTED } from "./project.mjs";

const TABLE = new RegExp(`^${IMPORTED}/data/([^/]+\\.json)$`);
const MODULE = new RegExp(`^(${IMPORTED}(?:/[^/]+)*?)(?:/__init__)?\\.pyc$`);

/**
 * @param {import("./stages.mjs").Parts} parts
 * @param {import("./stages.mjs").Sources} sources
 * @returns {Promise<import("./stages.mjs").Parts>}
 */
export async function inMemory(parts, { project, recorded }) {
  const contents = { project, modules: recorded, later: parts.later };
  const files = await unpacked(await projectArchive("wheel", contents, { deflate: false }));
  return { ...parts, ...withFiles(parts, files), hasProject: true };
}

/**
 * What is there, imported and read besides, given the files of an installed wheel.
 * @param {Pick<import("./stages.mjs").Parts, "packages" | "modules" | "tables">} parts
 * @param {Map<string, Uint8Array>} files
 */
export function withFiles({ packages, modules, tables }, files) {
  const own = [...files].filter(([name]) => name.startsWith(`${IMPORTED}/`));
  const matches = (/** @type {RegExp} */ pattern) => own.flatMap(([name]) => pattern.exec(name)?.[1] ?? []).sort();
  return {
    packages: new Map([...packages, ...own]),
    modules: [...modules, ...matches(MODULE).map((path) => path.replaceAll("/", "."))],
    tables: [...tables, ...matches(TABLE)],
  };
}
