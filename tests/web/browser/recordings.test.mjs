// Recordings that `pysim export` makes, in asciinema's own player: it reads both versions, plays them to their ends, and knows the marks.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BROWSER, launch } from "./helpers/browsers.mjs";
import { serve } from "./helpers/server.mjs";

const TOP = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const VENV = join(TOP, ".venv/bin/python");
const PYTHON = existsSync(VENV) ? VENV : "python3";
const FORMATS = ["asciicast", "asciicast-v2"];
const SHOW =
  "--preset gpt2-124m --size 80x24 --tempo 30s --from step:150 --until step:1000 --inject gpu-off-bus@step:200,node=0";

/** @param {string} file */
const ofPlayer = (file) => fileURLToPath(import.meta.resolve(`asciinema-player/dist/bundle/${file}`));

/** @param {string} name */
const pageOf = (name) => `<!doctype html><link rel="stylesheet" href="asciinema-player.css"><div id="show"></div>
<script src="asciinema-player.min.js"></script>
<script>player = AsciinemaPlayer.create("${name}.cast", document.getElementById("show"), { preload: true, fit: false });</script>`;

describe("asciinema's player", () => {
  const folder = mkdtempSync(join(tmpdir(), "pysim-recordings-"));
  /** @type {import("./helpers/browsers.mjs").Browser} */
  let browser;
  /** @type {import("./helpers/server.mjs").Server} */
  let server;

  before(async () => {
    for (const name of FORMATS) {
      const words = ["-m", "pysim", "export", "--to", name, join(folder, `${name}.cast`), ...SHOW.split(" ")];
      const done = spawnSync(PYTHON, words, { cwd: TOP, encoding: "utf8" });
      assert.equal(done.status, 0, done.stderr);
    }
    for (const file of ["asciinema-player.min.js", "asciinema-player.css"])
      copyFileSync(ofPlayer(file), join(folder, file));
    server = await serve(folder);
    for (const name of FORMATS) server.pages.set(`/${name}.html`, pageOf(name));
    browser = await launch(BROWSER);
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const name of FORMATS)
    test(`plays ${name}`, async () => {
      const page = await browser.newPage();
      await page.goto(`${server.url}${name}.html`);
      const seconds = await page.evaluate("player.play().then(() => player.pause()).then(() => player.getDuration())");
      assert.ok(Number(seconds) > 1, `it takes ${seconds} s`);
      await page.evaluate(`player.seek(${Number(seconds) - 0.01})`);
      await page.waitForFunction("document.querySelector('.ap-term').innerText.includes('loss')");
      const marks = await page.evaluate("document.querySelectorAll('.ap-marker-container').length");
      assert.equal(marks, 1);
      const mark = await page.evaluate("document.querySelector('.ap-marker-container').textContent");
      assert.match(String(mark), /gpu-off-bus at /u);
      await page.close();
    });
});
