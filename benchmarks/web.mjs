// What the page promises about speed, measured in Chromium: `make bench-web` (builds the site first), or some of it:
// `node benchmarks/web.mjs starting waiting`.
//
// Ratios, both sides in one run from one server, cold profiles, medians of several rounds; and what a viewer waits for, in
// milliseconds. Exit code 1 if a promise is broken. `PYSIM_BROWSER=firefox node benchmarks/web.mjs starting` tells the start in Firefox, of
// which nothing is promised.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { BROWSER, launch } from "../tests/web/browser/helpers/browsers.mjs";
import { bootEngine } from "../tests/web/browser/helpers/engine.mjs";
import { serve } from "../tests/web/browser/helpers/server.mjs";
import { brotli } from "../web/build/compress.mjs";
import { CHECKOUT, PYODIDE_FOLDER, SITE_FOLDER } from "../web/build/paths.mjs";
import { program } from "../web/build/script.mjs";
import { NUMPY, vendored } from "../web/build/vendored.mjs";
import { weighed } from "./weight.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 7);
/** The default show's run is in the memory that Python starts from. */
const OTHER_PRESET = "llama3-8b";
const SHOWN_SECONDS = Number(process.env.SECONDS_SHOWN ?? 60);
const SETTLING_SECONDS = 30;
/** A browser that was just started is busy with pages of its own, which no visitor's is. */
const LAUNCHING_SECONDS = Number(process.env.LAUNCHING ?? 2.5);
const BYTES_PER_MEGABYTE = 1e6;
const PART_CHARACTERS = 50;

/** As every host of files has them: a browser keeps nothing for a second visit of what has no date. */
const HEADERS = { "access-control-allow-origin": "*", "last-modified": new Date(0).toUTCString() };

/** @typedef {{name: string, value: number, unit: string, limit?: number, atLeast?: boolean}} Row without a limit it is only told */

/** The stock Pyodide page: npm's files, the same NumPy wheel, one line printed from NumPy. */
const STOCK_PAGE = `<!doctype html><meta charset="utf-8"><title>stock</title><pre id="out"></pre>
<script type="module">
import { loadPyodide } from "./pyodide/pyodide.mjs";
const pyodide = await loadPyodide({ indexURL: new URL("./pyodide/", location.href).href, packages: ["numpy"] });
document.getElementById("out").textContent = pyodide.runPython("import numpy; str(numpy.arange(3))");
document.documentElement.dataset.ready = "";
</script>`;

/** The bare terminal page: xterm.js and one line. */
const BARE_PAGE = `<!doctype html><meta charset="utf-8"><title>bare</title><link rel="stylesheet" href="./xterm.css"><div id="t"></div>
<script type="module">
import { Terminal } from "./xterm.mjs";
const terminal = new Terminal();
terminal.open(document.getElementById("t"));
terminal.write("one line");
</script>`;

/**
 * Notes when the first text is on the page, when it is in the terminal, and when the engine or the stock page is ready: the
 * engine once it has opened the run and made its first frame, whether the recording still plays or not.
 */
function watch() {
  const times = /** @type {Record<string, number>} */ ({});
  Object.assign(window, { times });
  window.Worker = class extends Worker {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      this.addEventListener("message", ({ data }) => {
        if (data.type === "advanced") times.ready ??= performance.now();
      });
    }
  };
  const look = () => {
    const [early, terminal] = [".first-frame", ".xterm-rows"].map((name) =>
      document.querySelector(name)?.textContent?.trim(),
    );
    if (early || terminal) times.text ??= performance.now();
    if (terminal) times.terminal ??= performance.now();
    const { ready } = document.documentElement?.dataset ?? {}; // a new document is empty at first
    if (ready !== undefined) times.ready ??= performance.now();
    requestAnimationFrame(look);
  };
  look();
}

/** @param {Row} row */
const kept = ({ value, limit, atLeast }) => !isPromised(limit) || (atLeast ? value >= limit : value <= limit);

/** @param {number | undefined} limit @returns {limit is number} */
const isPromised = (limit) => limit !== undefined && BROWSER === "chrome";

