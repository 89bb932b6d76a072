/** The place in the run: a slider with the loss curve drawn faintly behind it and marks for the chapters. */

import type { Chapter, CurvePoint, EngineState, Story } from "../engine/protocol";
import { element, setAttributes, svg } from "../page/dom";
import { clock } from "../page/format";

const STEPS = 1000;
const WIDTH = 1000;
const HEIGHT = 32;
const KEY_STEP = 10;
/** Kinds that are marked, and the least distance between two marks of a kind as a fraction of the run. */
const MARK_DISTANCES: Record<string, number> = { checkpoint: 0.02, validation: 0.02, incident: 0.002 };

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

  tell(state: EngineState): void {
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

/** Hundreds of marks would be a grey band: each kind keeps its distance. */
function spaced(chapters: Chapter[]): Chapter[] {
  const last: Record<string, number> = {};
  return chapters.filter(({ kind, fraction }) => {
    const distance = MARK_DISTANCES[kind];
    if (distance === undefined || fraction - (last[kind] ?? -1) < distance) return false;
    last[kind] = fraction;
    return true;
  });
}

function mark({ fraction, kind }: Chapter): SVGElement {
  const x = (fraction * WIDTH).toFixed(1);
  return svg("line", { x1: x, x2: x, y1: kind === "incident" ? 0 : HEIGHT - 7, y2: HEIGHT, class: `mark ${kind}` });
}

/** Losses fall steeply first: what is above the loss at a fiftieth of the run is cut, so that the long rest has a shape. */
function curvePath(points: CurvePoint[]): string {
  const losses = points.map(([, loss]) => loss);
  if (losses.length < 2) return "";
  const lowest = Math.min(...losses);
  const span = (losses[Math.ceil(losses.length / 50)] ?? 0) - lowest || 1;
  const at = ([fraction, loss]: CurvePoint): string => {
    const y = HEIGHT - 5 - Math.min(1, (loss - lowest) / span) * (HEIGHT - 8);
    return `${(fraction * WIDTH).toFixed(1)} ${y.toFixed(1)}`;
  };
  return `M${points.map(at).join("L")}`;
}

const NEAR = 0.008;

function nearest(chapters: Chapter[], fraction: number): Chapter | undefined {
  return chapters
    .filter((chapter) => Math.abs(chapter.fraction - fraction) < NEAR)
    .sort((a, b) => Math.abs(a.fraction - fraction) - Math.abs(b.fraction - fraction))[0];
}
