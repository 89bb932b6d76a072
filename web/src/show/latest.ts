/**
 * What a hand asks for faster than it can be done. One thing at a time is under way; what is asked for meanwhile waits in
 * one place, where the newest replaces the one before. The last one always comes.
 */

export type Begin<Value> = (value: Value, done: () => void) => void;

export class Latest<Value> {
  readonly #begin: Begin<Value>;
  #waiting: { value: Value } | null = null;
  #busy = false;

  constructor(begin: Begin<Value>) {
    this.#begin = begin;
  }

  /** Something is under way or waits. */
  get busy(): boolean {
    return this.#busy;
  }

  ask(value: Value): void {
    if (this.#busy) this.#waiting = { value };
    else this.#start(value);
  }

  /** What waits is not wanted any more. */
  forget(): void {
    this.#waiting = null;
  }

  #start(value: Value): void {
    this.#busy = true;
    this.#begin(value, once(this.#finish));
  }

  readonly #finish = (): void => {
    const next = this.#waiting;
    this.#waiting = null;
    this.#busy = false;
    if (next !== null) this.#start(next.value);
  };
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
