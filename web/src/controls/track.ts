/** The picture of a run: its loss as a curve that is filled up to now, and on it what befell it. Drawn anew for each width. */

import type { MarkKind, Story } from "../generated/protocol";
import { setAttributes, svg } from "../page/dom";
import {
  areaPath,
  type Box,
  curvePath,
  knobHeight,
  markPath,
  type Placed,
  passageRect,
  placeMarks,
  stemPath,
  xOf,
} from "./drawing";

const HATCH = "timeline-hatch";
const PLAYED = "timeline-played";
const KINDS: readonly MarkKind[] = ["checkpoint", "validation", "incident"];

export class Track {
  readonly element: SVGSVGElement;
  readonly #area = svg("path", { class: "area" });
  readonly #curve = svg("path", { class: "curve" });
  readonly #playedArea = svg("path", { class: "area" });
  readonly #playedCurve = svg("path", { class: "curve" });
  readonly #passages = svg("g");
  readonly #stems = svg("path", { class: "stems" });
  readonly #marks = new Map(KINDS.map((kind) => [kind, svg("path", { class: `mark ${kind}` })]));
  readonly #meant = svg("path");
  readonly #played = svg("rect", { x: 0, y: 0, width: 0, height: "100%" });
  /** What is to come is fainter. */
  readonly #veil = svg("rect", { class: "veil", y: 0, width: "100%", height: "100%" });
  readonly #playhead = svg("line", { class: "playhead", y1: 0, y2: "100%" });
  readonly #knob = svg("circle", { class: "knob", r: 5 });
  readonly #pointer = svg("line", { class: "pointer", y1: 0, y2: "100%" });
  #story: Story | null = null;
  #box: Box = { width: 0, height: 0 };
  #fraction = 0;
  placed: Placed[] = [];

  constructor() {
    this.element = svg(
      "svg",
      { "aria-hidden": "true", focusable: "false" },
      svg("defs", {}, svg("clipPath", { id: PLAYED }, this.#played), hatching()),
      this.#area,
      played(this.#playedArea),
      this.#passages,
      this.#stems,
      this.#veil,
      this.#curve,
      played(this.#playedCurve),
      ...this.#marks.values(),
      this.#meant,
      this.#pointer,
      this.#playhead,
      this.#knob,
    );
    this.point(null);
  }

  get box(): Box {
    return this.#box;
  }

  tell(story: Story): void {
    this.#story = story;
    this.#draw();
    this.place(this.#fraction);
  }

  fit(box: Box): void {
    this.#box = box;
    this.#draw();
    this.place(this.#fraction);
  }

  /** Where the show is. */
  place(fraction: number): void {
    this.#fraction = fraction;
    const x = xOf(fraction, this.#box);
    this.#played.setAttribute("width", String(x));
    this.#veil.setAttribute("x", String(x));
    setAttributes(this.#playhead, { x1: x, x2: x });
    setAttributes(this.#knob, { cx: x, cy: knobHeight(this.#story?.curve ?? [], fraction, this.#box) });
  }

  /** Where the pointer is, and what it means. */
  point(x: number | null, meant?: Placed): void {
    setAttributes(this.#pointer, { x1: x ?? 0, x2: x ?? 0, visibility: x === null ? "hidden" : "visible" });
    const kind = meant?.mark.kind ?? "";
    setAttributes(this.#meant, { class: `mark meant ${kind}`, d: meant ? markPath([meant], this.#box) : "" });
  }

  #draw(): void {
    const box = this.#box;
    const { curve, passages, marks } = this.#story ?? { curve: [], passages: [], marks: [] };
    for (const path of [this.#area, this.#playedArea]) path.setAttribute("d", areaPath(curve, box));
    for (const path of [this.#curve, this.#playedCurve]) path.setAttribute("d", curvePath(curve, box));
    this.#passages.replaceChildren(
      ...passages.map((passage) =>
        svg("rect", { class: `passage ${passage.kind}`, y: 0, height: "100%", ...passageRect(passage, box) }),
      ),
    );
    this.placed = placeMarks(marks, box);
    for (const [kind, path] of this.#marks) path.setAttribute("d", markPath(this.#ofKind(kind), box));
    this.#stems.setAttribute("d", stemPath(this.#ofKind("incident"), box));
  }

  #ofKind(kind: MarkKind): Placed[] {
    return this.placed.filter(({ mark }) => mark.kind === kind);
  }
}

const played = (drawn: SVGElement): SVGElement => svg("g", { class: "played", "clip-path": `url(#${PLAYED})` }, drawn);

/** For steps that are done again. */
function hatching(): SVGElement {
  const size = { width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  return svg("pattern", { id: HATCH, ...size }, svg("line", { class: "hatch", x1: 0, x2: 0, y1: 0, y2: 5 }));
}
