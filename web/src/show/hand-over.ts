/**
 * From the recording to the engine, at one frame. The frame is chosen a little ahead; the engine advances silently to its
 * moment, the recording plays up to it, and the engine's next frame follows. A pause in between only delays it; where nobody
 * looks, nothing has to be played.
 */

import type { EngineSource } from "./engine-source";
import type { RecordedSource } from "./recorded-source";

/** Show time between choosing the frame and reaching it: the engine advances meanwhile. */
const LEAD_SECONDS = 0.3;

export interface HandOverOptions {
  recording: RecordedSource;
  engine: EngineSource;
  /** A move waits that repaints the screen anyway: then the moment does not matter. */
  hurried: boolean;
  over: () => void;
}

export class HandOver {
  readonly #options: HandOverOptions;
  readonly #stops: (() => void)[];
  #hurried: boolean;
  #ready = false;

  constructor(options: HandOverOptions) {
    const { recording, engine, hurried } = options;
    this.#options = options;
    this.#hurried = hurried;
    this.#stops = [engine.on("advanced", () => this.#becomeReady()), recording.on("arrived", () => this.settle())];
    const lead = hurried ? 0 : LEAD_SECONDS * recording.state.speed;
    engine.advance(recording.stopAhead(lead));
  }

  hurry(): void {
    this.#hurried = true;
    this.settle();
  }

  /** Nobody looks any more, or the recording has arrived, or the engine has. */
  settle(): void {
    const { recording, over } = this.#options;
    if (!this.#ready) return;
    if (recording.isUnseen) recording.finish();
    if (!this.#hurried && !recording.arrived) return;
    this.cancel();
    over();
  }

  cancel(): void {
    for (const stop of this.#stops) stop();
  }

  #becomeReady(): void {
    this.#ready = true;
    this.settle();
  }
}
