// Records the first seconds of every show with the site's own engine, so that the page can play before it has booted.

import { fileURLToPath } from "node:url";
import { bytesOf, fileHash, json, parse, remembered, short } from "./content.mjs";
import { Recorders } from "./recorders.mjs";

/** @typedef {{preset: string, columns: number, rows: number, seconds: number, path: string, first: string, bytes: Uint8Array}} Recording */
/** @typedef {{name: string, presets: string[], sizes: number[][], seconds: number, framesPerSecond: number}} Kind */

/** Columns and rows; the page takes the widest that fits and chooses its font size accordingly. */
const SIZES = [
  [48, 20],
  [80, 24],
  [120, 32],
  [160, 40],
];
const DEFAULT_SHOW = "";
const PROLOGUE_SECONDS = 20;
const PROLOGUE_FRAMES_PER_SECOND = 10;
/** What plays where there is no WebAssembly: a small cluster, since the grid of a large one fills megabytes. */
const RECORDED_PRESET = "classic";
const RECORDED_SECONDS = 120;
const RECORDED_FRAMES_PER_SECOND = 5;

/**
 * @param {string[]} presets
 * @returns {Kind[]}
 */
const kinds = (presets) => [
  {
    name: "prologues",
    presets: [DEFAULT_SHOW, ...presets],
    sizes: SIZES,
    seconds: PROLOGUE_SECONDS,
    framesPerSecond: PROLOGUE_FRAMES_PER_SECOND,
  },
  {
    name: "recorded",
    presets: presets.filter((preset) => preset === RECORDED_PRESET),
    sizes: SIZES,
    seconds: RECORDED_SECONDS,
    framesPerSecond: RECORDED_FRAMES_PER_SECOND,
  },
];

/**
 * All recordings by the name of their list in the manifest.
 * @param {import("./recorders.mjs").Engine} engine the site's, which records what no earlier build has
 * @param {string[]} presets
 * @returns {Promise<Record<string, Recording[]>>}
 */
export async function recordings(engine, presets) {
  const recorders = new Recorders(engine);
  try {
    const lists = kinds(presets).map(async (kind) => [
      kind.name,
      await recordingsOf(kind, recorders, engine.manifest.version),
    ]);
    return Object.fromEntries(await Promise.all(lists));
  } finally {
    await recorders.close();
  }
}

/**
 * @param {Kind} kind
 * @param {Recorders} recorders
 * @param {string} version of the engine
 */
async function recordingsOf({ name, presets, sizes, seconds, framesPerSecond }, recorders, version) {
  const script = bytesOf(fileURLToPath(import.meta.url));
  const all = presets.flatMap((preset) =>
    sizes.map(([columns = 80, rows = 24]) => ({ preset, columns, rows, seconds })),
  );
  return Promise.all(
    all.map(async (wanted) => {
      const bytes = await remembered(`${name}.json`, [script, version, JSON.stringify(wanted)], async () =>
        withoutEmptyFrames(await recorders.record({ ...wanted, query: queryOf(wanted), framesPerSecond })),
      );
      return { ...wanted, path: pathOf(name, wanted, bytes), first: firstFrame(bytes), bytes };
    }),
  );
}

/**
 * @param {string} name
 * @param {{preset: string, columns: number, rows: number}} wanted
 * @param {Uint8Array} bytes
 */
const pathOf = (name, { preset, columns, rows }, bytes) =>
  `engine/${name}/${preset || "default"}-${columns}x${rows}-${short(fileHash(bytes))}.json`;

/** @param {Uint8Array} bytes */
function firstFrame(bytes) {
  const { frames } = parse(bytes);
  return frames.flatMap((/** @type {[number, string]} */ [time, text]) => (time === 0 ? [text] : [])).join("");
}

/** @param {{preset: string}} wanted */
const queryOf = ({ preset }) => (preset === DEFAULT_SHOW ? "" : `?preset=${encodeURIComponent(preset)}`);

/** @param {string} recorded */
function withoutEmptyFrames(recorded) {
  const { frames, ...rest } = JSON.parse(recorded);
  return json({ ...rest, frames: frames.filter((/** @type {[number, string]} */ [, text]) => text !== "") });
}
