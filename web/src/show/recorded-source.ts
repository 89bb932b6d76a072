/**
 * A recording as a source: a clock that follows the browser's frames. Where there is no engine it is all there is, and
 * then it has places to go to and an end; otherwise it plays up to the frame at which the engine takes over.
 */

import type { MoveName } from "../generated/protocol";
import { CLEAR } from "../terminal/codes";
import type { Grid } from "../terminal/fit";
import { BLANK_STATE, type ShowState } from "./blank";
import type { Recording } from "./recording";
import { type Capabilities, type Move, NO_MOVES, Prelude } from "./source";

const TELL_EVERY_SECONDS = 0.2;

export interface RecordedOptions {
  recording: Recording;
  /** The same show recorded for another width, if there is one. */
  recordingFor: (grid: Grid) => Promise<Recording | null>;
  /** No engine will come. */
  alone: boolean;
}

/** Show seconds that a move leads to, of those that a recording can follow. */
const PLACES: Partial<Record<MoveName, (recording: Recording, argument: number) => number>> = {
  seek: (recording, runSeconds) => recording.showSecondsAt(runSeconds),
  "seek-fraction": (recording, fraction) => recording.showSecondsAt(fraction * recording.lastRunSeconds),
  skip: ({ clockSeconds }, seconds) => clockSeconds + seconds,
  restart: () => 0,
};
const MOVES: Capabilities = new Set(Object.keys(PLACES) as MoveName[]);

export class RecordedSource extends Prelude {
  readonly #recordingFor: RecordedOptions["recordingFor"];
  #recording: Recording;
  #alone: boolean;
  #stopAt: number | null = null;
  #request = 0;
  #last = 0;
  #told = Number.NEGATIVE_INFINITY;
  #closed = false;
  #waits = false;

  constructor({ recording, recordingFor, alone }: RecordedOptions) {
    super();
    this.#recording = recording;
    this.#recordingFor = recordingFor;
    this.#alone = alone;
  }

  get can(): Capabilities {
    return this.#alone ? MOVES : NO_MOVES;
  }

  get grid(): Grid {
    const { columns, rows } = this.#recording.data;
    return { columns, rows };
  }

  get state(): ShowState {
    const ended = this.#alone && this.#recording.ended;
    const { data, lastRunSeconds } = this.#recording;
    const length = this.#alone ? lastRunSeconds : data.total_seconds;
    return {
      ...BLANK_STATE,
      title: this.#recording.data.title,
      run_seconds: this.#recording.runSeconds,
      total_seconds: length,
      expected_seconds: length,
      live_rows: this.#recording.data.live_rows,
      show_seconds: this.#recording.clockSeconds,
      total_show_seconds: this.#alone ? data.seconds : 0,
      paused: this.paused || ended,
      speed: this.factor,
      ended,
    };
  }

  /** From the beginning. The clock waits for the terminal to take the first frame, or a busy page would never draw it. */
  start(): void {
    cancelAnimationFrame(this.#request);
    this.#recording.rewind();
    this.emit("text", { text: CLEAR });
    this.emit("text", { text: this.#recording.advance(0), written: () => this.#run() });
    this.#tell();
  }

  #run(): void {
    if (this.#closed) return;
    cancelAnimationFrame(this.#request);
    this.#last = performance.now();
    this.#tick(this.#last);
  }

  hold(showSeconds: number): void {
    this.#show(showSeconds);
  }

  loading(): void {}

  standAlone(): void {
    this.#alone = true;
    this.#stopAt = null;
    this.#recording.stopAt(Number.POSITIVE_INFINITY);
  }

  close(): void {
    this.#closed = true;
    cancelAnimationFrame(this.#request);
  }

  /** Paints the screen of a moment. */
  #show(showSeconds: number, written?: () => void): void {
    const seconds = Math.min(this.#recording.data.seconds, Math.max(0, showSeconds));
    this.emit("text", { text: CLEAR });
    this.#write(this.#recording.replay(seconds), written);
    this.#told = Number.NEGATIVE_INFINITY;
  }

  move([name, argument]: Move, shown?: () => void): void {
    const place = PLACES[name]?.(this.#recording, Number(argument));
    if (place === undefined) return;
    this.#show(place, shown);
    this.emit("state", this.state);
  }

  resize(grid: Grid): void {
    void this.#recordingFor(grid).then((other) => {
      if (other !== null && other.data.columns !== this.grid.columns && !this.#closed) this.#swap(other);
    });
  }

  // ---- the hand-over to the engine

  /** Chooses the frame to stop at, at least so far ahead; its time. */
  stopAhead(leadSeconds: number): number {
    this.#stopAt = this.#recording.stopAhead(leadSeconds);
    return this.#stopAt;
  }

  get arrived(): boolean {
    return this.#recording.arrived;
  }

  /** It would play if somebody looked. */
  get isUnseen(): boolean {
    return this.resting && !this.paused;
  }

  /** Writes all that is left up to the frame to stop at. */
  finish(): void {
    this.#write(this.#recording.advance(Number.POSITIVE_INFINITY));
  }

  // ---- the clock

  #tick(now: number): void {
    this.#request = requestAnimationFrame((next) => this.#tick(next));
    const passed = Math.max(0, now - this.#last) / 1000;
    this.#last = now;
    if (this.paused || this.resting) return;
    this.#write(this.#recording.advance(passed * this.factor));
    this.#tell();
    if (this.#stopAt !== null && this.arrived) this.emit("arrived", undefined);
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    const isWaiting = this.arrived && !this.#alone && !this.#closed;
    if (isWaiting && !this.#waits) this.emit("waiting", undefined);
    this.#waits = isWaiting;
  }

  #write(text: string, written?: () => void): void {
    if (text !== "") this.emit("text", { text, ...(written && { written }) });
    else written?.();
  }

  #tell(): void {
    const { clockSeconds, ended } = this.#recording;
    if (clockSeconds - this.#told < TELL_EVERY_SECONDS * this.factor && !ended) return;
    if (clockSeconds === this.#told) return;
    this.#told = clockSeconds;
    this.emit("state", this.state);
  }

  #swap(other: Recording): void {
    const place = this.#recording.clockSeconds;
    if (this.#stopAt !== null) other.stopAt(this.#stopAt);
    this.#recording = other;
    this.#show(place);
    this.emit("resized", this.grid);
  }
}
