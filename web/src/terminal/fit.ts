/**
 * How many columns and which font size fit a box.
 *
 * Shows are recorded at a few standard widths. When the font size is left to us, it is chosen so that one of them fills
 * the box exactly: the recording and the engine then need the same screen, and a window that is dragged wider keeps its
 * lines. A font size that the visitor chose is kept, and the columns follow from it.
 */

import { engineManifest } from "../engine/manifest";

const USUAL_COLUMNS = [40, 48, 60, 80, 100, 120, 140, 160, 200, 240];
const RECORDED_COLUMNS = [...new Set(engineManifest.prologues.map(({ columns }) => columns))];
const STANDARD_COLUMNS = RECORDED_COLUMNS.length > 0 ? RECORDED_COLUMNS : USUAL_COLUMNS;
/** Beyond this the font would be too small or too large for comfort, and the columns follow the window instead. */
const MOST_STRAIN = Math.log(1.35);

/** Advance of one character of the monospaced font at 1 px, nearly the same for all of them. */
const CHARACTER_WIDTH = 0.602;

export interface Fit {
  fontSize: number;
  columns: number | undefined;
}

function comfortableFont(boxWidth: number): number {
  if (boxWidth < 600) return 13;
  return boxWidth < 1800 ? 14 : 17;
}

/** Columns are undefined where they simply follow from the font size. */
export function chooseFit(boxWidth: number, chosenFont: number | undefined, characterWidth = CHARACTER_WIDTH): Fit {
  if (chosenFont !== undefined) return { fontSize: chosenFont, columns: undefined };
  const comfortable = comfortableFont(boxWidth);
  const fontFor = (columns: number): number => boxWidth / (columns * characterWidth);
  const strain = (columns: number): number => Math.abs(Math.log(fontFor(columns) / comfortable));
  const columns = [...STANDARD_COLUMNS].sort((a, b) => strain(a) - strain(b))[0] ?? 80;
  if (strain(columns) > MOST_STRAIN) return { fontSize: comfortable, columns: undefined };
  return { fontSize: Math.floor(fontFor(columns) * 20) / 20, columns };
}
