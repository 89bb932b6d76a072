/** The speed: a logarithmic slider from 0.1x to 10,000x that acts while it is dragged. */

import { FASTEST, SLOWEST } from "../generated/protocol";
import { element } from "../page/dom";
import { speedText } from "../page/format";

const STEP = 0.05;
/** Near 1x the slider holds on. */
const CATCH = 0.06;

export class SpeedSlider {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #value = element("output", { class: "speed-value" }, "1x");

  constructor(setSpeed: (factor: number) => void) {
    this.#input = element("input", {
      type: "range",
      min: Math.log10(SLOWEST),
      max: Math.log10(FASTEST),
      step: STEP,
      value: 0,
      "aria-label": "Speed",
      title: "Speed (+ and -)",
    });
    this.element = element("label", { class: "speed" }, this.#input, this.#value);
    this.#input.addEventListener("input", () => {
      const exponent = Number(this.#input.value);
      const factor = 10 ** (Math.abs(exponent) < CATCH ? 0 : exponent);
      this.#write(factor);
      setSpeed(Number(factor.toPrecision(3)));
    });
  }

  tell(factor: number): void {
    if (this.#input.matches(":active")) return;
    this.#input.value = String(Math.log10(factor));
    this.#write(factor);
  }

  #write(factor: number): void {
    const text = speedText(factor);
    if (this.#value.textContent === text) return;
    this.#value.textContent = text;
    this.#input.setAttribute("aria-valuetext", text);
  }
}
