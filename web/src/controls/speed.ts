/** The speed: a button that says it, and a menu of ten steps from 0.1x to 10,000x; the keys can be anywhere in between. */

import { FASTEST, SLOWEST } from "../generated/constants";
import { element } from "../page/dom";
import { speedText } from "../page/format";
import { choices, popUp } from "./menu";

export const SPEEDS = [SLOWEST, 0.25, 0.5, 1, 2, 5, 10, 100, 1000, FASTEST] as const;

export class SpeedMenu {
  readonly element: HTMLElement;
  readonly #opener: HTMLButtonElement;
  readonly #value = element("output", { class: "speed-value" });
  readonly #items: HTMLButtonElement[];

  constructor(setSpeed: (factor: number) => void) {
    this.#opener = element("button", { type: "button", class: "button", title: "Speed (+ and -)" }, this.#value);
    const { menu, items } = choices("speeds", "Speed", [...SPEEDS], speedText);
    this.#items = items;
    for (const [index, item] of items.entries()) item.addEventListener("click", () => setSpeed(SPEEDS[index] ?? 1));
    popUp(this.#opener, menu);
    this.element = element("span", { class: "speed" }, this.#opener, menu);
    this.tell(1);
  }

  tell(factor: number): void {
    const text = speedText(factor);
    if (this.#value.textContent === text) return;
    this.#value.textContent = text;
    this.#opener.setAttribute("aria-label", `Speed ${text}`);
    for (const item of this.#items) item.setAttribute("aria-checked", String(item.textContent === text));
  }
}
