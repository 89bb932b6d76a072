/**
 * Plays a recording on the page: a clock that follows the browser's frames, with pause, speed and places.
 * What it brings to the screen goes to `write`; `changed` is called a few times a second of show.
 */

import type { CommandName } from "../engine/protocol";
import type { Recording } from "./recording";

const TELL_EVERY_SECONDS = 0.2;

export interface DeckTargets {
  write: (text: string) => void;
  /** An empty screen, for a place that is not simply the next. */
  clear: () => void;
  changed: () => void;
  /** Every frame: whether the engine takes over now. */
  takenOver: () => boolean;
}

export class Deck {
  recording: Recording;
  speed = 1;
  halted = false;
  readonly #targets: DeckTargets;
  #request = 0;
  #last = 0;
  #told = Number.NEGATIVE_INFINITY;

  constructor(recording: Recording, targets: DeckTargets) {
    this.recording = recording;
    this.#targets = targets;
  }

  start(): void {
    this.stop();
    this.#last = performance.now();
    this.#tick(this.#last);
  }

  stop(): void {
    cancelAnimationFrame(this.#request);
  }

  /** Paints the screen of a moment. */
  show(showSeconds: number): void {
    const seconds = Math.min(this.recording.data.seconds, Math.max(0, showSeconds));
    this.#targets.clear();
    this.#targets.write(this.recording.replay(seconds));
    this.#told = Number.NEGATIVE_INFINITY;
  }

  /** Obeys a command as far as a recording can. */
  move(name: CommandName, argument: string): void {
    const places: Partial<Record<CommandName, number>> = {
      seek: Number(argument),
      "seek-fraction": Number(argument) * this.recording.data.seconds,
      skip: this.recording.clockSeconds + Number(argument),
      restart: 0,
    };
    const place = places[name];
    if (place !== undefined) this.show(place);
  }

  #tick(now: number): void {
    if (this.#targets.takenOver()) return;
    this.#request = requestAnimationFrame((next) => this.#tick(next));
    const passed = Math.max(0, now - this.#last) / 1000;
    this.#last = now;
    if (this.halted) return;
    const text = this.recording.advance(passed * this.speed);
    if (text !== "") this.#targets.write(text);
    this.#tell();
  }

  #tell(): void {
    const { clockSeconds, ended } = this.recording;
    if (clockSeconds - this.#told < TELL_EVERY_SECONDS * this.speed && !ended) return;
    if (clockSeconds === this.#told) return;
    this.#told = clockSeconds;
    this.#targets.changed();
  }
}