const wait = (/** @type {number} */ seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Folders of the other sides, served beside the site. */
function competitors() {
  const folder = mkdtempSync(join(tmpdir(), "pysim-bench-"));
  cpSync(SITE_FOLDER, join(folder, "site"), { recursive: true });
  cpSync(PYODIDE_FOLDER, join(folder, "stock/pyodide"), { recursive: true });
  const lock = JSON.parse(readFileSync(join(PYODIDE_FOLDER, "pyodide-lock.json"), "utf8"));
  Object.assign(lock.packages.numpy, { file_name: NUMPY.file, sha256: NUMPY.sha256, depends: [] });
  writeFileSync(join(folder, "stock/pyodide/pyodide-lock.json"), JSON.stringify(lock));
  writeFileSync(join(folder, "stock/pyodide", NUMPY.file), vendored(NUMPY));
  writeFileSync(join(folder, "stock/index.html"), STOCK_PAGE);
  const xterm = join(CHECKOUT, "node_modules/@xterm/xterm");
  cpSync(join(xterm, "lib/xterm.mjs"), join(folder, "bare/xterm.mjs"));
  cpSync(join(xterm, "css/xterm.css"), join(folder, "bare/xterm.css"));
  writeFileSync(join(folder, "bare/index.html"), BARE_PAGE);
  mkdirSync(join(folder, "article"));
  writeFileSync(join(folder, "article/index.html"), ARTICLE);
  mkdirSync(join(folder, "empty"));
  writeFileSync(join(folder, "empty/index.html"), "<!doctype html><title>empty</title>");
  return folder;
}

/** @typedef {"text" | "terminal" | "ready"} Moment */

/**
 * One visit; the times that `watch` noted.
 * @param {import("puppeteer-core").Browser} browser @param {string} url @param {Moment} until
 * @returns {Promise<Record<Moment, number>>}
 */
async function visit(browser, url, until) {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(watch);
  await page.goto(url);
  await page.waitForFunction(
    (name) => /** @type {any} */ (window).times?.[name] !== undefined,
    { timeout: 120_000 },
    until,
  );
  const times = await page.evaluate(() => /** @type {any} */ (window).times);
  await page.close();
  return times;
}

/** First and second visit with a fresh profile. @param {string} url @param {Moment} until */
async function visits(url, until, again = false) {
  const browser = await launch(BROWSER);
  await wait(LAUNCHING_SECONDS);
  const first = await visit(browser, url, until);
  if (again) await wait(3); // the service worker fills its cache
  const second = again ? await visit(browser, url, until) : first;
  await browser.close();
  return { first, second };
}

/** @param {string} base @returns {Promise<Row[]>} */
async function starting(base) {
  /** @type {Record<"text" | "terminal" | "bare" | "engine" | "again" | "other" | "stock", number[]>} */
  const rounds = { text: [], terminal: [], bare: [], engine: [], again: [], other: [], stock: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const early = await visits(`${base}site/`, "terminal");
    rounds.text.push(early.first.text);
    rounds.terminal.push(early.first.terminal);
    rounds.bare.push((await visits(`${base}bare/`, "text")).first.text);
    const engine = await visits(`${base}site/`, "ready", true);
    rounds.engine.push(engine.first.ready);
    rounds.again.push(engine.second.ready);
    rounds.other.push((await visits(`${base}site/?preset=${OTHER_PRESET}`, "ready")).first.ready);
    rounds.stock.push((await visits(`${base}stock/`, "ready")).first.ready);
  }
  const [bare, stock] = [median(rounds.bare), median(rounds.stock)];
  return [
    { name: "first text / bare xterm.js page", value: median(rounds.text) / bare, unit: "x", limit: 1.1 },
    { name: "first text in the terminal / the same", value: median(rounds.terminal) / bare, unit: "x", limit: 1.6 },
    { name: "engine ready / stock Pyodide and NumPy", value: median(rounds.engine) / stock, unit: "x", limit: 0.28 },
    { name: "engine ready, another preset's run / the same", value: median(rounds.other) / stock, unit: "x" },
    { name: "engine ready, second visit / the same", value: median(rounds.again) / stock, unit: "x", limit: 0.2 },
  ];
}

/** Bytes asked for until the engine is ready, by part and against those of the stock page. @param {string} folder @param {import("../tests/web/browser/helpers/server.mjs").Server} server @returns {Promise<Row[]>} */
async function transfer(folder, server) {
  const askedBy = async (/** @type {string} */ page) => {
    const before = server.requests.length;
    await visits(`${server.url}${page}`, "ready");
    const paths = [...new Set(server.requests.slice(before))].filter((path) => !path.endsWith("favicon.ico"));
    return paths.map((path) => (path.endsWith("/") ? `${path}index.html` : path).replace(`/${page}`, ""));
  };
  const sizeOf = async (/** @type {string} */ file) => (await brotli(readFileSync(join(folder, file)))).length;
  const parts = await weighed(await askedBy("site/"));
  const ours = parts.reduce((sum, { brotli }) => sum + brotli, 0);
  const stock = await Promise.all((await askedBy("stock/")).map((path) => sizeOf(`stock/${path}`)));
  return [
    ...parts.map(({ part, brotli }) => ({ name: part.slice(0, PART_CHARACTERS), value: brotli / 1000, unit: "kB" })),
    {
      name: "bytes until the engine is ready, brotli / stock",
      value: ours / stock.reduce((sum, size) => sum + size, 0),
      unit: "x",
      limit: 0.5,
    },
  ];
}

/** Counts the text between the engine and the terminal, as the page acknowledges it. */
function countPending() {
  const pending = Object.assign(window, { pending: { now: 0, most: 0 } }).pending;
  window.Worker = class extends Worker {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      this.addEventListener("message", ({ data }) => {
        if (data.type === "text") pending.now += data.text.length;
        pending.most = Math.max(pending.most, pending.now);
      });
    }

    /** @param {any} message @param {any} [transfer] */
    postMessage(message, transfer) {
      if (message.type === "written") pending.now -= message.characters;
      super.postMessage(message, transfer);
    }
  };
}

