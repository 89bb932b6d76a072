/**
 * What can play on the page's terminal. A recording and the engine are two sources, the boot screen is a third; a stream
 * would be another. The show knows this contract and passes the same wishes to whichever has the screen.
 *
 * A source tells what it brings to the screen and where it is; what it can do is what is in `can`.
 */

import type { MoveName } from "../generated/protocol";
import type { Grid } from "../terminal/fit";
import type { ShowState } from "./blank";
import type { BootProgress } from "./boot-screen";
import { Hub } from "./events";

/** The argument is always text, as the engine's commands have it. */
export type Move = readonly [name: MoveName, argument: string];
export type Capabilities = ReadonlySet<MoveName>;

export interface Text {
  text: string;
  /** To be called when the terminal has taken the text, or when nobody wants it. */
  written?: () => void;
}

export interface SourceEvents {
  text: Text;
  state: ShowState;
}

export interface Source {
  /** The moves that it obeys. */
  readonly can: Capabilities;
  /** Where it is. What was asked for counts as done, so that controls answer at once. */
  readonly state: ShowState;
  /** Something that was asked for is not done yet. */
  readonly busy: boolean;
  play(): void;
  pause(): void;
  /** Nobody looks: the clock stands still without being paused. */
  rest(resting: boolean): void;
  speed(factor: number): void;
  resize(grid: Grid): void;
  /** @param shown to be called when the terminal has taken what the move brings, or when nothing of it will come */
  move(move: Move, shown?: () => void): void;
  on(name: "text", listener: (text: Text) => void): () => void;
  on(name: "state", listener: (state: ShowState) => void): () => void;
}

export const NO_MOVES: Capabilities = new Set();

export interface PreludeEvents extends SourceEvents {
  /** The frame at which the engine takes over is on the screen. */
  arrived: undefined;
  /** There is nothing left to play, and more to come. */
  waiting: undefined;
  /** The same moment is now there as it was recorded for another width. */
  resized: Grid;
}

/** What plays until the engine does: it keeps what the visitor asks for, and passes it on. */
export abstract class Prelude extends Hub<PreludeEvents> implements Source {
  readonly busy: boolean = false;
  protected paused = false;
  protected resting = false;
  #speed: number | undefined;

  abstract readonly can: Capabilities;
  abstract readonly state: ShowState;
  /** The size at which the engine opens the run, to go on from here. */
  abstract readonly grid: Grid;
  /** From the beginning of the show that these options mean. */
  abstract start(query: string): void;
  /** The picture behind a play button. */
  abstract hold(showSeconds: number): void;
  /** How far the engine is on its way. */
  abstract loading(progress: BootProgress): void;
  /** No engine comes: this is all there is. */
  abstract standAlone(): void;
  /** Something else has the screen. */
  abstract close(): void;
  abstract resize(grid: Grid): void;
  abstract move(move: Move, shown?: () => void): void;

  play(): void {
    this.paused = false;
  }

  pause(): void {
    this.paused = true;
  }

  rest(resting: boolean): void {
    this.resting = resting;
  }

  speed(factor: number): void {
    this.#speed = factor;
  }

  protected get factor(): number {
    return this.#speed ?? 1;
  }

  /** Only what was asked for: the rest is as the next one has it. */
  passOnTo(next: Source): void {
    if (this.#speed !== undefined) next.speed(this.#speed);
    if (this.paused) next.pause();
  }
}
