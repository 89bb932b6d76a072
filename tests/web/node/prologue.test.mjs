// What is recorded is what the engine shows, frame by frame, so that the engine can take over at any of them.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { bytesOf, parse } from "../../../web/build/content.mjs";
import { placeIn, siteInterpreter } from "../../../web/build/interpreter.mjs";
import { builtEngine } from "./helpers/built.mjs";

const LARGEST_PROLOGUE_BYTES = 24_000; // as a host sends it, in gzip
const SECONDS = 20;
const FRAMES_PER_SECOND = 10;

describe("the prologues", () => {
  let folder;
  let manifest;
  let browser;
  before(async () => {
    ({ folder, manifest } = await builtEngine());
    browser = (await siteInterpreter(folder, manifest)).pyimport("pysim.edge.browser");
  });
  const read = ({ path }) => parse(bytesOf(placeIn(folder, path)));

  test("are there for the default show and every preset, in every size", () => {
    const presets = new Set(manifest.prologues.map(({ preset }) => preset));
    const sizes = new Set(manifest.prologues.map(({ columns, rows }) => `${columns}x${rows}`));
    assert.ok(presets.has("") && presets.has("classic"));
    assert.equal(manifest.prologues.length, presets.size * sizes.size);
  });

  test("are small", () => {
    for (const entry of manifest.prologues) {
      assert.ok(gzipSync(bytesOf(placeIn(folder, entry.path))).length < LARGEST_PROLOGUE_BYTES, entry.path);
    }
  });

  test("are the text that the engine shows at the same times", () => {
    for (const entry of manifest.prologues.filter(({ preset }) => ["", "classic"].includes(preset))) {
      const session = browser.open_show(entry.preset ? `?preset=${entry.preset}` : "", entry.columns, entry.rows);
      const { frames } = read(entry);
      const recorded = new Map();
      for (const [time, text] of frames) recorded.set(time, (recorded.get(time) ?? "") + text);
      for (let index = 0; index <= SECONDS * FRAMES_PER_SECOND; index += 1) {
        const text = session.frame(index === 0 ? 0 : 1 / FRAMES_PER_SECOND);
        assert.equal(text, recorded.get(index / FRAMES_PER_SECOND) ?? "", `${entry.path} at ${index}`);
      }
      session.destroy();
    }
  });

  test("have a longer one for browsers without WebAssembly", () => {
    for (const entry of manifest.recorded) assert.ok(read(entry).frames.at(-1)[0] > 100, entry.path);
    assert.ok(manifest.recorded.length > 0);
  });
});