/** Used memory of the page and of its worker in MB, Python's included, after a collection. @param {import("puppeteer-core").Page} page */
async function megabytesUsed(page) {
  const clients = [page.createCDPSession(), ...page.workers().map(async ({ client }) => client)];
  const sizes = clients.map(async (found) => {
    const client = await found;
    await client.send("HeapProfiler.collectGarbage");
    const { usedSize, backingStorageSize = 0 } = await client.send("Runtime.getHeapUsage");
    return usedSize + backingStorageSize;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / BYTES_PER_MEGABYTE;
}

/** Playing at 100x for a while: how busy the main thread is, and what piles up. @param {string} base @returns {Promise<Row[]>} */
async function playing(base) {
  const browser = await launch();
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(watch);
  await page.evaluateOnNewDocument(countPending);
  await page.goto(`${base}site/?speed-factor=100`);
  await page.waitForSelector('html[data-mode="engine"]', { timeout: 120_000 });
  await wait(SETTLING_SECONDS); // the scrollback fills
  await page.evaluate(() => {
    const tasks = /** @type {number[]} */ (Object.assign(window, { tasks: [] }).tasks);
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: "longtask",
    });
  });
  const memory = await megabytesUsed(page);
  const start = await page.metrics();
  await wait(SHOWN_SECONDS);
  const end = await page.metrics();
  const grown = (await megabytesUsed(page)) - memory;
  const { tasks, pending } = await page.evaluate(() => {
    const { tasks, pending } = /** @type {any} */ (window);
    return { tasks, pending };
  });
  await browser.close();
  const seconds = (end.Timestamp ?? 0) - (start.Timestamp ?? 0);
  const busy = ((end.TaskDuration ?? 0) - (start.TaskDuration ?? 0)) / seconds;
  return [
    { name: "main thread busy at 100x", value: busy, unit: "", limit: 0.5 },
    { name: "longest task at 100x", value: Math.max(0, ...tasks), unit: "ms", limit: 100 },
    { name: "most text under way at 100x", value: pending.most / 1000, unit: "kB", limit: 100 },
    { name: `memory grown in ${SHOWN_SECONDS} s at 100x`, value: grown, unit: "MB", limit: 5 },
  ];
}

const DASHBOARDS = 3;

/** An article with some dashboards in frames of its own origin, so that all of them are on one thread. */
const ARTICLE = `<!doctype html><meta charset="utf-8"><title>article</title><script src="../site/embed.js"></script>
${'<pysim-run view="dashboard" preset="llama3-8b" from="30%" loading="eager" width="800" height="450"></pysim-run>'.repeat(DASHBOARDS)}`;

