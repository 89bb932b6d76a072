// pysim in the memory that Python starts from: what is imported and read, and what fails the build.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { importBuildModule, stockInterpreter } from "../../../web/build/interpreter.mjs";
import { withFiles } from "../../../web/build/memory.mjs";
import { place } from "../../../web/build/project.mjs";

const bytes = (text = "") => new TextEncoder().encode(text);

test("all modules of the wheel are imported and all of its tables read, and its notes are left out", () => {
  const files = [
    "pysim/__init__.pyc",
    "pysim/a.pyc",
    "pysim/b/c.pyc",
    "pysim/data/d.json",
    "pysim_llm-1.dist-info/WHEEL",
  ];
  const parts = { packages: new Map([["numpy/__init__.pyc", bytes()]]), modules: ["numpy"], tables: [] };
  const { packages, modules, tables } = withFiles(parts, new Map(files.map((name) => [name, bytes()])));
  assert.deepEqual([...packages.keys()], ["numpy/__init__.pyc", ...files.slice(0, -1)]);
  assert.deepEqual(modules, ["numpy", "pysim", "pysim.a", "pysim.b.c"]);
  assert.deepEqual(tables, ["d.json"]);
});

const READER = `
from functools import cache
from pathlib import Path

def read(name):
    return Path(__file__).with_name(name).read_text()

@cache
def kept():
    return read("kept.json")

@cache
def later():
    return read("later.json")

@cache
def called(name):
    return read(name)
`;

describe("tables", () => {
  /** @type {any} */
  let warming;
  /** @type {import("../../../web/build/interpreter.mjs").Pyodide} */
  let pyodide;
  before(async () => {
    pyodide = await stockInterpreter();
    const files = {
      "pysim/__init__.py": "",
      "pysim/reader.py": READER,
      "pysim/kept.json": "{}",
      "pysim/other.json": "{}",
    };
    place(pyodide, new Map(Object.entries(files).map(([name, text]) => [name, bytes(text)])), "/home/pyodide");
    pyodide.runPython("import importlib; importlib.invalidate_caches(); import pysim.reader");
    warming = importBuildModule(pyodide, "warming");
  });

  test("are read by cached functions without arguments, and are no files afterwards", () => {
    warming.read_tables(pyodide.toPy(["kept.json"]));
    pyodide.FS.unlink("/home/pyodide/pysim/kept.json");
    assert.equal(pyodide.runPython("pysim.reader.kept()"), "{}");
  });

  test("that come later are asked for again then", () => {
    assert.throws(() => pyodide.runPython("pysim.reader.later()"), /FileNotFoundError/);
    pyodide.FS.writeFile("/home/pyodide/pysim/later.json", "[]");
    assert.equal(pyodide.runPython("pysim.reader.later()"), "[]");
  });

  test("fail the build where nobody keeps them", () => {
    const read = () => warming.read_tables(pyodide.toPy(["other.json"]));
    assert.throws(read, /other\.json: the page starts without these tables.*list them in later\.mjs/s);
  });
});
