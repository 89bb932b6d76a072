/**
 * Does the engine's work in slices. On the page's own thread a slice ends after so many milliseconds and the rest waits
 * for the next task; in a worker nothing else waits, and the slice has no end.
 */

import type { Work } from "../generated/protocol";

export interface SliceOptions {
  milliseconds: number;
  now: () => number;
}

interface Job {
  work: Work;
  then: (text: string) => void;
}

export class Slices {
  readonly #options: SliceOptions;
  #jobs: Job[] = [];

  constructor(options: SliceOptions) {
    this.#options = options;
  }

  get busy(): boolean {
    return this.#jobs.length > 0;
  }

  add(work: Work, then: (text: string) => void): void {
    this.#jobs.push({ work, then });
  }

  /** Works for one slice. */
  run(): void {
    const end = this.#options.now() + this.#options.milliseconds;
    do this.#bit();
    while (this.busy && this.#options.now() < end);
  }

  /** Works until nothing is left: a command may not come in the middle of anything. */
  finish(): void {
    while (this.busy) this.#bit();
  }

  #bit(): void {
    const job = this.#jobs[0];
    if (job === undefined) return;
    const { done, value } = job.work.next();
    if (done !== true) return;
    this.#jobs.shift();
    job.work.destroy?.();
    job.then(value ?? "");
  }
}
