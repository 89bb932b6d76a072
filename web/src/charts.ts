/** What a chart of the dashboard has where the mouse is, beside the mouse. A tap or a click has it explained instead. */

import type { App } from "./app";
import { tipLeft } from "./controls/drawing";
import { element } from "./page/dom";
import { Latest } from "./show/latest";
import { cellAt, lastRow } from "./terminal/pointing";

/** Px between the mouse and what is said. */
const DISTANCE = 14;

interface Place {
  clientX: number;
  clientY: number;
}

export function readChartsWherePointed({ terminal, show }: App): void {
  const tip = element("output", { class: "tip reading", "aria-hidden": "true", hidden: true });
  document.body.append(tip);
  let meant: Place | null = null;
  const asked = new Latest<Place>((place, done) => void say(place).finally(done));
  const isStill = (): boolean => show.mode === "engine" && show.state.live_rows >= terminal.xterm.rows;
  const leave = (): void => {
    meant = null;
    tip.hidden = true;
  };

  async function say(place: Place): Promise<void> {
    const cell = cellAt(terminal.element, terminal.xterm, place);
    if (cell === null) return leave();
    const up = lastRow(terminal.xterm) - cell.row;
    const said = up < 0 ? "" : await show.reading(`${up} ${cell.column}`);
    if (meant === null) return;
    tip.textContent = said;
    tip.hidden = said === "";
    if (!tip.hidden) putBeside(tip, meant);
  }

  terminal.element.addEventListener("pointermove", ({ clientX, clientY, pointerType, buttons }) => {
    if (pointerType !== "mouse" || buttons !== 0 || !isStill()) return leave();
    meant = { clientX, clientY };
    asked.ask(meant);
  });
  terminal.element.addEventListener("pointerleave", leave);
  terminal.element.addEventListener("pointerdown", leave);
  show.on("state", () => {
    if (meant === null) return;
    if (isStill()) asked.ask(meant);
    else leave();
  });
}

/** Above the mouse, or below it where there is no room; it never leaves the window. */
function putBeside(tip: HTMLElement, { clientX, clientY }: Place): void {
  const { clientWidth } = document.documentElement;
  const above = clientY - DISTANCE - tip.offsetHeight;
  tip.style.left = `${tipLeft(clientX, tip.offsetWidth, clientWidth)}px`;
  tip.style.top = `${above >= 0 ? above : clientY + DISTANCE}px`;
}
