/**
 * The time machine: a band with the whole run on it. To the keyboard and to screen readers it is a slider; the pointer
 * drags its place, and what is on the screen follows; a click on a mark goes to the mark.
 */

import type { Story } from "../generated/protocol";
import { element, setAttributes } from "../page/dom";
import { clock, grouped } from "../page/format";
import { BLANK_STORY, isLengthKnown, type ShowState } from "../show/blank";
import type { Show } from "../show/show";
import {
  fractionAt,
  lossAt,
  markAt,
  PASSAGE_TITLES,
  type Placed,
  passageAt,
  stepAt,
  tipLeft,
  upTo,
  xOf,
} from "./drawing";
import { Track } from "./track";

const STEPS = 1000;
const KEY_STEP = 10;
/** Px that a pointer may tremble in a click. */
const TREMBLE = 3;
/** How far from a mark a pointer still means it. */
const REACHES: Record<string, number> = { touch: 14 };
const REACH = 6;

interface Grip {
  x: number;
  meant: Placed | undefined;
  isDragging: boolean;
}

export class Timeline {
  readonly element: HTMLElement;
  readonly #show: Show;
  readonly #track = new Track();
  readonly #input: HTMLInputElement;
  readonly #tip = element("output", { class: "tip", "aria-hidden": "true", hidden: true });
  #story: Story = BLANK_STORY;
  /** With what is to come, which who is on call may not see. */
  #whole: Story;
  /** In seconds; on call as long as the run is expected to be: its true length would tell how the night goes on. */
  #total = 0;
  /** How many of these are one of the whole run, as it will have been. */
  #stretch = 1;
  #totalSteps = 0;
  #grip: Grip | null = null;
  /** The tip says where the show is, as long as the keyboard is here. */
  #tipFollows = false;

