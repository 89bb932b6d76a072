// Writes licenses.txt into the site: whose work the page carries, and under which terms.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { write } from "./content.mjs";
import { readManifest } from "./engine.mjs";
import { stockInterpreter } from "./interpreter.mjs";
import { CHECKOUT, LICENSE_FILE, SITE_FOLDER } from "./paths.mjs";
import { program } from "./script.mjs";
import { NUMPY, vendored } from "./vendored.mjs";

const MODULES = join(CHECKOUT, "node_modules");
/** npm packages whose code is in the page's scripts, or in the service worker. */
const BUNDLED = [
  "@xterm/xterm",
  "@xterm/addon-webgl",
  "workbox-core",
  "workbox-precaching",
  "workbox-routing",
  "workbox-strategies",
];
/** Their packages carry no text of a licence. @param {string[]} changes to Pyodide's files */
const stated = (
  changes,
) => `Pyodide (pyodide.mjs, pyodide.asm.mjs, pyodide.asm.wasm, and the packages pyodide and _pyodide as bytecode)
Mozilla Public License 2.0, mozilla.org/MPL/2.0; source: github.com/pyodide/pyodide
${changes.length === 0 ? "Its files are unmodified." : `Its files are modified by this site's build, as its source (web/build) states in full:\n${changes.join("\n")}`}

CPython and its standard library (in pyodide.asm.wasm, as bytecode in library-*.zip, imported in snapshot-*.bin)
Python Software Foundation License 2, docs.python.org/3/license.html; source: github.com/python/cpython
Copyright (c) 2001 Python Software Foundation; All Rights Reserved`;

/** @param {string} name */
function bundled(name) {
  const folder = join(MODULES, name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file`);
  return `${name} ${version}, ${license}\n\n${readFileSync(join(folder, file), "utf8").trim()}`;
}

/** The texts inside the NumPy wheel. */
async function numpy() {
  const pyodide = await stockInterpreter();
  pyodide.unpackArchive(vendored(NUMPY), "wheel", { extractDir: "/numpy" });
  const texts = pyodide.runPython(`
    from pathlib import Path
    found = sorted(Path("/numpy").glob("*.dist-info/licenses/**/*"))
    "\\n\\n".join(f"{path.relative_to('/numpy')}\\n\\n{path.read_text().strip()}" for path in found if path.is_file())
  `);
  return `NumPy, parts of ${NUMPY.file}\n\n${texts}`;
}

/** @param {string[]} changes to Pyodide's files */
export async function writeLicenses(folder = SITE_FOLDER, changes = readManifest().changes) {
  const own = `pysim\n\n${readFileSync(LICENSE_FILE, "utf8").trim()}`;
  const parts = [own, stated(changes), ...BUNDLED.map(bundled), await numpy()];
  write(join(folder, "licenses.txt"), `${parts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`);
}

await program(import.meta, () => writeLicenses());
