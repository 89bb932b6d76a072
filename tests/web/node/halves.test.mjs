// The engine in halves shows and answers what the whole one does: without the cold half, with it on demand, with it before.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { write } from "../../../web/build/content.mjs";
import { madeBy } from "../../../web/build/engine.mjs";
import { halvesIn, placeIn, siteInterpreter } from "../../../web/build/interpreter.mjs";
import { sitePackages } from "../../../web/build/snapshot.mjs";
import { inTwo } from "../../../web/build/split/stage.mjs";
import { stagesFor } from "../../../web/build/stages.mjs";
import { builtEngine, temporaryFolder } from "./helpers/built.mjs";
import { answersOf } from "./helpers/expressions.mjs";

const PLAY = `
def _played():
    import json
    from pysim.edge.browser import open_show
    from pysim.pretraining.planning.presets import presets
    texts = []
    for query in ("", *(f"?preset={name}" for name in presets())):
        session = open_show(query, 100, 30, 0)
        texts += [session.frame(0), session.frame(1.5), session.state(), session.story(60)]
        texts += [session.command("seek-fraction", "0.5"), session.frame(0.5), session.state()]
    return json.dumps(texts)
_played()
`;

describe("an engine in halves", { skip: !process.env.PYSIM_HALVES }, () => {
  /** @type {Awaited<ReturnType<typeof builtEngine>>} */
  let built;
  /** @type {{played: string, answers: Record<string, string>}} */
  let whole;
  before(async () => {
    built = await builtEngine();
    const pyodide = await siteInterpreter(await wholeIn(built), built.manifest);
    whole = { played: pyodide.runPython(PLAY), answers: answersOf(pyodide) };
  });

  /** The same engine with its modules whole, in a folder of its own. @param {Awaited<ReturnType<typeof builtEngine>>} engine */
  async function wholeIn({ folder, manifest }) {
    const copy = join(temporaryFolder(), "engine");
    cpSync(folder, copy, { recursive: true });
    const { parts } = await madeBy(
      {},
      stagesFor(false).filter(({ apply }) => apply !== inTwo),
    );
    const put = (/** @type {string} */ path, /** @type {Uint8Array | undefined} */ bytes) => {
      assert.ok(bytes !== undefined, path);
      write(placeIn(copy, path), bytes);
    };
    put(`${manifest.indexURL}pyodide.asm.wasm`, parts.interpreter.get("pyodide.asm.wasm"));
    for (const { name, path } of manifest.snapshot.libraries)
      put(path, parts.packages.get(name.slice(sitePackages().length + 1)));
    return copy;
  }

  async function booted() {
    const { folder, manifest } = built;
    const halves = halvesIn(folder, manifest);
    const pyodide = await siteInterpreter(folder, manifest, halves.keep.bind(halves));
    return { halves, pyodide };
  }

  test("has a cold half", () => assert.ok((built.manifest.cold?.bytes ?? 0) > 1e6));

  test("plays every preset without the cold half", async () => {
    const { halves, pyodide } = await booted();
    assert.equal(pyodide.runPython(PLAY), whole.played);
    assert.equal(halves.asked, 0);
  });

  test("answers what nobody expected with the cold half on demand, once", async () => {
    const { halves, pyodide } = await booted();
    assert.deepEqual(answersOf(pyodide), whole.answers);
    assert.equal(halves.asked, 1);
    assert.equal(pyodide.runPython(PLAY), whole.played);
  });

  test("answers and plays the same with the cold half from the start", async () => {
    const { halves, pyodide } = await booted();
    await halves.load();
    assert.deepEqual(answersOf(pyodide), whole.answers);
    assert.equal(pyodide.runPython(PLAY), whole.played);
    assert.equal(halves.asked, 0);
  });

  test("fetches the cold half before an error of Python's is told", async () => {
    const { halves, pyodide } = await booted();
    assert.throws(() => pyodide.runPython("1/0"), /ZeroDivisionError: division by zero/);
    assert.ok(halves.isHere);
  });

  test("says why an answer is missing where the cold half cannot be had", async () => {
    const { folder, manifest } = built;
    const halves = halvesIn(folder, { ...manifest, cold: { path: "engine/none.bin", bytes: 1, lengths: [1] } });
    const pyodide = await siteInterpreter(folder, manifest, halves.keep.bind(halves));
    await assert.rejects(halves.load(), /none\.bin/);
    assert.equal(pyodide.runPython("1 + 1"), 2);
  });
});
