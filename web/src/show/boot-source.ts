/** The boot screen as a source: what stands there while the engine loads and nothing is recorded. */

import { CLEAR } from "../terminal/codes";
import type { Grid } from "../terminal/fit";
import { BLANK_STATE, type ShowState } from "./blank";
import { type BootProgress, bootLine, bootScreen } from "./boot-screen";
import { NO_MOVES, Prelude } from "./source";

export class BootSource extends Prelude {
  readonly can = NO_MOVES;
  readonly #size: () => Grid;
  readonly #before: ShowState;
  #started = false;

  /** @param before what the controls show meanwhile: of the run that was there before, if there was one */
  constructor(size: () => Grid, before = BLANK_STATE) {
    super();
    this.#size = size;
    this.#before = before;
  }

  get grid(): Grid {
    return this.#size();
  }

  get state(): ShowState {
    return { ...this.#before, paused: this.paused, speed: this.factor, ended: false };
  }

  start(query: string): void {
    this.#started = true;
    this.emit("text", { text: CLEAR + bootScreen(query, this.grid.columns) });
  }

  hold(): void {
    this.emit("text", { text: CLEAR });
  }

  loading(progress: BootProgress): void {
    if (this.#started) this.emit("text", { text: bootLine(progress, this.grid.columns) });
  }

  standAlone(): void {}

  close(): void {}

  resize(): void {}

  move(): void {}
}
