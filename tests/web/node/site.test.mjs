// What is made over the finished site: the service worker and the compressed files.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { compressSite } from "../../../web/build/compress.mjs";
import { write } from "../../../web/build/content.mjs";
import { buildServiceWorker } from "../../../web/build/service-worker.mjs";
import { temporaryFolder } from "./helpers/built.mjs";

const PAGE = `<!doctype html><title>a page</title>${"<p>text</p>".repeat(100)}`;

describe("over a finished site", () => {
  const folder = temporaryFolder();
  let worker = "";
  before(async () => {
    write(join(folder, "index.html"), PAGE);
    write(join(folder, "assets/main-1234abcd.js"), "export {};");
    write(join(folder, "engine/library-0123456789ab.zip"), "archive");
    write(join(folder, "engine/recorded/classic-80x24-0123456789ab.json"), "{}");
    await buildServiceWorker(folder);
    await compressSite(folder);
    worker = readFileSync(join(folder, "sw.js"), "utf8");
  });

  test("the worker keeps names with a hash as they are, and others by their content", () => {
    assert.match(worker, /\{url:"index\.html",revision:"[0-9a-f]{32}"\}/);
    assert.match(worker, /\{url:"assets\/main-1234abcd\.js",revision:null\}/);
    assert.match(worker, /\{url:"engine\/library-0123456789ab\.zip",revision:null\}/);
  });

  test("the worker keeps neither itself nor what plays without an engine", () => {
    assert.doesNotMatch(worker, /url:"(sw\.js|engine\/recorded)/);
  });

  test("the worker asks no other site and waits for the old pages", () => {
    assert.doesNotMatch(worker, /importScripts/);
    assert.match(worker, /"SKIP_WAITING"===\w+\.data\.type&&self\.skipWaiting/); // asked, never by itself
  });

  test("compressed files unpack to the file beside them, and are left out where they save nothing", () => {
    const path = join(folder, "index.html");
    assert.equal(brotliDecompressSync(readFileSync(`${path}.br`)).toString(), PAGE);
    assert.equal(gunzipSync(readFileSync(`${path}.gz`)).toString(), PAGE);
    assert.ok(!existsSync(join(folder, "engine/library-0123456789ab.zip.br")));
  });
});
