// The memory that the page starts from: how changes are written and read, and what happens where they do not fit.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { bytesOf } from "../../../web/build/content.mjs";
import { importBuildModule, placeIn, siteInterpreter, stockInterpreter } from "../../../web/build/interpreter.mjs";
import { changesBetween, evaluatedBy } from "../../../web/build/snapshot.mjs";
import { apply } from "../../../web/src/engine/boot.mjs";
import { builtEngine } from "./helpers/built.mjs";

describe("changes of memory", () => {
  const memory = (/** @type {[number, number][]} */ ...cells) => {
    const bytes = new Uint8Array(1000).fill(7, 100, 900);
    for (const [place, value] of cells) bytes[place] = value;
    return bytes;
  };

  for (const [name, after] of Object.entries({
    nothing: memory(),
    "one byte": memory([500, 1]),
    "neighbouring blocks": memory([63, 1], [64, 2], [128, 3]),
    "the first and the last byte": memory([0, 1], [999, 2]),
    "a byte to nought": memory([100, 0]),
  })) {
    test(`bring one memory to the other: ${name}`, () => {
      const bytes = memory();
      apply(changesBetween(memory(), after), bytes);
      assert.deepEqual(bytes, after);
    });
  }

  test("leave everything else alone", () => {
    const bytes = memory([300, 99]);
    apply(changesBetween(memory(), memory([500, 1])), bytes);
    assert.equal(bytes[300], 99);
    assert.equal(bytes[500], 1);
  });
});

const IMPORTING_WHAT_IS_LEFT_OUT = `
import dis, gc, sys, types, warming
gc.unfreeze()

def imported(code):
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from imported(constant)

sorted({
    f"{function.__globals__['__name__']}.{function.__name__}"
    for function in gc.get_objects()
    if type(function) is types.FunctionType and function.__globals__["__name__"] not in ("warming", "dis", "__main__")
    for name in imported(function.__code__)
    if warming.is_listed(name) and name not in sys.modules
})
`;

describe("the snapshot", () => {
  let built;
  before(async () => {
    built = await builtEngine();
  });

  test("is refused where memory is laid out in another way", async () => {
    const snapshot = { ...built.manifest.snapshot, firstFree: built.manifest.snapshot.firstFree + 16 };
    await assert.rejects(siteInterpreter(built.folder, { ...built.manifest, snapshot }), /laid out in another way/);
  });

  test("names what was left out where it is asked for after all", async () => {
    const pyodide = await siteInterpreter(built.folder, built.manifest);
    assert.throws(
      () => pyodide.runPython("import numpy; numpy.linalg.inv([[1.0]])"),
      /No module named 'numpy\.linalg'/,
    );
    assert.throws(() => pyodide.runPython("import asyncio"), /No module named 'asyncio'/);
    assert.throws(() => pyodide.runPython("import numpy; numpy.percentile([1.0], 5)"), /no attribute 'percentile'/);
    assert.throws(() => pyodide.runPython("import zipfile; zipfile.ZipFile.write(None)"), /NotImplementedError/);
    assert.equal(pyodide.runPython("import numpy; str(numpy.interp(0.5, [0, 1], [2, 4]))"), "3.0");
  });

  test("keeps no function that imports what is left out, but some that never come to it", async () => {
    const pyodide = await siteInterpreter(built.folder, built.manifest);
    const stock = await stockInterpreter();
    pyodide.FS.writeFile("/home/pyodide/dis.py", stock.runPython("import dis, inspect; inspect.getsource(dis)"));
    importBuildModule(pyodide, "warming");
    assert.deepEqual(pyodide.runPython(IMPORTING_WHAT_IS_LEFT_OUT).toJs(), [
      "numpy.__getattr__",
      "numpy._core._methods._count_reduce_items",
      "os.popen",
      "site.addpackage",
    ]);
  });

  test("has compiled what Pyodide evaluates at its start, and evaluates all else as ever", async () => {
    const pyodide = await siteInterpreter(built.folder, built.manifest);
    const script = bytesOf(placeIn(built.folder, `${built.manifest.indexURL}pyodide.asm.mjs`));
    const sources = evaluatedBy(new Map([["pyodide.asm.mjs", script]]));
    assert.ok(sources.includes("import importlib; importlib"));
    const compiled = pyodide.runPython(
      "import _pyodide._base; dict(zip(_pyodide._base.eval_code.__code__.co_freevars, _pyodide._base.eval_code.__closure__))['compiled'].cell_contents",
    );
    assert.deepEqual([...compiled.keys()].sort(), sources);
    assert.equal(pyodide.runPython("x = 3; x + 1"), 4);
    assert.equal(pyodide._api.rawRun("x = 5")[0], 0);
    assert.equal(pyodide.runPython("x"), 5);
  });

  test("has the run of the show that is opened where nothing is asked for", async () => {
    const pyodide = await siteInterpreter(built.folder, built.manifest);
    const known = () =>
      pyodide.runPython("import pysim.pretraining.story as story; [*story._undisturbed.cache_info()]").toJs();
    const [, computed, , kept] = known();
    assert.equal(kept, 1);
    pyodide.pyimport("pysim.edge.browser").open_show("", 100, 30, 1_790_000_000).frame(1);
    assert.equal(known()[1], computed, "it is computed again");
    pyodide.pyimport("pysim.edge.browser").open_show("?seed=4", 100, 30, 0).frame(1);
    assert.equal(known()[1], computed + 1);
  });
});
