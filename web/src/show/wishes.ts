/** What was asked for and not answered yet. An answer says what was asked; what nobody waits for any more is passed over. */

import type { MoveName } from "../generated/protocol";
import type { Answer } from "./engine-source";

interface Wish {
  name: MoveName;
  words: string;
  resolve: (refusal: string) => void;
}

export class Wishes {
  #open: Wish[] = [];

  /** Resolves with why it does not happen, or nothing. */
  make(name: MoveName, words: string): Promise<string> {
    return new Promise((resolve) => this.#open.push({ name, words, resolve }));
  }

  /** Of the same words the first are meant. */
  answer({ name, words, refusal }: Answer): void {
    const index = this.#open.findIndex((wish) => wish.name === name && wish.words === words);
    if (index >= 0) this.#open.splice(index, 1)[0]?.resolve(refusal);
  }

  refuseAll(refusal: string): void {
    for (const { resolve } of this.#open.splice(0)) resolve(refusal);
  }
}
