/** One short sentence for screen readers, at most every few seconds, instead of the fire-hose. */

const SECONDS_BETWEEN = 10;

export class Status {
  readonly #line: HTMLElement;
  #said = "";
  #last = Number.NEGATIVE_INFINITY;

  constructor(line: HTMLElement) {
    this.#line = line;
  }

  /** Something that happens by itself: said when it is time again. */
  update(sentence: string, now = performance.now()): void {
    if (sentence === "" || sentence === this.#said || now - this.#last < SECONDS_BETWEEN * 1000) return;
    this.say(sentence, now);
  }

  /** The answer to something the visitor did: said at once. */
  say(sentence: string, now = performance.now()): void {
    this.#said = sentence;
    this.#last = now;
    this.#line.textContent = sentence;
  }
}
