/**
 * What this is and what can be done, in one line over the bar, until the visitor touches anything. The page has it from the
 * start; it is text like any other and no live region, so that a screen reader comes by it once and is not told of it.
 */

import type { Show } from "../show/show";

const TOUCHES = ["pointerdown", "keydown", "wheel"] as const;
const MODIFIERS: ReadonlySet<string> = new Set(["Shift", "Control", "Alt", "Meta"]);

/** Says what is on show as soon as that is known. */
export function keepOpeningLine(show: Show, line: HTMLElement): void {
  const tell = ({ title }: { title: string }): void => {
    if (title !== "") line.firstElementChild?.replaceChildren(`Simulated: ${title}`);
  };
  tell(show.state);
  const forget = show.on("state", tell);
  const leave = (event: Event): void => {
    if (event instanceof KeyboardEvent && MODIFIERS.has(event.key)) return;
    for (const touch of TOUCHES) document.removeEventListener(touch, leave, { capture: true });
    forget();
    line.remove();
  };
  for (const touch of TOUCHES) document.addEventListener(touch, leave, { capture: true, passive: true });
}