/** How busy the one main thread of a page with dashboards is. @param {string} base @returns {Promise<Row>} */
async function embedding(base) {
  const browser = await launch();
  const page = await browser.newPage();
  await page.setViewport({ width: 900, height: 1500 });
  await page.goto(`${base}article/`);
  const frames = () => page.frames().filter((frame) => frame.url().includes("embed.html"));
  while (frames().length < DASHBOARDS) await wait(0.1);
  for (const frame of frames()) await frame.waitForSelector('html[data-mode="engine"]', { timeout: 240_000 });
  await wait(SETTLING_SECONDS / 3);
  const start = await page.metrics();
  await wait(SHOWN_SECONDS);
  const end = await page.metrics();
  await browser.close();
  const seconds = (end.Timestamp ?? 0) - (start.Timestamp ?? 0);
  const busy = ((end.TaskDuration ?? 0) - (start.TaskDuration ?? 0)) / seconds;
  return { name: `main thread busy with ${DASHBOARDS} dashboards in frames`, value: busy, unit: "", limit: 0.5 };
}

/** In the first a browser still compiles. */
const ROUNDS_OF_LINES = 5;
const WAITS = join(CHECKOUT, "benchmarks/waits.py");

/**
 * What `waits.py` says of the page's Python, in a page of its own.
 * @param {import("puppeteer-core").Page} page with a booted engine
 * @param {string} name of its function
 * @returns {Promise<any>}
 */
const inPage = (page, name) =>
  page.evaluate((name) => {
    const made = /** @type {any} */ (window).booted.pyimport("waits")[name]();
    return made.toJs?.() ?? made;
  }, name);

/** The same of Python here. @param {string} name */
const natively = (name) =>
  Number(
    execFileSync(join(CHECKOUT, ".venv/bin/python"), ["-c", `import waits; print(waits.${name}())`], {
      env: { ...process.env, PYTHONPATH: [CHECKOUT, join(CHECKOUT, "benchmarks")].join(delimiter) },
    }),
  );

/** What the engine takes for what a viewer waits for: the page's Python alone, no drawing. @param {string} base @returns {Promise<Row[]>} */
async function waiting(base) {
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(`${base}empty/`);
  await bootEngine(page, `${base}site/`);
  await page.evaluate(
    (source) => /** @type {any} */ (window).booted.FS.writeFile("/home/pyodide/waits.py", source),
    readFileSync(WAITS, "utf8"),
  );
  const ratios = [];
  for (let round = 0; round < ROUNDS_OF_LINES; round += 1)
    ratios.push((await inPage(page, "lines_per_second")) / natively("lines_per_second"));
  const [first, later] = await inPage(page, "explaining");
  const rows = [
    { name: "lines per second, WASM / CPython", value: median(ratios), unit: "x", limit: 0.57, atLeast: true },
    {
      name: "any place of a run with 20,000 incidents, WASM",
      value: await inPage(page, "seeking"),
      unit: "ms",
      limit: 300,
    },
    { name: "explain a line for the first time, WASM", value: first, unit: "ms", limit: 150 },
    { name: "explain a line, WASM", value: later, unit: "ms", limit: 150 },
    { name: "decide something in a night, WASM", value: await inPage(page, "deciding"), unit: "ms", limit: 300 },
    { name: "open a comparison / open its run, WASM", value: await inPage(page, "comparing"), unit: "x", limit: 2 },
  ];
  await browser.close();
  return rows;
}

/** @param {Row} row */
function tell(row) {
  const { name, value, unit, limit, atLeast } = row;
  const verdict = !isPromised(limit) ? "" : `${atLeast ? ">=" : "<="} ${limit} ${kept(row) ? "ok" : "BROKEN"}`;
  console.log(`${name.padEnd(50)} ${value.toFixed(3).padStart(8)} ${unit.padEnd(2)} ${verdict}`);
}

/** By the words that ask for some of them alone. @type {Record<string, (folder: string, server: import("../tests/web/browser/helpers/server.mjs").Server) => Promise<Row | Row[]>>} */
const MEASURES = {
  starting: (_, { url }) => starting(url),
  transfer,
  playing: (_, { url }) => playing(url),
  embedding: (_, { url }) => embedding(url),
  waiting: (_, { url }) => waiting(url),
};

await program(import.meta, async () => {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !(name in MEASURES));
  if (unknown !== undefined)
    throw new Error(`${unknown} is not measured; there is ${Object.keys(MEASURES).join(", ")}`);
  const folder = competitors();
  const server = await serve(folder, { headers: HEADERS });
  const rows = [];
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const measured = [await measure(folder, server)].flat();
    measured.forEach(tell); // as it comes: what breaks later takes nothing back
    rows.push(...measured);
  }
  await server.stop();
  rmSync(folder, { recursive: true });
  process.exitCode = rows.every(kept) ? 0 : 1;
});
