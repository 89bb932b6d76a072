/** The boot screen as a source: what stands there while the engine loads and nothing is recorded, or a poster instead. */

import { CLEAR } from "../terminal/codes";
import type { Grid } from "../terminal/fit";
import { BLANK_STATE, type ShowState } from "./blank";
import { type BootProgress, bootLine, bootScreen } from "./boot-screen";
import { NO_MOVES, Prelude } from "./source";

export interface BootOptions {
  size: () => Grid;
  /** What is known of the run, for the play button; it may have to be fetched. */
  poster: (grid: Grid) => Promise<string>;
}

export class BootSource extends Prelude {
  readonly can = NO_MOVES;
  readonly #options: BootOptions;
  readonly #before: ShowState;
  #started = false;
  #isHeld = false;

  /** @param before what the controls show meanwhile: of the run that was there before, if there was one */
  constructor(options: BootOptions, before = BLANK_STATE) {
    super();
    this.#options = options;
    this.#before = before;
  }

  get grid(): Grid {
    return this.#options.size();
  }

  get state(): ShowState {
    return { ...this.#before, paused: this.paused, speed: this.factor, ended: false, live_rows: 0 };
  }

  start(query: string): void {
    this.#isHeld = false;
    this.#started = true;
    this.emit("text", { text: CLEAR + bootScreen(query, this.grid.columns) });
  }

  hold(): void {
    this.#isHeld = true;
    this.emit("text", { text: CLEAR });
    void this.#drawPoster();
  }

  async #drawPoster(): Promise<void> {
    const { columns, rows } = this.grid;
    const text = await this.#options.poster(this.grid);
    const isOfSize = columns === this.grid.columns && rows === this.grid.rows;
    if (this.#isHeld && isOfSize) this.emit("text", { text: CLEAR + text });
  }

  loading(progress: BootProgress): void {
    if (this.#started) this.emit("text", { text: bootLine(progress, this.grid.columns) });
  }

  standAlone(): void {}

  close(): void {
    this.#isHeld = false;
  }

  resize(): void {
    if (this.#isHeld) void this.#drawPoster();
  }

  move(): void {}
}
