/**
 * A show's first frame before the terminal's code is here: the rows that the terminal will show, at the same places, in
 * plain elements. It knows colours, bold and new lines, and passes over every other control code.
 */

import { element } from "../page/dom";
import { type Fit, FONT, measure } from "./fit";
import { COLOURS, type Theme, withoutFaint } from "./themes";

const ESCAPE = "\u001b[";
/** What is left of a control code once the escape is gone: its numbers, its letter, and the text up to the next one. */
const CODE_AND_TEXT = /^([?\d;]*)([A-Za-z])(.*)$/s;
const PLAIN_ASCII = /[\n -~]/;
const SELECT_GRAPHIC_RENDITION = "m";

/** Where the bright colours begin. */
const BRIGHT = 8;

interface Rendition {
  bold: boolean;
  /** In COLOURS. */
  colour: number | null;
}

const PLAIN: Rendition = { bold: false, colour: null };

export function firstFrame(text: string, fit: Fit, theme: Theme): HTMLElement {
  const frame = element("pre", { class: "first-frame" });
  frame.style.font = `${fit.fontSize}px / ${fit.rowHeight}px ${FONT}`;
  frame.style.color = theme.terminal.foreground;
  let rendition = PLAIN;
  for (const piece of withoutFaint(text).replaceAll("\r\n", "\n").split(ESCAPE)) {
    const [, numbers = "", letter, shown = piece] = CODE_AND_TEXT.exec(piece) ?? [];
    if (letter === SELECT_GRAPHIC_RENDITION) rendition = after(rendition, numbers);
    for (const run of evenRuns(shown, fit)) frame.append(span(run, rendition, theme));
  }
  return frame;
}

interface Run {
  text: string;
  /** What brings its characters to the width of a cell, in px. */
  letterSpacing: number;
}

/** Stretches of characters of the same width. */
function evenRuns(text: string, { fontSize, cellWidth }: Fit): Run[] {
  const runs: Run[] = [];
  for (const character of text) {
    const letterSpacing = cellWidth - measure(fontSize, PLAIN_ASCII.test(character) ? undefined : character).width;
    const last = runs.at(-1);
    if (last?.letterSpacing === letterSpacing) last.text += character;
    else runs.push({ text: character, letterSpacing });
  }
  return runs;
}

function after(before: Rendition, numbers: string): Rendition {
  let { bold, colour } = before;
  for (const code of numbers.split(";").map(Number)) {
    if (code === 0) ({ bold, colour } = PLAIN);
    else if (code === 1) bold = true;
    else if (code >= 30 && code < 38) colour = code - 30;
    else if (code >= 90 && code < 98) colour = code - 90 + BRIGHT;
  }
  return { bold, colour };
}

/** Bold text has the bright colours, as in the terminal. */
function span({ text, letterSpacing }: Run, { bold, colour }: Rendition, theme: Theme): HTMLElement {
  const made = element("span", {}, text);
  made.style.letterSpacing = `${letterSpacing}px`;
  if (bold) made.style.fontWeight = "bold";
  if (colour !== null)
    made.style.color = theme.terminal[COLOURS[bold ? (colour % BRIGHT) + BRIGHT : colour] ?? "white"] ?? "";
  return made;
}
