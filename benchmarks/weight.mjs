// What a visit loads, by part, as hosts send it in brotli:  node benchmarks/weight.mjs [FILE]
//
// Of the built site; the table of docs/weight.md is written into FILE if one is named (make weight).

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotli } from "../web/build/compress.mjs";
import { readManifest } from "../web/build/engine.mjs";
import { SITE_FOLDER } from "../web/build/paths.mjs";
import { program } from "../web/build/script.mjs";

/** @typedef {{part: string, bytes: number, brotli: number}} Weight */

/** By the roles of the engine's files. @type {Record<string, string>} */
const PARTS = {
  interpreter: "Python's interpreter",
  "interpreter-script": "its script",
  loader: "its script",
  snapshot: "memory after the start: pysim, NumPy, the library's modules",
  numpy: "NumPy's code",
  library: "the rest of the library",
  pysim: "pysim, installed",
  lock: "pysim, installed",
};
const PAGE = "the page: markup, styles, code, the worker's code";
const RECORDING = "the beginning of the show, recorded";
const UNTIL_READY = "until the engine is ready";
const LATER = "what no first frame needs, once a run plays";
const COLD = "the engine's second half, once a run plays";
/** At the size of a usual window. */
const COLUMNS = 120;

/**
 * Parts of a visit until the engine is ready, in the order of a first mention.
 * @param {string[]} paths of the site's files that were asked for
 * @returns {Promise<Weight[]>}
 */
export async function weighed(paths, manifest = readManifest()) {
  const roles = new Map(manifest.files.map(({ path, role }) => [path, PARTS[role] ?? role]));
  const recorded = new Set(manifest.prologues.map(({ path }) => path));
  const partOf = (/** @type {string} */ path) => roles.get(path) ?? (recorded.has(path) ? RECORDING : PAGE);
  /** @type {Map<string, Weight>} */
  const parts = new Map();
  for (const path of paths) {
    const bytes = readFileSync(join(SITE_FOLDER, path));
    const part = parts.get(partOf(path)) ?? { part: partOf(path), bytes: 0, brotli: 0 };
    part.bytes += bytes.length;
    part.brotli += (await brotli(bytes)).length;
    parts.set(part.part, part);
  }
  return [...parts.values()];
}

/** What a visit of the page asks for until its engine is ready, as its markup and its manifest say. */
export function askedFor(manifest = readManifest()) {
  const markup = readFileSync(join(SITE_FOLDER, "index.html"), "utf8");
  const code = [...markup.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  const worker = readdirSync(join(SITE_FOLDER, "assets")).find((name) => /^worker-.*\.js$/.test(name));
  const recording = manifest.prologues.find(({ preset, columns }) => preset === "" && columns === COLUMNS);
  const engine = manifest.files.map(({ path }) => path);
  return ["index.html", ...code, `assets/${worker}`, recording?.path ?? "", ...engine].filter(Boolean);
}

/** @param {Weight[]} parts @returns {Weight} */
const total = (parts) => ({
  part: UNTIL_READY,
  bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  brotli: parts.reduce((sum, { brotli }) => sum + brotli, 0),
});

/** @param {{bytes: number, brotli: number} | undefined} file @param {string} part @returns {Weight[]} */
const afterwards = (file, part) => (file === undefined ? [] : [{ part, bytes: file.bytes, brotli: file.brotli }]);

async function table() {
  const manifest = readManifest();
  const parts = await weighed(askedFor(manifest), manifest);
  const rows = [
    ...parts.toSorted((one, other) => other.brotli - one.brotli),
    total(parts),
    ...afterwards(manifest.later, LATER),
    ...afterwards(manifest.cold, COLD),
  ];
  const cells = rows.map(({ part, bytes, brotli }) => `| ${part} | ${kilobytes(bytes)} | ${kilobytes(brotli)} |`);
  return ["| Part | kB | kB in brotli |", "| --- | ---: | ---: |", ...cells].join("\n");
}

const kilobytes = (/** @type {number} */ bytes) => (bytes / 1000).toLocaleString("en", { maximumFractionDigits: 1 });

const text = (/** @type {string} */ rows) => `# What a visit of the page loads

${rows}

Written by \`make weight\` from the built site, the heaviest first; a window of ${COLUMNS} columns. \`make bench-web\` adds up what a browser really asks
for, and fails above its limit.
`;

await program(import.meta, async () => {
  const rows = await table();
  const [file] = process.argv.slice(2);
  if (file === undefined) console.log(rows);
  else writeFileSync(file, text(rows));
});
