// The site's lock file: the wheels are installed with micropip, and what is installed is frozen.

import { fileHash, short } from "./content.mjs";
import { stockInterpreter } from "./interpreter.mjs";
import { MICROPIP, vendored } from "./vendored.mjs";

/** @typedef {{file: string, bytes: Uint8Array, imports: string}} Wheel the file's name, and what is imported from it */

const FREEZE = `
import micropip

async def freeze(wheels):
    for wheel in wheels:
        await micropip.install(f"emfs:/wheels/{wheel}")
    return micropip.freeze()

freeze
`;

/** Where a wheel lies below the packages' folder: under its hash, since its own name may not change. @param {Wheel} wheel */
export const placeOf = ({ file, bytes }) => `${short(fileHash(bytes))}/${file}`;

/**
 * @param {Wheel[]} wheels in the order of their needs
 * @returns {Promise<{info: object, packages: Record<string, any>}>}
 */
export async function frozenLock(wheels) {
  const pyodide = await stockInterpreter();
  pyodide.unpackArchive(vendored(MICROPIP), "wheel");
  pyodide.FS.mkdir("/wheels");
  for (const { file, bytes } of wheels) pyodide.FS.writeFile(`/wheels/${file}`, bytes);
  const lock = JSON.parse(await pyodide.runPython(FREEZE)(wheels.map(({ file }) => file)));
  return { ...lock, packages: Object.fromEntries(wheels.map((wheel) => entry(lock.packages, wheel))) };
}

/**
 * The frozen entry, relative to the packages' folder of the site instead of to the file system that micropip saw.
 * @param {Record<string, any>} packages
 * @param {Wheel} wheel
 */
function entry(packages, wheel) {
  const found = Object.entries(packages).find(([, frozen]) => frozen.file_name.endsWith(`/${wheel.file}`));
  if (!found) throw new Error(`micropip froze no package for ${wheel.file}`);
  const [name, frozen] = found;
  if (frozen.sha256 !== fileHash(wheel.bytes)) throw new Error(`micropip froze another hash for ${wheel.file}`);
  return [name, { ...frozen, file_name: placeOf(wheel), imports: [wheel.imports], package_type: "package" }];
}
