/** The picture behind the play button where nothing is recorded: what is known of a run before it is computed, as text. */

import type { Poster } from "../generated/protocol";
import type { Grid } from "../terminal/fit";

const ESC = "\u001b[";
const BOLD = `${ESC}1m`;
const QUIET = `${ESC}90m`;
const CURVE = `${ESC}36m`;
const PLAIN = `${ESC}0m`;
/** Rows beside the curve's. */
const TEXT_ROWS = 8;
const MOST_CURVE_ROWS = 12;
const FEWEST_CURVE_ROWS = 3;
/** Losses fall steeply first: what is above the loss at this part of the run is cut, so that the long rest has a shape. */
const FULL_HEIGHT_FROM = 1 / 50;
const DOTS_ACROSS = 2;
const DOTS_DOWN = 4;
/** Bits of a braille character, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];
const BRAILLE = 0x2800;
const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 };
/** With other ones it is the same run. */
const SAME_RUN = new Set(["preset", "from", "until", "tempo", "speed-factor"]);

/** @param known of the run that the preset asks for; null if nothing is */
export function posterScreen(query: string, known: Poster | null, { columns, rows }: Grid): string {
  const options = [...new URLSearchParams(query)];
  const command = `$ pysim ${options.map(([name, value]) => `--${name} ${value}`).join(" ")}`.trim();
  const lines = known === null ? [] : knownLines(known, options, { columns, rows });
  const all = [...lines, `${QUIET}${clip(printable(command), columns - 1)}${PLAIN}`];
  return all.slice(-rows).join("\r\n");
}

function knownLines(known: Poster, options: [string, string][], { columns, rows }: Grid): string[] {
  const width = columns - 1;
  const height = Math.min(MOST_CURVE_ROWS, Math.max(FEWEST_CURVE_ROWS, rows - TEXT_ROWS));
  const days = (known.total_seconds / 86_400).toFixed(1);
  const from = options.find(([name]) => name === "from")?.[1];
  const isOther = options.some(([name]) => !SAME_RUN.has(name));
  const what = isOther ? "the loss of the preset; yours will differ" : "the loss of this run";
  return [
    `${BOLD}${clip(known.title, width)}${PLAIN}`,
    clip(`${known.cluster} | ${known.total_steps.toLocaleString("en")} steps | ${days} days`, width),
    "",
    ...curveRows(known.curve, width, height).map((row) => `${CURVE}${row}${PLAIN}`),
    markRow(from, known, width),
    `${QUIET}${clip(what, width)}${PLAIN}`,
    "",
  ];
}

/** Rows of braille: two dots across and four down to a character. */
export function curveRows(points: Poster["curve"], columns: number, rows: number): string[] {
  if (points.length < 2) return [];
  const losses = points.map(([, loss]) => loss);
  const lowest = Math.min(...losses);
  const span = (losses[Math.ceil(losses.length * FULL_HEIGHT_FROM)] ?? 0) - lowest || 1;
  const cells = Array.from({ length: rows }, () => new Uint8Array(columns));
  const lastDot = rows * DOTS_DOWN - 1;
  let before: number | undefined;
  for (let x = 0; x < columns * DOTS_ACROSS; x += 1) {
    const height = Math.min(1, Math.max(0, (lossAt(points, x / (columns * DOTS_ACROSS - 1)) - lowest) / span));
    const y = Math.round((1 - height) * lastDot);
    const [top, bottom] = [Math.min(y, before ?? y), Math.max(y, before ?? y)];
    for (let dot = top; dot <= bottom; dot += 1) {
      const row = cells[Math.floor(dot / DOTS_DOWN)];
      const column = Math.floor(x / DOTS_ACROSS);
      if (row !== undefined) row[column] = (row[column] ?? 0) | (DOTS[dot % DOTS_DOWN]?.[x % DOTS_ACROSS] ?? 0);
    }
    before = y;
  }
  return cells.map((row) => [...row].map((bits) => String.fromCharCode(BRAILLE + bits)).join(""));
}

function lossAt(points: Poster["curve"], place: number): number {
  const found = points.findIndex(([x]) => x >= place);
  const after = found < 0 ? points.length - 1 : Math.max(1, found);
  const [[x0, y0] = [0, 0], [x1, y1] = [1, 0]] = [points[after - 1], points[after]];
  return x1 === x0 ? y1 : y0 + (y1 - y0) * Math.min(1, Math.max(0, (place - x0) / (x1 - x0)));
}

/** Where the show begins, under the curve. */
function markRow(from: string | undefined, known: Poster, columns: number): string {
  const place = from === undefined ? null : placeOf(from, known);
  if (from === undefined || place === null) return "";
  const column = Math.min(columns - 1, Math.round(place * (columns - 1)));
  const words = `begins at ${printable(from)}`;
  const isLeft = column > columns / 2 && column >= words.length + 1;
  const row = isLeft ? `${words} ^`.padStart(column + 1) : `${" ".repeat(column)}^ ${words}`;
  return clip(row, columns);
}

/** As a fraction of the run; null if that is not known, or not in the run. */
export function placeOf(from: string, { total_seconds, total_steps }: Poster): number | null {
  const text = from.trim().toLowerCase();
  const [, step] = /^step:(\d+)$/.exec(text) ?? [];
  const [, percent] = /^([\d.]+) ?%$/.exec(text) ?? [];
  const place =
    step !== undefined
      ? Number(step) / total_steps
      : percent !== undefined
        ? Number(percent) / 100
        : secondsOf(text) / total_seconds;
  return place >= 0 && place <= 1 ? place : null;
}

/** As the core reads it: 3d4h, 90m, 1:30:00, 1:30 (minutes and seconds) or plain 5400. */
function secondsOf(text: string): number {
  if (/^\d+(:\d+){1,2}$/.test(text)) return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const parts = [...text.matchAll(/([\d.]+)\s*([a-z]+)/g)];
  if (parts.length === 0) return Number(text);
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN), 0);
}

function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}~`;
}

/** The query comes from a link: nothing in it may reach the terminal as a control code. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
