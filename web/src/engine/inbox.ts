/**
 * Gives messages to the conductor one after the other. One that needs the second archive, or the engine's second half, waits
 * for it, and those that come meanwhile wait behind it: the order is the page's.
 */

import type { Conductor } from "./conductor";
import { describe, endsEngine } from "./failure";
import type { Later } from "./later";
import type { FromEngine, ToEngine } from "./protocol";
import { isUnforeseen } from "./unforeseen";

export interface InboxOptions {
  conductor: Pick<Conductor, "receive" | "doWithout">;
  later: Later;
  /** The engine's second half, or nothing where the engine is whole. */
  half?: Later | undefined;
  /** Of both. */
  bytes: number;
  send: (message: FromEngine) => void;
}

export class Inbox {
  readonly #options: InboxOptions;
  #waiting: ToEngine[] = [];
  #isHeld = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  receive(message: ToEngine): void {
    if (this.#isHeld) this.#waiting.push(message);
    else this.#obeyWhole(message);
  }

  #obeyWhole(message: ToEngine): void {
    const { half } = this.#options;
    if (half !== undefined && !half.isHere && isUnforeseen(message)) void this.#obeyAfter(half, message);
    else this.#obey(message);
  }

  #obey(message: ToEngine): void {
    const { conductor, half, later, send } = this.#options;
    try {
      conductor.receive(message);
    } catch (error) {
      if (later.mends(error)) void this.#obeyAfter(later, message);
      else send({ type: "failed", message: describe(error), isOver: endsEngine(error) });
    }
    if (message.type === "go") for (const part of [half, later]) part?.load().catch(() => {}); // whoever needs it asks again
  }

  async #obeyAfter(part: Later, message: ToEngine): Promise<void> {
    const { conductor } = this.#options;
    this.#isHeld = true;
    if (message.type === "open") this.#tellLoading();
    const missing = await part.load().then(() => "", describe);
    this.#isHeld = false;
    if (missing === "") this.#obey(message);
    else conductor.doWithout(message, missing);
    for (const next of this.#waiting.splice(0)) this.receive(next);
  }

  #tellLoading(): void {
    const { bytes, send } = this.#options;
    send({ type: "progress", stage: "what this run needs", loadedBytes: 0, totalBytes: bytes });
  }
}
