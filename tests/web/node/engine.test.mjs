// The engine boots from its own files alone and plays everything.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { bytesOf } from "../../../web/build/content.mjs";
import { importBuildModule, placeIn, siteInterpreter } from "../../../web/build/interpreter.mjs";
import { layOut } from "../../../web/src/engine/boot.mjs";
import { builtEngine, forbidNetwork } from "./helpers/built.mjs";

describe("the built engine", () => {
  let pyodide;
  let modules;
  let layOutLater;

  before(async () => {
    const { folder, manifest } = await builtEngine();
    forbidNetwork();
    pyodide = await siteInterpreter(folder, manifest);
    modules = () =>
      JSON.parse(
        pyodide.runPython(`
          import json, site
          from pathlib import Path
          top = Path(site.getsitepackages()[0])
          json.dumps([".".join(p.relative_to(top).with_suffix("").parts) for p in top.rglob("pysim/**/*.pyc")])
        `),
      );
    layOutLater = () => layOut(pyodide, manifest.later, async (path) => bytesOf(placeIn(folder, path)));
  });

  test("has NumPy and pysim imported, and nothing installed", () => {
    const isThere = (/** @type {string} */ name) => pyodide.runPython(`import sys; "${name}" in sys.modules`);
    assert.ok(isThere("numpy") && isThere("pysim.edge.browser") && isThere("pysim.views.dashboard"));
    assert.deepEqual(Object.keys(pyodide.loadedPackages), []);
  });

  test("shows text in its first frame", () => {
    const session = pyodide.pyimport("pysim.edge.browser").open_show("?preset=classic&seed=3", 80, 24);
    assert.match(session.frame(0.1), /\S/);
    assert.equal(session.problems, "[]");
  });

  test("says which option is wrong", () => {
    const session = pyodide.pyimport("pysim.edge.browser").open_show("?preset=none-such", 80, 24);
    assert.equal(JSON.parse(session.problems)[0].option, "preset");
  });

  test("lets something happen, and the link asks for the very same run", () => {
    const open = (query) => {
      const session = pyodide.pyimport("pysim.edge.browser").open_show(query, 80, 24);
      session.frame(0);
      return session;
    };
    const state = (session) => JSON.parse(session.state());
    const session = open("?preset=classic&seed=3&incidents=off");
    session.command("seek-fraction", "0.3");
    for (const words of ["straggler,rack=1", "gpu-off-bus,node=1"]) {
      session.command("inject", words);
      assert.equal(session.refusal, "");
    }
    const { query, total_seconds } = state(session);
    assert.deepEqual(
      new URLSearchParams(query).getAll("inject").map((text) => text.replace(/@.*?,/, "@,")),
      ["straggler@,rack=1", "gpu-off-bus@,node=1"],
    );
    assert.equal(state(open(query)).total_seconds, total_seconds);
    session.command("inject", "gpu-off-buss");
    assert.match(session.refusal, /did you mean 'gpu-off-bus'/);
    assert.equal(JSON.parse(session.possible("gpu-o"))[0].name, "gpu-off-bus");
    let news = [];
    for (let frame = 0; frame < 60 && news.length === 0; frame += 1) {
      session.frame(0.5);
      news = JSON.parse(session.news()).filter(({ kind }) => kind === "incident");
    }
    assert.deepEqual([news[0].kind, news[0].number], ["incident", 2]); // the straggler came first, and is found later
  });

  test("plays every preset with every command", () => {
    importBuildModule(pyodide, "recording").play_everything();
  });

  test("lacks what is for later until it is laid out, and says so in a way that the page knows", async () => {
    const browser = pyodide.pyimport("pysim.edge.browser");
    const first = modules();
    assert.ok(!first.includes("pysim.show.cast"));
    const session = browser.open_show("?preset=classic", 80, 24);
    assert.throws(
      () => session.asciicast(),
      ({ type }) => type === "ModuleNotFoundError",
    );
    await layOutLater();
    assert.deepEqual(new Set([...first, ...modules()]), new Set(modules()));
    importBuildModule(pyodide, "recording").save_everything();
  });

  test("draws the dashboard at every zoom, once the second archive is there", () => {
    const { open_show } = pyodide.pyimport("pysim.edge.browser");
    for (const preset of ["classic", "llama3-405b", "night-shift"]) {
      const session = open_show(`?preset=${preset}&view=dashboard&from=50%`, 160, 50);
      assert.match(session.frame(0), /goodput/);
      for (let zooms = 0; zooms < 3; zooms += 1) {
        assert.match(session.command("zoom", ""), / steps/);
        assert.equal(session.refusal, "");
      }
      assert.match(session.command("seek-fraction", "0.7"), /goodput/);
    }
  });

  test("explains every row of its screens, once the second archive is there", () => {
    const { open_show } = pyodide.pyimport("pysim.edge.browser");
    const titles = new Set();
    for (const [preset, place] of Object.entries({ classic: "0.4", "night-shift": "0.3", "llama3-405b": "0.00002" })) {
      for (const view of ["console", "dashboard"]) {
        const session = open_show(`?preset=${preset}&view=${view}`, 160, 50);
        session.frame(0);
        session.command("seek-fraction", place);
        for (let row = 0; row < 50; row += 1) {
          for (const column of [2, 60, 150]) titles.add(JSON.parse(session.explain(`row ${row} ${column}`))?.title);
        }
        assert.ok(JSON.parse(session.explain("at 0")).title);
      }
    }
    assert.ok(titles.size > 25, [...titles].join(", "));
  });

  test("imports every module that it carries", () => {
    const inMemory = pyodide
      .runPython("import sys; [name for name in sys.modules if name.startswith('pysim.')]")
      .toJs();
    assert.ok(modules().length > 20 && inMemory.length > 100);
    for (const name of modules()) {
      pyodide.runPython(`import importlib; importlib.import_module("${name.replace(/\.__init__$/, "")}")`);
    }
  });

  test("runs bytecode only", () => {
    const sources = pyodide.runPython(`
      import sys
      origins = {name: getattr(module.__spec__, "origin", "") or "" for name, module in sys.modules.items()}
      [name for name, origin in origins.items() if origin.endswith(".py") and name != "recording"]
    `);
    assert.deepEqual(sources.toJs(), []);
  });
});
