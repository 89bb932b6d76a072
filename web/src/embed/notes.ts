/**
 * What the author of a page says at places of the run: flags on the timeline, and a line in the frame from each place up to the
 * next. Loaded only where there are any.
 */

import { INSET } from "../controls/drawing";
import { type PlaceAnswer, readPlaceAnswer } from "../generated/protocol";
import { byId, element } from "../page/dom";
import type { Notes } from "../page/notes";
import { list, parse } from "../reading";
import type { Show } from "../show/show";
import { type Note, readNotes } from "./note-words";

interface Placed extends Note {
  seconds: number;
  fraction: number;
}

export class SpokenNotes {
  readonly #show: Show;
  readonly #notes: Notes;
  readonly #line = byId("spoken");
  readonly #flags = element("div", { "aria-hidden": "true" });
  #asked: Note[] = [];
  #placed: Placed[] = [];
  /** What was said of them already: a run that is told anew has the same ones. */
  #refused = "";

  constructor(show: Show, notes: Notes) {
    this.#show = show;
    this.#notes = notes;
    byId("timeline").append(this.#flags);
    show.on("story", () => void this.#place());
    show.on("state", ({ run_seconds }) => this.#speak(run_seconds));
  }

  tell(words: string): void {
    const { notes, wrong } = readNotes(words);
    this.#asked = notes;
    this.#placed = [];
    this.#refused = "";
    this.#refuse(wrong);
    if (notes.length > 0) void this.#place();
    else this.#draw();
  }

  /** In the run on show, as soon as it is there. */
  async #place(): Promise<void> {
    const asked = this.#asked;
    if (asked.length === 0) return;
    const text = await this.#show.inquire(
      "places",
      asked.map(({ place }) => place),
    );
    if (text === "" || asked !== this.#asked) return;
    const answers = parse(text, list(readPlaceAnswer));
    this.#placed = asked.flatMap((note, index) => placed(note, answers[index]));
    this.#placed.sort((a, b) => a.seconds - b.seconds);
    this.#refuse(answers.flatMap(({ refusal }) => (refusal === "" ? [] : [`notes: ${refusal}`])));
    this.#draw();
  }

  #refuse(lines: string[]): void {
    const said = lines.join("\n");
    if (said !== "" && said !== this.#refused) this.#notes.show(...lines);
    this.#refused = said;
  }

  #draw(): void {
    this.#flags.replaceChildren(
      ...this.#placed.map(({ fraction, words }) => {
        const flag = element("span", { class: "note-place", title: words });
        flag.style.left = `calc(${INSET}px + ${fraction} * (100% - ${2 * INSET}px))`;
        return flag;
      }),
    );
    this.#speak(this.#show.state.run_seconds);
  }

  /** The last one whose place has passed. */
  #speak(seconds: number): void {
    const words = this.#placed.findLast((note) => note.seconds <= seconds)?.words ?? "";
    if (this.#line.textContent !== words) this.#line.textContent = words;
  }
}

function placed(note: Note, answer: PlaceAnswer | undefined): Placed[] {
  const { run_seconds: seconds = null, fraction = null } = answer ?? {};
  return seconds === null || fraction === null ? [] : [{ ...note, seconds, fraction }];
}
