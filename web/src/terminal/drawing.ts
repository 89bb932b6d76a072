/**
 * Measures how long the page takes to draw what has been written: script, style, layout and paint of one frame.
 * From the beginning of the frame to the first task after it; a slowly moving mean, so that one hiccup changes little.
 */

const NEWEST_WEIGHT = 0.2;

export class DrawingTime {
  readonly #tell: (milliseconds: number) => void;
  readonly #channel = new MessageChannel();
  #mean = 0;
  #began = 0;
  #measuring = false;

  constructor(tell: (milliseconds: number) => void) {
    this.#tell = tell;
    this.#channel.port1.onmessage = () => this.#ended();
  }

  /** Text has been written; the terminal draws it in the next frame. */
  written(): void {
    if (this.#measuring) return;
    this.#measuring = true;
    requestAnimationFrame((began) => {
      this.#began = Math.max(began, performance.now());
      this.#channel.port2.postMessage(null);
    });
  }

  #ended(): void {
    this.#measuring = false;
    const took = performance.now() - this.#began;
    this.#mean += (took - this.#mean) * NEWEST_WEIGHT;
    this.#tell(this.#mean);
  }
}
