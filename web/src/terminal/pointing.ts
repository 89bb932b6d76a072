/** A click or a tap on the terminal that selects no text, and the cell that it means. */

import type { Terminal } from "@xterm/xterm";

/** A second click selects a word: a first one waits for it that long. */
const DOUBLE_CLICK_MILLISECONDS = 250;
/** Who moves further drags. */
const STILL_PIXELS = 6;

/** A row of the whole buffer, what has scrolled away included, and a column. */
export interface Cell {
  row: number;
  column: number;
}

/** Of the whole buffer, the row that is written to. */
export function lastRow({ buffer: { active } }: Terminal): number {
  return active.baseY + active.cursorY;
}

export interface PointingOptions {
  element: HTMLElement;
  xterm: Terminal;
  pointed: (cell: Cell) => void;
}

export function listenToPointing({ element, xterm, pointed }: PointingOptions): void {
  let pressed: { x: number; y: number; selected: boolean } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  element.addEventListener(
    "pointerdown",
    ({ clientX, clientY }) => {
      pressed = { x: clientX, y: clientY, selected: xterm.hasSelection() };
      clearTimeout(timer);
    },
    { capture: true },
  );
  element.addEventListener("click", (event) => {
    const began = pressed;
    pressed = null;
    if (began === null || began.selected || event.detail > 1 || event.button !== 0 || event.shiftKey) return;
    if (Math.hypot(event.clientX - began.x, event.clientY - began.y) > STILL_PIXELS) return;
    const cell = cellAt(element, xterm, event);
    if (cell === null) return;
    timer = setTimeout(() => {
      if (!xterm.hasSelection()) pointed(cell);
    }, DOUBLE_CLICK_MILLISECONDS);
  });
}

/** Null beside the terminal's cells. */
export function cellAt(
  element: HTMLElement,
  { cols, rows, buffer }: Terminal,
  { clientX, clientY }: { clientX: number; clientY: number },
): Cell | null {
  const box = element.querySelector(".xterm-screen")?.getBoundingClientRect();
  if (box === undefined || box.width === 0 || box.height === 0) return null;
  const column = Math.floor(((clientX - box.left) / box.width) * cols);
  const row = Math.floor(((clientY - box.top) / box.height) * rows);
  if (column < 0 || column >= cols || row < 0 || row >= rows) return null;
  return { row: buffer.active.viewportY + row, column };
}