  /** @param place where the page holds room for it, so that nothing moves when it comes */
  constructor(place: HTMLElement, show: Show) {
    this.element = place;
    this.#show = show;
    this.#whole = show.story;
    this.#input = element("input", {
      type: "range",
      min: 0,
      max: STEPS,
      step: 1,
      value: 0,
      disabled: true,
      "aria-label": "Place in the run",
    });
    place.append(this.#track.element, this.#input, this.#tip);
    this.#listenToKeys();
    this.#listenToPointer();
    new ResizeObserver(() => this.#fit()).observe(place);
    this.#fit();
    this.#tell(show.state);
    show.on("state", (state) => this.#tell(state));
    show.on("story", (story) => {
      this.#whole = story;
      this.#knowAt(show.state);
    });
  }

  // ---- what it shows

  /** What who watches may know. */
  #knowAt({ on_call, ended, run_seconds, total_seconds }: ShowState): void {
    const isSecret = on_call && !ended && total_seconds > 0;
    if (!isSecret && this.#story === this.#whole) return;
    this.#story = isSecret ? upTo(this.#whole, run_seconds / total_seconds, this.#stretch) : this.#whole;
    this.#track.tell(this.#story);
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === this.#track.box.width && height === this.#track.box.height) return;
    this.#track.fit({ width, height });
    this.#hideTip();
  }

  #tell(state: ShowState): void {
    if (this.#total > 0 && this.#show.isScrubbing) return;
    const isRun = state.total_seconds > 0;
    const [now, total] = isRun
      ? [state.run_seconds, state.expected_seconds]
      : [state.show_seconds, state.total_show_seconds];
    this.#total = total;
    this.#stretch = isRun && total > 0 ? state.total_seconds / total : 1;
    this.#totalSteps = state.total_steps;
    setAttributes(this.#input, { disabled: total <= 0 });
    if (total <= 0) return;
    this.#knowAt(state);
    this.#place(now / total, state.total_steps > 0 ? state.step : undefined);
    if (this.#tipFollows) this.#tipAt(now / total);
  }

  #place(fraction: number, step = this.#stepAt(fraction)): void {
    this.#input.value = String(Math.round(fraction * STEPS));
    this.#track.place(fraction);
    const steps = step === undefined ? "" : `, step ${grouped(step)} of ${grouped(this.#totalSteps)}`;
    const length = isLengthKnown(this.#show.state) ? ` of ${clock(this.#total)}` : "";
    const there = `${clock(fraction * this.#total)}${length}${steps}`;
    if (this.#input.getAttribute("aria-valuetext") !== there) this.#input.setAttribute("aria-valuetext", there);
  }

  #stepAt(fraction: number): number | undefined {
    if (this.#totalSteps === 0) return undefined;
    return stepAt(this.#story.passages, this.#totalSteps, fraction);
  }

  #scrub(fraction: number): void {
    this.#place(fraction);
    this.#show.scrub(Math.min(1, fraction / this.#stretch));
  }

  // ---- the keyboard, and whatever else moves a slider

  #listenToKeys(): void {
    const input = this.#input;
    input.addEventListener("input", () => {
      this.#scrub(this.#fraction);
      this.#tipAt(this.#fraction);
    });
    input.addEventListener("keydown", (event) => this.#pageKeys(event));
    input.addEventListener("focus", () => {
      this.#tipFollows = input.matches(":focus-visible");
      if (this.#tipFollows) this.#tipAt(this.#fraction);
    });
    input.addEventListener("blur", () => this.#hideTip());
  }

  /** Page Up and Page Down move by a hundredth rather than a tenth. */
  #pageKeys(event: KeyboardEvent): void {
    const direction = { PageUp: 1, PageDown: -1 }[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    this.#input.value = String(Number(this.#input.value) + direction * KEY_STEP);
    this.#input.dispatchEvent(new Event("input"));
  }

  get #fraction(): number {
    return Number(this.#input.value) / STEPS;
  }

  // ---- the pointer

  #listenToPointer(): void {
    const band = this.element;
    band.addEventListener("pointerdown", (event) => this.#grasp(event));
    band.addEventListener("pointermove", (event) => this.#move(event));
    band.addEventListener("pointerup", (event) => this.#release(event));
    band.addEventListener("lostpointercapture", () => this.#letGo());
    band.addEventListener("pointerleave", () => {
      if (this.#grip === null) this.#hideTip();
    });
  }

  #grasp(event: PointerEvent): void {
    if (event.button !== 0 || !event.isPrimary || this.#total <= 0) return;
    event.preventDefault(); // no text is selected
    this.#input.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    const { x, meant } = this.#meaning(event);
    this.#grip = { x, meant, isDragging: false };
    this.#show.grasp();
    if (meant === undefined) this.#drag(x);
    this.#tipFor(x, meant);
  }

  #move(event: PointerEvent): void {
    if (this.#total <= 0) return;
    const grip = this.#grip;
    const { x, meant } = this.#meaning(event);
    this.#tipFollows = false;
    if (grip === null) {
      this.#tipFor(x, meant);
      return;
    }
    grip.isDragging ||= Math.abs(x - grip.x) > TREMBLE;
    if (!grip.isDragging) return;
    this.#drag(x);
    this.#tipFor(x, undefined);
  }

  #drag(x: number): void {
    this.#scrub(fractionAt(x, this.#track.box));
  }

  #release(event: PointerEvent): void {
    const grip = this.#grip;
    if (grip === null) return;
    if (grip.meant !== undefined && !grip.isDragging) this.#show.move("seek", String(grip.meant.mark.run_seconds));
    if (event.pointerType === "touch") this.#hideTip();
    this.#letGo();
  }

  #letGo(): void {
    if (this.#grip === null) return;
    this.#grip = null;
    this.#show.letGo();
  }

  #meaning(event: PointerEvent): { x: number; meant: Placed | undefined } {
    const { left, top } = this.element.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    return { x, meant: markAt(this.#track.placed, { x, y }, REACHES[event.pointerType] ?? REACH) };
  }

  // ---- the tip

  #tipAt(fraction: number): void {
    this.#tipFor(xOf(fraction, this.#track.box), undefined);
  }

  #tipFor(x: number, meant: Placed | undefined): void {
    if (this.#total <= 0) return;
    this.#tip.replaceChildren(...(meant === undefined ? this.#placeLines(x) : this.#markLines(meant)));
    this.#tip.hidden = false;
    this.#track.point(meant?.x ?? x, meant);
    const { left } = this.element.getBoundingClientRect();
    const at = tipLeft(left + (meant?.x ?? x), this.#tip.offsetWidth, document.documentElement.clientWidth);
    this.#tip.style.left = `${at - left}px`;
  }

  #hideTip(): void {
    this.#tipFollows = false;
    this.#tip.hidden = true;
    this.#track.point(null);
  }

  #markLines({ mark }: Placed): HTMLElement[] {
    const where = mark.place === "" ? "" : ` · ${mark.place}`;
    const step = mark.kind === "incident" ? this.#stepAt(mark.fraction) : undefined; // the others say theirs
    return [line(`${mark.title}${where}`, "title"), line(this.#describe(mark.fraction, mark.run_seconds, step))];
  }

  #placeLines(x: number): HTMLElement[] {
    const fraction = fractionAt(x, this.#track.box);
    const passage = passageAt(this.#story.passages, fraction);
    const title = passage === undefined ? [] : [line(PASSAGE_TITLES[passage.kind], "title")];
    return [...title, line(this.#describe(fraction, fraction * this.#total, this.#stepAt(fraction)))];
  }

  #describe(fraction: number, seconds: number, step: number | undefined): string {
    const loss = lossAt(this.#story.curve, fraction);
    return [
      clock(seconds),
      ...(step === undefined ? [] : [`step ≈ ${grouped(step)}`]),
      ...(loss === undefined ? [] : [`loss ${loss.toFixed(2)}`]),
    ].join(" · ");
  }
}

const line = (text: string, name = ""): HTMLElement => element("span", { class: name }, text);
