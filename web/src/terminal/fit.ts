/**
 * How many columns and rows fit a box, at which font size.
 *
 * Shows are recorded at a few standard widths. When the font size is left to us, it is chosen so that one of them fills
 * the box exactly: the recording and the engine then need the same screen, and a window that is dragged wider keeps its
 * lines. A font size that the visitor chose is kept, and the columns follow from it.
 *
 * Known before the terminal's code is here: the font is measured as xterm.js does it, and its cells are as large as those of
 * its DOM renderer. A browser can be told to draw no letters below some size: then none are asked for.
 */

import { element } from "../page/dom";
import { offered } from "../show/offered";

export const FONT = 'ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';

const RECORDED_COLUMNS = [...new Set(offered.prologues.map(({ columns }) => columns))];
/** Beyond this the font would be too small or too large for comfort, and the columns follow the window instead. */
const MOST_STRAIN = Math.log(1.35);
const FONT_STEPS_PER_PX = 20;
const FEWEST_COLUMNS = 2;
const FEWEST_ROWS = 4;
/** What xterm.js keeps free at the right. */
const SCROLLBAR_WIDTH = 14;
/** Letters of a px are drawn, whole px wide on some systems; no browser's smallest size is as small as this. */
const PROBE_TOLERANCE = 3;
const PROBE_LETTERS = 20;
const LARGE_FONT = 100;
const LARGE_WIDTH = 1800;
const ALL_ASCII = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index));
/** In px; what is lost by rounding is less. */
const ALIKE = 0.5;
/** As a window is dragged, each of its widths asks for some sizes of the font. */
const MOST_MEASURED = 4096;
/** For a whole room, in px. */
const DISTANT_FONT = 24;

export interface Grid {
  columns: number;
  rows: number;
}

export interface Fit extends Grid {
  fontSize: number;
  /** In px. */
  rowHeight: number;
  cellWidth: number;
}

/**
 * Null for a box of no size (a hidden frame).
 * @param filling the type grows with the box, for those who sit far away
 */
export function chooseFit(box: Element, chosenFont: number | undefined, filling = false): Fit | null {
  const { clientWidth, clientHeight } = box;
  if (clientWidth === 0 || clientHeight === 0) return null;
  const width = clientWidth - SCROLLBAR_WIDTH;
  const recorded = chosenFont === undefined ? recordedColumns(width, filling) : undefined;
  const wanted = recorded === undefined ? (chosenFont ?? comfortableFont(width)) : fontFor(recorded, width);
  const fontSize = Math.max(wanted, smallestFont());
  const character = measure(fontSize);
  const columns = recorded ?? Math.max(FEWEST_COLUMNS, Math.floor(width / character.width));
  const rows = Math.max(FEWEST_ROWS, Math.floor(clientHeight / character.height));
  // xterm.js makes its rows a whole number of pixels wide
  const cellWidth = Math.round(character.width * columns) / columns;
  return { fontSize, columns, rows, rowHeight: character.height, cellWidth };
}

function comfortableFont(width: number): number {
  if (width < 600) return 13;
  return width < LARGE_WIDTH ? 14 : 17;
}

/** The recorded width that needs a font nearest to the comfortable one; undefined if even that is too far from it. */
function recordedColumns(width: number, filling: boolean): number | undefined {
  const comfortable = filling && width >= LARGE_WIDTH ? DISTANT_FONT : comfortableFont(width);
  const perPx = measure(comfortable).width / comfortable;
  const strain = (columns: number): number => Math.abs(Math.log(width / (columns * perPx) / comfortable));
  const isDrawn = (columns: number): boolean => smallestFont() === 0 || fontFor(columns, width) >= smallestFont();
  const columns = RECORDED_COLUMNS.filter(isDrawn).sort((a, b) => strain(a) - strain(b))[0];
  return columns === undefined || (strain(columns) > MOST_STRAIN && !filling) ? undefined : columns;
}

/** The largest font at which the columns fit; some systems draw characters only at whole widths, so it is tried. */
function fontFor(columns: number, width: number): number {
  const fits = (fontSize: number): boolean => Math.round(measure(fontSize).width * columns) <= width;
  const comfortable = comfortableFont(width);
  let steps = Math.floor((width / columns / (measure(comfortable).width / comfortable)) * FONT_STEPS_PER_PX);
  while (steps > FONT_STEPS_PER_PX && !fits(steps / FONT_STEPS_PER_PX)) steps -= 1;
  return steps / FONT_STEPS_PER_PX;
}

let smallest: number | null = null;

/** In px: smaller letters are drawn as large as this. Seen by what is drawn; nothing says it, and a canvas does otherwise. */
function smallestFont(): number {
  if (smallest === null) {
    const drawn = Math.round(drawnFont(1));
    smallest = drawn > PROBE_TOLERANCE ? drawn : 0;
  }
  return smallest;
}

/** As large as this are the letters that were asked for at a size. */
function drawnFont(fontSize: number): number {
  const probes = [fontSize, LARGE_FONT].map((size) => {
    const probe = element("span", {}, "W".repeat(PROBE_LETTERS));
    Object.assign(probe.style, {
      position: "absolute",
      visibility: "hidden",
      fontFamily: FONT,
      fontSize: `${size}px`,
    });
    return probe;
  });
  document.body.append(...probes); // one layout for both
  const [drawn = 0, large = 1] = probes.map((probe) => probe.getBoundingClientRect().width);
  for (const probe of probes) probe.remove();
  return (drawn / large) * LARGE_FONT;
}

type Metrics = Pick<TextMetrics, "width" | "fontBoundingBoxAscent" | "fontBoundingBoxDescent">;

let context: CanvasRenderingContext2D | null = null;
/** The first frame asks for the size of each of its characters. By size of the font and character. */
const measured = new Map<string, Metrics>();

/** Size of a character in px; one that the font lacks comes from another, which may be wider. */
export function measure(fontSize: number, character = "W"): { width: number; height: number } {
  const asked = `${fontSize} ${character}`;
  const known = measured.get(asked) ?? metrics(fontSize, character);
  if (measured.size >= MOST_MEASURED) measured.clear();
  measured.set(asked, known);
  const dots = Math.ceil((known.fontBoundingBoxAscent + known.fontBoundingBoxDescent) * devicePixelRatio);
  return { width: known.width, height: dots / devicePixelRatio };
}

/** Whether the letters, digits and signs of ASCII are as wide as each other. */
export function isMonospaced(fontSize: number): boolean {
  return Math.abs(measure(fontSize, ALL_ASCII).width - ALL_ASCII.length * measure(fontSize).width) < ALIKE;
}

function metrics(fontSize: number, character: string): Metrics {
  context ??= document.createElement("canvas").getContext("2d");
  if (context === null) throw new Error("this browser has no canvas");
  context.font = `${fontSize}px ${FONT}`;
  return context.measureText(character);
}
