// The run on show in the words of other programs: asked for by the address, by a key, and refused with a note.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { downloadedText, engineReady, keepDownloads, place, textIn, textOf, until } from "./helpers/pages.mjs";
import { visiting } from "./helpers/visiting.mjs";

const TOP = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const VENV = join(TOP, ".venv/bin/python");
const PYTHON = existsSync(VENV) ? VENV : "python3";

/** What a file has of the same run. @param {string} view */
function written(view) {
  const words = `-m pysim --preset gpt2-124m --view ${view} --from step:400 --until step:5000 --instant`.split(" ");
  const done = spawnSync(PYTHON, words, { cwd: TOP, encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

describe("other programs' words", () => {
  const { visit } = visiting();

  it("are there when the address asks for them, and the key goes on to the next", () =>
    visit("?preset=gpt2-124m&view=megatron&from=step:400&autoplay", async (page) => {
      await engineReady(page);
      await until(async () => /iteration +\d+\/ +\d+ \|/.test(await textOf(page)), "Megatron-LM's words");
      await page.keyboard.press("v");
      await until(
        async () => (await textIn(page, "body")) !== "" && !/consumed samples/.test(await textOf(page)),
        "others",
      );
    }));

  it("are refused with a note where they cannot tell the run, and the view stays", () =>
    visit("?preset=gemma-7b&view=megatron", async (page) => {
      await engineReady(page);
      await until(async () => /cannot tell this run/.test(await textIn(page, "#notes")), "a note");
    }));

  for (const view of ["megatron", "nanogpt"])
    it(`are downloaded as a file has them: ${view}`, () =>
      visit(
        `?preset=gpt2-124m&view=${view}&from=step:400&autoplay&speed-factor=20`,
        async (page) => {
          await engineReady(page);
          await page.setViewport({ width: 500, height: 600 }); // too narrow for its lines
          const wanted = view === "megatron" ? /iteration +500\// : /iter 500:/;
          await until(async () => wanted.test(await textOf(page)) || (await place(page)) > 400, "some lines");
          await page.keyboard.press(" ");
          const text = await downloadedText(page);
          assert.ok(text.split("\n").length > 2, text);
          assert.equal(text, written(view).slice(0, text.length));
          assert.ok(text.endsWith("\n"));
        },
        { before: keepDownloads },
      ));
});
