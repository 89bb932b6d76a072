// The stages of the engine's build: each can be left out, the show stays the same, and no parts of two engines are ever mixed.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { bytesOf, write } from "../../../web/build/content.mjs";
import { bootFiles, optionsOf } from "../../../web/build/engine.mjs";
import { placeIn, siteInterpreter } from "../../../web/build/interpreter.mjs";
import { bound } from "../../../web/build/pruning/binding.mjs";
import { DEFAULT_ENGINE, ENGINES, HALVES, STAGES, staged } from "../../../web/build/stages.mjs";
import { NO_ENGINE } from "../../../web/src/engine/boot.mjs";
import { temporaryFolder } from "./helpers/built.mjs";

describe("stages", () => {
  test("are applied in their order, each to what the one before has made", async () => {
    const appending = (/** @type {string} */ name) => ({
      name,
      apply: async (/** @type {any} */ parts) => ({ modules: [...parts.modules, name] }),
    });
    const made = await staged(/** @type {any} */ ({ modules: [] }), /** @type {any} */ ({}), [
      appending("a"),
      appending("b"),
    ]);
    assert.deepEqual(made.modules, ["a", "b"]);
  });

  test("are all left out of the whole engine but for those without which there is none, and the last one of the small one", () => {
    assert.deepEqual(ENGINES.halves, [...STAGES, HALVES]);
    assert.deepEqual(ENGINES.small, STAGES);
    assert.ok(STAGES.length > ENGINES.whole.length && ENGINES.whole.every(({ needed }) => needed));
  });

  test("are chosen by name, and a name that means nothing is refused", () => {
    assert.equal(optionsOf([]).engine, DEFAULT_ENGINE);
    assert.equal(optionsOf(["--engine=small", "--engine=whole"]).engine, "whole");
    assert.throws(() => optionsOf(["--engine=hole"]), /no engine "hole", only whole, small,? and halves/);
  });
});

/** What is on the screen while a run plays, is looked at from elsewhere, and is disturbed. @param {any} pyodide */
function screens(pyodide) {
  const { open_show } = pyodide.pyimport("pysim.edge.browser");
  return ["?preset=classic&seed=3", "?preset=night-shift&from=40%", "?preset=none-such&seed=x"].map((query) => {
    const session = open_show(query, 120, 32);
    const frames = [session.frame(0), session.frame(2), session.command("seek-fraction", "0.6"), session.frame(1)];
    return [
      ...frames,
      session.command("inject", "gpu-off-bus,node=1"),
      session.frame(1),
      session.state(),
      session.problems,
    ];
  });
}

describe("the engine", () => {
  const made = async (/** @type {import("../../../web/build/stages.mjs").EngineName} */ engine) => {
    const folder = `${temporaryFolder()}/engine`;
    const { manifest, files } = await bootFiles({ engine });
    for (const { path, bytes } of files) write(placeIn(folder, path), bytes);
    return { folder, manifest };
  };
  /** @type {Awaited<ReturnType<typeof made>>} */
  let small;
  /** @type {Awaited<ReturnType<typeof made>>} */
  let whole;
  before(async () => {
    [small, whole] = [await made("small"), await made("whole")];
  });

  test("shows the same whole and small", async () => {
    const [one, other] = [small, whole].map(({ folder, manifest }) => siteInterpreter(folder, manifest));
    assert.deepEqual(screens(await one), screens(await other));
  });

  test("says in the small one of which engine its parts are, and changes nothing in the whole one", () => {
    assert.match(small.manifest.snapshot.engine, /^[0-9a-f]{64}$/);
    assert.notEqual(small.manifest.snapshot.engine, NO_ENGINE);
    assert.equal(whole.manifest.snapshot.engine, NO_ENGINE);
    assert.deepEqual(whole.manifest.changes, []);
    assert.ok(small.manifest.changes.some((text) => text.includes("pyodide.asm.wasm")));
  });

  const other = "1".repeat(64);
  const renamed = (/** @type {Uint8Array} */ bytes) =>
    Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll(small.manifest.snapshot.engine, other), "latin1");
  for (const part of ["pyodide.asm.mjs", "pyodide.asm.wasm", "snapshot"]) {
    test(`is refused where the host serves another ${part}`, async () => {
      const folder = `${temporaryFolder()}/engine`;
      for (const { path } of small.manifest.files) {
        const bytes = bytesOf(placeIn(small.folder, path));
        write(placeIn(folder, path), path.includes(part) ? renamed(bytes) : bytes);
      }
      await assert.rejects(
        siteInterpreter(folder, small.manifest),
        /parts of two versions of the engine; load the page anew/,
      );
    });
  }
});

test("a hash binds the interpreter and its script, and changes nothing else in them", async () => {
  const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  const files = bound("f00", { glue: new TextEncoder().encode("export default 1"), module: empty });
  const script = await import(`data:text/javascript,${encodeURIComponent(new TextDecoder().decode(files.glue))}`);
  assert.deepEqual([script.default, script.engine], [1, "f00"]);
  const sections = WebAssembly.Module.customSections(await WebAssembly.compile(files.module), "pysim-engine");
  assert.deepEqual(
    sections.map((content) => new TextDecoder().decode(content)),
    ["f00"],
  );
});
