/** The place in the run: a slider with the loss curve drawn faintly behind it and marks for the chapters. */

import type { Chapter, Story } from "../generated/protocol";
import { element, setAttributes, svg } from "../page/dom";
import { clock } from "../page/format";
import type { ShowState } from "../show/blank";
import type { Milestone } from "../show/milestones";
import { curvePath, HEIGHT, markLine, nearest, spaced, WIDTH } from "./drawing";

const STEPS = 1000;
const KEY_STEP = 10;

export class Timeline {
  readonly element: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #curve = svg("path", { class: "curve" });
  readonly #marks = svg("g", { class: "marks" });
  readonly #tip = element("output", { class: "tip", "aria-hidden": "true" });
  readonly #seek: (fraction: number) => void;
  #chapters: Chapter[] = [];
  #dragging = false;
  #total = 0;

  constructor(seek: (fraction: number) => void) {
    this.#seek = seek;
    this.#input = element("input", {
      type: "range",
      min: 0,
      max: STEPS,
      step: 1,
      value: 0,
      disabled: true,
      "aria-label": "Place in the run",
    });
    const drawing = svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      this.#curve,
      this.#marks,
    );
    this.element = element("div", { class: "timeline" }, drawing, this.#input, this.#tip);
    this.#listen();
  }

  tell(state: ShowState): void {
    const measure =
      state.total_seconds > 0
        ? [state.run_seconds, state.total_seconds]
        : [state.show_seconds, state.total_show_seconds];
    const [now = 0, total = 0] = measure;
    this.#total = total;
    setAttributes(this.#input, { disabled: total <= 0 });
    if (this.#dragging || total <= 0) return;
    this.#place(now / total);
  }

  draw(story: Story): void {
    this.#chapters = story.chapters;
    this.#curve.setAttribute("d", curvePath(story.curve));
    this.#marks.replaceChildren(...spaced(story.chapters).map(mark));
  }

  #listen(): void {
    this.#input.addEventListener("input", () => {
      this.#dragging = true;
      this.#place(this.#fraction);
      this.#showTip(this.#fraction);
    });
    this.#input.addEventListener("change", () => {
      this.#dragging = false;
      this.#seek(this.#fraction);
    });
    this.#input.addEventListener("keydown", (event) => this.#pageKeys(event));
    this.element.addEventListener("pointermove", (event) => this.#showTip(this.#fractionAt(event.clientX)));
    this.element.addEventListener("pointerleave", () => this.#hideTip());
    this.#input.addEventListener("blur", () => this.#hideTip());
  }

  /** Page Up and Page Down move by a hundredth rather than a tenth. */
  #pageKeys(event: KeyboardEvent): void {
    const direction = { PageUp: 1, PageDown: -1 }[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    this.#place(this.#fraction + (direction * KEY_STEP) / STEPS);
    this.#seek(this.#fraction);
  }

  get #fraction(): number {
    return Number(this.#input.value) / STEPS;
  }

  #place(fraction: number): void {
    this.#input.value = String(Math.round(fraction * STEPS));
    const there = `${clock(fraction * this.#total)} of ${clock(this.#total)}`;
    if (this.#input.getAttribute("aria-valuetext") !== there) this.#input.setAttribute("aria-valuetext", there);
    this.element.style.setProperty("--place", String(fraction));
  }

  #fractionAt(x: number): number {
    const { left, width } = this.element.getBoundingClientRect();
    return Math.min(1, Math.max(0, (x - left) / width));
  }

  #showTip(fraction: number): void {
    if (this.#total <= 0) return;
    const near = nearest(this.#chapters, fraction);
    this.#tip.textContent = near ? `${clock(fraction * this.#total)} · ${near.title}` : clock(fraction * this.#total);
    this.element.style.setProperty("--tip", String(fraction));
    this.element.classList.add("tipped");
  }

  #hideTip(): void {
    this.element.classList.remove("tipped");
  }
}

function mark(milestone: Milestone): SVGElement {
  return svg("line", { ...markLine(milestone), class: `mark ${milestone.name}` });
}
