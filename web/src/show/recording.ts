/**
 * A recorded stretch of a show: what is on the screen from the first paint until the engine takes over, and the whole
 * run where there is no WebAssembly. Times are show seconds. Sans-I/O like the core's player: it is told how much time
 * has passed and answers with text.
 */

import { type Recorded, readRecorded } from "../generated/protocol";
import { attempt } from "../reading";

export class Recording {
  readonly data: Recorded;
  #next = 0;
  #clock = 0;
  #stopAt = Number.POSITIVE_INFINITY;

  constructor(data: Recorded) {
    this.data = data;
  }

  /** Null if that is none. */
  static from(data: unknown): Recording | null {
    const recorded = attempt(readRecorded, data);
    return recorded === null ? null : new Recording(recorded);
  }

  /** Show time of the last frame handed out: the moment the screen is at. */
  get shownSeconds(): number {
    return this.#next === 0 ? 0 : (this.data.frames[this.#next - 1]?.[0] ?? 0);
  }

  /** Where in the run the screen is. */
  get runSeconds(): number {
    return this.data.frames[Math.max(this.#next - 1, 0)]?.[2] ?? 0;
  }

  /** How far into the run it goes. */
  get lastRunSeconds(): number {
    return this.data.frames.at(-1)?.[2] ?? 0;
  }

  /** When a moment of the run is shown: the last frame that is not after it. */
  showSecondsAt(runSeconds: number): number {
    return this.data.frames.findLast(([, , moment]) => moment <= runSeconds)?.[0] ?? 0;
  }

  get clockSeconds(): number {
    return this.#clock;
  }

  get ended(): boolean {
    return this.#next >= this.data.frames.length;
  }

  get arrived(): boolean {
    return this.ended || this.#clock >= this.#stopAt;
  }

  stopAt(showSeconds: number): void {
    this.#stopAt = showSeconds;
  }

  advance(showSeconds: number): string {
    this.#clock = Math.min(this.#clock + showSeconds, this.data.seconds, this.#stopAt);
    return this.#take((time) => time <= this.#clock);
  }

  /** Back to the beginning, for a screen that starts anew. */
  rewind(): void {
    this.#next = 0;
    this.#clock = 0;
  }

  /** All text up to a moment, for a screen that starts anew. */
  replay(untilShowSeconds: number): string {
    this.rewind();
    this.#clock = untilShowSeconds;
    return this.#take((time) => time <= untilShowSeconds);
  }

  /** Chooses the frame at which the engine takes over: the first one at least `leadSeconds` ahead. */
  stopAhead(leadSeconds: number): number {
    const frames = this.data.frames;
    const ahead = frames.find(([time]) => time >= this.#clock + leadSeconds) ?? frames.at(-1);
    this.#stopAt = Math.max(ahead?.[0] ?? 0, this.shownSeconds);
    return this.#stopAt;
  }

  #take(due: (time: number) => boolean): string {
    let text = "";
    for (;;) {
      const frame = this.data.frames[this.#next];
      if (frame === undefined || !due(frame[0])) return text;
      text += frame[1];
      this.#next += 1;
    }
  }
}
