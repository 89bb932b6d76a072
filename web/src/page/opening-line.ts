/**
 * What this is and what can be done, in one line over the bar, until the visitor touches anything. It is text like any other
 * and no live region: a screen reader comes by it once, and is not told of it.
 */

import type { Show } from "../show/show";
import { element } from "./dom";

const TOUCHES = ["pointerdown", "keydown", "wheel"] as const;
const MODIFIERS: ReadonlySet<string> = new Set(["Shift", "Control", "Alt", "Meta"]);

export function showOpeningLine(show: Show, before: Element): void {
  const what = element("span", {}, sentence(show.state.title));
  const line = element(
    "p",
    { class: "opening-line" },
    what,
    element("span", { class: "key" }, "space pauses"),
    element("span", {}, "drag the curve"),
    element("span", { class: "key" }, "? more"),
  );
  before.before(line);
  const forget = show.on("state", ({ title }) => what.replaceChildren(sentence(title)));
  const leave = (event: Event): void => {
    if (event instanceof KeyboardEvent && MODIFIERS.has(event.key)) return;
    for (const touch of TOUCHES) document.removeEventListener(touch, leave, { capture: true });
    forget();
    line.remove();
  };
  for (const touch of TOUCHES) document.addEventListener(touch, leave, { capture: true, passive: true });
}

function sentence(title: string): string {
  return title === "" ? "A simulated training run" : `Simulated: ${title}`;
}
