// The files of the engine are what the manifest and the lock file say, and the same at every build.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { before, describe, test } from "node:test";
import { bytesOf, fileHash, integrity, parse, short } from "../../../web/build/content.mjs";
import { snapshotFile, wholeParts } from "../../../web/build/engine.mjs";
import { placeIn, stockInterpreter, takeBytes } from "../../../web/build/interpreter.mjs";
import { laterFiles } from "../../../web/build/later.mjs";
import { importPacking, numpySources, numpyWheel, recordedModules } from "../../../web/build/packages.mjs";
import { projectFiles } from "../../../web/build/project.mjs";
import { takenSnapshot } from "../../../web/build/snapshot.mjs";
import { STAGES, staged } from "../../../web/build/stages.mjs";
import { builtEngine } from "./helpers/built.mjs";

const CHECK_WHEEL = `
import base64, csv, hashlib, io, zipfile

def check(data):
    """What is wrong with a wheel: files that its RECORD does not know or states otherwise, and sources."""
    archive = zipfile.ZipFile(io.BytesIO(data.to_bytes()))
    record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
    stated = {name: digest for name, digest, _ in csv.reader(io.StringIO(archive.read(record).decode()))}
    wrong = [name for name in stated if name not in archive.namelist()]
    for name in archive.namelist():
        digest = base64.urlsafe_b64encode(hashlib.sha256(archive.read(name)).digest()).rstrip(b"=").decode()
        if name != record and stated.get(name) != f"sha256={digest}" or name.endswith(".py"):
            wrong.append(name)
        if name.endswith(".pyc") and archive.read(name)[4:8] != (1).to_bytes(4, "little"):
            wrong.append(f"{name} is checked against its source")
    return wrong

check
`;

/** The start, whatever the build remembers of one. @param {import("../../../web/build/stages.mjs").Parts} parts */
const takenAnew = async (parts) => ({ ...parts, snapshot: await takenSnapshot(parts) });

describe("what comes later", () => {
  const project = new Map(["pysim/a.py", "pysim/b/c.py", "pysim/data/d.toml"].map((name) => [name, new Uint8Array()]));

  test("are the files of the patterns, as the wheel names them; a pattern may match nothing", () => {
    assert.deepEqual(laterFiles(project, [/^pysim\/b\//, /\/d\.toml$/, /none such/]), [
      "pysim/b/c.py",
      "pysim/data/d.json",
    ]);
    assert.deepEqual(laterFiles(project, []), []);
  });
});

describe("the files of the engine", () => {
  /** @type {Awaited<ReturnType<typeof builtEngine>>} */
  let built;
  before(async () => {
    built = await builtEngine();
  });
  const read = (path) => bytesOf(placeIn(built.folder, path));
  const fileOf = (role) => [...built.manifest.files, ...built.manifest.apart].find((file) => file.role === role);

  test("have the stated sizes and hashes", () => {
    const { files, later, cold, apart } = built.manifest;
    for (const { path, bytes, integrity: stated } of [...files, later, ...(cold ? [cold] : []), ...apart]) {
      assert.equal(read(path).length, bytes, path);
      assert.equal(integrity(read(path)), stated, path);
    }
  });

  test("carry a hash in their names or folders", () => {
    const { files, later, cold, apart, options, posters, prologues, recorded } = built.manifest;
    const named = [
      ...files,
      later,
      ...(cold ? [cold] : []),
      ...apart,
      { path: options },
      { path: posters },
      ...prologues,
      ...recorded,
    ];
    for (const { path } of named) {
      assert.match(path, /^engine\/.*[0-9a-f]{12}/);
      assert.ok(existsSync(placeIn(built.folder, path)), path);
    }
  });

  test("are no wheel and no lock file where a start needs neither", () => {
    assert.deepEqual(new Set(built.manifest.apart.map(({ role }) => role)), new Set(["lock", "pysim"]));
    assert.deepEqual(built.manifest.packages, []);
  });

  test("are locked by hash for who installs them, relative to the site", () => {
    const { packages } = parse(read(built.manifest.lockFileURL));
    assert.deepEqual(Object.keys(packages), ["pysim-llm"]);
    assert.deepEqual(packages["pysim-llm"].depends, []); // NumPy is there from the start
    for (const { file_name, sha256 } of Object.values(packages)) {
      assert.match(file_name, /^[0-9a-f]{12}\/[^/:]+\.whl$/);
      assert.equal(file_name.split("/")[0], short(sha256));
      assert.equal(fileHash(read(`${built.manifest.packageBaseUrl}${file_name}`)), sha256);
    }
  });

  test("have a valid wheel of unchecked bytecode", async () => {
    const check = (await stockInterpreter()).runPython(CHECK_WHEEL);
    assert.deepEqual(check(read(fileOf("pysim").path)).toJs(), []);
  });

  test("come out the same when they are made anew", async () => {
    const pyodide = await stockInterpreter();
    const modules = await recordedModules(projectFiles());
    const numpy = pyodide.toPy(await numpySources()).tobytes();
    const again = importPacking(pyodide).compiled_wheel.callKwargs(numpy, modules.numpy, {
      deflate: false,
    });
    const wheel = takeBytes(again);
    assert.deepEqual(wheel, await numpyWheel(modules, { deflate: false }));
    const sources = { project: projectFiles(), recorded: modules };
    const stages = STAGES.map((stage) => (stage.needed ? { ...stage, apply: takenAnew } : stage));
    const parts = await staged(await wholeParts(sources), sources, stages);
    assert.equal(integrity(snapshotFile(parts.engine, parts.snapshot)), fileOf("snapshot").integrity);
  });
});
