// The picture that goes with a link to a run: what is trained on what, and how its loss falls.
//
// Drawn as SVG and turned into PNG by resvg in WebAssembly with a font from npm: the same bytes on every machine, and no
// browser is needed.

import { join } from "node:path";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { bytesOf, remembered } from "./content.mjs";
import { CHECKOUT } from "./paths.mjs";

/** @typedef {{title: string, summary: string, curves: [place: number, loss: number][][], colour?: string}} Card */

/** What Facebook, X, Slack and others show whole. */
export const WIDTH = 1200;
export const HEIGHT = 630;

const FONT = "DejaVu Sans Mono";
const FONT_FILES = ["DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"];
/** Of an em: every letter of this font. */
const LETTER = 0.602;
const MARGIN = 56;
const INSIDE = WIDTH - 2 * MARGIN;
const TITLE_SIZE = { largest: 60, smallest: 30 };
const TEXT_SIZE = 27;
const SMALL_SIZE = 22;
const MOST_LINES = 2;
const PLOT = { top: 280, bottom: 536 };
/** Losses fall steeply first: what is above the loss at this part of the run is cut, as in the page's timeline. */
const FULL_HEIGHT_FROM = 1 / 50;
const COLOURS = { back: "#0f1318", text: "#d5dbe3", quiet: "#9aa5b3", accent: "#74b0f4", edge: "#2d3540" };

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** As many letters as fit a line, in whole words. @param {string} text @param {number} size @returns {string[]} */
export function lines(text, size) {
  const most = Math.floor(INSIDE / (size * LETTER));
  /** @type {string[]} */
  const made = [""];
  for (const word of text.split(" ")) {
    const longer = `${made.at(-1)} ${word}`.trim();
    if (longer.length <= most) made[made.length - 1] = longer;
    else made.push(word);
  }
  if (made.length <= MOST_LINES) return made;
  const last = made[MOST_LINES - 1] ?? "";
  return [...made.slice(0, MOST_LINES - 1), `${last.slice(0, most - 1)}…`];
}

/**
 * A curve as heights from 0 to 1 at places from 0 to 1. The first losses are far above all others: it begins where it comes
 * down to the cut.
 * @param {Card["curves"][number]} curve
 * @returns {[place: number, height: number][]}
 */
export function heights(curve) {
  const losses = curve.map(([, loss]) => loss);
  const lowest = Math.min(...losses);
  const span = (losses[Math.ceil(losses.length * FULL_HEIGHT_FROM)] ?? 0) - lowest || 1;
  const all = curve.map(([place, loss]) => /** @type {[number, number]} */ ([place, (loss - lowest) / span]));
  const first = all.findIndex(([, height]) => height <= 1);
  const [above, below] = [all[first - 1], all[first]];
  const rest = all
    .slice(Math.max(0, first))
    .map(([place, height]) => /** @type {[number, number]} */ ([place, Math.min(1, height)]));
  if (above === undefined || below === undefined) return rest;
  const share = (above[1] - 1) / (above[1] - below[1]);
  return [[above[0] + share * (below[0] - above[0]), 1], ...rest];
}

/** @param {Card["curves"][number]} curve @returns {string} the `d` of its line */
function line(curve) {
  const at = (/** @type {[number, number]} */ [place, height]) =>
    `${(MARGIN + place * INSIDE).toFixed(1)} ${(PLOT.bottom - height * (PLOT.bottom - PLOT.top)).toFixed(1)}`;
  return `M${heights(curve).map(at).join("L")}`;
}

/** @param {Card} card @returns {string} */
export function drawing({ title, summary, curves }) {
  const { largest, smallest } = TITLE_SIZE;
  const titleSize = Math.max(smallest, Math.min(largest, Math.floor(INSIDE / (title.length * LETTER))));
  const words = lines(summary, TEXT_SIZE).map(
    (text, index) =>
      `<text x="${MARGIN}" y="${190 + index * 38}" font-size="${TEXT_SIZE}" fill="${COLOURS.quiet}">${escaped(text)}</text>`,
  );
  const isOne = curves.length === 1;
  const paths = curves.map(
    (curve) =>
      `<path d="${line(curve)}" fill="none" stroke="${COLOURS.accent}" stroke-width="${isOne ? 5 : 2.5}" stroke-linejoin="round" stroke-opacity="${isOne ? 1 : 0.55}"/>`,
  );
  const last = isOne ? curves[0]?.at(-1)?.[1] : undefined;
  const end =
    last === undefined
      ? ""
      : `<text x="${WIDTH - MARGIN}" y="${PLOT.bottom - 18}" text-anchor="end" font-size="${TEXT_SIZE}" fill="${COLOURS.text}">loss ${last.toFixed(2)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="${FONT}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${COLOURS.back}"/>`,
    `<text x="${MARGIN}" y="122" font-size="${titleSize}" font-weight="bold" fill="${COLOURS.text}">${escaped(title)}</text>`,
    ...words,
    ...paths,
    `<path d="M${MARGIN} ${PLOT.bottom}H${WIDTH - MARGIN}" stroke="${COLOURS.edge}" stroke-width="2"/>`,
    end,
    `<text x="${MARGIN}" y="592" font-size="${SMALL_SIZE}" fill="${COLOURS.quiet}"><tspan fill="${COLOURS.accent}" font-weight="bold">pysim</tspan> · a simulated training run, live in a terminal on a page</text>`,
    "</svg>",
  ].join("\n");
}

/** @type {Promise<Uint8Array[]> | undefined} */
let ready;

/** The program once, and the fonts. */
function drawingTools() {
  ready ??= (async () => {
    await initWasm(bytesOf(join(CHECKOUT, "node_modules/@resvg/resvg-wasm/index_bg.wasm")));
    return FONT_FILES.map((name) => bytesOf(join(CHECKOUT, "node_modules/dejavu-fonts-ttf/ttf", name)));
  })();
  return ready;
}

/** @param {string} source SVG @returns {Promise<Uint8Array>} a PNG */
export async function rendered(source) {
  const fontBuffers = await drawingTools();
  const program = new Resvg(source, { font: { fontBuffers, defaultFontFamily: FONT, monospaceFamily: FONT } });
  const image = program.render();
  const bytes = image.asPng();
  image.free(); // its memory is not the garbage collector's
  program.free();
  return bytes;
}

/** @param {Card} card @returns {Promise<Uint8Array>} a PNG */
export async function picture(card) {
  const source = drawing(card);
  const version = bytesOf(join(CHECKOUT, "node_modules/@resvg/resvg-wasm/package.json"));
  return remembered("picture.png", [source, version, ...(await drawingTools())], () => rendered(source));
}
