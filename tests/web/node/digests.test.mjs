// The engine tells every case in the same bytes as CPython.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { bytesOf, parse } from "../../../web/build/content.mjs";
import { wholeInterpreter } from "../../../web/build/interpreter.mjs";
import { CHECKOUT } from "../../../web/build/paths.mjs";
import { builtEngine } from "./helpers/built.mjs";

const COMMITTED = join(CHECKOUT, "tests/golden/digests.json");
const MODULES = ["plans.py", "interrupted.py", "digests.py"];
const committed = existsSync(COMMITTED) ? parse(bytesOf(COMMITTED)) : {};

describe("digests under Pyodide", () => {
  /** @type {Map<string, () => string>} the cases by name */
  const digestOf = new Map();
  before(async () => {
    const { folder, manifest } = await builtEngine();
    const pyodide = await wholeInterpreter(folder, manifest);
    for (const name of MODULES) {
      pyodide.FS.writeFile(`/home/pyodide/${name}`, bytesOf(join(CHECKOUT, "tests", name)));
    }
    const python = pyodide.pyimport("digests");
    const cases = python.CASES;
    for (let index = 0; index < cases.length; index += 1) {
      const one = cases.get(index);
      digestOf.set(one.name, () => python.digest(one));
    }
  });

  for (const [name, digest] of Object.entries(committed)) {
    test(name, () => assert.equal(digestOf.get(name)?.(), digest));
  }
  test("are all committed", () => assert.deepEqual([...digestOf.keys()], Object.keys(committed)));
});
